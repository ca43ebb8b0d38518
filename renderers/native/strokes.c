/* A page without its thin strokes: what is left is the ground they stand on. */

#include "dots.h"

/* Every dot becomes the lesser (or the greater) of itself and the one `step` further on. */
INLINED void choose(uint8_t *restrict dot, const uint8_t *restrict other, int count, int greater)
{
    if (greater)
        for (int i = 0; i < count; i++)
            dot[i] = dot[i] > other[i] ? dot[i] : other[i];
    else
        for (int i = 0; i < count; i++)
            dot[i] = dot[i] < other[i] ? dot[i] : other[i];
}

/* The extreme of `length` rows around each one, in place; there is room for length - 1 rows more. */
INLINED void extreme_of_rows(uint8_t *page, int rows, int width, int length, int greater)
{
    int before = length / 2;

    memmove(page + (long)before * width, page, (size_t)rows * (size_t)width);
    for (int y = 0; y < before; y++) {
        memcpy(page + (long)y * width, page + (long)before * width, (size_t)width);
        memcpy(page + (long)(before + rows + y) * width, page + (long)(before + rows - 1) * width, (size_t)width);
    }
    for (int reach = 1, step; reach < length; reach += step) {
        step = reach < length - reach ? reach : length - reach;
        for (int y = 0; y < rows + length - reach - step; y++)
            choose(page + (long)y * width, page + (long)(y + step) * width, width, greater);
    }
}

/* The same across: `line` has room for two rows and what lies before and behind them. */
INLINED void extreme_of_dots(uint8_t *page, int rows, int width, int length, int greater, uint8_t *line)
{
    int before = length / 2, wide = width + length - 1;
    uint8_t *one = line, *other = line + wide;

    for (int y = 0; y < rows; y++, page += width) {
        memset(one, page[0], (size_t)before);
        memcpy(one + before, page, (size_t)width);
        memset(one + before + width, page[width - 1], (size_t)before);
        for (int reach = 1, step; reach < length; reach += step) {
            step = reach < length - reach ? reach : length - reach;
            memcpy(other, one + step, (size_t)(wide - step));
            choose(one, other, wide - step, greater);
        }
        memcpy(page, one, (size_t)width);
    }
}

/* Fills `out` with the page but without its dark (or light) strokes that are thinner than `stroke_rows` x `stroke_dots`,
   both odd. `out` has room for stroke_rows rows more, and `line` for two rows and stroke_dots dots more in each. */
FAST void remove_strokes(const uint8_t *page, int rows, int width, int stroke_rows, int stroke_dots, int dark,
                         uint8_t *line, uint8_t *out)
{
    memcpy(out, page, (size_t)rows * (size_t)width);
    for (int greater = dark, pass = 0; pass < 2; pass++, greater = !greater) {
        extreme_of_rows(out, rows, width, stroke_rows, greater);
        extreme_of_dots(out, rows, width, stroke_dots, greater, line);
    }
}

/* Every dot becomes the least, or the greatest, of `length` rows and dots around it, in place; length is odd. `page` has room for
   length - 1 rows more, and `line` for two rows and length dots more in each. */
FAST void find_extreme(uint8_t *page, int rows, int width, int length, int greater, uint8_t *line)
{
    extreme_of_rows(page, rows, width, length, greater);
    extreme_of_dots(page, rows, width, length, greater, line);
}
