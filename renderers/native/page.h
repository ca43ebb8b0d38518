/* A page on its way from grey to black and white; the C files say what each function does. */

#ifndef FAXGW_PAGE_H
#define FAXGW_PAGE_H

#include "pages.h"

/* What is found of each block of a page. */
struct found {
    uint8_t *darkest, *lightest;
    uint8_t *dark; /* whether it is all black by the threshold, and may be more than that: HAS_TINT, HAS_TEXT */
    uint8_t *pale; /* whether there is text in it that becomes white: IS_PALE, or what beside.c marks */
    int rows, columns;
};

/* The pictures of a page: photographs and scans first, then those too small to be judged, then drawings. */
struct pictures {
    struct box *boxes;
    uint8_t *kinds;          /* of each: see pictures.h */
    int photos, others, all; /* where in `boxes` the first, the second and the last of these end */
};

int sort_pictures(const uint8_t *gray, int width, int rows, const struct content *content, const struct looks *looks,
                  struct pictures *pictures);
int draw_pictures(const uint8_t *gray, int width, const struct pictures *pictures, const struct looks *looks,
                  uint8_t *bits);
void write_texts(const uint8_t *gray, int width, const struct text *texts, int count, const struct pictures *pictures,
                 uint8_t *bits);
int write_on_tints(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct looks *looks,
                   const struct pictures *pictures, int times, uint8_t *bits);
int find_beside(const uint8_t *gray, const struct found *found, int times, int threshold);
int write_beside(const uint8_t *gray, const uint8_t *sharp, const struct found *found, const struct looks *looks,
                 uint8_t *bits);

#endif
