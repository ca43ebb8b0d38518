/* Pictures of another size: where they become smaller every dot is the mean of the area it stands for, where they become
   larger it lies between those around it (enlarge.c). */

#include <stdlib.h>

#include "dots.h"

enum { MOST_ROWS_IN_ONE = 65000 /* their sums have 32 bits */, MOST_TIMES = 64, WIDEST_PICTURE = 65535 };

/* An edge between new dots: the old dot it lies in, and how much of that is left of it, in 1/256. */
struct edge {
    uint32_t whole, part;
};

/* What a row of the new picture is made of. */
struct lines {
    uint32_t *sums;   /* of the old rows it stands for */
    uint16_t *means;  /* of these, 256 a grey */
    uint32_t *before; /* the sum of the means left of each old dot */
    uint32_t *until;  /* the same left of each edge */
    struct edge *edges;
    float *shares; /* 1 by the width of each new dot, in 1/256 of an old one */
};

/* How far an edge between two new dots is from the start, in 1/256 of an old one. */
static long edge_at(long number, long old_count, long new_count)
{
    return number * old_count * 256 / new_count;
}

/* Adds `weight` times a row to the sums. */
static FAST void add_row(uint32_t *restrict sums, const uint8_t *restrict row, long width, uint32_t weight)
{
    for (long x = 0; x < width; x++)
        sums[x] += weight * row[x];
}

/* The means of the rows between two edges, each row by how much of it lies there. */
static FAST void find_means(struct lines *lines, const uint8_t *gray, long width, long from, long to)
{
    uint32_t *restrict sums = lines->sums;
    uint16_t *restrict means = lines->means;
    const float share = 256.0F / (float)(to - from);

    memset(sums, 0, (size_t)width * sizeof *sums);
    for (long row = from / 256; row * 256 < to; row++) {
        long start = row * 256 > from ? row * 256 : from, end = (row + 1) * 256 < to ? (row + 1) * 256 : to;
        add_row(sums, gray + row * width, width, (uint32_t)(end - start));
    }
    for (long x = 0; x < width; x++)
        means[x] = (uint16_t)(int32_t)((float)sums[x] * share);
}

static FAST void draw_row(const struct lines *lines, long width, long new_width, uint8_t *restrict out)
{
    const uint16_t *means = lines->means;
    uint32_t *restrict before = lines->before, *restrict until = lines->until, sum = 0;

    for (long x = 0; x < width; x++) {
        before[x] = sum;
        sum += means[x];
    }
    before[width] = sum;
    for (long x = 0; x <= new_width; x++)
        until[x] = before[lines->edges[x].whole] + (means[lines->edges[x].whole] * lines->edges[x].part >> 8);
    for (long x = 0; x < new_width; x++)
        out[x] = (uint8_t)(int32_t)((float)(int32_t)(until[x + 1] - until[x]) * lines->shares[x] + 0.5F);
}

static int set_up(struct lines *lines, long width, long new_width)
{
    lines->sums = malloc((size_t)width * sizeof *lines->sums);
    lines->means = calloc((size_t)width + 1, sizeof *lines->means);
    lines->before = malloc((size_t)(width + 1) * sizeof *lines->before);
    lines->until = malloc((size_t)(new_width + 1) * sizeof *lines->until);
    lines->edges = malloc((size_t)(new_width + 1) * sizeof *lines->edges);
    lines->shares = malloc((size_t)new_width * sizeof *lines->shares);
    if (!lines->sums || !lines->means || !lines->before || !lines->until || !lines->edges || !lines->shares)
        return 0;
    for (long x = 0; x <= new_width; x++) {
        long edge = edge_at(x, width, new_width);
        lines->edges[x] = (struct edge){(uint32_t)(edge / 256), (uint32_t)(edge % 256)};
        if (x)
            lines->shares[x - 1] = 1.0F / (float)(edge - edge_at(x - 1, width, new_width));
    }
    return 1;
}

static void tear_down(struct lines *lines)
{
    free(lines->sums);
    free(lines->means);
    free(lines->before);
    free(lines->until);
    free(lines->edges);
    free(lines->shares);
}

/* Returns 0 when there is no memory. */
static int shrink(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows, long stride)
{
    struct lines lines;
    int done = set_up(&lines, width, new_width);

    for (long y = 0; done && y < new_rows; y++) {
        find_means(&lines, gray, width, edge_at(y, rows, new_rows), edge_at(y + 1, rows, new_rows));
        draw_row(&lines, width, new_width, out + y * stride);
    }
    tear_down(&lines);
    return done;
}

/* Makes it smaller one way, and then larger the other way. */
static int shrink_and_enlarge(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows,
                              long stride)
{
    long least_width = width < new_width ? width : new_width, least_rows = rows < new_rows ? rows : new_rows;
    uint8_t *small = malloc((size_t)(least_width * least_rows));
    int done = small && shrink(gray, width, rows, small, least_width, least_rows, least_width) &&
               enlarge(small, least_width, least_rows, out, new_width, new_rows, stride);

    free(small);
    return done;
}

/* Draws `gray`, width x rows, as new_width x new_rows dots, which are at most 64 times as many in a line; rows of
   `out` are `stride` apart. Returns 0 when there is no memory for it or there are no such sizes. */
int resize(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows, long stride)
{
    if (new_width < 1 || new_rows < 1 || new_width / MOST_TIMES > width || new_rows / MOST_TIMES > rows)
        return 0;
    if (rows / new_rows >= MOST_ROWS_IN_ONE || width > WIDEST_PICTURE)
        return 0;
    if (new_width <= width && new_rows <= rows)
        return shrink(gray, width, rows, out, new_width, new_rows, stride);
    if (new_width >= width && new_rows >= rows)
        return enlarge(gray, width, rows, out, new_width, new_rows, stride);
    return shrink_and_enlarge(gray, width, rows, out, new_width, new_rows, stride);
}
