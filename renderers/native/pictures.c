/* Pictures on a page, each judged alone by how often each grey occurs in it.

   A drawing stands on clean white (a screenshot, a page that a program drew) or has few greys: it is treated like text,
   and its thin strokes are black, pale ones included. What looks like paper is a scan: its dots are compared with
   the mean of their surroundings, so that grey paper and shadows go white; so are those of a page of text that was
   photographed in uneven light (letters.c). What remains is a photograph and gets a
   clustered-dot screen: error diffusion would look a little finer and take five times as long on the line, because its
   scattered dots do not compress. */

#include <stdlib.h>

#include "dots.h"
#include "page.h"
#include "pictures.h"

enum {
    LEAST_DOTS = 40000, /* a picture with fewer dots than this (a logo, a bullet) is treated like text */
    PAPER_SPREAD = 26,  /* what is paper lies so near its most frequent bright grey ... */
    PAPER_FLOOR = 100,  /* ... which is at least this bright */
    DRAWING_GREYS = 24, /* so few greys make up most of a drawing, ... */
    CLEAN_GREY = 250,   /* or it is as white as programs make it, and scanners that clip, and a tint is flat: */
    TINT_GREYS = 5,     /* much of what is neither black nor white is of so many greys beside one another */
    DARKEST_MIDDLE = 40,
    PALEST_MIDDLE = 200,
    EVERY = 4, /* greys are counted by every fourth dot each way */
    STROKE_CONTRAST = 40, /* strokes on a drawing are this much darker than their ground */
};
static const double PAPER_SHARE = 0.62, EVEN_SHARE = 0.8, DRAWING_SHARE = 0.8, CLEAN_SHARE = 0.5, TINT_SHARE = 0.35;

static int width_of(const struct box *box)
{
    return box->right - box->left;
}

static int rows_of(const struct box *box)
{
    return box->bottom - box->top;
}

static void count_greys(const uint8_t *gray, int stride, int width, int rows, struct counts *counts)
{
    memset(counts, 0, sizeof *counts);
    for (int y = 0; y < rows; y += EVERY)
        for (int x = 0; x < width; x += EVERY)
            counts->of[gray[(long)y * stride + x]]++;
    for (int grey = 0; grey < 256; grey++)
        counts->all += counts->of[grey];
}

static int sum_of(const struct counts *counts, int from, int until)
{
    int sum = 0;

    for (int grey = from < 0 ? 0 : from; grey < until && grey < 256; grey++)
        sum += counts->of[grey];
    return sum;
}

/* The grey of the paper when this share of the picture is paper; else 0. */
static int paper_grey(const struct counts *counts, double share)
{
    int mode = PAPER_FLOOR;

    for (int grey = PAPER_FLOOR; grey < 256; grey++)
        if (counts->of[grey] > counts->of[mode])
            mode = grey;
    return sum_of(counts, mode - PAPER_SPREAD, mode + PAPER_SPREAD + 1) > share * counts->all ? mode : 0;
}

static int has_flat_tint(const struct counts *counts)
{
    int most = 0;

    for (int grey = DARKEST_MIDDLE; grey < PALEST_MIDDLE; grey++) {
        int until = grey + TINT_GREYS, sum = sum_of(counts, grey, until < PALEST_MIDDLE ? until : PALEST_MIDDLE);
        most = sum > most ? sum : most;
    }
    return most > TINT_SHARE * sum_of(counts, DARKEST_MIDDLE, PALEST_MIDDLE);
}

static int is_greater(const void *one, const void *other)
{
    return *(const int32_t *)other - *(const int32_t *)one;
}

/* Whether a few greys make up most of the picture. */
static int has_few_greys(const struct counts *counts)
{
    int32_t sorted[256], sum = 0;

    memcpy(sorted, counts->of, sizeof sorted);
    qsort(sorted, 256, sizeof *sorted, is_greater);
    for (int i = 0; i < DRAWING_GREYS; i++)
        sum += sorted[i];
    return sum > DRAWING_SHARE * counts->all;
}

/* Whether a program drew the picture: there is a tint on white, or there are few greys. */
static int is_drawing(const struct counts *counts)
{
    if (sum_of(counts, CLEAN_GREY, 256) >= CLEAN_SHARE * counts->all && has_flat_tint(counts))
        return 1;
    return has_few_greys(counts) && !paper_grey(counts, PAPER_SHARE);
}

