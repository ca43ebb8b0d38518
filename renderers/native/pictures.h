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

int is_text(const struct picture *picture, int together);
void blacken_row(const struct picture *picture, int y);
int blacken_scan(struct picture *picture, int paper);
int blacken_photograph(struct picture *picture, const struct counts *counts, const struct looks *looks);

#endif
