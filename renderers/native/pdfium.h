/* What is called of pdfium, whose library comes with the Python package and without headers (public/fpdfview.h). */

#ifndef FAXGW_PDFIUM_H
#define FAXGW_PDFIUM_H

enum { FORM_NONE = 0, ANNOTATION_LINK = 2, BITMAP_GRAY = 1, TEXT_INVISIBLE = 3 };
enum { TEXT_FILLED = 0, TEXT_FILLED_AND_STROKED = 2, OPAQUE = 255 };
enum { OBJECT_TEXT = 1, OBJECT_IMAGE = 3, OBJECT_FORM = 5 };
enum { DRAW_ANNOTATIONS = 0x01, DRAW_GRAYSCALE = 0x08, DRAW_PRINTING = 0x800 };
enum { GRAY = 1, RGB = 2, CALIBRATED_GRAY = 4, CALIBRATED_RGB = 5, OF_A_PROFILE = 7 }; /* what colours are */

struct pdf_matrix {
    float a, b, c, d, e, f;
};

struct pdf_rectangle {
    float left, top, right, bottom;
};

struct pdf_image_facts {
    unsigned width, height;
    float dpi_across, dpi_down;
    unsigned bits_per_dot;
    int colours, marked_content;
};

/* One line a function: what it returns, its name, and what it takes. */
#define PDFIUM_FUNCTIONS(X)                                                                                            \
    X(void, FPDF_InitLibrary, (void))                                                                                  \
    X(void *, FPDF_LoadDocument, (const char *path, const char *password))                                             \
    X(void, FPDF_CloseDocument, (void *document))                                                                      \
    X(int, FPDF_DocumentHasValidCrossReferenceTable, (void *document))                                                 \
    X(int, FPDF_GetFormType, (void *document))                                                                         \
    X(int, FPDFDoc_GetAttachmentCount, (void *document))                                                               \
    X(int, FPDF_GetPageCount, (void *document))                                                                        \
    X(void *, FPDF_LoadPage, (void *document, int index))                                                              \
    X(void, FPDF_ClosePage, (void *page))                                                                              \
    X(float, FPDF_GetPageWidthF, (void *page))                                                                         \
    X(float, FPDF_GetPageHeightF, (void *page))                                                                        \
    X(int, FPDF_GetPageBoundingBox, (void *page, struct pdf_rectangle *box))                                           \
    X(int, FPDF_PageToDevice,                                                                                          \
      (void *page, int left, int top, int width, int height, int turned, double x, double y, int *across, int *down))  \
    X(int, FPDFPage_GetRotation, (void *page))                                                                         \
    X(int, FPDFPage_GetAnnotCount, (void *page))                                                                       \
    X(void *, FPDFPage_GetAnnot, (void *page, int index))                                                              \
    X(int, FPDFAnnot_GetSubtype, (void *annotation))                                                                   \
    X(void, FPDFPage_CloseAnnot, (void *annotation))                                                                   \
    X(int, FPDFPage_CountObjects, (void *page))                                                                        \
    X(void *, FPDFPage_GetObject, (void *page, int index))                                                             \
    X(int, FPDFPageObj_GetType, (void *object))                                                                        \
    X(int, FPDFPageObj_GetMatrix, (void *object, struct pdf_matrix *matrix))                                           \
    X(int, FPDFPageObj_GetBounds, (void *object, float *left, float *bottom, float *right, float *top))                \
    X(int, FPDFPageObj_GetFillColor,                                                                                   \
      (void *object, unsigned *red, unsigned *green, unsigned *blue, unsigned *alpha))                                 \
    X(int, FPDFPageObj_HasTransparency, (void *object))                                                                \
    X(void *, FPDFPageObj_GetClipPath, (void *object))                                                                 \
    X(int, FPDFClipPath_CountPaths, (void *clip_path))                                                                 \
    X(int, FPDFTextObj_GetTextRenderMode, (void *text))                                                                \
    X(void *, FPDFImageObj_GetBitmap, (void *image))                                                                   \
    X(int, FPDFImageObj_GetImageFilterCount, (void *image))                                                            \
    X(unsigned long, FPDFImageObj_GetImageFilter, (void *image, int index, void *name, unsigned long room))            \
    X(unsigned long, FPDFImageObj_GetImageDataRaw, (void *image, void *data, unsigned long room))                      \
    X(int, FPDFImageObj_GetImageMetadata, (void *image, void *page, struct pdf_image_facts *facts))                    \
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
extern struct pdfium pdf;

int load_pdfium(const char *library);

#endif
