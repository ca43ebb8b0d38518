/* Pictures on a page, each judged alone by how often each grey occurs in it.

   A drawing stands on clean white (a screenshot, a page that a program drew) or has few greys: it is treated like text,
   and its thin strokes are black, pale ones included. What looks like paper is a scan: its dots are compared with
   the mean of their surroundings, so that grey paper and shadows go white; so are those of a page of text that was
   photographed in uneven light (letters.c). Where light letters stand in lines on dark or grey, as on a dark screen, the
   picture becomes its negative first: thin light strokes would break up. What remains is a photograph and gets a
   clustered-dot screen: error diffusion would look a little finer and take five times as long on the line, because its
   scattered dots do not compress. */

#include <stdlib.h>

#include "dots.h"
#include "page.h"
#include "pictures.h"

enum { STROKE_CONTRAST = 40 /* strokes on a drawing are this much darker than their ground */ };

/* So many rows are as high as two dots are wide. At fine resolution these are two. */
int rows_together(const struct looks *looks)
{
    return looks->is_coarse ? 1 : looks->screen_rows / 3;
}

/* The negative of a picture, to be freed; NULL when there is no memory. */
uint8_t *negative_of(const uint8_t *gray, int stride, int width, int rows)
{
    uint8_t *negative = malloc((size_t)width * (size_t)rows);

    for (int y = 0; negative && y < rows; y++)
        for (int x = 0; x < width; x++)
            negative[(long)y * width + x] = (uint8_t)(255 - gray[(long)y * stride + x]);
    return negative;
}

/* Blackens in one row what is darker than its limit. */
FAST void blacken_row(const struct picture *picture, int y)
{
    const uint8_t *gray = picture->gray + (long)y * picture->stride;
    uint8_t *bits = row_of(picture, y);
    int x = 0;

    for (; x + 16 <= picture->width; x += 16, bits += 2)
        pack(gray + x, load(picture->limit + x), bits);
    if (x < picture->width) {
        uint8_t last[16] = {0}, limit[16] = {0}, packed[2];
        memcpy(last, gray + x, (size_t)(picture->width - x));
        memcpy(limit, picture->limit + x, (size_t)(picture->width - x));
        pack(last, load(limit), packed);
        memcpy(bits, packed, picture->width - x > 8 ? 2 : 1);
    }
}

/* Blackens thin strokes, also pale ones: those of small pictures that were made larger. */
static int blacken_drawing(struct picture *picture, const struct looks *looks)
{
    const long width = picture->width, rows = picture->rows;
    const int stroke_rows = looks->drawing_rows, stroke_dots = looks->stroke_dots;
    uint8_t *page = calloc(1, (size_t)(width * (2 * rows + stroke_rows) + 2 * (width + stroke_dots)));
    uint8_t *ground = page + width * rows, *line = ground + width * (rows + stroke_rows);

    if (!page)
        return 0;
    for (long y = 0; y < rows; y++)
        memcpy(page + y * width, picture->gray + y * picture->stride, (size_t)width);
    remove_strokes(page, (int)rows, (int)width, stroke_rows, stroke_dots, 1, line, ground);
    for (long y = 0; y < rows; y++) {
        for (long x = 0; x < width; x++) {
            int limit = ground[y * width + x] - STROKE_CONTRAST;
            picture->limit[x] = (uint8_t)(limit > 0 ? limit : 0);
        }
        blacken_row(picture, (int)y);
    }
    free(page);
    return 1;
}

/* Puts a packed row at dot `left` of a row of the page: in place of what is there, or added to it. */
static void put_row(const uint8_t *packed, int width, int left, int adds, uint8_t *row)
{
    const int shift = left % 8;

    row += left / 8;
    for (int x = 0; x < width; x += 8, packed++, row++) {
        int covered = adds ? 0 : (width - x < 8 ? 0xFF00 >> (width - x) & 0xFF : 0xFF) << 8 >> shift;
        int black = *packed << 8 >> shift;
        row[0] = (uint8_t)((row[0] & ~(covered >> 8)) | black >> 8);
        if (black & 0xFF || covered & 0xFF)
            row[1] = (uint8_t)((row[1] & ~covered) | black);
    }
}

static int blacken_picture(struct picture *picture, enum kind kind, const struct looks *looks)
{
    struct counts counts;

    if (kind == DRAWING)
        return blacken_drawing(picture, looks);
    count_greys(picture->gray, picture->stride, picture->width, picture->rows, &counts);
    int paper = paper_grey(&counts, PAPER_SHARE);
    if (kind == NEGATIVE)
        return blacken_scan(picture, paper, looks);
    int may_be_page = kind == PHOTO && !paper_grey(&counts, EVEN_SHARE);
    int page = may_be_page ? letters_in_lines(picture, rows_together(looks), 256) : 0;
    if (page)
        return page > 0 && blacken_scan(picture, 0, looks);
    return paper ? blacken_scan(picture, paper, looks) : blacken_photograph(picture, &counts, looks);
}

static int draw_picture(const uint8_t *gray, int width, const struct box *box, enum kind kind,
                        const struct looks *looks, uint8_t *bits)
{
    struct picture picture = {.gray = gray + (long)box->top * width + box->left, .width = box->right - box->left,
                              .rows = box->bottom - box->top, .stride = width};
    uint8_t *negative = kind == NEGATIVE ? negative_of(picture.gray, width, picture.width, picture.rows) : NULL;

    if (kind == NEGATIVE) {
        picture.gray = negative;
        picture.stride = picture.width;
    }
    picture.row_bytes = (picture.width + 7) / 8 + 2;
    size_t rows = (size_t)picture.row_bytes * (size_t)(picture.rows + 2);
    picture.bits = calloc(1, rows + (size_t)picture.width + ROOM_BEHIND);
    picture.limit = picture.bits + rows;
    int done = picture.gray && picture.bits && blacken_picture(&picture, kind, looks);
    for (int y = 0; done && y < picture.rows; y++)
        put_row(row_of(&picture, y), picture.width, box->left, kind == DRAWING, bits + (long)(box->top + y) * (width / 8));
    free(picture.bits);
    free(negative);
    return done;
}

/* Draws the pictures into the page's bits. Returns 0 when there is no memory. */
int draw_pictures(const uint8_t *gray, int width, const struct pictures *pictures, const struct looks *looks,
                  uint8_t *bits)
{
    for (int i = pictures->others; i < pictures->all; i++)
        if (!draw_picture(gray, width, &pictures->boxes[i], DRAWING, looks, bits))
            return 0;
    for (int i = 0; i < pictures->photos; i++)
        if (!draw_picture(gray, width, &pictures->boxes[i], pictures->kinds[i], looks, bits))
            return 0;
    return 1;
}
