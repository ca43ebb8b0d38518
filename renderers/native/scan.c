/* Scans of paper: black is what is darker than what is around it, so that grey paper and shadows go white. So do pages
   that were photographed in uneven light, whatever is around them.

   Surroundings are taken for every half millimetre alike, 4 x 4 dots at fine resolution: a fifth of the time, and no dot
   differs that an eye would see. They are as large on paper at every resolution: a highlighted line is no dark line. */

#include <stdlib.h>

#include "dots.h"
#include "pictures.h"

enum {
    SIDE = 4,             /* dots across of a square with the same surroundings */
    REACH = 5,            /* these are so many squares each way, and the square itself: */
    ACROSS = 2 * REACH + 1,
    LOCAL_CONTRAST = 16,  /* a dot is black when it is this much darker than the mean of them, */
    LOCAL_PERCENT = 16,   /* in uneven light by so much of it, */
    PAPER_ACROSS = 41,    /* whose paper is the lightest there is in so many squares, */
    SOLID_PERCENT = 35,   /* and black whatever has no more than this of its light */
};
static const double SOLID_SHARE = 0.4; /* ... or darker than this share of the paper: large black areas stay black */

/* The squares of a picture: columns x rows. */
struct squares {
    int columns, rows, high; /* the last is in rows of dots */
    uint16_t *line;   /* sums of the dots of a row of squares, one below another */
    uint8_t *means;
    uint16_t *across; /* sums of the means around, across only */
    uint16_t *around; /* both ways, for one row of squares */
    int solid;        /* what is darker is black: one grey for all squares, */
    uint8_t *paper;   /* or what the paper of each is; else NULL */
};

/* The means of the squares; those at the right and at the bottom have fewer dots. */
FAST static void find_means(const struct picture *picture, const struct squares *squares)
{
    uint8_t *mean = squares->means;

    for (int y = 0; y < picture->rows; y += squares->high) {
        int down = picture->rows - y < squares->high ? picture->rows - y : squares->high;
        memset(squares->line, 0, (size_t)(squares->columns * SIDE) * sizeof *squares->line);
        for (int i = 0; i < down; i++) {
            const uint8_t *restrict gray = picture->gray + (long)(y + i) * picture->stride;
            uint16_t *restrict line = squares->line;
            for (int x = 0; x < picture->width; x++)
                line[x] = (uint16_t)(line[x] + gray[x]);
        }
        for (int x = 0; x < picture->width; x += SIDE) {
            int count = down * (picture->width - x < SIDE ? picture->width - x : SIDE);
            const uint16_t *four = squares->line + x;
            *mean++ = (uint8_t)((four[0] + four[1] + four[2] + four[3] + count / 2) / count);
        }
    }
}

static int within(int place, int count)
{
    return place < 0 ? 0 : place < count ? place : count - 1;
}

/* Beyond its edges the picture goes on as it ends. */
static void sum_across(const struct squares *squares, int y)
{
    const uint8_t *means = squares->means + (long)y * squares->columns;
    uint16_t *sums = squares->across + (long)y * squares->columns;
    int sum = 0;

    for (int x = -REACH; x <= REACH; x++)
        sum += means[within(x, squares->columns)];
    for (int x = 0; x < squares->columns; x++) {
        sums[x] = (uint16_t)sum;
        sum += means[within(x + REACH + 1, squares->columns)] - means[within(x - REACH, squares->columns)];
    }
}

/* Adds the sums of a row, or takes them away. */
FAST static void add_row(const struct squares *squares, int y, int times)
{
    const uint16_t *restrict sums = squares->across + (long)within(y, squares->rows) * squares->columns;
    uint16_t *restrict around = squares->around;

    for (int x = 0; x < squares->columns; x++)
        around[x] = (uint16_t)(around[x] + times * sums[x]);
}

static int mean_of(uint16_t sum)
{
    return (sum + ACROSS * ACROSS / 2) / (ACROSS * ACROSS);
}

static void set_limits(const struct squares *squares, int solid, uint8_t *limit)
{
    for (int x = 0; x < squares->columns; x++, limit += SIDE) {
        int less = mean_of(squares->around[x]) - LOCAL_CONTRAST;
        memset(limit, less > solid ? less : solid, SIDE);
    }
}

