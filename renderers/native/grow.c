/* A mask grows into what it touches, dot by dot. */

#include "masks.h"

/* Dots, and where in them. */
struct growth {
    uint8_t *mask;
    const uint8_t *candidates;
    int width, rows;
    int32_t *queue;
    int queued;
};

static int is_beside(const struct growth *growth, long dot)
{
    const uint8_t *at = growth->mask + dot;
    const long x = dot % growth->width, y = dot / growth->width;

    return (y > 0 && at[-growth->width]) || (y < growth->rows - 1 && at[growth->width]) || (x > 0 && at[-1]) ||
           (x < growth->width - 1 && at[1]);
}

static void add(struct growth *growth, long dot)
{
    if (!growth->candidates[dot] || growth->mask[dot])
        return;
    growth->mask[dot] = 255;
    growth->queue[growth->queued++] = (int32_t)dot;
}

static void add_around(struct growth *growth, long dot)
{
    const long x = dot % growth->width, y = dot / growth->width;

    if (y > 0)
        add(growth, dot - growth->width);
    if (y < growth->rows - 1)
        add(growth, dot + growth->width);
    if (x > 0)
        add(growth, dot - 1);
    if (x < growth->width - 1)
        add(growth, dot + 1);
}

/* Adds to the mask the candidates that it reaches in so many steps, from dot to dot above, below and beside. `queue` has
   room for all dots. */
void grow(uint8_t *mask, const uint8_t *candidates, int width, int rows, int steps, int32_t *queue)
{
    struct growth growth = {mask, candidates, width, rows, queue, 0};
    int first = 0;

    for (long dot = 0; dot < (long)width * rows; dot++)
        if (candidates[dot] && !mask[dot] && is_beside(&growth, dot))
            queue[growth.queued++] = (int32_t)dot;
    for (int i = 0; i < growth.queued; i++)
        mask[queue[i]] = 255;
    for (int step = 1; step < steps; step++)
        for (int after = growth.queued; first < after; first++)
            add_around(&growth, queue[first]);
}
