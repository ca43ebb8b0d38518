/* Whether letters stand on a picture, side by side in lines: a page of text, however it is lit.

   A page that was photographed in uneven light has no one grey of paper, and looks like a photograph. Whatever is darker than its paper falls into parts that touch each other. Those of a letter's size are letters, and
   a letter that has another one of its height close to its right stands in a line. Grass, bricks and faces have parts
   of that size, too, but hardly ever in lines. */

#include <stdlib.h>

#include "dots.h"
#include "pictures.h"

/* Letters are looked for in the picture made smaller, to some four dots and rows a millimetre; sizes are in these. */
enum {
    LOWEST = 4, /* letters: rows and dots */
    HIGHEST = 24,
    NARROWEST = 2,
    WIDEST_LETTER = 40,
    STROKE = 9,           /* strokes of letters are thinner */
    MOST_RUNS = 60000,    /* of black dots in a row; where there are more, there is no text */
    LETTERS_IN_LINES = 120, /* a page has so many, which are so much of its letters. Of forty photographs the worst, grass */
    PERCENT_IN_LINES = 30,  /* and a man with a tripod, had 200 and 150, a fifth; pages have a thousand, a half. */
    BAND = 64,              /* first a band of so many rows is looked at, of each */
    EVERY_BAND = 256,       /* so many; where there are less than these letters in lines, that is all */
    LEAST_IN_BANDS = 20,
};

/* The picture made smaller, and its paper: the same without strokes. */
struct smaller {
    uint8_t *gray, *paper;
    int width, rows;
    int limit; /* what is not darker is no letter */
};

/* Dots that touch each other, by the box around them; `parent` is another part that they turned out to be of. */
struct part {
    int left, right, top, bottom, parent;
};

/* Black dots beside each other in a row. */
struct run {
    int left, right, part;
};

struct parts {
    struct part *all;
    int count;
};

static int root_of(struct parts *parts, int part)
{
    while (parts->all[part].parent != part) {
        parts->all[part].parent = parts->all[parts->all[part].parent].parent;
        part = parts->all[part].parent;
    }
    return part;
}

static int joined(struct parts *parts, int one, int other)
{
    one = root_of(parts, one);
    other = root_of(parts, other);
    if (one == other)
        return one;
    struct part *a = parts->all + one, *b = parts->all + other;
    a->left = a->left < b->left ? a->left : b->left;
    a->right = a->right > b->right ? a->right : b->right;
    a->top = a->top < b->top ? a->top : b->top;
    a->bottom = a->bottom > b->bottom ? a->bottom : b->bottom;
    b->parent = one;
    return one;
}

/* Adds a run of a row to the parts it touches in the row before, or begins one; returns its part, -1 without room. */
static int add_run(struct parts *parts, const struct run *above, int count, int *first, int left, int right, int row)
{
    int part = parts->count;

    if (part == MOST_RUNS)
        return -1;
    parts->all[parts->count++] = (struct part){left, right, row, row + 1, part};
    while (*first < count && above[*first].right < left)
        ++*first;
    for (int i = *first; i < count && above[i].left <= right; i++)
        part = joined(parts, above[i].part, part);
    return part;
}

/* The runs of a row: where it is a fifth darker than its paper, and than the limit. Returns how many there are, -1 without room. */
static int add_row(struct parts *parts, const struct smaller *of, int row, const struct run *above, int count,
                   struct run *runs)
{
    const uint8_t *gray = of->gray + (long)row * of->width, *paper = of->paper + (long)row * of->width;
    int found = 0, first = 0;

    for (int x = 0; x < of->width; x++) {
        int left = x;
        while (x < of->width && gray[x] * 5 < paper[x] * 4 && gray[x] < of->limit)
            x++;
        if (x == left)
            continue;
        int part = add_run(parts, above, count, &first, left, x, row);
        if (part < 0)
            return -1;
        runs[found++] = (struct run){left, x, part};
    }
    return found;
}

static int by_left(const void *one, const void *other)
{
    const struct part *a = one, *b = other;
    return a->left < b->left ? -1 : a->left > b->left;
}

/* Leaves only what has the size of a letter, from left to right. */
static void keep_letters(struct parts *parts)
{
    int kept = 0;

    for (int i = 0; i < parts->count; i++) {
        struct part part = parts->all[i];
        int width = part.right - part.left, rows = part.bottom - part.top;
        if (part.parent == i && rows >= LOWEST && rows <= HIGHEST && width >= NARROWEST &&
            width <= WIDEST_LETTER)
            parts->all[kept++] = part;
    }
    parts->count = kept;
    qsort(parts->all, (size_t)kept, sizeof *parts->all, by_left);
}

static int has_neighbour(const struct parts *letters, int number)
{
    const struct part *letter = letters->all + number;
    int rows = letter->bottom - letter->top, reach = letter->right + rows * 4 / 5 + 1;

    for (int i = number + 1; i < letters->count && letters->all[i].left <= reach; i++) {
        const struct part *other = letters->all + i;
        int height = other->bottom - other->top, lower = abs(other->bottom - letter->bottom);
        if (other->left >= letter->right - 1 && height <= 2 * rows && rows <= 2 * height &&
            (lower <= 1 || 10 * lower <= 3 * rows))
            return 1;
    }
    return 0;
}

