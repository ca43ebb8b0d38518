/* What a page has of dark areas, and what stands out from them: tints.c says what for.

   An area is whatever is darker than the threshold and has room for a window that is larger than any stroke. What it is
   like is told in blocks, from dots that do not lie at its edge. */

#include "dots.h"
#include "tints.h"

/* Fills `out` with the greys but without dark (or light) strokes. */
static void find_ground(const struct region *region, int dark, uint8_t *out)
{
    remove_strokes(region->gray, region->rows, region->width, region->looks->stroke_rows, region->looks->stroke_dots, dark,
                   region->line, out);
}

FAST static void find_dark(const struct region *region)
{
    const int threshold = region->looks->threshold;

    for (long i = 0; i < size_of(region); i++)
        region->dark[i] = region->gray[i] < threshold ? 255 : 0;
}

static int within(int place, int most)
{
    return place < 0 ? 0 : place < most ? place : most;
}

/* Takes a picture out, whose rows are `times` as high here. */
static void leave_out(const struct region *region, const struct box *box, int times)
{
    const int left = within(box->left - region->left, region->width), right = within(box->right - region->left, region->width);
    const int after = within(box->bottom * times - region->top, region->rows);

    for (int y = within(box->top * times - region->top, region->rows); y < after; y++)
        memset(region->dark + (long)y * region->width + left, 0, (size_t)(right - left));
}

FAST static int has_any(const uint8_t *mask, long size)
{
    uint8_t found = 0;

    for (long i = 0; i < size; i++)
        found |= mask[i];
    return found != 0;
}

/* Finds the dark areas outside of the boxes, whose rows are `times` as high here. Returns whether there are any. */
int find_areas(struct region *region, const struct box *boxes, int box_count, int times)
{
    find_dark(region);
    for (int i = 0; i < box_count; i++)
        leave_out(region, &boxes[i], times);
    open_in(region, region->dark, region->looks->stroke_rows, region->looks->stroke_dots, 0, region->area);
    return has_any(region->area, size_of(region));
}

/* The dots of the areas whose eight neighbours are dots of theirs, too. */
FAST static void find_inner(const struct region *region, uint8_t *inner)
{
    for (int y = 0; y < region->rows; y++) {
        const uint8_t *here = region->area + (long)y * region->width;
        const uint8_t *above = y ? here - region->width : here, *below = y < region->rows - 1 ? here + region->width : here;
        uint8_t *out = inner + (long)y * region->width;
        uint8_t before = here[0] & above[0] & below[0];
        out[0] = before & here[1] & above[1] & below[1];
        for (int x = 1; x < region->width - 1; x++)
            out[x] = here[x - 1] & here[x] & here[x + 1] & above[x - 1] & above[x] & above[x + 1] & below[x - 1] &
                     below[x] & below[x + 1];
        int last = region->width - 1;
        out[last] = here[last] & above[last] & below[last] & here[last - 1] & above[last - 1] & below[last - 1];
    }
}

/* What one block is like. `darker` is the page without dark strokes. */
FAST static void look_at(const struct region *region, long at, const uint8_t *inner, const uint8_t *darker, struct tint *tint)
{
    int ground = 255, darkest = 255, lightest = 0, sum = 0, count = 0;

    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++) {
            int is_inner = inner[at + x], grey = region->gray[at + x];
            int dark = grey | (255 - is_inner), light = grey & is_inner, under = darker[at + x] | (255 - is_inner);
            ground = under < ground ? under : ground;
            darkest = dark < darkest ? dark : darkest;
            lightest = light > lightest ? light : lightest;
            sum += light;
            count += is_inner & 1;
        }
    *tint = (struct tint){.sum = sum, .count = count, .label = NO_LABEL, .ground = (uint8_t)ground,
                          .darkest = (uint8_t)darkest, .lightest = (uint8_t)lightest};
}

/* Looks at a block's surroundings, too. */
static void look_around(const struct region *region, int row, int column)
{
    struct tint *tint = tint_at(region, row, column);
    int64_t sum = 0, count = 0;

    tint->low = 255;
    tint->high = 0;
    AROUND (y, x, region, row, column) {
        const struct tint *other = tint_at(region, y, x);
        sum += other->sum;
        count += other->count;
        tint->low = other->darkest < tint->low ? other->darkest : tint->low;
        tint->high = other->lightest > tint->high ? other->lightest : tint->high;
    }
    tint->on_light = sum > (tint->low + tint->high) / 2 * count;
}

/* Finds the strokes of one block: dots of the area that stand out from the ground. Returns whether there are any. */
FAST static int find_strokes_of(const struct region *region, const struct tint *tint, long at, const uint8_t *ground)
{
    const int need = (tint->high - tint->low) / 2;
    uint8_t any = 0;

    for (int y = 0; y < BLOCK; y++, at += region->width)
        for (int x = 0; x < BLOCK; x++) {
            int more = ground[at + x] - region->gray[at + x], stands_out = tint->on_light ? more : -more;
            uint8_t stroke = stands_out > need ? region->area[at + x] : 0;
            region->strokes[at + x] = stroke;
            any |= stroke;
        }
    return any != 0;
}

static int has_letters(const struct tint *tint, int on_light)
{
    return tint->high - tint->low >= CONTRAST && tint->on_light == on_light;
}

/* Finds the strokes that are darker (or lighter) than the ground: `ground` is without these. Returns whether there are any. */
static int find_strokes_on(const struct region *region, int on_light, const uint8_t *ground)
{
    int found = 0;

    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++)
            if (has_letters(tint_at(region, row, column), on_light))
                found |= find_strokes_of(region, tint_at(region, row, column),
                                         ((long)row * region->width + column) * BLOCK, ground);
    return found;
}

static int is_any_on(const struct region *region, int on_light)
{
    for (int block = 0; block < region->down * region->columns; block++)
        if (has_letters(&region->tints[block], on_light))
            return 1;
    return 0;
}

/* Fills what is known of each block, but for its letters and part, and finds the strokes on the areas. Returns whether
   there are any. */
int find_strokes(struct region *region)
{
    int found = 0;

    find_ground(region, 1, region->other);
    find_inner(region, region->strokes);
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++)
            look_at(region, ((long)row * region->width + column) * BLOCK, region->strokes, region->other,
                    tint_at(region, row, column));
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++)
            look_around(region, row, column);
    memset(region->strokes, 0, (size_t)size_of(region));
    found |= find_strokes_on(region, 1, region->other);
    if (is_any_on(region, 0)) {
        find_ground(region, 0, region->other);
        found |= find_strokes_on(region, 0, region->other);
    }
    return found;
}
