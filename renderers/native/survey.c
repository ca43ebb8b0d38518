/* One look at a grey page: what is darker than the threshold, and the darkest and lightest grey of each block. */

#include "dots.h"

INLINED dots choose(dots one, dots other, int greater)
{
    return greater ? most(one, other) : least(one, other);
}

/* The least, or the greatest, of sixteen. */
INLINED uint8_t extreme_of(dots grey, int greater)
{
    grey = choose(grey, __builtin_shuffle(grey, (dots){8, 9, 10, 11, 12, 13, 14, 15}), greater);
    grey = choose(grey, __builtin_shuffle(grey, (dots){4, 5, 6, 7}), greater);
    grey = choose(grey, __builtin_shuffle(grey, (dots){2, 3}), greater);
    return choose(grey, __builtin_shuffle(grey, (dots){1}), greater)[0];
}

/* The darkest and lightest grey of a row of blocks. */
INLINED void find_range(const uint8_t *gray, int width, int rows, uint8_t *darkest, uint8_t *lightest)
{
    for (int x = 0; x < width; x += BLOCK) {
        dots low = load(gray + x), high = low;
        for (int row = 1; row < rows; row++) {
            dots grey = load(gray + (long)row * width + x);
            if (x % 64 == 0) /* what comes next: these are columns, which no processor foresees */
                __builtin_prefetch(gray + (long)(row + rows) * width + x);
            low = least(low, grey);
            high = most(high, grey);
        }
        *darkest++ = extreme_of(low, 0);
        *lightest++ = extreme_of(high, 1);
    }
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
    const int columns = width / BLOCK, row_bytes = width / 8;

    if (width < BLOCK || width > WIDEST || width % BLOCK)
        return 0;
    memset(bits, 0, (size_t)(row_bytes * rows));
    for (long row = 0; row < rows; row += BLOCK, gray += BLOCK * width, bits += BLOCK * row_bytes) {
        int whole = rows - row >= BLOCK, count = whole ? BLOCK : (int)(rows - row);
        if (whole)
            find_range(gray, width, BLOCK, darkest, lightest);
        for (int column = 0; column < columns; column++)
            if (!whole || darkest[column] < threshold)
                for (int y = 0; y < count; y++)
                    pack(gray + (y * columns + column) * BLOCK, limit, bits + (y * columns + column) * 2);
        darkest += whole ? columns : 0;
        lightest += whole ? columns : 0;
    }
    return 1;
}

/* The darkest and lightest grey of blocks of `block_rows` x BLOCK dots, as many rows of them as there are whole. */
FAST void find_greys(const uint8_t *gray, int width, long rows, int block_rows, uint8_t *darkest, uint8_t *lightest)
{
    int columns = width / BLOCK;

    for (; rows >= block_rows; rows -= block_rows, gray += (long)block_rows * width) {
        find_range(gray, width, block_rows, darkest, lightest);
        darkest += columns;
        lightest += columns;
    }
}
