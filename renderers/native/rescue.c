/* Pale text that one threshold for the page would lose: pale on white, white on pale.

   A page is looked at in blocks of 16 x 16 dots. Where a block comes out all white and yet holds clear contrast, thin
   strokes are looked for that stand out from their ground (strokes.c); they become black. Only the rows of blocks with
   such text are worked on, and what lies within the reach of a stroke. Dark areas are left to tints.c. */

#include <stdlib.h>

#include "dots.h"

enum {
    BLOCK_CONTRAST = 28, /* with less between its darkest and lightest dot a block holds no text ... */
    EDGE_CONTRAST = 10,  /* ... but beside one with text it may: the feet and heads of its letters */
    BROKEN = 58,         /* text this much darker than the threshold may still break up */
    DARKEST_TINT = 64,   /* what is darker shows no letters but light ones */
    REACH = 2,           /* blocks around one that its strokes depend on */
    FOUND = 1,
    ADDED = 2,
};

/* A page in blocks. */
struct blocks {
    const uint8_t *gray, *darkest, *lightest, *pale;
    int rows, columns, threshold;
};

/* What is known of a block with lost text: the greys around it, but for what is black. */
struct greys {
    uint8_t low, high, on_light;
};

/* Some rows of blocks of the page, from one column to another, and dots of theirs. */
struct region {
    int top, bottom, left, right; /* in blocks; bottom and right are outside */
    int rows, width;              /* in dots */
    uint8_t *page, *darker, *lighter, *line;
    uint8_t *strokes; /* 255 where a stroke is to be black */
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
static int goes_on(const struct blocks *page, int row, int column)
{
    int i = row * page->columns + column;

    return page->lightest[i] >= page->threshold && page->lightest[i] - page->darkest[i] >= EDGE_CONTRAST &&
           is_far_from_black(page, row, column) && is_found_beside(page, page->pale, row, column);
}

/* Fills `dark` (which blocks are all black by the threshold, and of what tint, or with what text) and `pale` (which
   others hold text that is lost, and what that goes on to). Returns whether there is any text. */
int find_lost(const uint8_t *darkest, const uint8_t *lightest, int rows, int columns, int threshold, uint8_t *dark,
              uint8_t *pale)
{
    const struct blocks page = {NULL, darkest, lightest, pale, rows, columns, threshold};
    int lost = 0;

    for (int i = 0; i < rows * columns; i++) {
        int has_text = lightest[i] - darkest[i] >= BLOCK_CONTRAST, black = lightest[i] < threshold;
        dark[i] = (uint8_t)(black ? (lightest[i] >= DARKEST_TINT ? HAS_TINT : 0) | (has_text ? HAS_TEXT : 0) : 0);
        pale[i] = !black && has_text && darkest[i] >= threshold - BROKEN && is_far_from_black(&page, i / columns, i % columns);
        lost |= (dark[i] & HAS_TEXT) | pale[i];
    }
    if (!lost)
        return 0;
    for (int i = 0; i < rows * columns; i++)
        if (!pale[i] && goes_on(&page, i / columns, i % columns))
            pale[i] = ADDED;
    for (int i = 0; i < rows * columns; i++)
        pale[i] = pale[i] ? IS_PALE : 0;
    return 1;
}

/* The darkest and lightest grey around a block, but for what is black. */
static void find_range(const struct blocks *page, int row, int column, struct greys *greys)
{
    greys->low = 255;
    greys->high = 0;
    AROUND (y, x, page, row, column) {
        int i = y * page->columns + x, broken = page->threshold - BROKEN;
        int low = page->darkest[i] > broken ? page->darkest[i] : broken;
        if (page->lightest[i] >= page->threshold && low < greys->low)
            greys->low = (uint8_t)low;
        if (page->lightest[i] > greys->high)
            greys->high = page->lightest[i];
    }
}

/* The sum of a block's greys. */
static FAST int sum_of(const uint8_t *gray, int width)
{
    int sum = 0;

    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++)
            sum += gray[(long)y * width + x];
    return sum;
}

/* Whether what the text of a block stands on is lighter than the middle between the greys around: by the mean of
   the nine blocks, those beyond the page's edge being like the ones at it. */
static int is_on_light(const struct blocks *page, int row, int column, const struct greys *greys)
{
    int width = page->columns * BLOCK;
    int64_t sum = 0;

    for (int y = row - 1; y <= row + 1; y++)
        for (int x = column - 1; x <= column + 1; x++) {
            int at_row = y < 0 ? 0 : y >= page->rows ? page->rows - 1 : y;
            int at_column = x < 0 ? 0 : x >= page->columns ? page->columns - 1 : x;
            sum += sum_of(page->gray + ((long)at_row * width + at_column) * BLOCK, width);
        }
    double ground = (double)sum / (9 * BLOCK * BLOCK);
    ground = ground < greys->low ? greys->low : ground;
    ground = ground > greys->high ? greys->high : ground;
    return ground > greys->low / 2 + greys->high / 2;
}

