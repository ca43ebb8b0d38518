/* Text that one threshold for the page would lose: pale on white, dark on medium, white on pale.

   A page is looked at in blocks of 16 x 16 dots. Where a block comes out all black or all white and yet holds
   clear contrast, thin strokes are looked for that stand out from their ground (strokes.c); they are turned to the other
   colour. Only the rows of blocks with such text are worked on, and what lies within the reach of a stroke. */

#include <stdlib.h>

#include "dots.h"

enum {
    BLOCK_CONTRAST = 28, /* with less between its darkest and lightest dot a block holds no text ... */
    EDGE_CONTRAST = 10,  /* ... but beside one with text it may: the feet and heads of its letters */
    BROKEN = 58,         /* text this much darker than the threshold may still break up */
    TEXT_DOTS = 8,       /* so many dots of strokes in a block are text */
    REACH = 2,           /* blocks around one that its strokes depend on */
    FOUND = 1,
    ADDED = 2,
};

/* A page in blocks. */
struct blocks {
    const uint8_t *gray, *darkest, *lightest, *dark, *pale;
    int rows, columns, threshold;
};

/* What is known of a block with lost text: the greys around it, on its own side of the threshold. */
struct greys {
    uint8_t low, high, on_light;
};

/* Some rows of blocks of the page, from one column to another, and dots of theirs. */
struct region {
    int top, bottom, left, right; /* in blocks; bottom and right are outside */
    int rows, width;              /* in dots */
    uint8_t *page, *darker, *lighter, *line;
    struct greys *greys;
};

/* The blocks around one, as far as there are any: `for (each)` of them. */
#define AROUND(y, x, page, row, column)                                                                                \
    for (int y = (row) > 0 ? (row) - 1 : 0; y <= (row) + 1 && y < (page)->rows; y++)                                   \
        for (int x = (column) > 0 ? (column) - 1 : 0; x <= (column) + 1 && x < (page)->columns; x++)

static int is_found_beside(const struct blocks *page, const uint8_t *marks, int row, int column)
{
    AROUND (y, x, page, row, column)
        if (marks[y * page->columns + x] == FOUND)
            return 1;
    return 0;
}

/* Whether no black is near: soft edges of black letters reach into the next block. */
static int is_far_from_black(const struct blocks *page, int row, int column)
{
    AROUND (y, x, page, row, column)
        if (page->darkest[y * page->columns + x] < page->threshold - BROKEN)
            return 0;
    return 1;
}

/* Whether a block beside one with lost text holds some of it, too: its contrast may be less. */
static int goes_on(const struct blocks *page, const uint8_t *black, int row, int column, int in_the_dark)
{
    int i = row * page->columns + column;
    int enough = page->lightest[i] - page->darkest[i] >= EDGE_CONTRAST;

    if (!in_the_dark)
        return !black[i] && enough && is_far_from_black(page, row, column) && is_found_beside(page, page->pale, row, column);
    /* At the edge of its tint there is paper in the same block. */
    return (black[i] ? enough : page->darkest[i] < page->threshold) && is_found_beside(page, page->dark, row, column);
}

/* Fills `black` (which blocks are all black by the threshold), `dark` (those of them that hold text) and `pale`
   (white ones that do); both with what the text goes on to. Returns whether there are any. */
int find_lost(const uint8_t *darkest, const uint8_t *lightest, int rows, int columns, int threshold, uint8_t *black,
              uint8_t *dark, uint8_t *pale)
{
    const struct blocks page = {NULL, darkest, lightest, dark, pale, rows, columns, threshold};
    int lost = 0;

    for (int i = 0; i < rows * columns; i++) {
        int has_text = lightest[i] - darkest[i] >= BLOCK_CONTRAST;
        black[i] = lightest[i] < threshold;
        dark[i] = black[i] && has_text;
        pale[i] = !black[i] && has_text && darkest[i] >= threshold - BROKEN && is_far_from_black(&page, i / columns, i % columns);
        lost |= dark[i] | pale[i];
    }
    if (!lost)
        return 0;
    for (int i = 0; i < rows * columns; i++) {
        if (!dark[i] && goes_on(&page, black, i / columns, i % columns, 1))
            dark[i] = ADDED;
        if (!pale[i] && goes_on(&page, black, i / columns, i % columns, 0))
            pale[i] = ADDED;
    }
    for (int i = 0; i < rows * columns; i++) {
        dark[i] = dark[i] != 0;
        pale[i] = pale[i] != 0;
    }
    return 1;
}

