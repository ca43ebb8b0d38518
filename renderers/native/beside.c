/* Pale text in the company of black text, which rescue.c leaves alone: a word in orange or light grey, a pale line between
   black ones.

   Theory of operation: the soft edges of black letters are as pale as such text is, but they lie next to black. So every
   dot is looked at for itself. It is lost when the threshold makes it white, though it is clearly darker than the
   lightest dot of its block, and no black is NEAR it. Blocks with several such dots are worked on, and those beside them:
   black is what stands out from the ground (strokes.c) by more than half of what anything AROUND it does that is not
   near black. */

#include <stdlib.h>

#include "dots.h"
#include "page.h"

enum {
    CONTRAST = 36, /* more than rescue.c wants: the lines of a grid that are hardly to be seen stay away from its curves */
    BROKEN = 58,   /* as there */
    NEAR = 5,      /* dots, and rows, of the window in which no black may be: the dot is in its middle */
    AROUND = 7,    /* of the one whose strongest stroke it is compared with */
    ENOUGH = 6,    /* lost dots in a block are text */
    REACH = 3,     /* blocks around one that its strokes depend on */
    SEEN = 2,      /* marks of blocks, beside those of rescue.c: what is lost in them, */
    ADDED = 4,     /* ... or in one beside them */
    EDGE = NEAR / 2,
    WIDE = BLOCK + 2 * EDGE,
};

/* Some rows of blocks of the page, from one column to another, and dots of theirs. */
struct band {
    int top, bottom, left, right; /* in blocks; bottom and right are outside */
    int rows, width;              /* in dots */
    uint8_t *page, *ground, *near, *depth, *most, *line;
};

static int within(int place, int count)
{
    return place < 0 ? 0 : place < count ? place : count - 1;
}

/* Finds the rows of a block and what lies around it; beyond the page its edge goes on, in `copies`. Each row of the page
   counts for `times`. */
static void find_rows(const uint8_t *gray, const struct found *found, int times, int row, int column,
                      uint8_t copies[WIDE][2 * BLOCK], const uint8_t *rows[WIDE])
{
    const int width = found->columns * BLOCK, left = column * BLOCK - EDGE;

    for (int i = 0; i < WIDE; i++) {
        const uint8_t *from = gray + (long)(within(row * BLOCK - EDGE + i, found->rows * BLOCK) / times) * width;
        rows[i] = from + left;
        if (left >= 0 && left + WIDE <= width)
            continue;
        rows[i] = copies[i];
        for (int j = 0; j < WIDE; j++)
            copies[i][j] = from[within(left + j, width)];
    }
}

/* How many dots of a block are lost: none of them darker than the threshold, or lighter than `lightest`. */
FAST static int count_lost(const uint8_t *const rows[WIDE], int threshold, int lightest)
{
    dots across[WIDE];
    int count = 0;

    for (int y = 0; y < WIDE; y++) {
        across[y] = load(rows[y]);
        for (int x = 1; x < NEAR; x++)
            across[y] = least(across[y], load(rows[y] + x));
    }
    for (int y = 0; y < BLOCK; y++) {
        dots darkest = across[y], grey = load(rows[y + EDGE] + EDGE);
        for (int i = 1; i < NEAR; i++)
            darkest = least(darkest, across[y + i]);
        dots lost = (dots)(grey >= all_of(threshold)) & (dots)(grey <= all_of(lightest)) &
                    (dots)(darkest >= all_of(threshold - BROKEN));
        count += __builtin_popcount(bits_of(lost));
    }
    return count;
}

/* Whether a block shows paper, and is not worked on by rescue.c. */
static int may_lose(const struct found *found, long i, int threshold)
{
    return found->lightest[i] >= threshold && !(found->pale[i] & ~(SEEN | ADDED));
}

static void add_around(const struct found *found, int row, int column, int threshold)
{
    for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < found->rows; y++)
        for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < found->columns; x++) {
            long i = (long)y * found->columns + x;
            if (may_lose(found, i, threshold))
                found->pale[i] |= ADDED;
        }
}

/* Marks the blocks with pale text that is lost beside black text; each row of `gray` counts for `times` of theirs. Returns whether
   there are any. */
int find_beside(const uint8_t *gray, const struct found *found, int times, int threshold)
{
    uint8_t copies[WIDE][2 * BLOCK];
    const uint8_t *rows[WIDE];
    int any = 0;

    for (int row = 0; row < found->rows; row++)
        for (int column = 0; column < found->columns; column++) {
            long i = (long)row * found->columns + column;
            int lightest = found->lightest[i] - CONTRAST;
            if (lightest < threshold || found->darkest[i] > lightest || !may_lose(found, i, threshold))
                continue;
            find_rows(gray, found, times, row, column, copies, rows);
            if (count_lost(rows, threshold, lightest) >= ENOUGH) {
                found->pale[i] |= SEEN;
                any = 1;
            }
        }
    for (int i = 0; any && i < found->rows * found->columns; i++)
        if (found->pale[i] & SEEN)
            add_around(found, i / found->columns, i % found->columns, threshold);
    return any;
}

