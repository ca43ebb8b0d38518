/* PNGs in grey; what is transparent is white paper. */

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "images.h"

enum { WIDEST_PNG = 65535, MOST_DOTS = 150000000, CHANNELS = 4 };
static const double METRES_PER_INCH = 0.0254;

struct png {
    png_structp it;
    png_infop facts;
    const uint8_t *data;
    size_t size, at;
};

static void give_bytes(png_structp it, png_bytep to, png_size_t count)
{
    struct png *png = png_get_io_ptr(it);

    if (count > png->size - png->at)
        png_error(it, "it ends too early");
    memcpy(to, png->data + png->at, count);
    png->at += count;
}

static void give_up(png_structp it, png_const_charp what)
{
    (void)what;
    png_longjmp(it, 1);
}

static void say_nothing(png_structp it, png_const_charp what)
{
    (void)it;
    (void)what;
}

/* Reads what stands before the dots. Returns 0 when it is no PNG. */
static int open_png(struct png *png, const uint8_t *data, long size)
{
    *png = (struct png){NULL, NULL, data, (size_t)size, 0};
    png->it = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, say_nothing);
    png->facts = png->it ? png_create_info_struct(png->it) : NULL;
    if (!png->facts || setjmp(png_jmpbuf(png->it)))
        return 0;
    png_set_user_limits(png->it, WIDEST_PNG, WIDEST_PNG);
    png_set_read_fn(png->it, png, give_bytes);
    png_read_info(png->it, png->facts);
    return (long)png_get_image_width(png->it, png->facts) * png_get_image_height(png->it, png->facts) <= MOST_DOTS;
}

static void close_png(struct png *png)
{
    png_destroy_read_struct(&png->it, &png->facts, NULL);
}

/* Returns 0 when that cannot be had. */
int read_png_facts(const uint8_t *data, long size, struct image_facts *facts)
{
    struct png png;
    png_uint_32 across = 0, down = 0, length = 0;
    png_bytep exif = NULL;
    int unit = PNG_RESOLUTION_UNKNOWN, done = open_png(&png, data, size);

    if (done) {
        *facts = (struct image_facts){png_get_image_width(png.it, png.facts), png_get_image_height(png.it, png.facts), 0, 0, 1};
        png_get_pHYs(png.it, png.facts, &across, &down, &unit);
        facts->dpi_across = unit == PNG_RESOLUTION_METER ? across * METRES_PER_INCH : 0;
        facts->dpi_down = unit == PNG_RESOLUTION_METER ? down * METRES_PER_INCH : 0;
        if (png_get_eXIf_1(png.it, png.facts, &length, &exif))
            read_exif(exif, (long)length, facts);
    }
    close_png(&png);
    return done;
}

/* Red, green, blue and how opaque they are, to grey on white (ITU-R BT.601 clause 2.5.1). */
static void whiten_row(const uint8_t *colours, long width, uint8_t *gray)
{
    for (long x = 0; x < width; x++, colours += CHANNELS) {
        uint32_t light = (colours[0] * 19595U + colours[1] * 38470U + colours[2] * 7471U + 0x8000) >> 16;
        gray[x] = (uint8_t)((light * colours[3] + 255U * (255U - colours[3]) + 127) / 255);
    }
}

static int decode(struct png *png, uint8_t *row, struct image *image)
{
    if (setjmp(png_jmpbuf(png->it)))
        return 0;
    png_set_expand(png->it);
    png_set_scale_16(png->it);
    png_set_gray_to_rgb(png->it);
    png_set_add_alpha(png->it, 0xff, PNG_FILLER_AFTER);
    png_read_update_info(png->it, png->facts);
    for (long y = 0; y < image->rows; y++) {
        png_read_row(png->it, row, NULL);
        whiten_row(row, image->width, image->gray + y * image->width);
    }
    png_read_end(png->it, NULL);
    return 1;
}

/* Decodes a PNG in grey. Returns 0 when it is interlaced, damaged or too large. */
int decode_png(const uint8_t *data, long size, struct image *image)
{
    struct png png;
    int done = open_png(&png, data, size) && png_get_interlace_type(png.it, png.facts) == PNG_INTERLACE_NONE;

    *image = (struct image){NULL, 0, 0};
    if (done) {
        image->width = png_get_image_width(png.it, png.facts);
        image->rows = png_get_image_height(png.it, png.facts);
        image->gray = malloc((size_t)(image->width * image->rows));
        uint8_t *row = malloc((size_t)(image->width * CHANNELS));
        done = image->gray && row && decode(&png, row, image);
        free(row);
    }
    close_png(&png);
    if (!done)
        free(image->gray);
    return done;
}
