/* What Python calls; the C files say what each function does. */

#ifndef FAXGW_PAGES_H
#define FAXGW_PAGES_H

#include <stdint.h>

/* The widest page, and the side of a block, in dots. */
enum { WIDEST = 16384, BLOCK = 16 };
/* A fax page that we draw: dots, and dots an inch across. */
enum { PAGE_WIDTH = 1728, X_DPI = 204 };

/* Marks of blocks that are all black by the threshold. */
enum { HAS_TINT = 1, HAS_TEXT = 2 };
/* The mark of others whose pale text becomes white by it. */
enum { IS_PALE = 1 };

/* Where a picture lies; right and bottom are outside it. */
struct box {
    int32_t left, top, right, bottom;
};

/* Letters of one grey that stand on a picture, in a box that is hardly larger than they are. */
struct text {
    struct box box;
    int32_t grey;
};

/* What is known of a page beside its greys; its texts are those that stand on pictures. */
struct content {
    const struct box *pictures;
    const struct text *texts;
    int32_t picture_count, text_count;
    int32_t only_letters; /* nothing else is drawn on it: there are no rules to find, */
    int32_t only_dark;    /* ... and no pale text */
    int32_t has_faint;    /* there are letters that show what is below them: pdfium draws them too faint in grey */
};

/* How a page becomes black and white; sizes are in rows and dots. */
struct looks {
    int32_t threshold;
    int32_t beside_rows, least_rows;    /* of rules: see draw_rules() */
    int32_t stroke_rows, stroke_dots;   /* of thin strokes: see rescue() */
    int32_t light_rows, light_dots;     /* of light ones on dark areas: see areas.c, */
    int32_t longest_rows, longest_dots; /* ... and what is longer than those of letters */
    int32_t frame_rows, frame_dots;     /* of lines around tints: see paint.c */
    int32_t drawing_rows;               /* of strokes on drawings, which are as many dots wide */
    int32_t screen_rows;                /* of a dash of the screen that photographs get */
    int32_t is_coarse;                  /* a row is as high as a stroke: rows are sharpened first */
    int32_t margin_rows;                /* white above the page */
};

/* A page on the sheet, in dots; turned clockwise or not. */
struct placement {
    int32_t width, rows, left, turned;
};

void place_page(double width, double height, int room_width, int room_rows, int y_dpi, struct placement *placement);
int is_long(double width, double height, int room_width, int room_rows, int y_dpi);
int survey(const uint8_t *gray, int width, long rows, int threshold, uint8_t *bits, uint8_t *darkest,
           uint8_t *lightest);
void find_greys(const uint8_t *gray, int width, long rows, int block_rows, uint8_t *darkest, uint8_t *lightest);
void sharpen(const uint8_t *gray, int width, long rows, uint8_t *out);
int draw_rules(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest, int width, int rows,
               int threshold, int beside_rows, int least_rows, const struct box *boxes, int box_count,
               uint8_t *bits);
int find_lost(const uint8_t *darkest, const uint8_t *lightest, int rows, int columns, int threshold, uint8_t *dark,
              uint8_t *pale);
void remove_strokes(const uint8_t *page, int rows, int width, int stroke_rows, int stroke_dots, int dark, uint8_t *line,
                    uint8_t *out);
void find_extreme(uint8_t *page, int rows, int width, int length, int greater, uint8_t *line);
int rescue(const uint8_t *gray, const uint8_t *sharp, const uint8_t *darkest, const uint8_t *lightest,
           const uint8_t *pale, int rows, int columns, int threshold, int stroke_rows, int stroke_dots, uint8_t *bits);
long mmr_encode(const uint8_t *bits, int width, long rows, uint8_t *out, long room);
long mh_encode(const uint8_t *bits, int width, long rows, uint8_t *out, long room);
int blacken(const uint8_t *gray, int width, long rows, const struct looks *looks, const struct content *content,
            uint8_t *bits, uint8_t *blocks);
long code_page(const uint8_t *gray, int width, long rows, const struct looks *looks, const struct content *content,
               uint8_t *bits, uint8_t *blocks, int *is_blank, uint8_t *code, long room);
int is_blank_page(const uint8_t *bits, int width, long rows);
int needs_fine(const uint8_t *bits, int width, long rows);
int draw_jpeg(const uint8_t *data, long size, uint8_t *out, long new_width, long new_rows, long stride);
int draw_image(const char *path, int room_width, int room_rows, int y_dpi, uint8_t *gray, struct placement *spot);
int enlarge(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows, long stride);
int resize(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows, long stride);

struct fax;
struct fax *fax_open(const char *path);
int fax_add(struct fax *fax, const uint8_t *code, long size, int rows, int width, int y_dpi);
int fax_rows(const struct fax *fax, int number);
int fax_close(struct fax *fax, const char *description, int finish);

#endif
