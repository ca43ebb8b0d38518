/* Whether a page needs fine resolution: small letters and photographs do, large letters do not.

   At standard resolution two scan lines become one, so what counts is how often letters have only two or three white
   lines between their strokes. Chosen on three typefaces at 7 to 16 points: up to 9 points that is more than a fifth of
   the gaps in letters, from 10 points on it is less. */

#include <string.h>

#include "pages.h"

enum {
    BAND = 116,              /* rows that are judged together: 15 mm at fine */
    NARROW = 3, MOST_IN = 12, /* rows of a gap that is lost at standard, and of one inside letters, at most */
    LEAST_GAPS = 300,        /* in a band; fewer say nothing */
};
static const double MOST_NARROW = 0.2; /* of the gaps in letters */

/* The gaps found so far, and in which row of the band the white of each column began; 0 where that is not seen. */
struct gaps {
    long inside, narrow;
    uint8_t since[WIDEST];
};

/* Takes in one byte of a row: where `changed` is set there is the other colour than above. */
static void add_changes(struct gaps *gaps, int left, int row, unsigned changed, unsigned black)
{
    for (int x = left; changed & 0xff; x++, changed <<= 1, black <<= 1) {
        if (!(changed & 0x80))
            continue;
        int gap = row - gaps->since[x];
        if (black & 0x80 && gaps->since[x] && gap <= MOST_IN) {
            gaps->inside++;
            gaps->narrow += gap <= NARROW;
        }
        gaps->since[x] = (uint8_t)(black & 0x80 ? 0 : row);
    }
}

static int is_small(const uint8_t *bits, int row_bytes, int rows)
{
    struct gaps gaps = {0};

    for (int row = 1; row < rows; row++) {
        const uint8_t *above = bits + (long)(row - 1) * row_bytes, *here = above + row_bytes;
        if (memcmp(above, here, (size_t)row_bytes) == 0)
            continue;
        for (int i = 0; i < row_bytes; i++)
            if (above[i] != here[i])
                add_changes(&gaps, i * 8, row, above[i] ^ here[i], here[i]);
    }
    return gaps.inside >= LEAST_GAPS && (double)gaps.narrow > MOST_NARROW * (double)gaps.inside;
}

/* Whether something on this page, drawn at fine resolution, could not be read at standard. `width` is a multiple of 8; of
   pages that are too wide nothing is known, so they do. */
int needs_fine(const uint8_t *bits, int width, long rows)
{
    if (width > WIDEST)
        return 1;
    for (long top = 0; top < rows; top += BAND)
        if (is_small(bits + top * (width / 8), width / 8, rows - top < BAND ? (int)(rows - top) : BAND))
            return 1;
    return 0;
}
