/* Thin grey rules of tables and forms: paler than the threshold, and too near to text to be told by their block. */

#include <stdint.h>
#include <string.h>

enum { WIDEST = 16384, PALEST = 235, CONTRAST = 20, BESIDE = 3, GAP = 4, LEAST = 48 };

struct rule {
    int start, last, open; /* places along the rule */
};

struct page {
    const uint8_t *gray;
    uint8_t *bits;
    int width, rows;
};

int draw_rules(const uint8_t *gray, int width, int rows, int threshold, int beside_rows, int least_rows,
               uint8_t *bits);

static void blacken(const struct page *page, int x, int y)
{
    page->bits[(long)y * (page->width / 8) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static int grey_at(const struct page *page, int x, int y)
{
    if (x < 0 || y < 0 || x >= page->width || y >= page->rows)
        return 255;
    return page->gray[(long)y * page->width + x];
}

static int stands_out(const struct page *page, int x, int y, int dx, int dy)
{
    int grey = grey_at(page, x, y);
    return grey_at(page, x - dx, y - dy) >= grey + CONTRAST && grey_at(page, x + dx, y + dy) >= grey + CONTRAST;
}

/* Takes in that the rule goes on at `place`. */
static void extend(struct rule *rule, int place)
{
    if (!rule->open)
        rule->start = place;
    rule->open = 1;
    rule->last = place;
}

/* Whether the rule ended before `place`; crossings may interrupt it. */
static int ends(const struct rule *rule, int place)
{
    return rule->open && place - rule->last > GAP;
}

static void draw_across(const struct page *page, struct rule *rule, int y)
{
    if (rule->open && rule->last - rule->start + 1 >= LEAST)
        for (int x = rule->start; x <= rule->last; x++)
            blacken(page, x, y);
    rule->open = 0;
}

static void draw_down(const struct page *page, struct rule *rule, int x, int least)
{
    if (rule->open && rule->last - rule->start + 1 >= least)
        for (int y = rule->start; y <= rule->last; y++)
            blacken(page, x, y);
    rule->open = 0;
}

/* Which dots may belong to a rule: paler than the threshold, and no paper. */
static void mark_pale(const uint8_t *restrict row, int width, uint8_t threshold, uint8_t *restrict pale)
{
    for (int x = 0; x < width; x++)
        pale[x] = (uint8_t)((row[x] >= threshold) & (row[x] <= PALEST));
}

static int none_of_eight(const uint8_t *dots)
{
    uint64_t eight;
    memcpy(&eight, dots, 8);
    return !eight;
}

/* Blackens rules at least `least_rows` long, across or down, that are paler than the threshold and differ from
   what lies `beside_rows` above and below them, or as far to both sides. Returns 0 when the page is too wide. */
int draw_rules(const uint8_t *gray, int width, int rows, int threshold, int beside_rows, int least_rows,
               uint8_t *bits)
{
    uint8_t pale[WIDEST];
    struct page page = {gray, bits, width, rows};
    struct rule down[WIDEST] = {{0, 0, 0}};

    if (width > WIDEST || width % 8)
        return 0;
    for (int y = 0; y < rows; y++) {
        struct rule across = {0, 0, 0};
        mark_pale(gray + (long)y * width, width, (uint8_t)threshold, pale);
        for (int x = 0; x < width; x++) {
            if (x % 8 == 0 && none_of_eight(pale + x)) {
                x += 7;
                continue;
            }
            if (!pale[x])
                continue;
            if (stands_out(&page, x, y, 0, beside_rows)) {
                if (ends(&across, x))
                    draw_across(&page, &across, y);
                extend(&across, x);
            }
            if (stands_out(&page, x, y, BESIDE, 0)) {
                if (ends(&down[x], y))
                    draw_down(&page, &down[x], x, least_rows);
                extend(&down[x], y);
            }
        }
        draw_across(&page, &across, y);
    }
    for (int x = 0; x < width; x++)
        draw_down(&page, &down[x], x, least_rows);
    return 1;
}
