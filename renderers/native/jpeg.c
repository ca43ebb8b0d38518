/* JPEGs in grey, decoded as small as they may be for the dots they become: by libjpeg, at 1/2, 1/4 or 1/8. */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "images.h"

enum { SMALLEST = 8, MOST_DOTS = 1 << 30, PER_INCH = 1, PER_CENTIMETRE = 2, EXIF_MARKER = JPEG_APP0 + 1 };
static const char EXIF[6] = "Exif\0";

struct jpeg {
    struct jpeg_decompress_struct it; /* the first: libjpeg gives it back */
    struct jpeg_error_mgr errors;
    jmp_buf on_error;
};

static void give_up(j_common_ptr it)
{
    longjmp(((struct jpeg *)it)->on_error, 1);
}

static void count_warnings(j_common_ptr it, int level)
{
    if (level < 0)
        it->err->num_warnings++;
}

/* Reads what stands before the dots. Returns 0 when it is no JPEG, or in inks. */
static int open_jpeg(struct jpeg *jpeg, const uint8_t *data, long size)
{
    if (setjmp(jpeg->on_error))
        return 0;
    jpeg_create_decompress(&jpeg->it);
    jpeg_save_markers(&jpeg->it, EXIF_MARKER, 0xffff);
    jpeg_mem_src(&jpeg->it, data, (unsigned long)size);
    jpeg_read_header(&jpeg->it, TRUE);
    return jpeg->it.num_components == 1 || jpeg->it.num_components == 3;
}

static struct jpeg *new_jpeg(void)
{
    struct jpeg *jpeg = calloc(1, sizeof *jpeg);

    if (!jpeg)
        return NULL;
    jpeg->it.err = jpeg_std_error(&jpeg->errors);
    jpeg->errors.error_exit = give_up;
    jpeg->errors.emit_message = count_warnings;
    return jpeg;
}

static void close_jpeg(struct jpeg *jpeg)
{
    jpeg_destroy_decompress(&jpeg->it);
    free(jpeg);
}

/* Returns 0 when that cannot be had. */
int read_jpeg_facts(const uint8_t *data, long size, struct image_facts *facts)
{
    struct jpeg *jpeg = new_jpeg();
    int done = jpeg && open_jpeg(jpeg, data, size);

    if (done) {
        double unit = jpeg->it.density_unit == PER_INCH ? 1 : jpeg->it.density_unit == PER_CENTIMETRE ? 2.54 : 0;
        *facts = (struct image_facts){jpeg->it.image_width, jpeg->it.image_height, jpeg->it.X_density * unit,
                                      jpeg->it.Y_density * unit, 1};
        for (const struct jpeg_marker_struct *marker = jpeg->it.marker_list; marker; marker = marker->next)
            if (marker->data_length > sizeof EXIF && !memcmp(marker->data, EXIF, sizeof EXIF))
                read_exif(marker->data + sizeof EXIF, marker->data_length - (long)sizeof EXIF, facts);
    }
    if (jpeg)
        close_jpeg(jpeg);
    return done;
}

/* How many times smaller it may be decoded: 1, 2, 4 or 8. */
static unsigned smaller(long width, long rows, long least_width, long least_rows)
{
    unsigned times = SMALLEST;

    while (times > 1 && (width / times < least_width || rows / times < least_rows))
        times /= 2;
    return times;
}

static int decode(struct jpeg *jpeg, long least_width, long least_rows, struct image *image)
{
    struct jpeg_decompress_struct *it = &jpeg->it;

    if (setjmp(jpeg->on_error))
        return 0;
    it->out_color_space = JCS_GRAYSCALE;
    it->scale_num = 1;
    it->scale_denom = smaller(it->image_width, it->image_height, least_width, least_rows);
    jpeg_start_decompress(it);
    image->width = it->output_width;
    image->rows = it->output_height;
    if (image->width * image->rows > MOST_DOTS || !(image->gray = malloc((size_t)(image->width * image->rows))))
        return 0;
    while (it->output_scanline < it->output_height) {
        JSAMPROW row = image->gray + (size_t)it->output_scanline * it->output_width;
        jpeg_read_scanlines(it, &row, 1);
    }
    jpeg_finish_decompress(it);
    return jpeg->errors.num_warnings == 0;
}

/* Decodes a JPEG in grey, at least so many dots if it has them. Returns 0 when it is in inks, damaged or too large. */
int decode_jpeg(const uint8_t *data, long size, long least_width, long least_rows, struct image *image)
{
    struct jpeg *jpeg = new_jpeg();

    *image = (struct image){NULL, 0, 0};
    int done = jpeg && open_jpeg(jpeg, data, size) && decode(jpeg, least_width, least_rows, image);
    if (jpeg)
        close_jpeg(jpeg);
    if (!done)
        free(image->gray);
    return done;
}

/* Draws a JPEG as new_width x new_rows dots; rows of `out` are `stride` apart. Returns 0 when that cannot be done. */
int draw_jpeg(const uint8_t *data, long size, uint8_t *out, long new_width, long new_rows, long stride)
{
    struct image image;

    if (new_width < 1 || new_rows < 1 || !decode_jpeg(data, size, new_width, new_rows, &image))
        return 0;
    int done = resize(image.gray, image.width, image.rows, out, new_width, new_rows, stride);
    free(image.gray);
    return done;
}
