/* Texts that stand on scans and photographs: letters would be screened, or lose their ground, with what is below them.

   Each is drawn anew, black on white or white on black, in a box of its own. */

#include <stdlib.h>

#include "page.h"

enum {
    EDGE = 3,            /* dots around a text that are its ground, too */
    LEAST_CONTRAST = 24, /* between a text and its ground; with less it is left as it is */
    NEARER = 45,         /* percent of the way from the grey of the text to that of its ground: what is nearer is text */
};

static struct box common(const struct box *one, const struct box *other)
{
    return (struct box){one->left > other->left ? one->left : other->left, one->top > other->top ? one->top : other->top,
                        one->right < other->right ? one->right : other->right,
                        one->bottom < other->bottom ? one->bottom : other->bottom};
}

/* The grey that as many dots in the box are darker than as are lighter. */
static int middle_of(const uint8_t *gray, int width, const struct box *box)
{
    int counts[256] = {0}, grey = 0;
    long sum = 0, all = (long)(box->right - box->left) * (box->bottom - box->top);

    for (int y = box->top; y < box->bottom; y++)
        for (int x = box->left; x < box->right; x++)
            counts[gray[(long)y * width + x]]++;
    for (; grey < 255 && 2 * (sum += counts[grey]) <= all; grey++)
        ;
    return grey;
}

static void write_text(const uint8_t *gray, int width, const struct text *text, const struct box *picture, uint8_t *bits)
{
    struct box box = {text->box.left - EDGE, text->box.top - EDGE, text->box.right + EDGE, text->box.bottom + EDGE};

    box = common(&box, picture);
    if (box.left >= box.right || box.top >= box.bottom)
        return;
    int ground = middle_of(gray, width, &box), is_dark = text->grey < ground;
    int limit = text->grey + (ground - text->grey) * NEARER / 100;
    if (abs(ground - text->grey) < LEAST_CONTRAST)
        return;
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            int grey = gray[(long)y * width + x], dot = 0x80 >> x % 8;
            uint8_t *byte = bits + (long)y * (width / 8) + x / 8;
            *byte = (uint8_t)((is_dark ? grey < limit : grey <= limit) ? *byte | dot : *byte & ~dot);
        }
}

/* Writes every text on the scans and photographs that it stands on. */
void write_texts(const uint8_t *gray, int width, const struct text *texts, int count, const struct pictures *pictures,
                 uint8_t *bits)
{
    for (int i = 0; i < count; i++)
        for (int n = 0; n < pictures->photos; n++)
            write_text(gray, width, &texts[i], &pictures->boxes[n], bits);
}