/* How many letters there are, and how many of them stand in lines. Returns -1 when there is no memory. */
static int count_letters(const struct smaller *of, int *in_lines)
{
    struct parts parts = {malloc(MOST_RUNS * sizeof *parts.all), 0};
    struct run *runs = malloc(2 * (size_t)(of->width / 2 + 1) * sizeof *runs);
    struct run *above = runs, *below = runs + of->width / 2 + 1;
    int count = 0, done = parts.all && runs ? 0 : -1;

    *in_lines = 0;
    for (int y = 0; y < of->rows && !done && count >= 0; y++) {
        struct run *before = above;
        count = add_row(&parts, of, y, before, count, below);
        above = below;
        below = before;
    }
    if (!done && count >= 0) {
        keep_letters(&parts);
        for (int i = 0; i < parts.count; i++)
            *in_lines += has_neighbour(&parts, i);
        done = parts.count;
    }
    free(parts.all);
    free(runs);
    return done;
}

static void free_smaller(struct smaller *of)
{
    free(of->gray);
    free(of->paper);
}

/* The sums of 2 dots in `together` rows, as means. */
FAST static void reduce_row(const struct picture *picture, int row, int together, uint8_t *restrict out)
{
    const uint8_t *gray = picture->gray + (long)row * together * picture->stride;

    for (int x = 0; x < picture->width / 2; x++) {
        int sum = 0;
        for (int y = 0; y < together; y++)
            sum += gray[(long)y * picture->stride + 2 * x] + gray[(long)y * picture->stride + 2 * x + 1];
        out[x] = (uint8_t)(sum / (2 * together));
    }
}

/* Makes the picture smaller, all of it or its bands only. Returns 0 when there is no memory. */
static int make_smaller(const struct picture *picture, int together, int limit, int bands_only, struct smaller *of)
{
    int rows = picture->rows / together;

    *of = (struct smaller){.width = picture->width / 2, .limit = limit};
    of->gray = malloc((size_t)of->width * (size_t)rows);
    of->paper = malloc((size_t)of->width * (size_t)(rows + STROKE));
    uint8_t *line = malloc(2 * (size_t)(of->width + STROKE));
    if (of->gray && of->paper && line) {
        for (int row = 0; row < rows; row++)
            if (!bands_only || rows < EVERY_BAND || row % EVERY_BAND < BAND)
                reduce_row(picture, row, together, of->gray + (long)of->rows++ * of->width);
        remove_strokes(of->gray, of->rows, of->width, STROKE, STROKE, 1, line, of->paper);
    }
    free(line);
    return of->gray && of->paper && line;
}

/* The same turned, into `turned`. Returns 0 when there is no memory. */
static int turn(const struct smaller *of, struct smaller *turned)
{
    size_t size = (size_t)of->width * (size_t)of->rows;

    *turned = (struct smaller){malloc(size), malloc(size), of->rows, of->width, of->limit};
    if (!turned->gray || !turned->paper)
        return 0;
    for (int y = 0; y < of->rows; y++)
        for (int x = 0; x < of->width; x++) {
            turned->gray[(long)x * of->rows + y] = of->gray[(long)y * of->width + x];
            turned->paper[(long)x * of->rows + y] = of->paper[(long)y * of->width + x];
        }
    return 1;
}

/* How many letters stand in lines; 0 when there are fewer than `least`, or these are less of all. Returns -1 when there
   is no memory. */
static int lines_of(const struct smaller *of, int least, int percent)
{
    int in_lines, letters = count_letters(of, &in_lines);

    return letters < 0 ? -1 : in_lines >= least && 100 * in_lines >= percent * letters ? in_lines : 0;
}

/* The same for the picture upright and turned. */
static int lines_any_way(const struct picture *picture, int together, int limit, int bands_only)
{
    const int least = bands_only ? LEAST_IN_BANDS : LETTERS_IN_LINES, percent = bands_only ? 0 : PERCENT_IN_LINES;
    struct smaller of, turned = {NULL, NULL, 0, 0, 0};
    int found = make_smaller(picture, together, limit, bands_only, &of) ? lines_of(&of, least, percent) : -1;

    if (found == 0)
        found = turn(&of, &turned) ? lines_of(&turned, least, percent) : -1;
    free_smaller(&of);
    free_smaller(&turned);
    return found;
}

/* How many letters darker than the limit the picture shows in lines, if they are as many as only a page of text has; else
   0. `together` of its rows are as high as two dots are wide. Returns -1 when there is no memory. */
int letters_in_lines(const struct picture *picture, int together, int limit)
{
    if (together < 1 || picture->width < 2 || picture->rows < together)
        return 0;
    int found = lines_any_way(picture, together, limit, 1);
    return found > 0 ? lines_any_way(picture, together, limit, 0) : found;
}
