/* JPEGs in grey, decoded as small as they may be for the dots they become: by libjpeg, at 1/2, 1/4 or 1/8. */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "pages.h"

enum { SMALLEST = 8, MOST_MEMORY = 1 << 30 };

struct jpeg {
    struct jpeg_decompress_struct it; /* the first: libjpeg gives it back */
    struct jpeg_error_mgr errors;
    jmp_buf on_error;
    uint8_t *gray;
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

/* How many times smaller it may be decoded: 1, 2, 4 or 8. */
static unsigned smaller(long width, long rows, long new_width, long new_rows)
{
    unsigned times = SMALLEST;

    while (times > 1 && (width / times < new_width || rows / times < new_rows))
        times /= 2;
    return times;
}

/* Returns 0 when it is no JPEG, in inks, damaged or too large. */
static int decode(struct jpeg *jpeg, const uint8_t *data, long size, long new_width, long new_rows)
{
    struct jpeg_decompress_struct *it = &jpeg->it;

    if (setjmp(jpeg->on_error))
        return 0;
    jpeg_mem_src(it, data, (unsigned long)size);
    jpeg_read_header(it, TRUE);
    if (it->num_components != 1 && it->num_components != 3)
        return 0;
    it->out_color_space = JCS_GRAYSCALE;
    it->scale_num = 1;
    it->scale_denom = smaller(it->image_width, it->image_height, new_width, new_rows);
    jpeg_start_decompress(it);
    if ((uint64_t)it->output_width * it->output_height > MOST_MEMORY)
        return 0;
    jpeg->gray = malloc((size_t)it->output_width * it->output_height);
    if (!jpeg->gray)
        return 0;
    while (it->output_scanline < it->output_height) {
        JSAMPROW row = jpeg->gray + (size_t)it->output_scanline * it->output_width;
        jpeg_read_scanlines(it, &row, 1);
    }
    jpeg_finish_decompress(it);
    return jpeg->errors.num_warnings == 0;
}

/* Draws a JPEG as new_width x new_rows dots; rows of `out` are `stride` apart. Returns 0 when that cannot be done. */
int draw_jpeg(const uint8_t *data, long size, uint8_t *out, long new_width, long new_rows, long stride)
{
    struct jpeg jpeg = {.gray = NULL};

    jpeg.it.err = jpeg_std_error(&jpeg.errors);
    jpeg.errors.error_exit = give_up;
    jpeg.errors.emit_message = count_warnings;
    if (new_width < 1 || new_rows < 1 || setjmp(jpeg.on_error))
        return 0;
    jpeg_create_decompress(&jpeg.it);
    int done = decode(&jpeg, data, size, new_width, new_rows) &&
               resize(jpeg.gray, jpeg.it.output_width, jpeg.it.output_height, out, new_width, new_rows, stride);
    jpeg_destroy_decompress(&jpeg.it);
    free(jpeg.gray);
    return done;
}
