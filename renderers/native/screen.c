/* Photographs as a screen of dashes, 2 x 0.8 mm, that grow with the darkness: changes of colour along a line are what a
   fax is made of, and this has half as many as square dots. */

#include <math.h>

#include "dots.h"
#include "pictures.h"

enum {
    CELL = 16,            /* dots across of a dash */
    MOST_ROWS = 12,       /* of a dash, at the finest resolution */
    DARKEST_BLACK = 40,   /* the contrast is stretched no further than to these greys */
    PALEST_WHITE = 200,
    FINENESS = 1000000,   /* heights nearer to one another than 1 of so many are the same */
};
static const double CLIPPED = 0.02; /* contrast is stretched until this share of the dots is black, and white */

/* The grey that fewer dots than this share are darker than. */
static int grey_at(const struct counts *counts, double share)
{
    double sum = 0;

    for (int grey = 0; grey < 256; grey++) {
        sum += counts->of[grey];
        if (sum / (counts->all ? counts->all : 1) >= share)
            return grey;
    }
    return 256;
}

/* The order in which the dots of a dash, column by column, become black: along the line first. Of dots of the same height
   those further left do, which takes a hundredth less on the line than any other order. */
static void find_order(int rows, int *order)
{
    long height[CELL * MOST_ROWS];
    const double turn = 2 * M_PI;

    for (int i = 0; i < CELL * rows; i++) {
        double across = cos(turn * (i / rows + 0.5) / CELL), down = cos(turn * (i % rows + 0.5) / rows);
        height[i] = lround((across + 4 * down) * FINENESS);
        order[i] = 0;
    }
    for (int i = 0; i < CELL * rows; i++)
        for (int other = 0; other < CELL * rows; other++)
            order[i] += height[other] < height[i] || (height[other] == height[i] && other < i);
}

/* Draws the picture, its darkest parts black and its lightest white. Returns 0 where `looks` knows no screen. */
int blacken_photograph(struct picture *picture, const struct counts *counts, const struct looks *looks)
{
    int order[CELL * MOST_ROWS], rows = looks->screen_rows < MOST_ROWS ? looks->screen_rows : MOST_ROWS;
    int low = grey_at(counts, CLIPPED), high = grey_at(counts, 1 - CLIPPED);

    if (rows < 1)
        return 0;
    low = low < DARKEST_BLACK ? low : DARKEST_BLACK;
    high = high > PALEST_WHITE ? high : PALEST_WHITE;
    find_order(rows, order);
    for (int first = 0; first < rows; first++) {
        for (int x = 0; x < picture->width; x++) {
            double step = (order[x % CELL * rows + first] + 0.5) / (rows * CELL);
            picture->limit[x] = (uint8_t)(low + step * (high - low));
        }
        for (int y = first; y < picture->rows; y += rows)
            blacken_row(picture, y);
    }
    return 1;
}
