/* One look at a grey page: what is darker than the threshold, and the darkest and lightest grey of each block. */

#include "dots.h"

/* Black is 1 and the leftmost dot the highest bit. */
INLINED void pack(dots black, uint8_t *bits)
{
    uint64_t halves[2];
    memcpy(halves, &black, sizeof halves);
    for (int i = 0; i < 2; i++)
        bits[i] = (uint8_t)((halves[i] & 0x0102040810204080) * 0x0101010101010101 >> 56);
}

INLINED void pack_column(const uint8_t *gray, int width, long rows, dots threshold, uint8_t *bits)
{
    for (long row = 0; row < rows; row++)
        pack((dots)(load(gray + row * width) < threshold), bits + row * (width / 8));
}

/* The darkest and lightest grey of some rows, column by column; plain enough for the compiler to do many at a time. */
INLINED void find_range(const uint8_t *gray, int width, int rows, uint8_t *restrict low, uint8_t *restrict high)
{
    memcpy(low, gray, (size_t)width);
    memcpy(high, gray, (size_t)width);
    for (int row = 1; row < rows; row++) {
        const uint8_t *restrict grey = gray + (long)row * width;
        for (int x = 0; x < width; x++) {
            low[x] = grey[x] < low[x] ? grey[x] : low[x];
            high[x] = grey[x] > high[x] ? grey[x] : high[x];
        }
    }
}

INLINED uint8_t least_of(const uint8_t *grey)
{
    uint8_t least = 255;
    for (int i = 0; i < BLOCK; i++)
        least = grey[i] < least ? grey[i] : least;
    return least;
}

INLINED uint8_t most_of(const uint8_t *grey)
{
    uint8_t most = 0;
    for (int i = 0; i < BLOCK; i++)
        most = grey[i] > most ? grey[i] : most;
    return most;
}

/* Fills `out` with the page, each dot differing twice as much from those above and below it. */
FAST void sharpen(const uint8_t *gray, int width, long rows, uint8_t *out)
{
    for (long row = 0; row < rows; row++, gray += width, out += width) {
        const uint8_t *above = row ? gray - width : gray, *below = row < rows - 1 ? gray + width : gray;
        for (int x = 0; x < width; x++) {
            int grey = 2 * gray[x] - (above[x] + below[x]) / 2;
            out[x] = (uint8_t)(grey < 0 ? 0 : grey > 255 ? 255 : grey);
        }
    }
}

/* Fills `bits`, and for each whole row of blocks width / 16 greys of `darkest` and `lightest`. Returns 0 when
   the width cannot be had: it is a multiple of 16 and at most 16384. */
FAST int survey(const uint8_t *gray, int width, long rows, int threshold, uint8_t *bits, uint8_t *darkest,
           uint8_t *lightest)
{
    const dots limit = all_of(threshold);
    uint8_t low[WIDEST], high[WIDEST];

    if (width < BLOCK || width > WIDEST || width % BLOCK)
        return 0;
    memset(bits, 0, (size_t)(width / 8 * rows));
    for (long row = 0; row < rows; row += BLOCK) {
        int whole = rows - row >= BLOCK;
        if (whole)
            find_range(gray + row * width, width, BLOCK, low, high);
        for (int x = 0; x < width; x += BLOCK) {
            if (whole) {
                *darkest = least_of(low + x);
                *lightest++ = most_of(high + x);
                if (*darkest++ >= threshold)
                    continue;
            }
            pack_column(gray + row * width + x, width, whole ? BLOCK : rows - row, limit,
                        bits + row * (width / 8) + x / 8);
        }
    }
    return 1;
}

/* The darkest and lightest grey of blocks of `block_rows` x BLOCK dots, as many rows of them as there are whole. */
FAST void find_greys(const uint8_t *gray, int width, long rows, int block_rows, uint8_t *darkest, uint8_t *lightest)
{
    uint8_t low[WIDEST], high[WIDEST];

    for (; rows >= block_rows; rows -= block_rows, gray += (long)block_rows * width) {
        find_range(gray, width, block_rows, low, high);
        for (int x = 0; x < width; x += BLOCK) {
            *darkest++ = least_of(low + x);
            *lightest++ = most_of(high + x);
        }
    }
}
