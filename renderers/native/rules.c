/* Thin grey rules of tables and forms: paler than the threshold, and too near to text to be told by their block.

   Theory of operation: a dot may belong to a rule across the page when it is pale and stands out from what lies
   above and below it, and to one down the page when it stands out from what lies to both sides. Dots are looked at
   16 at a time and kept as bits, 64 dots a word; words whose blocks have no pale dot are passed over. What is pale
   is found first: few rows have enough of it in one place for a rule across, and few columns for one down. A long
   rule down has a dot in every BAND of rows that it passes, so bands are counted, for 64 columns at once. */

#include "dots.h"

enum {
    WORDS = WIDEST / 64,
    BLOCKS = 64 / BLOCK, /* of a word */
    PALEST = 235,
    CONTRAST = 20,
    BESIDE = 3,
    GAP = 4, /* crossings may interrupt a rule for less than this */
    LEAST = 48,
    BAND = GAP,
    MOST_BANDS = 15
};

struct page {
    const uint8_t *gray, *darkest, *lightest; /* the latter two as survey() found them */
    uint8_t *bits;
    int width, rows;
    int threshold, beside_rows, least_rows;
    const struct box *boxes; /* what lies in them belongs to no rule */
    int box_count;
};

/* For each column the number of bands in a row that have a dot in it, up to MOST_BANDS, as four bits. Bit x % 64 of
   word x / 64 is column x, here and wherever dots are bits. */
struct streaks {
    uint64_t bit[4][WORDS];
};

static const uint8_t *row_at(const struct page *page, int y, const uint8_t *white)
{
    return y < 0 || y >= page->rows ? white : page->gray + (long)y * page->width;
}

/* Whether these dots lie in a picture, all of them. */
static int within_picture(const struct page *page, int x, int y, int across, int down)
{
    for (const struct box *box = page->boxes; box < page->boxes + page->box_count; box++)
        if (x >= box->left && x + across <= box->right && y >= box->top && y + down <= box->bottom)
            return 1;
    return 0;
}

/* Whether a word of the rows from `y` on, as high as a block, lies in a picture. */
static int is_picture(const struct page *page, int y, int word)
{
    int across = page->width - word * 64 < 64 ? page->width - word * 64 : 64;
    return within_picture(page, word * 64, y, across, page->rows - y < BLOCK ? page->rows - y : BLOCK);
}

/* Lists the words of row `y` whose blocks may have dots of rules; all words below the last whole block. */
static int list_pale(const struct page *page, int y, uint8_t *list)
{
    const int across = page->width / BLOCK;
    const long first = (long)(y / BLOCK) * across;
    const uint8_t *darkest = page->darkest + first, *lightest = page->lightest + first;
    int count = 0, last = -1;

    for (int i = 0; i < across; i++)
        if (i / BLOCKS != last && !is_picture(page, y, i / BLOCKS) &&
            (page->rows - y < BLOCK || (darkest[i] <= PALEST && lightest[i] >= page->threshold)))
            list[count++] = (uint8_t)(last = i / BLOCKS);
    return count;
}

INLINED dots is_pale(const struct page *page, dots grey)
{
    return (dots)(grey - all_of(page->threshold) <= all_of(PALEST - page->threshold)); /* blacker ones wrap round */
}

/* The blocks of a word: there are fewer at the right edge of the page. */
INLINED int blocks_of(const struct page *page, int word)
{
    int left = page->width / BLOCK - word * BLOCKS;
    return left < BLOCKS ? left : BLOCKS;
}

INLINED uint64_t pale_of(const struct page *page, const uint8_t *here, int blocks)
{
    uint64_t pale = 0;

    for (int block = 0; block < blocks; block++)
        pale |= (uint64_t)bits_of(is_pale(page, load(here + block * BLOCK))) << block * BLOCK;
    return pale;
}

/* Finds what is pale in these words of a row; the others are not touched. */
FAST static void find_pale(const struct page *page, int y, const uint8_t *list, int count, uint64_t *pale)
{
    const uint8_t *row = page->gray + (long)y * page->width;

    for (int i = 0; i < count; i++) {
        const uint8_t *here = row + list[i] * 64;
        int blocks = blocks_of(page, list[i]);
        pale[list[i]] = blocks == BLOCKS ? pale_of(page, here, BLOCKS) : pale_of(page, here, blocks);
    }
}

