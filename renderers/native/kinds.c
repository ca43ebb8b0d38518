/* Of what kind each picture on a page is, by how often each grey occurs in it, and by letters on it. */

#include <stdlib.h>
#include <string.h>

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
    DARK = 128, /* negatives are mostly of a grey that is darker than this, */
    GREY_PAPER = 200, /* ... or no paler than this, with lighter letters; */
    DIFFERENT = 13, /* letters differ from what there is most of by more than this */
};
static const double DRAWING_SHARE = 0.8, CLEAN_SHARE = 0.5, TINT_SHARE = 0.35,
                    LIGHT_SHARE = 0.01; /* so much of these at least is letters */

void count_greys(const uint8_t *gray, int stride, int width, int rows, struct counts *counts)
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

/* The grey that there is most of, from one on. */
static int most_frequent(const struct counts *counts, int from)
{
    int mode = from;

    for (int grey = from; grey < 256; grey++)
        if (counts->of[grey] > counts->of[mode])
            mode = grey;
    return mode;
}

/* The grey of the paper when this share of the picture is paper; else 0. */
int paper_grey(const struct counts *counts, double share)
{
    int mode = most_frequent(counts, PAPER_FLOOR);

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

/* Whether a text of the page stands on the picture: letters in it are those of this text. */
static int has_texts(const struct box *picture, const struct content *content)
{
    for (const struct text *text = content->texts; text < content->texts + content->text_count; text++)
        if (text->box.left < picture->right && picture->left < text->box.right && text->box.top < picture->bottom &&
            picture->top < text->box.bottom)
            return 1;
    return 0;
}

/* Whether there may be light letters: most of it is of one grey, a dark one, or one with lighter dots on it. */
static int may_be_negative(const struct counts *counts)
{
    const int ground = most_frequent(counts, 0);

    return ground <= GREY_PAPER &&
           sum_of(counts, ground - PAPER_SPREAD, ground + PAPER_SPREAD + 1) > PAPER_SHARE * counts->all &&
           (ground < DARK || sum_of(counts, ground + PAPER_SPREAD + 1, 256) > LIGHT_SHARE * counts->all);
}

/* Whether more letters stand in lines on the negative of a picture than on itself, whose most frequent grey is `ground`. Returns -1 when there is no memory. */
static int is_negative(const uint8_t *gray, int stride, int width, int rows, int ground, const struct looks *looks)
{
    struct picture picture = {.gray = gray, .width = width, .rows = rows, .stride = stride};
    uint8_t *negative = negative_of(gray, stride, width, rows);
    struct picture other = {.gray = negative, .width = width, .rows = rows, .stride = width};
    int light = negative ? letters_in_lines(&other, rows_together(looks), 255 - ground - DIFFERENT) : -1;
    int dark = light > 0 ? letters_in_lines(&picture, rows_together(looks), ground - DIFFERENT) : 0;

    free(negative);
    return light < 0 || dark < 0 ? -1 : light > dark;
}

/* Returns -1 when there is no memory. */
static int kind_of(const uint8_t *gray, int width, const struct box *box, const struct content *content,
                   const struct looks *looks)
{
    const uint8_t *first = gray + (long)box->top * width + box->left;
    struct counts counts;

    if ((box->right - box->left) <= 0 || (box->bottom - box->top) <= 0)
        return NOTHING;
    if ((long)(box->right - box->left) * (box->bottom - box->top) < LEAST_DOTS)
        return OTHER;
    count_greys(first, width, (box->right - box->left), (box->bottom - box->top), &counts);
    int with_texts = has_texts(box, content);
    int negative = !with_texts && may_be_negative(&counts) ? is_negative(first, width, (box->right - box->left), (box->bottom - box->top), most_frequent(&counts, 0), looks) : 0;
    if (negative)
        return negative > 0 ? NEGATIVE : -1;
    return is_drawing(&counts) ? DRAWING : with_texts ? PHOTO_WITH_TEXTS : PHOTO;
}

/* Sorts the pictures of the page by what is to be done with them; `pictures->boxes` is to be freed. Returns 0 when there
   is no memory. */
int sort_pictures(const uint8_t *gray, int width, int rows, const struct content *content, const struct looks *looks,
                  struct pictures *pictures)
{
    const int count = content->picture_count;
    struct box *sorted = malloc((size_t)(count > 0 ? count : 1) * (sizeof *sorted + 2));
    uint8_t *kinds = (uint8_t *)(sorted + (count > 0 ? count : 1)), *found = kinds + count;
    int ends[NOTHING], sorted_count = 0;

    *pictures = (struct pictures){.boxes = sorted, .kinds = kinds};
    for (int i = 0; sorted && i < count; i++) {
        struct box box = on_page(&content->pictures[i], width, rows);
        int kind = kind_of(gray, width, &box, content, looks);
        if (kind < 0)
            return 0;
        found[i] = (uint8_t)kind;
    }
    for (int kind = PHOTO; sorted && kind < NOTHING; kind++) {
        for (int i = 0; i < count; i++)
            if (found[i] == kind) {
                kinds[sorted_count] = (uint8_t)kind;
                sorted[sorted_count++] = on_page(&content->pictures[i], width, rows);
            }
        ends[kind] = sorted_count;
    }
    if (!sorted)
        return 0;
    pictures->photos = ends[NEGATIVE];
    pictures->others = ends[OTHER];
    pictures->all = ends[DRAWING];
    return 1;
}
