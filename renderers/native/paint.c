/* Dark areas as they go on the fax: paper with black letters, or black with white ones. */

#include "dots.h"
#include "masks.h"
#include "tints.h"

enum {
    GROWTH = 16, /* the longest tip */
    CLEAR = 13,  /* rows and dots around a frame's that no letter is in: lines through words make them hard to read */
    BEYOND = 2,  /* outside a frame it is white after so many dots more: a shade that goes on gets none */
};

static const struct part *part_of(const struct region *region, const struct tint *tint)
{
    return tint->label == NO_LABEL ? NULL : region->parts + tint->label;
}

static int is_paper(const struct region *region, const struct tint *tint)
{
    const struct part *part = part_of(region, tint);
    return part && part->is_paper;
}

/* Says what a block's dots are to be: white where letters are on dark areas, black where they are on paper, which is
   marked in `other`. */
FAST static void paint_block(const struct region *region, long at, int paper, int limit)
{
    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++) {
            uint8_t turned = paper ? region->area[at + x] : 0, letter = region->mixed[at + x] < limit ? turned : 0;
            region->other[at + x] = turned;
            region->black[at + x] = letter;
            region->strokes[at + x] = (uint8_t)((region->strokes[at + x] | turned) & ~letter);
        }
}

static void paint_blocks(struct region *region)
{
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            const struct tint *tint = &region->tints[row * region->columns + column];
            paint_block(region, ((long)row * region->width + column) * BLOCK, is_paper(region, tint), tint->limit);
        }
}

/* The least grey of what is a tint in or beside a block: of parts that become paper only, or of all. Of several, the
   greatest; 255 where there are none. */
uint8_t least_around(const struct region *region, int row, int column, int of_paper)
{
    uint8_t least = 0;

    for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < region->down; y++)
        for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < region->columns; x++) {
            const struct tint *tint = &region->tints[y * region->columns + x];
            if (tint->label != NO_LABEL && (!of_paper || is_paper(region, tint)) && tint->least > least)
                least = tint->least;
        }
    return least ? least : 255;
}

/* Marks in `more` what is of the tint of paper beside it: whatever is not darker, and of no part of its own. */
FAST static void mark_tips(const struct region *region, long at, int least, int is_known)
{
    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++) {
            uint8_t free = is_known ? (uint8_t)~region->area[at + x] : 255;
            region->more[at + x] = region->gray[at + x] >= least ? region->dark[at + x] & free : 0;
        }
}

/* Whitens what paper touches and is of its tint. */
FAST static void add_tips(struct region *region)
{
    const long size = (long)region->width * region->rows;

    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++)
            mark_tips(region, ((long)row * region->width + column) * BLOCK, least_around(region, row, column, 1),
                      region->tints[row * region->columns + column].count);
    grow(region->other, region->more, region->width, region->rows, GROWTH, region->queue);
    for (long dot = 0; dot < size; dot++)
        region->strokes[dot] |= region->other[dot] & region->more[dot];
}

static int is_white(const struct region *region, int y, int x)
{
    return y >= 0 && y < region->rows && x >= 0 && x < region->width &&
           region->gray[(long)y * region->width + x] >= region->looks->threshold + CONTRAST;
}

static int is_dark(const struct region *region, int y, int x)
{
    return y < 0 || y >= region->rows || x < 0 || x >= region->width || region->dark[(long)y * region->width + x];
}

/* Whether the dark ends within the frame's breadth of a dot, that way. */
static int ends(const struct region *region, int y, int x, int down, int across)
{
    const int breadth = down ? region->looks->frame_rows : region->looks->frame_dots;

    for (int step = 1; step <= breadth; step++)
        if (!is_dark(region, y + step * down, x + step * across))
            return is_white(region, y + (breadth + BEYOND) * down, x + (breadth + BEYOND) * across);
    return 0;
}

static int is_at_edge(const struct region *region, long dot)
{
    const int y = (int)(dot / region->width), x = (int)(dot % region->width);

    return ends(region, y, x, -1, 0) || ends(region, y, x, 1, 0) || ends(region, y, x, 0, -1) || ends(region, y, x, 0, 1);
}

static int is_framed_around(const struct region *region, int row, int column)
{
    for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < region->down; y++)
        for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < region->columns; x++) {
            const struct part *part = part_of(region, &region->tints[y * region->columns + x]);
            if (part && part->is_framed)
                return 1;
        }
    return 0;
}

/* Marks in `mixed` what is not near any letter, nor anything else that is black. */
FAST static void find_clear(const struct region *region)
{
    const long size = (long)region->width * region->rows;

    for (long i = 0; i < size; i++)
        region->more[i] = (uint8_t)~((region->dark[i] & ~region->other[i]) | region->black[i]);
    shrink_mask(region->more, region->rows, region->width, CLEAR, region->words, region->mixed);
}

static void frame(const struct region *region)
{
    find_clear(region);
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            if (!is_framed_around(region, row, column))
                continue;
            long at = ((long)row * region->width + column) * BLOCK;
            for (int y = 0; y < BLOCK; y++, at += region->width)
                for (long dot = at; dot < at + BLOCK; dot++)
                    if (region->other[dot] && region->mixed[dot] && is_at_edge(region, dot))
                        region->black[dot] = 255;
        }
}

/* Puts it on the page. */
FAST static void put(const struct region *region, uint8_t *bits, int row_bytes)
{
    bits += (long)region->top * row_bytes + region->left / 8;
    for (int y = 0; y < region->rows; y++, bits += row_bytes)
        for (int x = 0; x < region->width; x += BLOCK) {
            const long at = (long)y * region->width + x;
            uint8_t white[2], black[2];
            pack((const uint8_t *)&(dots){0}, load(region->strokes + at), white);
            pack((const uint8_t *)&(dots){0}, load(region->black + at), black);
            bits[x / 8] = (uint8_t)((bits[x / 8] & ~white[0]) | black[0]);
            bits[x / 8 + 1] = (uint8_t)((bits[x / 8 + 1] & ~white[1]) | black[1]);
        }
}

/* Puts the areas on the page, whose rows are so many dots. */
void paint(struct region *region, uint8_t *bits, int page_width)
{
    int any = 0;

    for (int part = 0; part < region->part_count; part++)
        any |= region->parts[part].is_paper;
    paint_blocks(region);
    if (any) {
        add_tips(region);
        frame(region);
    }
    put(region, bits, page_width / 8);
}