static struct box on_page(const struct box *box, int width, int rows)
{
    return (struct box){box->left > 0 ? box->left : 0, box->top > 0 ? box->top : 0,
                        box->right < width ? box->right : width, box->bottom < rows ? box->bottom : rows};
}

enum kind { PHOTO, OTHER, DRAWING, NOTHING, PHOTO_WITH_TEXTS };

static enum kind kind_of(const uint8_t *gray, int width, const struct box *box)
{
    struct counts counts;

    if (width_of(box) <= 0 || rows_of(box) <= 0)
        return NOTHING;
    if ((long)width_of(box) * rows_of(box) < LEAST_DOTS)
        return OTHER;
    count_greys(gray + (long)box->top * width + box->left, width, width_of(box), rows_of(box), &counts);
    return is_drawing(&counts) ? DRAWING : PHOTO;
}

/* Sorts the pictures of the page by what is to be done with them; `pictures->boxes` is to be freed. Returns 0 when there
   is no memory. */
int sort_pictures(const uint8_t *gray, int width, int rows, const struct box *boxes, int count,
                  struct pictures *pictures)
{
    struct box *sorted = malloc((size_t)(count > 0 ? count : 1) * (sizeof *sorted + 1));
    uint8_t *kinds = (uint8_t *)(sorted + (count > 0 ? count : 1));
    int ends[NOTHING], sorted_count = 0;

    if (!sorted)
        return 0;
    for (int i = 0; i < count; i++) {
        struct box box = on_page(&boxes[i], width, rows);
        kinds[i] = (uint8_t)kind_of(gray, width, &box);
    }
    for (enum kind kind = PHOTO; kind < NOTHING; kind++) {
        for (int i = 0; i < count; i++)
            if (kinds[i] == kind)
                sorted[sorted_count++] = on_page(&boxes[i], width, rows);
        ends[kind] = sorted_count;
    }
    *pictures = (struct pictures){sorted, ends[PHOTO], ends[OTHER], ends[DRAWING]};
    return 1;
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
    /* Where most of it is of one grey, the light is even. At fine resolution two rows are as high as two dots are wide. */
    int may_be_page = kind == PHOTO && !paper_grey(&counts, EVEN_SHARE);
    int page = may_be_page ? is_text(picture, looks->is_coarse ? 1 : looks->screen_rows / 3) : 0;
    if (page)
        return page > 0 && blacken_scan(picture, 0);
    int paper = paper_grey(&counts, PAPER_SHARE);
    return paper ? blacken_scan(picture, paper) : blacken_photograph(picture, &counts, looks);
}

static int draw_picture(const uint8_t *gray, int width, const struct box *box, enum kind kind,
                        const struct looks *looks, uint8_t *bits)
{
    struct picture picture = {gray + (long)box->top * width + box->left, width_of(box), rows_of(box), width, NULL, NULL, 0};

    picture.row_bytes = (picture.width + 7) / 8 + 2;
    size_t rows = (size_t)picture.row_bytes * (size_t)(picture.rows + 2);
    picture.bits = calloc(1, rows + (size_t)picture.width + ROOM_BEHIND);
    picture.limit = picture.bits + rows;
    int done = picture.bits && blacken_picture(&picture, kind, looks);
    for (int y = 0; done && y < picture.rows; y++)
        put_row(row_of(&picture, y), picture.width, box->left, kind == DRAWING, bits + (long)(box->top + y) * (width / 8));
    free(picture.bits);
    return done;
}

/* Whether a text of the page stands on the picture: letters in it are those of this text. */
static int has_texts(const struct box *picture, const struct content *content)
{
    for (const struct text *text = content->texts; text < content->texts + content->text_count; text++)
        if (text->box.left < picture->right && picture->left < text->box.right && text->box.top < picture->bottom &&
            picture->top < text->box.bottom)
            return 1;
    return 0;
}

/* Draws the pictures into the page's bits. Returns 0 when there is no memory. */
int draw_pictures(const uint8_t *gray, int width, const struct pictures *pictures, const struct content *content,
                  const struct looks *looks, uint8_t *bits)
{
    const struct box *boxes = pictures->boxes;

    for (int i = pictures->others; i < pictures->all; i++)
        if (!draw_picture(gray, width, &boxes[i], DRAWING, looks, bits))
            return 0;
    for (int i = 0; i < pictures->photos; i++)
        if (!draw_picture(gray, width, &boxes[i], has_texts(&boxes[i], content) ? PHOTO_WITH_TEXTS : PHOTO, looks, bits))
            return 0;
    return 1;
}
