/* One look at a grey page: what is darker than the threshold, and the darkest and lightest grey of each block.

   Rows are read once. The inner loops are plain enough for the compiler to do 16 dots at a time. */

#include <stdint.h>
#include <string.h>

enum { BLOCK = 16, WIDEST = 16384 };

int survey(const uint8_t *gray, int width, long rows, int threshold, uint8_t *bits, uint8_t *darkest,
           uint8_t *lightest);
void sharpen(const uint8_t *gray, int width, long rows, uint8_t *out);

/* Black is 1 and the leftmost dot the highest bit. */
static void pack_row(const uint8_t *restrict row, int width, uint8_t threshold, uint8_t *restrict bits)
{
    uint8_t black[WIDEST];

    for (int x = 0; x < width; x++)
        black[x] = row[x] < threshold;
    for (int x = 0; x < width; x += 8) {
        uint64_t eight;
        memcpy(&eight, black + x, 8);
        bits[x / 8] = (uint8_t)(eight * 0x8040201008040201 >> 56);
    }
}

static void widen_range(const uint8_t *restrict row, int width, uint8_t *restrict low,
                        uint8_t *restrict high)
{
    for (int x = 0; x < width; x++) {
        low[x] = row[x] < low[x] ? row[x] : low[x];
        high[x] = row[x] > high[x] ? row[x] : high[x];
    }
}

/* Fills `out` with the page, each dot differing twice as much from those above and below it. */
void sharpen(const uint8_t *gray, int width, long rows, uint8_t *out)
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
int survey(const uint8_t *gray, int width, long rows, int threshold, uint8_t *bits, uint8_t *darkest,
           uint8_t *lightest)
{
    uint8_t low[WIDEST], high[WIDEST];

    if (width < BLOCK || width > WIDEST || width % BLOCK)
        return 0;
    for (long row = 0; row < rows; row++) {
        if (row % BLOCK == 0) {
            memset(low, 255, (size_t)width);
            memset(high, 0, (size_t)width);
        }
        pack_row(gray + row * width, width, (uint8_t)threshold, bits + row * (width / 8));
        widen_range(gray + row * width, width, low, high);
        if (row % BLOCK != BLOCK - 1)
            continue;
        for (int x = 0; x < width; x += BLOCK) {
            uint8_t dark = 255, light = 0;
            for (int i = x; i < x + BLOCK; i++) {
                dark = low[i] < dark ? low[i] : dark;
                light = high[i] > light ? high[i] : light;
            }
            *darkest++ = dark;
            *lightest++ = light;
        }
    }
    return 1;
}