/* Pale dots of a word that stand out from what lies to both sides of them, above and below for example. */
INLINED uint64_t standing_out(const struct page *page, const uint8_t *here, const uint8_t *one, const uint8_t *other,
                              int blocks)
{
    uint64_t found = 0;

    for (int at = 0; at < blocks * BLOCK; at += BLOCK) {
        dots grey = load(here + at), lighter = grey + all_of(CONTRAST);
        dots stands_out = (dots)(least(load(one + at), load(other + at)) >= lighter);
        found |= (uint64_t)bits_of(is_pale(page, grey) & stands_out) << at;
    }
    return found;
}

/* Finds in these words of a row what may belong to rules across. */
FAST static void find_across(const struct page *page, int y, const uint8_t *white, const uint8_t *list, int count,
                             uint64_t *across)
{
    const uint8_t *row = row_at(page, y, white), *above = row_at(page, y - page->beside_rows, white),
                  *below = row_at(page, y + page->beside_rows, white);

    for (int i = 0; i < count; i++) {
        int x = list[i] * 64;
        across[list[i]] = standing_out(page, row + x, above + x, below + x, blocks_of(page, list[i]));
    }
}

/* Takes the dots from `start` to before `end` out of a row of so many words. */
static void clear(uint64_t *row, int words, int start, int end)
{
    for (int i = 0; i < words; i++) {
        int from = start - i * 64, to = end - i * 64; /* bits of this word */
        uint64_t below_from = from <= 0 ? 0 : from >= 64 ? ~0ULL : (1ULL << from) - 1;
        uint64_t from_to_on = to <= 0 ? ~0ULL : to >= 64 ? 0 : ~0ULL << to;
        row[i] &= below_from | from_to_on;
    }
}

static void leave_pictures_out(const struct page *page, int y, int words, uint64_t *row)
{
    for (const struct box *box = page->boxes; box < page->boxes + page->box_count; box++)
        if (y >= box->top && y < box->bottom)
            clear(row, words, box->left, box->right);
}

