/* One picture on its way to black and white. */

#ifndef FAXGW_PICTURES_H
#define FAXGW_PICTURES_H

#include "pages.h"

enum { ROOM_BEHIND = 16 /* dots that a row of limits may be longer than the picture is wide */ };

/* How often each grey occurs in it. */
struct counts {
    int32_t of[256], all;
};

/* Its greys, and its dots: packed rows with a white byte before and behind each, and a white row above and below. */
struct picture {
    const uint8_t *gray;
    int width, rows, stride; /* the last is from one row of `gray` to the next */
    uint8_t *limit;          /* of a row: what is darker is black */
    uint8_t *bits;
    int row_bytes;
};

static inline uint8_t *row_of(const struct picture *picture, int y)
{
    return picture->bits + (long)(y + 1) * picture->row_bytes + 1;
}

/* By how each is treated. */
enum kind { PHOTO, PHOTO_WITH_TEXTS, NEGATIVE, OTHER, DRAWING, NOTHING };

/* So much of a scan is paper; and so much of one in even light. */
static const double PAPER_SHARE = 0.62, EVEN_SHARE = 0.8;

void count_greys(const uint8_t *gray, int stride, int width, int rows, struct counts *counts);
int paper_grey(const struct counts *counts, double share);
int rows_together(const struct looks *looks);
uint8_t *negative_of(const uint8_t *gray, int stride, int width, int rows);
int letters_in_lines(const struct picture *picture, int together, int limit);
void blacken_row(const struct picture *picture, int y);
int blacken_scan(struct picture *picture, int paper, const struct looks *looks);
int blacken_photograph(struct picture *picture, const struct counts *counts, const struct looks *looks);

#endif
