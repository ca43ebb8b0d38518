/* Which letters stand on dark areas, dark and light ones: tints.c says what for.

   Strokes that stand out from the ground are letters but for long ones: these are rules, gaps and edges. */

#include "dots.h"
#include "tints.h"

enum {
    SPECK = 3, /* rows and dots of tint between letters, at least: soft edges of letters are thinner */
    RIM = 7,   /* letters have so many rows and dots of the area around them: pictures made larger have darker edges */
};

/* Takes out of a mask what is longer than any letter's stroke, across or down; `others` is one that it is found in. */
FAST static void take_out(uint8_t *restrict mask, const uint8_t *restrict others, long size)
{
    for (long i = 0; i < size; i++)
        mask[i] &= (uint8_t)~others[i];
}

FAST static void keep_both(const uint8_t *restrict mask, long size, uint8_t *restrict out)
{
    for (long i = 0; i < size; i++)
        out[i] &= mask[i];
}

static int count_in(const struct region *region, const uint8_t *mask, int row, int column)
{
    const uint8_t *at = mask + ((long)row * region->width + column) * BLOCK;
    int count = 0;

    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++)
            count += at[x] & 1;
    return count;
}

/* Leaves in `mask` what is no rule of `lines`. */
static void keep_letters(const struct region *region, const uint8_t *lines, uint8_t *mask, uint8_t *room)
{
    open_in(region, lines, 1, region->looks->longest_dots, 0, room);
    take_out(mask, room, size_of(region));
    open_in(region, lines, region->looks->longest_rows, 1, 0, room);
    take_out(mask, room, size_of(region));
}

FAST static void mark_tinted(const struct region *region, long at, int least, uint8_t *mask)
{
    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++)
            mask[at + x] = region->gray[at + x] >= least ? region->dark[at + x] : 0;
}

/* Makes a mask of the dots that are light and have tints to both sides, in all directions. */
static void find_between(const struct region *region, uint8_t *mask)
{
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++)
            mark_tinted(region, ((long)row * region->width + column) * BLOCK, least_around(region, row, column, 0), region->more);
    open_in(region, region->more, SPECK, SPECK, 0, mask);
    open_in(region, mask, region->looks->light_rows, region->looks->light_dots, 1, region->more);
    memcpy(mask, region->more, (size_t)size_of(region));
    take_out(mask, region->dark, size_of(region));
}

FAST static void invert(uint8_t *mask, long size)
{
    for (long i = 0; i < size; i++)
        mask[i] = (uint8_t)~mask[i];
}

/* Counts light letters as white as paper. Uses up the mask of what is dark, and restores it. */
static void count_white(struct region *region)
{
    find_between(region, region->other);
    invert(region->dark, size_of(region));
    keep_letters(region, region->dark, region->other, region->more);
    invert(region->dark, size_of(region));
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            int count = count_in(region, region->other, row, column);
            if (tint_at(region, row, column)->count)
                tint_at(region, row, column)->light += count;
            else if (count)
                AROUND (y, x, region, row, column)
                    if (tint_at(region, y, x)->count)
                        tint_at(region, y, x)->light += count;
        }
}

/* Takes dark strokes out that lie at the edges of areas. */
static void leave_out_rims(const struct region *region, const uint8_t *inside)
{
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            long at = ((long)row * region->width + column) * BLOCK;
            for (int y = 0; y < BLOCK && tint_at(region, row, column)->on_light; y++, at += region->width)
                keep_both(inside + at, BLOCK, region->strokes + at);
        }
}

/* Counts the dots of letters in each block. */
void count_letters_on(struct region *region)
{
    int64_t has_dark = 0;

    shrink_mask(region->area, region->rows, region->width, RIM, region->words, region->other);
    leave_out_rims(region, region->other);
    keep_both(region->strokes, size_of(region), region->other);
    keep_letters(region, region->strokes, region->other, region->more);
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            struct tint *tint = tint_at(region, row, column);
            int count = count_in(region, region->other, row, column);
            *(tint->on_light ? &tint->dark : &tint->light) += count;
            has_dark += tint->dark;
        }
    if (has_dark >= LEAST_DARK)
        count_white(region);
}
