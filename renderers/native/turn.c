/* Pictures turned upright, and to lie along the page. */

#include <stdlib.h>

#include "images.h"

enum { SQUARE = 64 /* dots of a side: what is read down a column stays at hand */ };

/* How a picture is read: its first dot, and how far the next ones are, across and down. */
struct reading {
    const uint8_t *first;
    long across, down, width, rows;
};

static void flip_across(struct reading *it)
{
    it->first += (it->width - 1) * it->across;
    it->across = -it->across;
}

static void flip_down(struct reading *it)
{
    it->first += (it->rows - 1) * it->down;
    it->down = -it->down;
}

/* Rows become columns. */
static void transpose(struct reading *it)
{
    *it = (struct reading){it->first, it->down, it->across, it->rows, it->width};
}

static void copy_square(const struct reading *it, long left, long top, uint8_t *out)
{
    long right = left + SQUARE < it->width ? left + SQUARE : it->width;
    long bottom = top + SQUARE < it->rows ? top + SQUARE : it->rows;

    for (long y = top; y < bottom; y++)
        for (long x = left; x < right; x++)
            out[y * it->width + x] = it->first[x * it->across + y * it->down];
}

/* Turns a picture upright, given how it lies (EXIF 2.3 tag 274), and then to the right by 90 degrees if `clockwise`.
   Returns 0 when there is no memory. */
int turn(struct image *image, int orientation, int clockwise)
{
    struct reading it = {image->gray, 1, image->width, image->width, image->rows};

    if (orientation >= 5)
        transpose(&it);
    if (orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7)
        flip_across(&it);
    if (orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8)
        flip_down(&it);
    if (clockwise) {
        transpose(&it);
        flip_across(&it);
    }
    if (it.across == 1 && it.down == image->width)
        return 1;
    uint8_t *out = malloc((size_t)(it.width * it.rows));
    if (!out)
        return 0;
    for (long top = 0; top < it.rows; top += SQUARE)
        for (long left = 0; left < it.width; left += SQUARE)
            copy_square(&it, left, top, out);
    free(image->gray);
    *image = (struct image){out, it.width, it.rows};
    return 1;
}
