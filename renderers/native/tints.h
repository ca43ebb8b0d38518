/* Dark areas of a page, on their way to black and white; the C files say what each function does. */

#ifndef FAXGW_TINTS_H
#define FAXGW_TINTS_H

#include "masks.h"
#include "page.h"

/* What is known of a block of a dark area. */
struct tint {
    int32_t sum, count;               /* of its inner dots */
    int32_t dark, light;              /* dots of letters */
    int32_t label;                    /* of the part of the page it belongs to; NO_LABEL where there is no dark area */
    uint8_t ground, darkest, lightest; /* the greys of its inner dots; ground is without dark strokes */
    uint8_t low, high;                /* the darkest and lightest grey in it and around */
    uint8_t on_light;                 /* letters are darker than what they stand on */
    uint8_t limit;                    /* what is darker is ink; 0 when there is none */
    uint8_t least;                    /* what is lighter belongs to the tint, beside it, too */
};

enum {
    NO_LABEL = -1,
    CONTRAST = 28, /* letters differ so much from their ground, */
    TEXT_DOTS = 8, /* ... and a block with so many dots of them has text, */
    LEAST_DARK = 24, /* a part with so many dark ones */
};

/* Blocks of one ground that touch one another. */
struct part {
    int32_t blocks, texts; /* of the latter there are those with dark letters */
    int64_t dark, light;   /* dots of letters */
    int32_t top, bottom, left, right;
    int is_paper, is_framed;
};

/* Blocks of a page that lie together. Masks are 255 where something is, and 0 elsewhere. */
struct region {
    int top, left;               /* on the page, in rows and dots */
    int width, rows;             /* in dots, */
    int columns, down;           /* ... and in blocks */
    const struct looks *looks;
    uint8_t *gray, *mixed;       /* greys as they are, and half sharpened */
    uint8_t *dark;    /* mask: darker than the threshold, outside of pictures */
    uint8_t *area;    /* mask: ... and thicker than strokes */
    uint8_t *strokes; /* mask: of areas only; what is to be white in the end */
    uint8_t *black;   /* mask: what is to be black */
    uint8_t *other, *more; /* room for one mask or page each, and some rows more */
    uint8_t *line;    /* of a row only */
    uint64_t *words;  /* for open_mask() */
    struct tint *tints;
    struct part *parts;
    int part_count;
    int32_t *queue;
};

/* The blocks around one, as far as there are any: `for (each)` of them. */
#define AROUND(y, x, region, row, column)                                                                                \
    for (int y = (row) > 0 ? (row) - 1 : 0; y <= (row) + 1 && y < (region)->down; y++)                                   \
        for (int x = (column) > 0 ? (column) - 1 : 0; x <= (column) + 1 && x < (region)->columns; x++)

static inline long size_of(const struct region *region)
{
    return (long)region->width * region->rows;
}

static inline struct tint *tint_at(const struct region *region, int row, int column)
{
    return region->tints + (long)row * region->columns + column;
}

/* Opens (or closes) a mask of the region. */
static inline void open_in(const struct region *region, const uint8_t *mask, int down, int across, int closes,
                           uint8_t *out)
{
    open_mask(mask, region->rows, region->width, down, across, closes, region->words, out);
}

int find_areas(struct region *region, const struct box *boxes, int box_count, int times);
int find_strokes(struct region *region);
void find_parts(struct region *region);
uint8_t least_around(const struct region *region, int row, int column, int of_paper);
void count_letters_on(struct region *region);
void judge_parts(struct region *region);
void paint(struct region *region, uint8_t *bits, int page_width);

#endif
