/* Where the pictures of a PDF page lie on the fax page, in form XObjects and on turned pages too, and the texts that
   were written on them later: on the photograph behind a slide, on a scanned form. Pictures that pdfium cannot decode
   it leaves out without a word: they are found, too. */

#include <string.h>

#include "pdf_page.h"

enum {
    DEEPEST = 6, /* pictures in what is nested deeper, or beyond these objects, count as text */
    MOST_OBJECTS = 20000,
    LEAST_MISSED = 400, /* dots, as 2.5 x 2.5 mm: nobody misses a smaller picture */
    MOST_DOUBTED = 50, /* white pictures of a page that are decoded once more to see whether they can be */
    LONGEST_WHITE = 4000, /* bytes; white paper of any size takes JBIG2 fewer */
    LONGEST_FILTER = 32,
    DARK = 100, /* no text that is darker is lost: the threshold makes all but its soft edges black */
    SMALL = 40000, /* pictures with fewer dots are treated like text, and what stands on them, too */
};

/* What was found so far, and how many objects may still be looked at. */
struct search {
    void *page;
    const struct placement *spot;
    const uint8_t *gray; /* the page as it was drawn */
    struct box *pictures;
    struct text *texts;
    int picture_count, most_pictures, text_count, most_texts, left;
    int doubted, has_lost;
    int has_large; /* whether there is a picture that texts may stand on */
    int only_letters, only_dark, has_faint;
};

static const struct matrix AS_IT_IS = {1, 0, 0, 1, 0, 0};

/* The matrix of an object; that which changes nothing when pdfium has none. */
struct matrix matrix_of(void *object)
{
    struct pdf_matrix found;

    if (!pdf.FPDFPageObj_GetMatrix(object, &found))
        return AS_IT_IS;
    return (struct matrix){found.a, found.b, found.c, found.d, found.e, found.f};
}

/* One matrix followed by another. */
static struct matrix then(const struct matrix *one, const struct matrix *outer)
{
    return (struct matrix){one->a * outer->a + one->b * outer->c,
                           one->a * outer->b + one->b * outer->d,
                           one->c * outer->a + one->d * outer->c,
                           one->c * outer->b + one->d * outer->d,
                           one->e * outer->a + one->f * outer->c + outer->e,
                           one->e * outer->b + one->f * outer->d + outer->f};
}

static int within(int value, int most)
{
    return value < 0 ? 0 : value < most ? value : most;
}

/* The box that an object covers on the fax page, clipped to it. `outer` leads from its coordinates to the page's. */
static struct box box_of(void *page, const struct placement *spot, const struct matrix *outer, void *object)
{
    float left = 0, bottom = 0, right = 0, top = 0;
    int least_x = INT32_MAX, least_y = INT32_MAX, most_x = INT32_MIN, most_y = INT32_MIN;

    pdf.FPDFPageObj_GetBounds(object, &left, &bottom, &right, &top);
    for (int corner = 0; corner < 4; corner++) {
        double x = corner & 1 ? right : left, y = corner & 2 ? top : bottom;
        int across = 0, down = 0;
        pdf.FPDF_PageToDevice(page, spot->left, 0, spot->width, spot->rows, spot->turned,
                              outer->a * x + outer->c * y + outer->e, outer->b * x + outer->d * y + outer->f, &across,
                              &down);
        least_x = across < least_x ? across : least_x;
        least_y = down < least_y ? down : least_y;
        most_x = across > most_x ? across : most_x;
        most_y = down > most_y ? down : most_y;
    }
    return (struct box){within(least_x, PAGE_WIDTH), within(least_y, spot->rows),
                        most_x < PAGE_WIDTH ? within(most_x + 1, PAGE_WIDTH) : PAGE_WIDTH,
                        most_y < spot->rows ? within(most_y + 1, spot->rows) : spot->rows};
}

/* The box of an object that is in no form. */
struct box box_on_fax(void *page, const struct placement *spot, void *object)
{
    return box_of(page, spot, &AS_IT_IS, object);
}

static long dots_of(const struct box *box)
{
    return (long)(box->right - box->left) * (box->bottom - box->top);
}

static int is_large(const struct box *box)
{
    return dots_of(box) >= SMALL;
}

static int is_white(const uint8_t *gray, const struct box *box)
{
    for (int row = box->top; row < box->bottom; row++)
        for (const uint8_t *at = gray + (long)row * PAGE_WIDTH + box->left, *end = at + box->right - box->left; at < end;
             at++)
            if (*at != 255)
                return 0;
    return 1;
}

/* Whether it is a JBIG2 that cannot be white: pdfium shows nothing of a damaged one and says that it is well. */
static int is_too_long_for_white(void *image)
{
    char filter[LONGEST_FILTER] = "";
    int count = pdf.FPDFImageObj_GetImageFilterCount(image);

    pdf.FPDFImageObj_GetImageFilter(image, count - 1, filter, sizeof filter);
    return strcmp(filter, "JBIG2Decode") == 0 && pdf.FPDFImageObj_GetImageDataRaw(image, NULL, 0) > LONGEST_WHITE;
}