/* Copies the region out of the page; in a block with lost text nothing is darker or lighter than around it. */
static void copy_region(const struct blocks *page, const uint8_t *sharp, struct region *region)
{
    for (int row = region->top; row < region->bottom; row++)
        for (int column = region->left; column < region->right; column++) {
            int i = row * page->columns + column, lost = page->pale[i] & IS_PALE;
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

/* Marks the strokes of one block that are to be black. */
static void mark_strokes(const struct region *region, const uint8_t *ground, long at, int need)
{
    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++)
            region->strokes[at + x] = abs(region->page[at + x] - ground[at + x]) > need ? 255 : 0;
}

static void mark_all_strokes(const struct blocks *page, const struct region *region, int first, int after)
{
    memset(region->strokes, 0, (size_t)region->rows * (size_t)region->width);
    for (int row = first; row < after; row++)
        for (int column = region->left; column < region->right; column++) {
            int i = row * page->columns + column;
            long y = row - region->top, x = column - region->left;
            struct greys greys = region->greys[y * (region->right - region->left) + x];
            /* Light text on a black tint is there already; only what stands on white is made whole. */
            if (page->pale[i] & IS_PALE && (greys.on_light || page->darkest[i] >= page->threshold))
                mark_strokes(region, greys.on_light ? region->darker : region->lighter, (y * region->width + x) * BLOCK,
                             (greys.high - greys.low) / 2);
        }
}

/* Blackens the strokes in these rows of blocks of the region. */
static void blacken_rows(const struct blocks *page, const struct region *region, int first, int after, uint8_t *bits)
{
    const int row_bytes = page->columns * BLOCK / 8;

    for (int y = first * BLOCK; y < after * BLOCK; y++) {
        const uint8_t *strokes = region->strokes + (long)(y - region->top * BLOCK) * region->width;
        uint8_t *row = bits + (long)y * row_bytes + region->left * BLOCK / 8;
        for (int x = 0; x < region->width; x++)
            row[x / 8] |= (uint8_t)(strokes[x] & 0x80 >> x % 8);
    }
}

/* Works on rows of blocks within their region. Returns 0 when there is no memory. */
static int rescue_rows(const struct blocks *page, const uint8_t *sharp, struct region *region, int first, int after,
                       int stroke_rows, int stroke_dots, uint8_t *bits)
{
    int columns = region->right - region->left;
    region->rows = (region->bottom - region->top) * BLOCK;
    region->width = columns * BLOCK;
    size_t size = (size_t)(region->rows + stroke_rows) * (size_t)region->width;
    size_t line = 2 * (size_t)(region->width + stroke_dots);

    uint8_t *memory = malloc(4 * size + line + (size_t)(region->rows / BLOCK * columns) * sizeof(struct greys));
    if (!memory)
        return 0;
    region->page = memory;
    region->darker = region->page + size;
    region->lighter = region->darker + size;
    region->strokes = region->lighter + size;
    region->line = region->strokes + size;
    region->greys = (struct greys *)(region->line + line);
    copy_region(page, sharp, region);
    remove_strokes(region->page, region->rows, region->width, stroke_rows, stroke_dots, 1, region->line, region->darker);
    remove_strokes(region->page, region->rows, region->width, stroke_rows, stroke_dots, 0, region->line, region->lighter);
    mark_all_strokes(page, region, first, after);
    blacken_rows(page, region, first, after, bits);
    free(memory);
    return 1;
}

/* Adds the lost blocks of a row to the region; returns whether there are any. */
static int widen(const struct blocks *page, int row, struct region *region)
{
    int found = 0;

    for (int column = 0; column < page->columns; column++)
        if (page->pale[row * page->columns + column] & IS_PALE) {
            region->left = column - REACH < region->left ? column - REACH : region->left;
            region->right = column + REACH + 1 > region->right ? column + REACH + 1 : region->right;
            found = 1;
        }
    return found;
}

/* Blackens in `bits` the thin strokes, at most `stroke_rows` x `stroke_dots`, of the blocks that are marked `pale`.
   `gray` and `sharp` have rows x columns blocks; strokes are looked for in `sharp`. Returns 0 when there is no memory. */
int rescue(const uint8_t *gray, const uint8_t *sharp, const uint8_t *darkest, const uint8_t *lightest,
           const uint8_t *pale, int rows, int columns, int threshold, int stroke_rows, int stroke_dots, uint8_t *bits)
{
    const struct blocks page = {gray, darkest, lightest, pale, rows, columns, threshold};

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
        if (!rescue_rows(&page, sharp, &region, first, row, stroke_rows, stroke_dots, bits))
            return 0;
    }
    return 1;
}