static void blacken_dot(const struct page *page, int x, int y)
{
    page->bits[(long)y * (page->width / 8) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static void blacken_row(const struct page *page, int start, int last, int y)
{
    for (int x = start; last - start + 1 >= LEAST && x <= last; x++)
        blacken_dot(page, x, y);
}

/* Whether dots of a row may be a rule's: LEAST of them, wherever they begin, fill at least one block but for gaps.
   There is a word before the row. */
FAST static int may_have_rule(const uint64_t *row, int words)
{
    uint64_t full = 0;

    for (int i = 0; i < words; i++) {
        uint64_t closed = row[i];
        for (int gap = 1; gap < GAP; gap++)
            closed |= row[i] << gap | row[i - 1] >> (64 - gap);
        closed &= closed >> 8;
        closed &= closed >> 4;
        closed &= closed >> 2;
        full |= closed & closed >> 1 & 0x0001000100010001;
    }
    return full != 0;
}

static void draw_across(const struct page *page, const uint64_t *across, int words, int y)
{
    int start = 0, last = -1;

    for (int i = 0; i < words; i++)
        for (uint64_t left = across[i]; left; left &= left - 1) {
            int x = i * 64 + __builtin_ctzll(left);
            if (last < 0 || x - last > GAP) {
                if (last >= 0)
                    blacken_row(page, start, last, y);
                start = x;
            }
            last = x;
        }
    if (last >= 0)
        blacken_row(page, start, last, y);
}

/* Which counts are not less than `enough`. */
INLINED uint64_t at_least(const struct streaks *streaks, int i, int enough)
{
    uint64_t more = 0, equal = ~0ULL;

    for (int b = 3; b >= 0; b--) {
        uint64_t wanted = enough >> b & 1 ? ~0ULL : 0;
        more |= equal & streaks->bit[b][i] & ~wanted;
        equal &= ~(streaks->bit[b][i] ^ wanted);
    }
    return more | equal;
}

/* Columns with a dot in the band have one band more, the others none; a full count stays. */
INLINED void count_band(struct streaks *streaks, const uint64_t *band, int words)
{
    for (int i = 0; i < words; i++) {
        uint64_t carry = band[i] & ~at_least(streaks, i, MOST_BANDS);
        for (int b = 0; b < 4; b++) {
            uint64_t sum = (streaks->bit[b][i] ^ carry) & band[i];
            carry &= streaks->bit[b][i];
            streaks->bit[b][i] = sum;
        }
    }
}

static int grey_at(const struct page *page, int x, int y)
{
    return x < 0 || x >= page->width ? 255 : page->gray[(long)y * page->width + x];
}

static void blacken_column(const struct page *page, int x, int start, int last)
{
    for (int y = start; last - start + 1 >= page->least_rows && y <= last; y++)
        blacken_dot(page, x, y);
}

static void draw_down(const struct page *page, int x)
{
    int start = 0, last = -1;

    for (int y = 0; y < page->rows; y++) {
        int grey = grey_at(page, x, y);
        if (grey < page->threshold || grey > PALEST || grey_at(page, x - BESIDE, y) < grey + CONTRAST ||
            grey_at(page, x + BESIDE, y) < grey + CONTRAST || within_picture(page, x, y, 1, 1))
            continue;
        if (last < 0 || y - last > GAP) {
            if (last >= 0)
                blacken_column(page, x, start, last);
            start = y;
        }
        last = y;
    }
    if (last >= 0)
        blacken_column(page, x, start, last);
}

/* Which columns of a word may have rules down: so many bands in a row with a dot that stands out. */
FAST static uint64_t suspects_in(const struct page *page, int word, int enough)
{
    struct streaks streaks = {0};
    uint64_t band = 0, suspects = 0;
    int blocks = blocks_of(page, word), x = word * 64, before = word ? BESIDE : 0;
    int after = x + blocks * BLOCK < page->width ? BESIDE : 0;
    uint8_t padded[BESIDE + 64 + BESIDE];

    memset(padded, 255, sizeof padded);
    for (int y = 0; y < page->rows; y++) {
        const uint8_t *here = padded + BESIDE;
        memcpy(padded + BESIDE - before, page->gray + (long)y * page->width + x - before,
               (size_t)(before + blocks * BLOCK + after));
        band |= standing_out(page, here, here - BESIDE, here + BESIDE, blocks);
        if (y % BAND == BAND - 1 || y == page->rows - 1) {
            count_band(&streaks, &band, 1);
            suspects |= at_least(&streaks, 0, enough);
            band = 0;
        }
    }
    return suspects;
}

/* Draws the rules across, and finds which columns have so many bands in a row with a pale dot. */
FAST static void look_across(const struct page *page, int words, int enough, uint64_t *suspects)
{
    struct streaks streaks = {0};
    uint64_t rows[2][1 + WORDS] = {{0}}, *pale = rows[0] + 1, *across = rows[1] + 1, band[WORDS] = {0};
    uint8_t white[WIDEST], list[WORDS];
    int count = 0;

    memset(white, 255, (size_t)page->width);
    for (int y = 0; y < page->rows; y++) {
        if (y % BLOCK == 0) {
            count = list_pale(page, y, list);
            memset(pale, 0, (size_t)words * 8);
            memset(across, 0, (size_t)words * 8);
        }
        if (count) {
            find_pale(page, y, list, count, pale);
            if (may_have_rule(pale, words)) {
                find_across(page, y, white, list, count, across);
                leave_pictures_out(page, y, words, across);
                if (may_have_rule(across, words))
                    draw_across(page, across, words, y);
            }
            for (int i = 0; i < words; i++)
                band[i] |= pale[i];
        }
        if (y % BAND == BAND - 1 || y == page->rows - 1) {
            count_band(&streaks, band, words);
            for (int i = 0; i < words; i++)
                suspects[i] |= at_least(&streaks, i, enough);
            memset(band, 0, (size_t)words * 8);
        }
    }
}

/* `darkest` and `lightest` are what survey() found. Blackens rules at least LEAST dots or `least_rows` long, across
   or down, that are paler than the threshold and differ from what lies `beside_rows` above and below them, or BESIDE
   dots to both sides; none in the boxes. Returns 0 when the page is too wide, or its width no multiple of 16. */
int draw_rules(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest, int width, int rows,
               int threshold, int beside_rows, int least_rows, const struct box *boxes, int box_count,
               uint8_t *bits)
{
    const struct page page = {gray, darkest, lightest, bits, width, rows, threshold, beside_rows, least_rows, boxes, box_count};
    uint64_t suspects[WORDS] = {0};
    int words = (width + 63) / 64, enough = least_rows / BAND - 1;

    if (width > WIDEST || width % 16)
        return 0;
    if (threshold > PALEST)
        return 1;
    enough = enough < 1 ? 1 : enough > MOST_BANDS ? MOST_BANDS : enough;
    look_across(&page, words, enough, suspects);
    for (int i = 0; i < words; i++)
        for (uint64_t left = suspects[i] ? suspects_in(&page, i, enough) : 0; left; left &= left - 1)
            draw_down(&page, i * 64 + __builtin_ctzll(left));
    return 1;
}
