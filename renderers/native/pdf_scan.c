/* The fast way for scans: a page that is one JPEG is decoded small, instead of large and then made smaller.

   Taken only when it cannot look different: one opaque JPEG in grey or RGB, upright, on an upright page, wholly inside
   it; beside it at most invisible text, as OCR adds it. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pdf_page.h"

enum { MOST_OBJECTS = 5000, LONGEST_FILTER = 32, MOST_BYTES = 1 << 30 };
static const double LEAST_COVERED = 0.5; /* a JPEG that covers less of the page than this is no scan of it */

/* The page's image when there is nothing else to see; else NULL. */
static void *only_image(void *page)
{
    void *image = NULL;
    int count = pdf.FPDFPage_CountObjects(page);

    if (count > MOST_OBJECTS)
        return NULL;
    for (int i = 0; i < count; i++) {
        void *object = pdf.FPDFPage_GetObject(page, i);
        int type = pdf.FPDFPageObj_GetType(object);
        if (type == OBJECT_IMAGE && !image)
            image = object;
        else if (type != OBJECT_TEXT || pdf.FPDFTextObj_GetTextRenderMode(object) != TEXT_INVISIBLE)
            return NULL;
    }
    return image;
}

/* Whether the image is upright and nothing of it is cut off by the page's edge, or by a clip path, by more than a
   point. */
static int is_whole(void *page, void *image)
{
    const struct matrix matrix = matrix_of(image);
    struct pdf_rectangle sheet;

    return matrix.a > 0 && matrix.d > 0 && fabs(matrix.b) + fabs(matrix.c) < 0.001 * matrix.a &&
           pdf.FPDF_GetPageBoundingBox(page, &sheet) && matrix.e >= sheet.left - 1 && matrix.f >= sheet.bottom - 1 &&
           matrix.e + matrix.a <= sheet.right + 1 && matrix.f + matrix.d <= sheet.top + 1 &&
           pdf.FPDFClipPath_CountPaths(pdf.FPDFPageObj_GetClipPath(image)) <= 0;
}

/* Whether its greys or colours are what the JPEG says: not inks, nor numbers in a palette. */
static int is_plain(void *page, void *image)
{
    char filter[LONGEST_FILTER] = "";
    struct pdf_image_facts facts;

    if (pdf.FPDFPageObj_HasTransparency(image) || pdf.FPDFImageObj_GetImageFilterCount(image) != 1)
        return 0;
    pdf.FPDFImageObj_GetImageFilter(image, 0, filter, sizeof filter);
    if (strcmp(filter, "DCTDecode") != 0 || !pdf.FPDFImageObj_GetImageMetadata(image, page, &facts))
        return 0;
    return facts.colours == GRAY || facts.colours == RGB || facts.colours == CALIBRATED_GRAY ||
           facts.colours == CALIBRATED_RGB || facts.colours == OF_A_PROFILE;
}

/* Whether what follows is [0 1] or [0 1 0 1 0 1], which changes nothing. */
static int is_usual(const char *at, const char *end)
{
    int numbers = 0;

    for (; at < end && numbers <= 6; at++)
        if (*at == ']')
            return numbers == 2 || numbers == 6;
        else if (*at == '0' + numbers % 2)
            numbers++;
        else if (!strchr("[ \t\r\n", *at))
            return 0;
    return 0;
}

static int begins_with(const char *at, const char *end, const char *name)
{
    size_t length = strlen(name);
    return (size_t)(end - at) >= length && memcmp(at, name, length) == 0;
}

/* Whether a name of the file says that pictures in it are masked, or other than their dots. pdfium does not tell which;
   dictionaries of images are never compressed. */
static int is_masked(const char *data, size_t size)
{
    const char *end = data + size;

    for (const char *at = data; (at = memchr(at, '/', (size_t)(end - at))) != NULL; at++)
        if (begins_with(at, end, "/SMask") || begins_with(at, end, "/Mask") ||
            (begins_with(at, end, "/Decode") && !begins_with(at, end, "/DecodeParms") && !is_usual(at + 7, end)))
            return 1;
    return 0;
}

/* Whether a picture in this file may be masked, or look other than its dots say: no page of it is drawn as a scan then. */
int has_masks(const char *path)
{
    struct bytes file;

    if (!map_file(path, &file))
        return 1;
    int found = is_masked((const char *)file.data, (size_t)file.size);
    unmap_file(file);
    return found;
}

static int draw_jpeg_of(void *image, const struct box *box, uint8_t *gray)
{
    unsigned long size = pdf.FPDFImageObj_GetImageDataRaw(image, NULL, 0);
    uint8_t *jpeg = size && size <= MOST_BYTES ? malloc(size) : NULL;
    int done = jpeg && pdf.FPDFImageObj_GetImageDataRaw(image, jpeg, size) == size &&
               draw_jpeg(jpeg, (long)size, gray + (long)box->top * PAGE_WIDTH + box->left, box->right - box->left,
                         box->bottom - box->top, PAGE_WIDTH);

    free(jpeg);
    return done;
}

/* Draws a page that is a scan, of a file without masks, and says where it lies. Returns 0 when the page must be drawn by
   pdfium, which may know better what to make of it. */
int draw_scan(void *page, const struct placement *spot, uint8_t *gray, struct box *box)
{
    if (spot->turned || pdf.FPDFPage_GetRotation(page) || pdf.FPDFPage_GetAnnotCount(page) > 0)
        return 0;
    void *image = only_image(page);
    if (!image || !is_whole(page, image) || !is_plain(page, image))
        return 0;
    *box = box_on_fax(page, spot, image);
    double covered = (double)(box->right - box->left) * (box->bottom - box->top);
    if (covered < LEAST_COVERED * spot->width * spot->rows)
        return 0;
    memset(gray, 255, (size_t)spot->rows * PAGE_WIDTH);
    return draw_jpeg_of(image, box, gray);
}
