/* A tint with darker text on it becomes paper, as paler tints do: the whole of it, and the text is black. One with light
   text on it as well stays dark. All of it is done in blocks, but the last step. */

#include <stdlib.h>

#include "dots.h"
#include "page.h"

enum {
    SAME_TINT = 10,     /* the ground of a tint differs by no more than this from one block to the next */
    LIGHT_CONTRAST = 58, /* light text is this much lighter than its ground, */
    TEXT_DOTS = 8,      /* ... and has so many dots in a block */
    REACH = 2,          /* blocks beside a tint that are changed, too */
    NONE = 255,         /* the ink of what is no tint */
};

/* Rows and columns of blocks, the latter two outside. */
struct area {
    int top, left, bottom, right;
};

/* Memory for one grey of each block, some times. */
struct memory {
    uint8_t *ink, *grown, *marks, *other, *dark;
    uint8_t *line; /* of a row only */
};

typedef uint8_t chooser(uint8_t one, uint8_t other);

static uint8_t lesser(uint8_t one, uint8_t other)
{
    return one < other ? one : other;
}

static uint8_t greater(uint8_t one, uint8_t other)
{
    return one > other ? one : other;
}

/* What `choose` makes of each block and the eight around it. */
static void spread(const struct found *found, const uint8_t *blocks, chooser *choose, uint8_t *line, uint8_t *out)
{
    const int columns = found->columns, rows = found->rows;

    for (int y = 0; y < rows; y++) {
        const uint8_t *here = blocks + (long)y * columns;
        const uint8_t *above = y ? here - columns : here, *below = y < rows - 1 ? here + columns : here;
        for (int x = 0; x < columns; x++)
            line[x] = choose(choose(above[x], here[x]), below[x]);
        for (int x = 0; x < columns; x++)
            out[(long)y * columns + x] =
                choose(choose(line[x ? x - 1 : x], line[x]), line[x < columns - 1 ? x + 1 : x]);
    }
}

static long count_of(const struct found *found)
{
    return (long)found->rows * found->columns;
}

/* Fills `more` with the ink of blocks that `ink` grows by: black ones beside, whose ground goes on as it is. Returns
   whether there are any. */
static int find_more(const struct found *found, const uint8_t *ink, const struct memory *memory, uint8_t *more)
{
    const long count = count_of(found);
    uint8_t *low = memory->marks, *high = memory->other;
    int grows = 0;

    for (long i = 0; i < count; i++)
        more[i] = ink[i] < NONE ? found->lightest[i] : 255;
    spread(found, more, lesser, memory->line, low);
    for (long i = 0; i < count; i++)
        more[i] = ink[i] < NONE ? found->lightest[i] : 0;
    spread(found, more, greater, memory->line, high);
    spread(found, ink, lesser, memory->line, more);
    for (long i = 0; i < count; i++) {
        int is_alike = low[i] <= found->lightest[i] + SAME_TINT && found->lightest[i] <= high[i] + SAME_TINT;
        if (!(found->black[i] && ink[i] == NONE && is_alike && high[i] > 0))
            more[i] = NONE;
        grows |= more[i] < NONE;
    }
    return grows;
}

/* Spreads the ink of a tint from block to black block, as the ground goes on. */
static void grow(const struct found *found, uint8_t *ink, const struct memory *memory)
{
    const long count = count_of(found);
    uint8_t *more = memory->grown;

    while (find_more(found, ink, memory, more))
        for (long i = 0; i < count; i++)
            ink[i] = lesser(ink[i], more[i]);
}

/* The blocks with ink and what lies around them. Returns 0 when there are none. */
static int find_area(const struct found *found, const uint8_t *ink, struct area *area)
{
    *area = (struct area){found->rows, found->columns, 0, 0};
    for (int y = 0; y < found->rows; y++)
        for (int x = 0; x < found->columns; x++)
            if (ink[(long)y * found->columns + x] < NONE) {
                area->top = y < area->top ? y : area->top;
                area->bottom = y + 1;
                area->left = x < area->left ? x : area->left;
                area->right = x + 1 > area->right ? x + 1 : area->right;
            }
    if (!area->bottom)
        return 0;
    area->top = area->top > REACH ? area->top - REACH : 0;
    area->left = area->left > REACH ? area->left - REACH : 0;
    area->bottom = area->bottom + REACH < found->rows ? area->bottom + REACH : found->rows;
    area->right = area->right + REACH < found->columns ? area->right + REACH : found->columns;
    return 1;
}

/* Fills `palest` with the palest grey that the ground of a tint has in and beside each block; 0 elsewhere. */
static void find_palest(const struct found *found, const uint8_t *ink, const struct memory *memory, uint8_t *palest)
{
    for (long i = 0; i < count_of(found); i++)
        memory->other[i] = ink[i] == NONE ? 0 : (uint8_t)(lesser(found->lightest[i], 255 - SAME_TINT) + SAME_TINT);
    spread(found, memory->other, greater, memory->line, palest);
}

