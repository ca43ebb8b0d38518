/* Thin grey rules of tables and forms: paler than the threshold, and too near to text to be told by their block.

   Theory of operation: a dot may belong to a rule across the page when it is pale and stands out from what lies
   above and below it, and to one down the page when it stands out from what lies to both sides. Both are found
   16 dots at a time and kept as bits, 64 dots a word; words whose blocks have no pale dot are passed over. Rules across are then looked for row by row, in the few rows
   with enough such dots. Rules down are rarer: a long one has a dot in every BAND of rows that it passes, so bands
   are counted for 64 columns at once, and only columns with enough bands in a row are looked at dot by dot. */

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

/* Bit x % 64 of word x / 64 is dot x. */
struct candidates {
    uint64_t across[WORDS], down[WORDS];
};

/* For each column the number of bands in a row that have a dot of a rule, up to MOST_BANDS, as four bits. */
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

/* Lists the words of row `y` whose blocks may have dots of rules; all words below the last whole block. */
static int list_pale(const struct page *page, int y, uint8_t *list)
{
    const int across = page->width / BLOCK;
    const long first = (long)(y / BLOCK) * across;
    const uint8_t *darkest = page->darkest + first, *lightest = page->lightest + first;
    int count = 0, last = -1;

    for (int i = 0; i < across; i++)
        if (i / BLOCKS != last &&
            (page->rows - y < BLOCK || (darkest[i] <= PALEST && lightest[i] >= page->threshold)))
            list[count++] = (uint8_t)(last = i / BLOCKS);
    return count;
}

/* The dots of rules among `count` blocks of a row: `here` has BESIDE dots before and behind them. */
INLINED uint64_t find_dots(const struct page *page, const uint8_t *here, const uint8_t *above, const uint8_t *below,
                           int count, uint64_t *down)
{
    const dots darkest = all_of(page->threshold), range = all_of(PALEST - page->threshold);
    uint64_t across = 0;

    *down = 0;
    for (int i = 0; i < count; i++, here += BLOCK, above += BLOCK, below += BLOCK) {
        dots grey = load(here), lighter = grey + all_of(CONTRAST);
        dots pale = (dots)((grey - darkest) <= range); /* below the threshold it wraps round */
        across |= (uint64_t)bits_of(pale & (dots)(least(load(above), load(below)) >= lighter)) << i * BLOCK;
        *down |= (uint64_t)bits_of(pale & (dots)(least(load(here - BESIDE), load(here + BESIDE)) >= lighter))
                 << i * BLOCK;
    }
    return across;
}

/* Finds what may belong to rules in these words of a row. Returns 0 when there is nothing. */
FAST static int find_candidates(const struct page *page, int y, const uint8_t *white, const uint8_t *list, int count,
                                struct candidates *found)
{
    const uint8_t *row = row_at(page, y, white), *above = row_at(page, y - page->beside_rows, white),
                  *below = row_at(page, y + page->beside_rows, white);
    int words = (page->width + 63) / 64;
    uint64_t some = 0;

    memset(found->across, 0, (size_t)words * 8);
    memset(found->down, 0, (size_t)words * 8);
    for (int i = 0; i < count; i++) {
        int word = list[i], x = word * 64, left = (page->width - x) / BLOCK, blocks = left < BLOCKS ? left : BLOCKS;
        const uint8_t *here = row + x;
        uint8_t padded[BESIDE + 64 + BESIDE];
        if (word == 0 || left <= BLOCKS) {
            int before = word ? BESIDE : 0, after = left > BLOCKS ? BESIDE : 0;
            memset(padded, 255, sizeof padded);
            memcpy(padded + BESIDE - before, here - before, (size_t)(before + blocks * BLOCK + after));
            here = padded + BESIDE;
        }
        found->across[word] = find_dots(page, here, above + x, below + x, blocks, &found->down[word]);
        some |= found->across[word] | found->down[word];
    }
    return some != 0;
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

static void leave_pictures_out(const struct page *page, int y, int words, struct candidates *found)
{
    for (const struct box *box = page->boxes; box < page->boxes + page->box_count; box++)
        if (y >= box->top && y < box->bottom) {
            clear(found->across, words, box->left, box->right);
            clear(found->down, words, box->left, box->right);
        }
}

static void blacken(const struct page *page, int x, int y)
{
    page->bits[(long)y * (page->width / 8) + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static void blacken_row(const struct page *page, int start, int last, int y)
{
    for (int x = start; last - start + 1 >= LEAST && x <= last; x++)
        blacken(page, x, y);
}

FAST static void draw_across(const struct page *page, const uint64_t *across, int y)
{
    int words = (page->width + 63) / 64, count = 0, start = 0, last = -1;

    for (int i = 0; i < words; i++)
        count += __builtin_popcountll(across[i]);
    if (count < LEAST / GAP)
        return;
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
    blacken_row(page, start, last, y);
}

/* Which counts are not less than `enough`. */
static uint64_t at_least(const struct streaks *streaks, int i, int enough)
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
static void count_band(struct streaks *streaks, const uint64_t *band, int words)
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
        blacken(page, x, y);
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

/* `darkest` and `lightest` are what survey() found. Blackens rules at least LEAST dots or `least_rows` long, across
   or down, that are paler than the threshold and differ from what lies `beside_rows` above and below them, or BESIDE dots to both sides; none in the boxes.
   Returns 0 when the page is too wide, or its width no multiple of 16. */
int draw_rules(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest, int width, int rows,
               int threshold, int beside_rows, int least_rows, const struct box *boxes, int box_count,
               uint8_t *bits)
{
    const struct page page = {gray, darkest, lightest, bits, width, rows, threshold, beside_rows, least_rows, boxes, box_count};
    struct candidates found;
    struct streaks streaks;
    uint64_t band[WORDS] = {0}, suspects[WORDS] = {0};
    uint8_t white[WIDEST];
    uint8_t list[WORDS];
    int pale = 0, words = (width + 63) / 64, enough = least_rows / BAND - 1;

    if (width > WIDEST || width % 16)
        return 0;
    if (threshold > PALEST)
        return 1;
    memset(white, 255, (size_t)width);
    for (int b = 0; b < 4; b++)
        memset(streaks.bit[b], 0, (size_t)words * 8);
    enough = enough < 1 ? 1 : enough > MOST_BANDS ? MOST_BANDS : enough;
    for (int y = 0; y < rows; y++) {
        if (y % BLOCK == 0)
            pale = list_pale(&page, y, list);
        if (pale && find_candidates(&page, y, white, list, pale, &found)) {
            leave_pictures_out(&page, y, words, &found);
            draw_across(&page, found.across, y);
            for (int i = 0; i < words; i++)
                band[i] |= found.down[i];
        }
        if (y % BAND == BAND - 1 || y == rows - 1) {
            count_band(&streaks, band, words);
            for (int i = 0; i < words; i++)
                suspects[i] |= at_least(&streaks, i, enough);
            memset(band, 0, (size_t)words * 8);
        }
    }
    for (int i = 0; i < words; i++)
        for (uint64_t left = suspects[i]; left; left &= left - 1)
            draw_down(&page, i * 64 + __builtin_ctzll(left));
    return 1;
}
