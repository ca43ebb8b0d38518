/* A grey page to T.6 in one go: for pages of text and lines, which most are. */

#include <stdlib.h>
#include <string.h>

#include "pages.h"

enum { MOST_ROWS = 100000 };

/* What is found of each block, one after another in the caller's memory. */
struct found {
    uint8_t *darkest, *lightest, *black, *dark, *pale, *ink;
    int rows, columns;
};

static struct found blocks_in(uint8_t *memory, int rows, int columns)
{
    long size = (long)rows * columns;
    return (struct found){memory,            memory + size,     memory + 2 * size, memory + 3 * size,
                          memory + 4 * size, memory + 5 * size, rows,              columns};
}

/* Whether there is nothing but perhaps a speck. The size is a multiple of two. */
static int is_dust(const uint8_t *bits, long size)
{
    int ink = 0;
    for (long i = 0; i < size && ink <= DUST; i += 2)
        if (bits[i] | bits[i + 1])
            ink += __builtin_popcount((unsigned)(bits[i] << 8 | bits[i + 1]));
    return ink <= DUST;
}

static int has_lost(const struct found *found, int threshold)
{
    return find_lost(found->darkest, found->lightest, found->rows, found->columns, threshold, found->black, found->dark,
                     found->pale);
}

static int save(const struct found *found, const struct looks *looks, const uint8_t *gray, const uint8_t *sharp,
                uint8_t *bits)
{
    return !rescue(gray, sharp, found->darkest, found->lightest, found->dark, found->pale, found->rows, found->columns,
                   looks->threshold, looks->stroke_rows, looks->stroke_dots, bits, found->ink);
}

/* Copies rows, each of them `times` times and every `every`th only. */
static void copy_rows(uint8_t *to, const uint8_t *from, long row_bytes, int rows, int times, int every)
{
    for (int row = 0; row < rows; row += every, from += every * row_bytes)
        for (int n = 0; n < times; n++, to += row_bytes)
            memcpy(to, from, (size_t)row_bytes);
}

/* Rescues text on a page that is made twice as high for it. */
static int save_coarse(const struct found *found, const struct looks *looks, const uint8_t *gray, const uint8_t *sharp,
                       int width, int rows, uint8_t *bits)
{
    long page = (long)width * rows, dots = page / 8;
    uint8_t *twice = malloc((size_t)(4 * page + 2 * dots)), *tall = twice + 4 * page;

    if (!twice)
        return 0;
    copy_rows(twice, gray, width, rows, 2, 1);
    copy_rows(twice + 2 * page, sharp, width, rows, 2, 1);
    copy_rows(tall, bits, width / 8, rows, 2, 1);
    int done = save(found, looks, twice, twice + 2 * page, tall);
    copy_rows(bits, tall, width / 8, 2 * rows, 1, 2);
    free(twice);
    return done;
}

/* Fills `bits`; returns 0 when a tint has to become paper. */
static int blacken_coarse(const uint8_t *gray, int width, int rows, const struct looks *looks, uint8_t *bits,
                          uint8_t *blocks)
{
    struct found found = blocks_in(blocks, rows / BLOCK, width / BLOCK);
    uint8_t *sharp = malloc((size_t)width * (size_t)rows);

    if (!sharp)
        return 0;
    sharpen(gray, width, rows, sharp);
    int done = survey(sharp, width, rows, looks->threshold, bits, found.darkest, found.lightest);
    if (done) {
        find_greys(gray, width, rows, BLOCK, found.darkest, found.lightest);
        draw_rules(gray, found.darkest, found.lightest, width, rows, looks->threshold, looks->beside_rows,
                   looks->least_rows, NULL, 0, bits);
        /* Blocks of 16 lines are as high as a line of text, and few lie in a tint altogether. */
        found = blocks_in(blocks, rows / (BLOCK / 2), width / BLOCK);
        find_greys(gray, width, rows, BLOCK / 2, found.darkest, found.lightest);
        done = !has_lost(&found, looks->threshold) || save_coarse(&found, looks, gray, sharp, width, rows, bits);
    }
    free(sharp);
    return done;
}

/* The same where rows are finer than strokes. */
static int blacken(const uint8_t *gray, int width, int rows, const struct looks *looks, uint8_t *bits, uint8_t *blocks)
{
    struct found found = blocks_in(blocks, rows / BLOCK, width / BLOCK);

    if (!survey(gray, width, rows, looks->threshold, bits, found.darkest, found.lightest))
        return 0;
    draw_rules(gray, found.darkest, found.lightest, width, rows, looks->threshold, looks->beside_rows,
               looks->least_rows, NULL, 0, bits);
    return !has_lost(&found, looks->threshold) || save(&found, looks, gray, gray, bits);
}

/* Writes the T.6 code of a page without pictures to `code`, and to `is_blank` whether nothing is on it. Returns the
   code's size; 0 when there is more to the page than this does, or it is too wide. `bits` has room for the rows of
   the margin and the page, `blocks` for six greys of each block of 8 x 16 dots. */
long code_page(const uint8_t *gray, int width, long rows, const struct looks *looks, uint8_t *bits, uint8_t *blocks,
               int *is_blank, uint8_t *code, long room)
{
    long margin = (long)looks->margin_rows * (width / 8);

    if (rows < 1 || rows > MOST_ROWS || looks->margin_rows < 0)
        return 0;
    int done = looks->is_coarse ? blacken_coarse(gray, width, (int)rows, looks, bits + margin, blocks)
                                : blacken(gray, width, (int)rows, looks, bits + margin, blocks);
    if (!done)
        return 0;
    memset(bits, 0, (size_t)margin);
    *is_blank = is_dust(bits + margin, rows * (width / 8));
    return mmr_encode(bits, width, looks->margin_rows + rows, code, room);
}