/* The darkest and lightest grey around a block that lie on its own side of the threshold. */
static void find_range(const struct blocks *page, int row, int column, struct greys *greys)
{
    int dark = page->dark[row * page->columns + column];

    greys->low = 255;
    greys->high = 0;
    AROUND (y, x, page, row, column) {
        int i = y * page->columns + x, black = page->lightest[i] < page->threshold;
        int broken = page->threshold - BROKEN;
        int low = page->darkest[i] > broken || dark ? page->darkest[i] : broken;
        if (black == dark && low < greys->low)
            greys->low = (uint8_t)low;
        if ((!dark || black) && page->lightest[i] > greys->high)
            greys->high = page->lightest[i];
    }
    if (dark && greys->high < greys->low)
        greys->high = greys->low;
}

/* The sum of a block's greys, those below the limit, and how many these are. */
static FAST void sum_up(const uint8_t *gray, int width, int limit, int64_t *sum, int64_t *count)
{
    int greys = 0, dots_below = 0;
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++) {
            int grey = gray[(long)y * width + x], below = grey < limit;
            greys += below ? grey : 0;
            dots_below += below;
        }
    *sum += greys;
    *count += dots_below;
}

/* Whether what the text of a block stands on is lighter than the middle between the greys around: by the mean of
   the nine blocks, those beyond the page's edge being like the ones at it; of a dark one, by their black dots. */
static int is_on_light(const struct blocks *page, int row, int column, const struct greys *greys)
{
    int width = page->columns * BLOCK, limit = page->dark[row * page->columns + column] ? page->threshold : 256;
    int64_t sum = 0, count = 0;

    for (int y = row - 1; y <= row + 1; y++)
        for (int x = column - 1; x <= column + 1; x++) {
            int at_row = y < 0 ? 0 : y >= page->rows ? page->rows - 1 : y;
            int at_column = x < 0 ? 0 : x >= page->columns ? page->columns - 1 : x;
            sum_up(page->gray + ((long)at_row * width + at_column) * BLOCK, width, limit, &sum, &count);
        }
    double ground = (double)sum / (double)(count ? count : 1);
    ground = ground < greys->low ? greys->low : ground;
    ground = ground > greys->high ? greys->high : ground;
    return ground > greys->low / 2 + greys->high / 2;
}

/* Copies the region out of the page; in a block with lost text nothing is darker or lighter than around it. */
static void copy_region(const struct blocks *page, const uint8_t *sharp, struct region *region)
{
    for (int row = region->top; row < region->bottom; row++)
        for (int column = region->left; column < region->right; column++) {
            int i = row * page->columns + column, lost = page->dark[i] | page->pale[i];
            const uint8_t *from = sharp + ((long)row * page->columns * BLOCK + column) * BLOCK;
            uint8_t *to = region->page + ((long)(row - region->top) * region->width + column - region->left) * BLOCK;
            struct greys greys = {0, 255, 0};
            if (lost) {
                find_range(page, row, column, &greys);
                greys.on_light = (uint8_t)is_on_light(page, row, column, &greys);
                region->greys[(row - region->top) * (region->right - region->left) + column - region->left] = greys;
            }
            for (int y = 0; y < BLOCK; y++, from += page->columns * BLOCK, to += region->width)
                for (int x = 0; x < BLOCK; x++) {
                    int grey = from[x] < greys.low ? greys.low : from[x];
                    to[x] = (uint8_t)(grey > greys.high ? greys.high : grey);
                }
        }
}

/* Makes the strokes of one block black or white in `bits` (its first byte); returns how many dots they have. */
static int turn_strokes(const uint8_t *page, const uint8_t *ground, int width, int need, int blacken, int whiten,
                        uint8_t *bits, int row_bytes)
{
    int count = 0;

    for (int y = 0; y < BLOCK; y++, page += width, ground += width, bits += row_bytes)
        for (int half = 0; half < 2; half++) {
            int strokes = 0;
            for (int x = half * 8; x < half * 8 + 8; x++) {
                int difference = page[x] > ground[x] ? page[x] - ground[x] : ground[x] - page[x];
                strokes = strokes << 1 | (difference > need);
            }
            count += __builtin_popcount((unsigned)strokes);
            if (blacken)
                bits[half] = (uint8_t)(bits[half] | strokes);
            else if (whiten)
                bits[half] = (uint8_t)(bits[half] & ~strokes);
        }
    return count;
}

