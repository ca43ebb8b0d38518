/* Where the pictures of a PDF page lie on the fax page, in form XObjects and on turned pages too. */

#include "pdf_page.h"

enum { DEEPEST = 6, MOST_OBJECTS = 20000 }; /* pictures in what is nested deeper, or beyond these, count as text */

/* The pictures found so far, and how many objects may still be looked at. */
struct search {
    void *page;
    const struct placement *spot;
    struct box *boxes;
    int count, most, left;
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

static void look_at(struct search *search, void *object, const struct matrix *outer, int depth)
{
    int type = pdf.FPDFPageObj_GetType(object);

    if (type == OBJECT_IMAGE && search->count < search->most)
        search->boxes[search->count++] = box_of(search->page, search->spot, outer, object);
    if (type != OBJECT_FORM || depth >= DEEPEST)
        return;
    struct matrix own = matrix_of(object), inner = then(&own, outer);
    int count = pdf.FPDFFormObj_CountObjects(object);
    for (int i = 0; i < count && search->left > 0; i++, search->left--)
        look_at(search, pdf.FPDFFormObj_GetObject(object, (unsigned long)i), &inner, depth + 1);
}

/* Fills `boxes` with where the pictures lie, in the order they are drawn in and at most so many; returns how many. */
int find_pictures(void *page, const struct placement *spot, struct box *boxes, int most)
{
    struct search search = {page, spot, boxes, 0, most, MOST_OBJECTS};
    int count = pdf.FPDFPage_CountObjects(page);

    for (int i = 0; i < count && search.left > 0; i++, search.left--)
        look_at(&search, pdf.FPDFPage_GetObject(page, i), &AS_IT_IS, 0);
    return search.count;
}
