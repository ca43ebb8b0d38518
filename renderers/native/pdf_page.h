/* What is on a page of a PDF; pages and objects are pdfium's. */

#ifndef FAXGW_PDF_PAGE_H
#define FAXGW_PDF_PAGE_H

#include "pages.h"
#include "pdfium.h"

/* x' = a x + c y + e, y' = b x + d y + f (ISO 32000-1 clause 8.3.3). */
struct matrix {
    double a, b, c, d, e, f;
};

/* Memory for what is found on a page. */
struct room {
    struct box *pictures;
    struct text *texts;
    int32_t most_pictures, most_texts;
};

struct matrix matrix_of(void *object);
struct box box_on_fax(void *page, const struct placement *spot, void *object);
int find_content(void *page, const struct placement *spot, const uint8_t *gray, const struct room *room,
                 struct content *content);
int has_masks(const char *path);
int draw_scan(void *page, const struct placement *spot, uint8_t *gray, struct box *box);

#endif