/* Turns the strokes in these rows of blocks of the region. */
static void turn_rows(const struct blocks *page, const struct region *region, int first, int after, uint8_t *bits,
                      uint8_t *ink)
{
    int row_bytes = page->columns * BLOCK / 8;

    for (int row = first; row < after; row++)
        for (int column = region->left; column < region->right; column++) {
            int i = row * page->columns + column, dark = page->dark[i];
            if (!dark && !page->pale[i])
                continue;
            long y = row - region->top, x = column - region->left;
            struct greys greys = region->greys[y * (region->right - region->left) + x];
            long at = (y * region->width + x) * BLOCK;
            /* Light text on a black tint is there already; only what stands on white is made whole. */
            int blacken = page->pale[i] && (greys.on_light || page->darkest[i] >= page->threshold);
            int strokes = turn_strokes(region->page + at, (greys.on_light ? region->darker : region->lighter) + at,
                                       region->width, (greys.high - greys.low) / 2, blacken, dark,
                                       bits + (long)row * BLOCK * row_bytes + column * 2, row_bytes);
            if (dark && greys.on_light && page->lightest[i] < page->threshold && strokes >= TEXT_DOTS)
                ink[i] = greys.low;
        }
}

/* Works on rows of blocks within their region. Returns 0 when there is no memory. */
static int rescue_rows(const struct blocks *page, const uint8_t *sharp, struct region *region, int first, int after,
                       int stroke_rows, int stroke_dots, uint8_t *bits, uint8_t *ink)
{
    int columns = region->right - region->left;
    region->rows = (region->bottom - region->top) * BLOCK;
    region->width = columns * BLOCK;
    size_t size = (size_t)(region->rows + stroke_rows) * (size_t)region->width;
    size_t line = 2 * (size_t)(region->width + stroke_dots);

    uint8_t *memory = malloc(3 * size + line + (size_t)(region->rows / BLOCK * columns) * sizeof(struct greys));
    if (!memory)
        return 0;
    region->page = memory;
    region->darker = memory + size;
    region->lighter = memory + 2 * size;
    region->line = memory + 3 * size;
    region->greys = (struct greys *)(region->line + line);
    copy_region(page, sharp, region);
    remove_strokes(region->page, region->rows, region->width, stroke_rows, stroke_dots, 1, region->line, region->darker);
    remove_strokes(region->page, region->rows, region->width, stroke_rows, stroke_dots, 0, region->line, region->lighter);
    turn_rows(page, region, first, after, bits, ink);
    free(memory);
    return 1;
}

/* Adds the lost blocks of a row to the region; returns whether there are any. */
static int widen(const struct blocks *page, int row, struct region *region)
{
    int found = 0;

    for (int column = 0; column < page->columns; column++)
        if (page->dark[row * page->columns + column] | page->pale[row * page->columns + column]) {
            region->left = column - REACH < region->left ? column - REACH : region->left;
            region->right = column + REACH + 1 > region->right ? column + REACH + 1 : region->right;
            found = 1;
        }
    return found;
}

/* Turns in `bits` the thin strokes, at most `stroke_rows` x `stroke_dots`, of the blocks that are marked `dark` or
   `pale`; fills `ink` with 255, and for each black block that has dark text with the darkest grey of it.
   `gray` and `sharp` have rows x columns blocks; strokes are looked for in `sharp`. Returns -1 when there is no
   memory, else whether any of `ink` is not 255. */
int rescue(const uint8_t *gray, const uint8_t *sharp, const uint8_t *darkest, const uint8_t *lightest,
           const uint8_t *dark, const uint8_t *pale, int rows, int columns, int threshold, int stroke_rows,
           int stroke_dots, uint8_t *bits, uint8_t *ink)
{
    const struct blocks page = {gray, darkest, lightest, dark, pale, rows, columns, threshold};

    memset(ink, 255, (size_t)(rows * columns));
    for (int row = 0; row < rows; row++) {
        struct region region = {.left = columns, .right = 0};
        int first = row;
        while (row < rows && widen(&page, row, &region))
            row++;
        if (row == first)
            continue;
        region.top = first > REACH ? first - REACH : 0;
        region.bottom = row + REACH < rows ? row + REACH : rows;
        region.left = region.left > 0 ? region.left : 0;
        region.right = region.right < columns ? region.right : columns;
        if (!rescue_rows(&page, sharp, &region, first, row, stroke_rows, stroke_dots, bits, ink))
            return -1;
    }
    for (int i = 0; i < rows * columns; i++)
        if (ink[i] < 255)
            return 1;
    return 0;
}
