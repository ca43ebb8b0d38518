/* What is called of pdfium, whose library comes with the Python package and without headers (public/fpdfview.h). */

#ifndef FAXGW_PDFIUM_H
#define FAXGW_PDFIUM_H

enum { FORM_NONE = 0, OBJECT_IMAGE = 3, OBJECT_FORM = 5, ANNOTATION_LINK = 2, BITMAP_GRAY = 1 };
enum { DRAW_ANNOTATIONS = 0x01, DRAW_GRAYSCALE = 0x08, DRAW_PRINTING = 0x800 };

/* One line a function: what it returns, its name, and what it takes. */
#define PDFIUM_FUNCTIONS(X)                                                                                            \
    X(void, FPDF_InitLibrary, (void))                                                                                  \
    X(void *, FPDF_LoadDocument, (const char *path, const char *password))                                             \
    X(void, FPDF_CloseDocument, (void *document))                                                                      \
    X(int, FPDF_GetFormType, (void *document))                                                                         \
    X(int, FPDF_GetPageCount, (void *document))                                                                        \
    X(void *, FPDF_LoadPage, (void *document, int index))                                                              \
    X(void, FPDF_ClosePage, (void *page))                                                                              \
    X(float, FPDF_GetPageWidthF, (void *page))                                                                         \
    X(float, FPDF_GetPageHeightF, (void *page))                                                                        \
    X(int, FPDFPage_GetAnnotCount, (void *page))                                                                       \
    X(void *, FPDFPage_GetAnnot, (void *page, int index))                                                              \
    X(int, FPDFAnnot_GetSubtype, (void *annotation))                                                                   \
    X(void, FPDFPage_CloseAnnot, (void *annotation))                                                                   \
    X(int, FPDFPage_CountObjects, (void *page))                                                                        \
    X(void *, FPDFPage_GetObject, (void *page, int index))                                                             \
    X(int, FPDFPageObj_GetType, (void *object))                                                                        \
    X(int, FPDFFormObj_CountObjects, (void *form))                                                                     \
    X(void *, FPDFFormObj_GetObject, (void *form, unsigned long index))                                                \
    X(void *, FPDFBitmap_CreateEx, (int width, int height, int format, void *memory, int stride))                      \
    X(void, FPDFBitmap_Destroy, (void *bitmap))                                                                        \
    X(void, FPDF_RenderPageBitmap,                                                                                     \
      (void *bitmap, void *page, int left, int top, int width, int height, int turned, int flags))

#define PDFIUM_POINTER(result, name, arguments) result(*name) arguments;
struct pdfium {
    PDFIUM_FUNCTIONS(PDFIUM_POINTER)
};

#endif
