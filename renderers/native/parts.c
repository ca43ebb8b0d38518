/* Parts of dark areas: which blocks belong together, and which parts become paper. */

#include <stdlib.h>

#include "tints.h"

enum {
    SAME_TINT = 10,  /* the ground of a part differs by no more than this from one block to the next */
    LIGHT_SHARE = 4, /* a part with a light dot for so many dark ones stays dark */
    FRAMED = 7,      /* a part is large when it has so many blocks across and down, */
    TEXT_SHARE = 2,  /* ... and has little text when there is some in less than one of so many */
};

/* Gives the blocks that are of one part with the first one its number. */
static void spread(struct region *region, int first, struct part *part)
{
    int32_t *stack = region->queue, count = 0;

    region->tints[first].label = (int32_t)(part - region->parts);
    stack[count++] = first;
    while (count) {
        int block = stack[--count], row = block / region->columns, column = block % region->columns;
        for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < region->down; y++)
            for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < region->columns; x++) {
                struct tint *other = &region->tints[y * region->columns + x];
                if (other->count && other->label == NO_LABEL &&
                    abs(other->ground - region->tints[block].ground) <= SAME_TINT) {
                    other->label = region->tints[first].label;
                    stack[count++] = y * region->columns + x;
                }
            }
    }
}

/* The darkest grey of a block's part, in it and around. */
static uint8_t ink_of(const struct region *region, int row, int column)
{
    const struct tint *tint = &region->tints[row * region->columns + column];
    uint8_t ink = 255;

    for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < region->down; y++)
        for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < region->columns; x++) {
            const struct tint *other = &region->tints[y * region->columns + x];
            if (other->label == tint->label && other->darkest < ink)
                ink = other->darkest;
        }
    return ink;
}

/* Finds the parts, and where their tints end and ink begins. */
void find_parts(struct region *region)
{
    region->part_count = 0;
    for (int block = 0; block < region->down * region->columns; block++)
        if (region->tints[block].count && region->tints[block].label == NO_LABEL) {
            struct part *part = &region->parts[region->part_count++];
            *part = (struct part){.top = region->down, .left = region->columns};
            spread(region, block, part);
        }
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            struct tint *tint = &region->tints[row * region->columns + column];
            int ink = ink_of(region, row, column), ground = tint->ground;
            tint->limit = (uint8_t)(ground - ink >= CONTRAST ? (ink + ground) / 2 : 0);
            tint->least = (uint8_t)(ground > CONTRAST / 2 ? ground - CONTRAST / 2 : 0);
        }
}

static void add_block(struct part *part, const struct tint *tint, int row, int column)
{
    part->blocks++;
    part->texts += tint->dark >= TEXT_DOTS;
    part->dark += tint->dark;
    part->light += tint->light;
    part->top = row < part->top ? row : part->top;
    part->bottom = row > part->bottom ? row : part->bottom;
    part->left = column < part->left ? column : part->left;
    part->right = column > part->right ? column : part->right;
}

/* Says what becomes of each part, by its letters. */
void judge_parts(struct region *region)
{
    for (int row = 0; row < region->down; row++)
        for (int column = 0; column < region->columns; column++) {
            const struct tint *tint = &region->tints[row * region->columns + column];
            if (tint->label != NO_LABEL)
                add_block(&region->parts[tint->label], tint, row, column);
        }
    for (struct part *part = region->parts; part < region->parts + region->part_count; part++) {
        int is_large = part->bottom - part->top >= FRAMED - 1 && part->right - part->left >= FRAMED - 1;
        part->is_paper = part->dark >= LEAST_DARK && LIGHT_SHARE * part->light <= part->dark;
        part->is_framed = part->is_paper && is_large && TEXT_SHARE * part->texts < part->blocks;
    }
}