static inline uint8_t differ(uint8_t ground, uint8_t grey)
{
    return grey < ground ? (uint8_t)(ground - grey) : 0; /* sharpened dots may be lighter */
}

/* What stands out from the ground, and how much; nothing does that is near black. */
FAST static void find_depth(const struct band *band, int broken)
{
    for (long i = 0; i < (long)band->rows * band->width; i++)
        band->depth[i] = band->near[i] < broken ? 0 : differ(band->ground[i], band->page[i]);
}

static void find_strokes(const struct band *band, const struct looks *looks)
{
    const size_t size = (size_t)band->rows * (size_t)band->width;

    remove_strokes(band->near, band->rows, band->width, looks->stroke_rows, looks->stroke_dots, 1, band->line, band->ground);
    find_extreme(band->near, band->rows, band->width, NEAR, 0, band->line);
    find_depth(band, looks->threshold - BROKEN);
    memcpy(band->most, band->depth, size);
    find_extreme(band->most, band->rows, band->width, AROUND, 1, band->line);
}

static void blacken_block(const struct band *band, int row, int column, uint8_t *bits, int row_bytes)
{
    for (int y = 0; y < BLOCK; y++) {
        long at = ((long)(row - band->top) * BLOCK + y) * band->width + (long)(column - band->left) * BLOCK;
        uint8_t *out = bits + ((long)row * BLOCK + y) * row_bytes + (long)column * BLOCK / 8;
        for (int x = 0; x < BLOCK; x++)
            if (band->most[at + x] >= CONTRAST && band->depth[at + x] > band->most[at + x] / 2)
                out[x / 8] |= (uint8_t)(0x80 >> x % 8);
    }
}

/* Widens the band by the marked blocks of a row; returns whether there are any. */
static int widen(const struct found *found, int row, struct band *band)
{
    int any = 0;

    for (int column = 0; column < found->columns; column++)
        if (found->pale[(long)row * found->columns + column] & ADDED) {
            band->left = column < band->left ? column : band->left;
            band->right = column + 1 > band->right ? column + 1 : band->right;
            any = 1;
        }
    return any;
}

/* The band's memory, to be freed, with its dots copied from the page; NULL when there is none. */
static void *set_up(struct band *band, const uint8_t *gray, const uint8_t *sharp, long page_width, const struct looks *looks)
{
    const size_t size = (size_t)(band->rows + looks->stroke_rows + AROUND) * (size_t)band->width;
    uint8_t *memory = malloc(5 * size + 2 * (size_t)(band->width + looks->stroke_dots + AROUND));

    if (!memory)
        return NULL;
    band->page = memory;
    band->ground = band->page + size;
    band->near = band->ground + size;
    band->depth = band->near + size;
    band->most = band->depth + size;
    band->line = band->most + size;
    for (int y = 0; y < band->rows; y++) {
        long from = ((long)band->top * BLOCK + y) * page_width + (long)band->left * BLOCK, to = (long)y * band->width;
        memcpy(band->page + to, sharp + from, (size_t)band->width);
        memcpy(band->near + to, gray + from, (size_t)band->width);
    }
    return memory;
}

/* Works on the rows of blocks from `first` on and before `after`. Returns 0 when there is no memory. */
static int work_on(struct band *band, int first, int after, const uint8_t *gray, const uint8_t *sharp,
                   const struct found *found, const struct looks *looks, uint8_t *bits)
{
    band->top = first > REACH ? first - REACH : 0;
    band->bottom = after + REACH < found->rows ? after + REACH : found->rows;
    band->left = band->left > REACH ? band->left - REACH : 0;
    band->right = band->right + REACH < found->columns ? band->right + REACH : found->columns;
    band->rows = (band->bottom - band->top) * BLOCK;
    band->width = (band->right - band->left) * BLOCK;
    void *memory = set_up(band, gray, sharp, (long)found->columns * BLOCK, looks);
    if (!memory)
        return 0;
    find_strokes(band, looks);
    for (int row = first; row < after; row++)
        for (int column = band->left; column < band->right; column++)
            if (found->pale[(long)row * found->columns + column] & ADDED)
                blacken_block(band, row, column, bits, found->columns * BLOCK / 8);
    free(memory);
    return 1;
}

/* Blackens in `bits` the strokes of the blocks that find_beside() marked. `gray` and `sharp` have as many blocks as are
   found; strokes are looked for in `sharp`. Returns 0 when there is no memory. */
int write_beside(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct looks *looks,
                 uint8_t *bits)
{
    for (int row = 0; row < found->rows; row++) {
        struct band band = {.left = found->columns};
        int first = row;
        while (row < found->rows && widen(found, row, &band))
            row++;
        if (row > first && !work_on(&band, first, row, gray, sharp, found, looks, bits))
            return 0;
    }
    return 1;
}