/* Whether a block has light text: dots paler than its ground in strokes that stand out. */
static int has_light_text(const uint8_t *page, const uint8_t *ground, long width, int palest)
{
    int count = 0;

    for (int y = 0; y < BLOCK; y++, page += width, ground += width)
        for (int x = 0; x < BLOCK; x++)
            count += page[x] > palest && page[x] - ground[x] > LIGHT_CONTRAST;
    return count >= TEXT_DOTS;
}

/* Fills `light` with 1 where there is light text in the area. Returns 0 when there is no memory. */
static int find_light_text(const uint8_t *gray, const struct found *found, const struct looks *looks,
                           const struct area *area, const uint8_t *palest, uint8_t *light)
{
    const int rows = (area->bottom - area->top) * BLOCK, columns = area->right - area->left;
    const long width = (long)columns * BLOCK;
    uint8_t *page = malloc((size_t)(width * (2 * rows + looks->light_rows) + 2 * (width + looks->light_dots)));
    uint8_t *ground = page + width * rows, *line = ground + width * (rows + looks->light_rows);

    memset(light, 0, (size_t)count_of(found));
    if (!page)
        return 0;
    for (int y = 0; y < rows; y++)
        memcpy(page + y * width, gray + ((long)(area->top * BLOCK + y) * found->columns + area->left) * BLOCK,
               (size_t)width);
    remove_strokes(page, rows, (int)width, looks->light_rows, looks->light_dots, 0, line, ground);
    for (int row = 0; row < rows / BLOCK; row++)
        for (int column = 0; column < columns; column++) {
            long block = (long)(area->top + row) * found->columns + area->left + column;
            long at = row * BLOCK * width + column * BLOCK;
            light[block] = (uint8_t)has_light_text(page + at, ground + at, width, palest[block]);
        }
    free(page);
    return 1;
}

/* Takes the ink from grounds that have light text on them, too. Returns 0 when there is no memory. */
static int leave_out_dark(const uint8_t *gray, const struct found *found, const struct looks *looks,
                          const struct area *area, const struct memory *memory)
{
    uint8_t *light = memory->marks, *dark = memory->dark;

    find_palest(found, memory->ink, memory, memory->grown);
    if (!find_light_text(gray, found, looks, area, memory->grown, light))
        return 0;
    for (long i = 0; i < count_of(found); i++)
        light[i] = light[i] && !found->black[i];
    spread(found, light, greater, memory->line, dark);
    for (long i = 0; i < count_of(found); i++)
        dark[i] = found->black[i] && dark[i] ? 0 : NONE;
    grow(found, dark, memory);
    for (long i = 0; i < count_of(found); i++)
        if (dark[i] < NONE)
            memory->ink[i] = NONE;
    return 1;
}

/* Makes paper of one block, and black of the text on it; beside the tint there may be paper, too, and letters on it. */
static void whiten_block(const uint8_t *gray, const uint8_t *sharp, long width, int is_tint, int limit, int palest,
                         uint8_t *bits)
{
    for (int y = 0; y < BLOCK; y++, gray += width, sharp += width, bits += width / 8)
        for (int x = 0; x < BLOCK; x++) {
            uint8_t bit = (uint8_t)(0x80 >> x % 8);
            if (!is_tint && gray[x] > palest)
                continue;
            if (gray[x] / 2 + sharp[x] / 2 >= limit)
                bits[x / 8] &= (uint8_t)~bit;
            else
                bits[x / 8] |= bit;
        }
}

static void whiten(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct area *area,
                   const struct memory *memory, uint8_t *bits)
{
    const long width = (long)found->columns * BLOCK;
    uint8_t *limit = memory->marks, *palest = memory->grown;

    for (long i = 0; i < count_of(found); i++)
        memory->other[i] = memory->ink[i] < NONE ? memory->ink[i] / 2 + found->lightest[i] / 2 : 0;
    spread(found, memory->other, greater, memory->line, limit);
    find_palest(found, memory->ink, memory, palest);
    for (int row = area->top; row < area->bottom; row++)
        for (int column = area->left; column < area->right; column++) {
            long block = (long)row * found->columns + column, at = row * BLOCK * width + column * BLOCK;
            if (limit[block])
                whiten_block(gray + at, sharp + at, width, memory->ink[block] < NONE, limit[block], palest[block],
                             bits + at / 8);
        }
}

/* Whitens in `bits` the tints that begin where the ink of `found` is not 255, and blackens the text on them. `gray` and
   `sharp` have as many blocks as are found. Returns 0 when there is no memory. */
int whiten_tints(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct looks *looks,
                 uint8_t *bits)
{
    const size_t count = (size_t)count_of(found);
    struct memory memory = {.ink = malloc(5 * count + (size_t)found->columns)};
    struct area area;

    if (!memory.ink)
        return 0;
    memory.grown = memory.ink + count;
    memory.marks = memory.grown + count;
    memory.other = memory.marks + count;
    memory.dark = memory.other + count;
    memory.line = memory.dark + count;
    memcpy(memory.ink, found->ink, count);
    grow(found, memory.ink, &memory);
    int done = !find_area(found, memory.ink, &area) || leave_out_dark(gray, found, looks, &area, &memory);
    if (done && find_area(found, memory.ink, &area))
        whiten(gray, sharp, found, &area, &memory, bits);
    free(memory.ink);
    return done;
}