/* Whether nothing is to be seen of a picture because pdfium cannot decode it. */
static int is_lost(struct search *search, void *image, const struct box *box)
{
    if (dots_of(box) < LEAST_MISSED || search->doubted == MOST_DOUBTED || !is_white(search->gray, box))
        return 0;
    search->doubted++;
    void *bitmap = pdf.FPDFImageObj_GetBitmap(image);
    if (bitmap)
        pdf.FPDFBitmap_Destroy(bitmap);
    return !bitmap || is_too_long_for_white(image);
}

static void add_picture(struct search *search, const struct box *box)
{
    if (search->picture_count < search->most_pictures)
        search->pictures[search->picture_count++] = *box;
}

/* Whether one of the large pictures lies below the box. */
static int is_on_picture(const struct search *search, const struct box *box)
{
    for (const struct box *at = search->pictures; at < search->pictures + search->picture_count; at++)
        if (is_large(at) && at->left < box->right && box->left < at->right && at->top < box->bottom &&
            box->top < at->bottom)
            return 1;
    return 0;
}

/* The grey of a text that can be seen, as its colour is drawn; -1 where it has no single one. */
static int grey_of(void *text)
{
    int mode = pdf.FPDFTextObj_GetTextRenderMode(text);
    unsigned red = 0, green = 0, blue = 0, alpha = 0;

    if (mode != TEXT_FILLED && mode != TEXT_FILLED_AND_STROKED)
        return -1;
    if (!pdf.FPDFPageObj_GetFillColor(text, &red, &green, &blue, &alpha) || alpha < OPAQUE)
        return -1;
    return (int)(30 * red + 59 * green + 11 * blue) / 100;
}

static int is_dark(void *text)
{
    int grey = grey_of(text);
    return grey >= 0 && grey < DARK;
}

static int is_faint(void *text)
{
    unsigned red = 0, green = 0, blue = 0, alpha = 0;
    return pdf.FPDFPageObj_GetFillColor(text, &red, &green, &blue, &alpha) && alpha > 0 && alpha < OPAQUE;
}

static void add_text(struct search *search, void *object, const struct matrix *outer)
{
    int grey = grey_of(object);

    if (grey < 0 || search->text_count == search->most_texts)
        return;
    struct box box = box_of(search->page, search->spot, outer, object);
    if (is_on_picture(search, &box))
        search->texts[search->text_count++] = (struct text){box, grey};
}

static void look_at(struct search *search, void *object, const struct matrix *outer, int depth)
{
    int type = pdf.FPDFPageObj_GetType(object);

    search->only_letters &= type == OBJECT_TEXT || (type == OBJECT_FORM && depth < DEEPEST);
    search->only_dark &= !search->only_letters || type != OBJECT_TEXT || is_dark(object);
    if (type == OBJECT_IMAGE) {
        struct box box = box_of(search->page, search->spot, outer, object);
        add_picture(search, &box);
        search->has_large |= is_large(&box);
        search->has_lost |= is_lost(search, object, &box);
    }
    search->has_faint |= type == OBJECT_TEXT && is_faint(object);
    if (type == OBJECT_TEXT && search->has_large)
        add_text(search, object, outer);
    if (type != OBJECT_FORM || depth >= DEEPEST)
        return;
    struct matrix own = matrix_of(object), inner = then(&own, outer);
    int count = pdf.FPDFFormObj_CountObjects(object);
    for (int i = 0; i < count && search->left > 0; i++, search->left--)
        look_at(search, pdf.FPDFFormObj_GetObject(object, (unsigned long)i), &inner, depth + 1);
}

/* Finds the pictures of a page that was drawn, in their order, and the texts on them, as many as there is room for; and
   whether there are letters only, and dark ones, and faint ones. Returns 0 when a picture is lacking because it cannot be decoded. */
int find_content(void *page, const struct placement *spot, const uint8_t *gray, const struct room *room,
                 struct content *content)
{
    struct search search = {.page = page, .spot = spot, .gray = gray, .pictures = room->pictures,
                            .texts = room->texts, .most_pictures = room->most_pictures, .most_texts = room->most_texts, .left = MOST_OBJECTS,
                            .only_letters = pdf.FPDFPage_GetAnnotCount(page) == 0, .only_dark = 1};
    int count = pdf.FPDFPage_CountObjects(page);

    for (int i = 0; i < count && search.left > 0; i++, search.left--)
        look_at(&search, pdf.FPDFPage_GetObject(page, i), &AS_IT_IS, 0);
    int only_letters = search.only_letters && search.left > 0;
    *content = (struct content){search.pictures, search.texts, search.picture_count, search.text_count, only_letters,
                                only_letters && search.only_dark, search.has_faint};
    return !search.has_lost;
}