/* The same where every square has a paper of its own. */
static void set_uneven_limits(const struct squares *squares, const uint8_t *paper, uint8_t *limit)
{
    for (int x = 0; x < squares->columns; x++, limit += SIDE) {
        int mean = mean_of(squares->around[x]), less = mean - mean * LOCAL_PERCENT / 100;
        int solid = paper[x] * SOLID_PERCENT / 100;
        memset(limit, less > solid ? less : solid, SIDE);
    }
}

static void blacken_squares(const struct picture *picture, const struct squares *squares)
{
    for (int y = 0; y < squares->rows; y++)
        sum_across(squares, y);
    for (int y = -REACH; y <= REACH; y++)
        add_row(squares, y, 1);
    for (int y = 0; y < squares->rows; y++) {
        if (squares->paper)
            set_uneven_limits(squares, squares->paper + (long)y * squares->columns, picture->limit);
        else
            set_limits(squares, squares->solid, picture->limit);
        for (int row = y * squares->high; row < (y + 1) * squares->high && row < picture->rows; row++)
            blacken_row(picture, row);
        add_row(squares, y + REACH + 1, 1);
        add_row(squares, y - REACH, -1);
    }
}

/* What is black of 3 x 8 dots beside those of a byte: in its own row without these themselves. */
INLINED uint8_t beside(const uint8_t *at)
{
    return (uint8_t)(at[0] >> 1 | at[0] << 1 | at[-1] << 7 | at[1] >> 7);
}

/* Whitens dots that stand alone: dust and noise cost more time on the line than text. `before` is a copy of the row
   above as it was, and becomes one of this row. */
FAST static void wipe_row(const struct picture *picture, int y, uint8_t *restrict before, uint8_t *restrict wiped)
{
    uint8_t *row = row_of(picture, y);
    const uint8_t *below = row + picture->row_bytes;
    const int bytes = picture->row_bytes - 2;

    for (int i = 0; i < bytes; i++)
        wiped[i] = row[i] & (before[i] | beside(before + i) | beside(row + i) | below[i] | beside(below + i));
    memcpy(before, row, (size_t)bytes);
    memcpy(row, wiped, (size_t)bytes);
}

static int wipe(const struct picture *picture)
{
    uint8_t *rows = calloc(2, (size_t)picture->row_bytes);

    for (int y = 0; rows && y < picture->rows; y++)
        wipe_row(picture, y, rows + 1, rows + picture->row_bytes);
    free(rows);
    return rows != NULL;
}

/* Finds the paper of each square; what is larger than 20 mm is no ink. Returns 0 when there is no memory. */
static int find_papers(struct squares *squares)
{
    size_t columns = (size_t)squares->columns, rows = (size_t)squares->rows;
    uint8_t *line = malloc(2 * (columns + PAPER_ACROSS));

    squares->paper = malloc(columns * (rows + PAPER_ACROSS));
    if (squares->paper && line)
        remove_strokes(squares->means, squares->rows, squares->columns, PAPER_ACROSS, PAPER_ACROSS, 1, line,
                       squares->paper);
    free(line);
    return squares->paper && line;
}

/* Returns 0 when there is no memory. `paper` is the grey of the paper; 0 when it has many, in uneven light. */
int blacken_scan(struct picture *picture, int paper, const struct looks *looks)
{
    const int high = SIDE / 2 * rows_together(looks);
    struct squares squares = {.columns = (picture->width + SIDE - 1) / SIDE, .rows = (picture->rows + high - 1) / high,
                              .high = high};
    const long count = (long)squares.columns * squares.rows;

    squares.across = calloc((size_t)(count + squares.columns * (SIDE + 1)), sizeof *squares.across + 1);
    if (!squares.across)
        return 0;
    squares.around = squares.across + count;
    squares.line = squares.around + squares.columns;
    squares.means = (uint8_t *)(squares.line + squares.columns * SIDE);
    squares.solid = (int)(paper * SOLID_SHARE);
    find_means(picture, &squares);
    int done = paper || find_papers(&squares);
    if (done)
        blacken_squares(picture, &squares);
    free(squares.paper);
    free(squares.across);
    return done && wipe(picture);
}
