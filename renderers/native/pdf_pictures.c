/* Where the pictures of a PDF page lie on the fax page, in form XObjects and on turned pages too, and the texts that
   were written on them later: on the photograph behind a slide, on a scanned form. */

#include "pdf_page.h"

enum {
    DEEPEST = 6, /* pictures in what is nested deeper, or beyond these objects, count as text */
    MOST_OBJECTS = 20000,
    SMALL = 40000, /* pictures with fewer dots are treated like text, and what stands on them, too */
};

/* What was found so far, and how many objects may still be looked at. */
struct search {
    void *page;
    const struct placement *spot;
    struct box *pictures;
    struct text *texts;
    int picture_count, most_pictures, text_count, most_texts, left;
    int has_large; /* whether there is a picture that texts may stand on */
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

static int is_large(const struct box *box)
{
    return (long)(box->right - box->left) * (box->bottom - box->top) >= SMALL;
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

    if (type == OBJECT_IMAGE) {
        struct box box = box_of(search->page, search->spot, outer, object);
        add_picture(search, &box);
        search->has_large |= is_large(&box);
    }
    if (type == OBJECT_TEXT && search->has_large)
        add_text(search, object, outer);
    if (type != OBJECT_FORM || depth >= DEEPEST)
        return;
    struct matrix own = matrix_of(object), inner = then(&own, outer);
    int count = pdf.FPDFFormObj_CountObjects(object);
    for (int i = 0; i < count && search->left > 0; i++, search->left--)
        look_at(search, pdf.FPDFFormObj_GetObject(object, (unsigned long)i), &inner, depth + 1);
}

/* Finds the pictures, in the order they are drawn in, and the texts on them, as many as there is room for. */
void find_content(void *page, const struct placement *spot, const struct room *room, struct content *content)
{
    struct search search = {.page = page, .spot = spot, .pictures = room->pictures, .texts = room->texts,
                            .most_pictures = room->most_pictures, .most_texts = room->most_texts, .left = MOST_OBJECTS};
    int count = pdf.FPDFPage_CountObjects(page);

    for (int i = 0; i < count && search.left > 0; i++, search.left--)
        look_at(&search, pdf.FPDFPage_GetObject(page, i), &AS_IT_IS, 0);
    *content = (struct content){search.pictures, search.texts, search.picture_count, search.text_count};
}
