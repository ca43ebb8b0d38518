/* PDFs and pictures to a fax: drawn in grey, coded, written; nothing of it is Python.

   This is the short way for what most of them are. Whatever needs more (forms, annotations, other pictures than JPEG and
   PNG, and every error) is left to Python, which begins anew: it says in words what is wrong. */

#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fax.h"
#include "pdf_page.h"

enum { POINTS_PER_INCH = 72, MOST_PICTURES = 20000, MOST_TEXTS = 5000, HUGE_PAGE = 2 << 20 };

/* Memory for one page after another. */
struct desk {
    uint8_t *gray, *bits, *blocks, *code;
    long code_room;
    struct room room;
};

/* The work on one fax. */
struct work {
    const struct wish *wish;
    const struct profile *profile;
    struct desk desk;
    struct fax *fax;
    int may_be_scans; /* pages of the document */
    int pages, dropped;
    int needs_fine; /* one of them */
};

static void *memory_of(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Room for the largest page of a profile; grey in huge pages, for a thousand page faults take longer than a page. */
static int set_up(struct desk *desk, const struct profile *profile)
{
    size_t rows = (size_t)profile->room_rows, all = rows + (size_t)profile->looks.margin_rows;
    size_t gray = (rows * PAGE_WIDTH + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

    desk->code_room = (long)(all + 1) * (PAGE_WIDTH + 64);
    desk->gray = memory_of(gray);
    desk->bits = memory_of(all * PAGE_WIDTH / 8);
    desk->blocks = memory_of(4 * (rows / 8 + 1) * (PAGE_WIDTH / BLOCK));
    desk->code = memory_of((size_t)desk->code_room);
    desk->room = (struct room){memory_of(MOST_PICTURES * sizeof(struct box)), memory_of(MOST_TEXTS * sizeof(struct text)),
                               MOST_PICTURES, MOST_TEXTS};
    if (desk->gray)
        madvise(desk->gray, gray, MADV_HUGEPAGE);
    return desk->gray && desk->bits && desk->blocks && desk->code && desk->room.pictures && desk->room.texts;
}

/* Whether the page has an annotation other than links, which show nothing. */
static int has_annotations(void *page)
{
    for (int i = pdf.FPDFPage_GetAnnotCount(page) - 1; i >= 0; i--) {
        void *annotation = pdf.FPDFPage_GetAnnot(page, i);
        int subtype = annotation ? pdf.FPDFAnnot_GetSubtype(annotation) : 0;
        if (annotation)
            pdf.FPDFPage_CloseAnnot(annotation);
        if (subtype != ANNOTATION_LINK)
            return 1;
    }
    return 0;
}

static int draw(void *page, const struct placement *spot, uint8_t *gray)
{
    memset(gray, 255, (size_t)spot->rows * PAGE_WIDTH);
    void *bitmap = pdf.FPDFBitmap_CreateEx(PAGE_WIDTH, spot->rows, BITMAP_GRAY, gray, PAGE_WIDTH);
    if (!bitmap)
        return 0;
    int annotations = pdf.FPDFPage_GetAnnotCount(page) > 0 ? DRAW_ANNOTATIONS : 0;
    pdf.FPDF_RenderPageBitmap(bitmap, page, spot->left, 0, spot->width, spot->rows, spot->turned,
                              annotations | DRAW_PRINTING | DRAW_GRAYSCALE);
    pdf.FPDFBitmap_Destroy(bitmap);
    return 1;
}

/* Draws the page in grey and finds what is on it; returns 0 when there is no memory, a picture is lacking, or
   letters are faint. */
static int draw_page(const struct work *work, void *page, const struct placement *spot, struct content *content)
{
    const struct desk *desk = &work->desk;

    *content = (struct content){desk->room.pictures, NULL, 1, 0, 0, 0, 0};
    if (work->may_be_scans && draw_scan(page, spot, desk->gray, desk->room.pictures))
        return 1;
    return draw(page, spot, desk->gray) && find_content(page, spot, desk->gray, &desk->room, content) &&
           !content->has_faint;
}

/* Adds the page that has been drawn, with what is on it. */
static int add_drawn(struct work *work, const struct placement *spot, const struct content *content)
{
    const struct profile *profile = work->profile;
    const struct desk *desk = &work->desk;
    int is_blank;

    long size = code_page(desk->gray, PAGE_WIDTH, spot->rows, &profile->looks, content, desk->bits, desk->blocks,
                          &is_blank, desk->code, desk->code_room);
    if (size && profile->drop_blank && is_blank) {
        work->dropped++;
        return 1;
    }
    if (!size || work->pages >= profile->page_limit)
        return 0;
    work->pages++;
    if (work->wish->by_content && !work->needs_fine)
        work->needs_fine = needs_fine(desk->bits, PAGE_WIDTH, profile->looks.margin_rows + spot->rows);
    return fax_add(work->fax, desk->code, size, profile->looks.margin_rows + spot->rows, PAGE_WIDTH, profile->y_dpi);
}

static int add_page(struct work *work, void *page)
{
    const struct profile *profile = work->profile;
    struct placement spot;
    struct content content;

    if (has_annotations(page))
        return 0;
    double width = (double)pdf.FPDF_GetPageWidthF(page) / POINTS_PER_INCH;
    double height = (double)pdf.FPDF_GetPageHeightF(page) / POINTS_PER_INCH;
    if (is_long(width, height, profile->room_width, profile->room_rows, profile->y_dpi))
        return 0;
    place_page(width, height, profile->room_width, profile->room_rows, profile->y_dpi, &spot);
    return draw_page(work, page, &spot, &content) && add_drawn(work, &spot, &content);
}

static int add_pages(struct work *work, void *document)
{
    int count = pdf.FPDF_GetPageCount(document);

    if (pdf.FPDF_GetFormType(document) != FORM_NONE || count < 1 || count > work->profile->page_limit)
        return 0;
    if (!pdf.FPDF_DocumentHasValidCrossReferenceTable(document))
        return 0; /* it may be cut off */
    if (count == 1 && pdf.FPDFDoc_GetAttachmentCount(document) > 0)
        return 0; /* it may be a portfolio, whose page is only a note */
    for (int i = 0; i < count; i++) {
        void *page = pdf.FPDF_LoadPage(document, i);
        int done = page && add_page(work, page);
        if (page)
            pdf.FPDF_ClosePage(page);
        if (!done)
            return 0;
    }
    return 1;
}

static int add_pdf(struct work *work, const char *path)
{
    work->may_be_scans = !has_masks(path);
    void *document = pdf.FPDF_LoadDocument(path, NULL);
    if (!document)
        return 0;
    int done = add_pages(work, document);
    pdf.FPDF_CloseDocument(document);
    return done;
}

static int add_image(struct work *work, const char *path)
{
    const struct profile *profile = work->profile;
    struct placement spot;

    if (!draw_image(path, profile->room_width, profile->room_rows, profile->y_dpi, work->desk.gray, &spot))
        return 0;
    struct box box = {spot.left, 0, spot.left + spot.width, spot.rows};
    return add_drawn(work, &spot, &(struct content){&box, NULL, 1, 0, 0, 0, 0});
}

static int is_pdf(const char *path)
{
    char start[5] = {0};
    FILE *file = fopen(path, "rb");
    int found = file && fread(start, 1, sizeof start, file) == sizeof start && !memcmp(start, "%PDF-", sizeof start);

    if (file)
        fclose(file);
    return found;
}

/* What the owner of the process reads of the fax: work.py's answer to "render". */
static int write_answer(const struct work *work, FILE *answer)
{
    fprintf(answer, "{\"result\": {\"rows\": [");
    for (int i = 0; i < work->pages; i++)
        fprintf(answer, "%s%d", i ? ", " : "", fax_rows(work->fax, i));
    fprintf(answer, "], \"resolutions\": [");
    for (int i = 0; i < work->pages; i++)
        fprintf(answer, "%s\"%s\"", i ? ", " : "", work->profile->resolution);
    fprintf(answer, "], \"widths\": [");
    for (int i = 0; i < work->pages; i++)
        fprintf(answer, "%s%d", i ? ", " : "", PAGE_WIDTH);
    fprintf(answer, "], \"dropped\": %d}}", work->dropped);
    return !ferror(answer);
}

/* Adds all pages of all documents to a new file; returns 0 when that cannot be done, or there are none. */
static int add_all(struct work *work, const struct profile *profile)
{
    const struct wish *wish = work->wish;
    int done = 1;

    work->profile = profile;
    work->pages = work->dropped = 0;
    work->fax = fax_open(wish->out);
    for (int i = 0; work->fax && done && i < wish->document_count; i++)
        done = is_pdf(wish->documents[i]) ? add_pdf(work, wish->documents[i]) : add_image(work, wish->documents[i]);
    return work->fax && done && work->pages;
}

/* Writes all pages of all documents as one TIFF, and what it is to `answer`. Returns 0 when it is work for Python:
   there may be files then, which nobody must read. */
int write_fax(const struct wish *wish, FILE *answer)
{
    struct work work = {.wish = wish};
    int done = set_up(&work.desk, &wish->profile) && add_all(&work, &wish->profile);

    if (done && wish->by_content && !work.needs_fine) {
        fax_close(work.fax, "", 0);
        done = add_all(&work, &wish->at_standard);
    }
    done = done && write_answer(&work, answer);
    return work.fax && fax_close(work.fax, wish->description, done) && done;
}
