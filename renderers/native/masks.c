/* Masks without their thin parts, 64 dots at a time. A mask is 255 where something is, and 0 elsewhere. */

#include "dots.h"
#include "masks.h"

enum { LONGEST = 63 };

/* Rows of words, the first dot lowest, and one more before and behind each: there the mask goes on as it ends. */
struct words {
    uint64_t *at;
    int rows, width, count; /* the last is of words in a row */
};

static uint64_t *row_of(const struct words *words, int y)
{
    return words->at + (long)y * words->count;
}

/* Fills what is behind the last dot, and before the first, with these. */
static void fill_edges(const struct words *words, uint64_t *row)
{
    const int last = words->width - 1, word = 1 + last / 64, used = last % 64 + 1;
    const uint64_t edge = row[word] >> (used - 1) & 1 ? ~0ULL : 0;

    row[0] = row[1] & 1 ? ~0ULL : 0;
    if (used < 64)
        row[word] = (row[word] & ((1ULL << used) - 1)) | edge << used;
    row[word + 1] = edge;
}

static void pack_rows(const uint8_t *mask, const struct words *words)
{
    for (int y = 0; y < words->rows; y++, mask += words->width) {
        uint64_t *row = row_of(words, y);
        memset(row, 0, (size_t)words->count * sizeof *row);
        for (int x = 0; x < words->width; x += 16)
            row[1 + x / 64] |= (uint64_t)bits_of(load(mask + x)) << x % 64;
    }
}

static void unpack_rows(const struct words *words, uint8_t *mask)
{
    static const dots bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};

    for (int y = 0; y < words->rows; y++, mask += words->width)
        for (int x = 0; x < words->width; x += 16) {
            unsigned found = row_of(words, y)[1 + x / 64] >> x % 64 & 0xFFFF;
            uint8_t low = (uint8_t)found, high = (uint8_t)(found >> 8);
            dots both = {low, low, low, low, low, low, low, low, high, high, high, high, high, high, high, high};
            both = (dots)((both & bit) == bit);
            memcpy(mask + x, &both, sizeof both);
        }
}

INLINED uint64_t chosen(uint64_t one, uint64_t other, int any)
{
    return any ? one | other : one & other;
}

/* What all (or any) of `length` dots around each one are. */
INLINED void choose_across(const struct words *words, int length, int any)
{
    for (int y = 0; y < words->rows && length > 1; y++) {
        uint64_t *row = row_of(words, y);
        fill_edges(words, row);
        for (int reach = 1, step; reach < length; reach += step) {
            step = reach < length - reach ? reach : length - reach;
            for (int i = 0; i < words->count - 1; i++)
                row[i] = chosen(row[i], row[i] >> step | row[i + 1] << (64 - step), any);
        }
        for (int i = words->count - 1; i > 0; i--)
            row[i] = row[i] << length / 2 | row[i - 1] >> (64 - length / 2);
    }
}

/* The same of rows; there is room for length - 1 rows more. */
INLINED void choose_down(const struct words *words, int length, int any)
{
    const int before = length / 2;
    const size_t row = (size_t)words->count * sizeof *words->at;

    memmove(row_of(words, before), words->at, (size_t)words->rows * row);
    for (int y = 0; y < before; y++) {
        memcpy(row_of(words, y), row_of(words, before), row);
        memcpy(row_of(words, before + words->rows + y), row_of(words, before + words->rows - 1), row);
    }
    for (int reach = 1, step; reach < length; reach += step) {
        step = reach < length - reach ? reach : length - reach;
        const long ahead = (long)step * words->count;
        uint64_t *end = row_of(words, words->rows + length - reach - step);
        for (uint64_t *word = words->at; word < end; word++)
            *word = chosen(*word, word[ahead], any);
    }
}

/* How many words these need. */
long words_for(int width, int rows, int most_rows)
{
    return (long)((width + 63) / 64 + 2) * (rows + most_rows);
}

/* Fills `out` with the mask where a window of so many rows and dots, both odd and at most 63, has room; or with it and
   what such a window outside of it has none in. The width is a multiple of 16; `memory` is as large as words_for() says. */
FAST void open_mask(const uint8_t *mask, int rows, int width, int down, int across, int closes, uint64_t *memory,
                    uint8_t *out)
{
    const struct words words = {memory, rows, width, (width + 63) / 64 + 2};

    pack_rows(mask, &words);
    for (int pass = 0, any = closes; pass < 2; pass++, any = !any) {
        choose_down(&words, down, any);
        choose_across(&words, across < LONGEST ? across : LONGEST, any);
    }
    unpack_rows(&words, out);
}

/* Fills `out` with the middles of windows of so many dots each way, an odd number, that the mask fills. */
FAST void shrink_mask(const uint8_t *mask, int rows, int width, int side, uint64_t *memory, uint8_t *out)
{
    const struct words words = {memory, rows, width, (width + 63) / 64 + 2};

    pack_rows(mask, &words);
    choose_down(&words, side, 0);
    choose_across(&words, side, 0);
    unpack_rows(&words, out);
}
