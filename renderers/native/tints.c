/* Text on dark areas: one with dark letters on it becomes paper, and its letters black; one with light letters stays
   dark, and so does one without, and whatever letters are on it become white.

   Theory of operation: rows of blocks with a dark area in them are looked at together. What areas there are is found dot by
   dot (areas.c), and so are letters on them (counting.c). Blocks of one ground that touch are a part, and a part is all
   paper or all dark (parts.c). Tips and corners, where the window of an area has no room, go the way of the part they
   touch. A large part with little text on it gets a frame when it becomes paper, but for where letters are near (paint.c):
   the letters of a watermark, a piece of a pie. */

#include <stdlib.h>

#include "dots.h"
#include "masks.h"
#include "tints.h"

enum {
    REACH = 2, /* blocks beside those with dark areas that are looked at, too */
    MASKS = 7,
};

/* The first and last row of blocks that lie together, and the first and last column; those behind are outside. */
struct place {
    int top, bottom, left, right;
};

static int greater(int one, int other)
{
    return one > other ? one : other;
}

/* Widens the place by a row of blocks; returns what is found in it: nothing, tints, or text on them, too. */
static uint8_t widen(const struct found *found, int row, struct place *place)
{
    const uint8_t *marks = found->dark + (long)row * found->columns;
    uint8_t found_here = 0;

    for (int column = 0; column < found->columns; column++)
        if (marks[column]) {
            place->left = column < place->left ? column : place->left;
            place->right = column + 1 > place->right ? column + 1 : place->right;
            found_here |= marks[column];
        }
    if (found_here)
        place->bottom = row + 1;
    return found_here;
}

/* The next rows of blocks, from `row` on, that have dark areas without a gap; and what is around. Returns what is found. */
static uint8_t find_place(const struct found *found, int row, struct place *place)
{
    uint8_t found_here = 0;

    *place = (struct place){row, row, found->columns, 0};
    for (; row < found->rows && (!found_here || row < place->bottom + 2 * REACH); row++) {
        if (!found_here)
            place->top = row;
        found_here |= widen(found, row, place);
    }
    place->top = greater(place->top - REACH, 0);
    place->left = greater(place->left - REACH, 0);
    place->bottom = place->bottom + REACH < found->rows ? place->bottom + REACH : found->rows;
    place->right = place->right + REACH < found->columns ? place->right + REACH : found->columns;
    return found_here;
}

/* The region's memory, to be freed; it is all in one piece. NULL when there is none. */
static void *set_up(struct region *region)
{
    const struct looks *looks = region->looks;
    const size_t size = (size_t)region->width * (size_t)region->rows, blocks = (size_t)(region->columns * region->down);
    const size_t mask = size + (size_t)looks->stroke_rows * (size_t)region->width;
    const size_t words = (size_t)words_for(region->width, region->rows, greater(looks->stroke_rows, looks->longest_rows));
    const size_t line = 2 * (size_t)(region->width + looks->stroke_dots);
    uint64_t *memory = malloc(8 * words + blocks * (sizeof *region->tints + sizeof *region->parts) + 4 * size +
                              MASKS * mask + size + line);

    if (!memory)
        return NULL;
    region->words = memory;
    region->parts = (struct part *)(memory + words);
    region->tints = (struct tint *)(region->parts + blocks);
    region->queue = (int32_t *)(region->tints + blocks);
    region->gray = (uint8_t *)(region->queue + size);
    region->mixed = region->gray + size;
    region->dark = region->mixed + mask;
    region->area = region->dark + mask;
    region->strokes = region->area + mask;
    region->black = region->strokes + mask;
    region->other = region->black + mask;
    region->more = region->other + mask;
    region->line = region->more + mask;
    return memory;
}

FAST static void copy(const uint8_t *gray, const uint8_t *sharp, long page_width, struct region *region)
{
    const long first = region->top * page_width + region->left;

    for (int y = 0; y < region->rows; y++)
        for (int x = 0; x < region->width; x++) {
            const long from = first + y * page_width + x, to = (long)y * region->width + x;
            region->gray[to] = gray[from];
            region->mixed[to] = (uint8_t)(gray[from] / 2 + sharp[from] / 2);
        }
}

/* Works on one region. Returns 0 when there is no memory. */
static int work_on(struct region *region, const uint8_t *gray, const uint8_t *sharp, int page_width,
                   const struct pictures *pictures, int times, uint8_t *bits)
{
    void *memory = set_up(region);

    if (!memory)
        return 0;
    copy(gray, sharp, page_width, region);
    if (find_areas(region, pictures->boxes, pictures->others, times) && find_strokes(region)) {
        find_parts(region);
        count_letters_on(region);
        judge_parts(region);
        paint(region, bits, page_width);
    }
    free(memory);
    return 1;
}

/* Writes in `bits` the text on dark areas, where blocks of `found` are marked as dark. `gray` and `sharp` have as many
   blocks as are found, and the rows of pictures are `times` as high in them. Returns 0 when there is no memory. */
int write_on_tints(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct looks *looks,
                   const struct pictures *pictures, int times, uint8_t *bits)
{
    struct place place = {0, 0, 0, 0};

    for (int row = 0, marks; row < found->rows && (marks = find_place(found, row, &place)); row = place.bottom) {
        if (!(marks & HAS_TEXT))
            continue;
        struct region region = {.top = place.top * BLOCK, .left = place.left * BLOCK, .looks = looks,
                                .columns = place.right - place.left, .down = place.bottom - place.top};
        region.width = region.columns * BLOCK;
        region.rows = region.down * BLOCK;
        if (!work_on(&region, gray, sharp, found->columns * BLOCK, pictures, times, bits))
            return 0;
    }
    return 1;
}
