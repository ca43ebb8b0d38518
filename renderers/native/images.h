/* Pictures in files of their own. */

#ifndef FAXGW_IMAGES_H
#define FAXGW_IMAGES_H

#include "pages.h"

/* What a file says of its picture: dots, dots an inch (0 when it does not say), and how it is turned (EXIF 2.3 tag
   274: 1 is upright, 5 to 8 lie on their side). */
struct image_facts {
    long width, rows;
    double dpi_across, dpi_down;
    int orientation;
};

/* Greys, row by row; to be freed. */
struct image {
    uint8_t *gray;
    long width, rows;
};

void read_exif(const uint8_t *data, long size, struct image_facts *facts);
int read_jpeg_facts(const uint8_t *data, long size, struct image_facts *facts);
int decode_jpeg(const uint8_t *data, long size, long least_width, long least_rows, struct image *image);
int read_png_facts(const uint8_t *data, long size, struct image_facts *facts);
int decode_png(const uint8_t *data, long size, struct image *image);
int turn(struct image *image, int orientation, int clockwise);

#endif
