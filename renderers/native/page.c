/* A grey page to black and white, and to T.6, in one go.

   One threshold for the page; pale text that it would lose is rescued (rescue.c, beside.c), dark areas with dark text on them become
   paper (tints.c), thin grey rules stay whole (rules.c). Then every picture on the page is judged alone (pictures.c), and
   texts that stand on one are written on it (texts.c). */

#include <stdlib.h>
#include <string.h>

#include "page.h"

enum { MOST_ROWS = 100000 };

/* What a page is made from and with. */
struct task {
    const uint8_t *gray;
    int width, rows;
    const struct looks *looks;
    int only_letters, only_dark;
    struct pictures pictures;
    uint8_t *bits, *blocks;
};

static struct found blocks_in(uint8_t *memory, int rows, int columns)
{
    long size = (long)rows * columns;
    return (struct found){memory, memory + size, memory + 2 * size, memory + 3 * size, rows, columns};
}

/* Pictures hold no text that could be lost: but for drawings, their blocks are not looked at. */
static void leave_out_pictures(const struct found *found, const struct task *task, int block_rows)
{
    for (const struct box *box = task->pictures.boxes; box < task->pictures.boxes + task->pictures.others; box++) {
        int left = box->left / BLOCK, right = (box->right + BLOCK - 1) / BLOCK;
        int bottom = (box->bottom + block_rows - 1) / block_rows;
        for (int row = box->top / block_rows; row < bottom && row < found->rows; row++) {
            long at = (long)row * found->columns + left;
            memset(found->dark + at, 0, (size_t)(right - left));
            memset(found->pale + at, 0, (size_t)(right - left));
        }
    }
}

/* Whether there is text to be rescued; marks it. */
static int has_lost(const struct found *found, const struct task *task, int block_rows)
{
    const int threshold = task->looks->threshold;
    int lost = find_lost(found->darkest, found->lightest, found->rows, found->columns, threshold, found->dark, found->pale);

    if (!task->only_dark)
        lost |= find_beside(task->gray, found, BLOCK / block_rows, threshold);
    if (lost)
        leave_out_pictures(found, task, block_rows);
    return lost;
}

/* Rescues text; the page's rows are `times` as high in these. Returns 0 when there is no memory. */
static int save(const struct found *found, const struct task *task, const uint8_t *gray, const uint8_t *sharp, int times,
                uint8_t *bits)
{
    const struct looks *looks = task->looks;

    return rescue(gray, sharp, found->darkest, found->lightest, found->pale, found->rows, found->columns,
                  looks->threshold, looks->stroke_rows, looks->stroke_dots, bits) &&
           write_beside(gray, sharp, found, looks, bits) &&
           write_on_tints(gray, sharp, found, looks, &task->pictures, times, bits);
}

/* Copies rows, each of them `times` times and every `every`th only. */
static void copy_rows(uint8_t *to, const uint8_t *from, long row_bytes, int rows, int times, int every)
{
    for (int row = 0; row < rows; row += every, from += every * row_bytes)
        for (int n = 0; n < times; n++, to += row_bytes)
            memcpy(to, from, (size_t)row_bytes);
}

/* Rescues text on a page that is made twice as high for it. */
static int save_coarse(const struct found *found, const struct task *task, const uint8_t *sharp)
{
    const int width = task->width, rows = task->rows;
    long page = (long)width * rows, dots = page / 8;
    uint8_t *twice = malloc((size_t)(4 * page + 2 * dots)), *tall = twice + 4 * page;

    if (!twice)
        return 0;
    copy_rows(twice, task->gray, width, rows, 2, 1);
    copy_rows(twice + 2 * page, sharp, width, rows, 2, 1);
    copy_rows(tall, task->bits, width / 8, rows, 2, 1);
    int done = save(found, task, twice, twice + 2 * page, 2, tall);
    copy_rows(task->bits, tall, width / 8, 2 * rows, 1, 2);
    free(twice);
    return done;
}

static void add_rules(const struct task *task, const struct found *found)
{
    if (task->only_letters)
        return;
    draw_rules(task->gray, found->darkest, found->lightest, task->width, task->rows, task->looks->threshold,
               task->looks->beside_rows, task->looks->least_rows, task->pictures.boxes, task->pictures.photos,
               task->bits);
}

/* Makes black and white of what is no picture, where a row is as high as a stroke. */
static int blacken_coarse(const struct task *task)
{
    const int width = task->width, rows = task->rows;
    struct found found = blocks_in(task->blocks, rows / BLOCK, width / BLOCK);
    uint8_t *sharp = malloc((size_t)width * (size_t)rows);

    if (!sharp)
        return 0;
    sharpen(task->gray, width, rows, sharp);
    int done = survey(sharp, width, rows, task->looks->threshold, task->bits, found.darkest, found.lightest);
    if (done) {
        find_greys(task->gray, width, rows, BLOCK, found.darkest, found.lightest);
        add_rules(task, &found);
        /* Blocks of 16 lines are as high as a line of text, and few lie in a tint altogether. */
        found = blocks_in(task->blocks, rows / (BLOCK / 2), width / BLOCK);
        find_greys(task->gray, width, rows, BLOCK / 2, found.darkest, found.lightest);
        done = !has_lost(&found, task, BLOCK / 2) || save_coarse(&found, task, sharp);
    }
    free(sharp);
    return done;
}

/* The same where rows are finer than strokes. */
static int blacken_fine(const struct task *task)
{
    struct found found = blocks_in(task->blocks, task->rows / BLOCK, task->width / BLOCK);

    if (!survey(task->gray, task->width, task->rows, task->looks->threshold, task->bits, found.darkest, found.lightest))
        return 0;
    add_rules(task, &found);
    return !has_lost(&found, task, BLOCK) || save(&found, task, task->gray, task->gray, 1, task->bits);
}

/* Fills `bits` with the page, 1 = black. Returns 0 when there is no memory, or
   the page is too wide. `blocks` has room for four greys of each block of 8 x 16 dots. */
int blacken(const uint8_t *gray, int width, long rows, const struct looks *looks, const struct content *content,
            uint8_t *bits, uint8_t *blocks)
{
    struct task task = {gray, width, (int)rows, looks, content->only_letters, content->only_dark, {NULL, NULL, 0, 0, 0}, bits, blocks};

    if (rows < 1 || rows > MOST_ROWS)
        return 0;
    int done = sort_pictures(gray, width, task.rows, content, looks, &task.pictures) &&
               (looks->is_coarse ? blacken_coarse(&task) : blacken_fine(&task)) &&
               draw_pictures(gray, width, &task.pictures, looks, bits);
    if (done)
        write_texts(gray, width, content->texts, content->text_count, &task.pictures, bits);
    free(task.pictures.boxes);
    return done;
}

/* Writes the T.6 code of a page below its white margin to `code`, and to `is_blank` whether nothing is on it. Returns
   the code's size, or 0 as blacken() does. `bits` has room for the rows of the margin and the page. */
long code_page(const uint8_t *gray, int width, long rows, const struct looks *looks, const struct content *content,
               uint8_t *bits, uint8_t *blocks, int *is_blank, uint8_t *code, long room)
{
    long margin = (long)looks->margin_rows * (width / 8);

    if (looks->margin_rows < 0 || !blacken(gray, width, rows, looks, content, bits + margin, blocks))
        return 0;
    memset(bits, 0, (size_t)margin);
    *is_blank = is_blank_page(bits + margin, width, rows);
    return mmr_encode(bits, width, looks->margin_rows + rows, code, room);
}
