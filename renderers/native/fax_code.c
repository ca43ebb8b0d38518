/* Fax lines to T.6 (MMR), several times faster than libtiff, and to T.4 (MH).

   A line becomes the list of places where its colour changes, found 64 dots at a time; two such lists, the
   line's and the one's above, are all that the code needs. Nothing is allocated and nothing is read twice.

   Spec: ITU-T T.6 clause 2.2 (the modes), T.4 clause 4.1 (MH), T.4 tables 2 and 3 (the codes of runs). */

#include "dots.h"

/* Changes that are looked for at once, and how many places there are before a line's first and behind its last. */
enum { AT_ONCE = 6, BEFORE = 1, SPARE = 16 };

/* The most bytes a line takes: no dot takes more than 8 bits in either code. */
#define LINE_ROOM(width) ((width) + 64)

struct code {
    uint16_t bits;
    uint8_t length;
};

/* Runs of 0 to 63 dots, and of 64, 128 ... 2560. */
static const struct code WHITE[] = {
    {0x35, 8}, {0x07, 6}, {0x07, 4}, {0x08, 4}, {0x0b, 4}, {0x0c, 4}, {0x0e, 4}, {0x0f, 4},
    {0x13, 5}, {0x14, 5}, {0x07, 5}, {0x08, 5}, {0x08, 6}, {0x03, 6}, {0x34, 6}, {0x35, 6},
    {0x2a, 6}, {0x2b, 6}, {0x27, 7}, {0x0c, 7}, {0x08, 7}, {0x17, 7}, {0x03, 7}, {0x04, 7},
    {0x28, 7}, {0x2b, 7}, {0x13, 7}, {0x24, 7}, {0x18, 7}, {0x02, 8}, {0x03, 8}, {0x1a, 8},
    {0x1b, 8}, {0x12, 8}, {0x13, 8}, {0x14, 8}, {0x15, 8}, {0x16, 8}, {0x17, 8}, {0x28, 8},
    {0x29, 8}, {0x2a, 8}, {0x2b, 8}, {0x2c, 8}, {0x2d, 8}, {0x04, 8}, {0x05, 8}, {0x0a, 8},
    {0x0b, 8}, {0x52, 8}, {0x53, 8}, {0x54, 8}, {0x55, 8}, {0x24, 8}, {0x25, 8}, {0x58, 8},
    {0x59, 8}, {0x5a, 8}, {0x5b, 8}, {0x4a, 8}, {0x4b, 8}, {0x32, 8}, {0x33, 8}, {0x34, 8},
};
static const struct code BLACK[] = {
    {0x37, 10}, {0x02, 3}, {0x03, 2}, {0x02, 2}, {0x03, 3}, {0x03, 4}, {0x02, 4}, {0x03, 5},
    {0x05, 6}, {0x04, 6}, {0x04, 7}, {0x05, 7}, {0x07, 7}, {0x04, 8}, {0x07, 8}, {0x18, 9},
    {0x17, 10}, {0x18, 10}, {0x08, 10}, {0x67, 11}, {0x68, 11}, {0x6c, 11}, {0x37, 11}, {0x28, 11},
    {0x17, 11}, {0x18, 11}, {0xca, 12}, {0xcb, 12}, {0xcc, 12}, {0xcd, 12}, {0x68, 12}, {0x69, 12},
    {0x6a, 12}, {0x6b, 12}, {0xd2, 12}, {0xd3, 12}, {0xd4, 12}, {0xd5, 12}, {0xd6, 12}, {0xd7, 12},
    {0x6c, 12}, {0x6d, 12}, {0xda, 12}, {0xdb, 12}, {0x54, 12}, {0x55, 12}, {0x56, 12}, {0x57, 12},
    {0x64, 12}, {0x65, 12}, {0x52, 12}, {0x53, 12}, {0x24, 12}, {0x37, 12}, {0x38, 12}, {0x27, 12},
    {0x28, 12}, {0x58, 12}, {0x59, 12}, {0x2b, 12}, {0x2c, 12}, {0x5a, 12}, {0x66, 12}, {0x67, 12},
};
static const struct code WHITE_64[] = {
    {0x1b, 5}, {0x12, 5}, {0x17, 6}, {0x37, 7}, {0x36, 8}, {0x37, 8}, {0x64, 8}, {0x65, 8},
    {0x68, 8}, {0x67, 8}, {0xcc, 9}, {0xcd, 9}, {0xd2, 9}, {0xd3, 9}, {0xd4, 9}, {0xd5, 9},
    {0xd6, 9}, {0xd7, 9}, {0xd8, 9}, {0xd9, 9}, {0xda, 9}, {0xdb, 9}, {0x98, 9}, {0x99, 9},
    {0x9a, 9}, {0x18, 6}, {0x9b, 9}, {0x08, 11}, {0x0c, 11}, {0x0d, 11}, {0x12, 12}, {0x13, 12},
    {0x14, 12}, {0x15, 12}, {0x16, 12}, {0x17, 12}, {0x1c, 12}, {0x1d, 12}, {0x1e, 12}, {0x1f, 12},
};
static const struct code BLACK_64[] = {
    {0x0f, 10}, {0xc8, 12}, {0xc9, 12}, {0x5b, 12}, {0x33, 12}, {0x34, 12}, {0x35, 12}, {0x6c, 13},
    {0x6d, 13}, {0x4a, 13}, {0x4b, 13}, {0x4c, 13}, {0x4d, 13}, {0x72, 13}, {0x73, 13}, {0x74, 13},
    {0x75, 13}, {0x76, 13}, {0x77, 13}, {0x52, 13}, {0x53, 13}, {0x54, 13}, {0x55, 13}, {0x5a, 13},
    {0x5b, 13}, {0x64, 13}, {0x65, 13}, {0x08, 11}, {0x0c, 11}, {0x0d, 11}, {0x12, 12}, {0x13, 12},
    {0x14, 12}, {0x15, 12}, {0x16, 12}, {0x17, 12}, {0x1c, 12}, {0x1d, 12}, {0x1e, 12}, {0x1f, 12},
};

static const struct code PASS = {0x1, 4}, HORIZONTAL = {0x1, 3};
/* a1 is 3 dots left of b1 ... 3 dots right of it. */
static const struct code VERTICAL[] = {{0x2, 7}, {0x2, 6}, {0x2, 3}, {0x1, 1}, {0x3, 3}, {0x3, 6}, {0x3, 7}};
static const struct code END_OF_LINE = {0x1, 12};

struct writer {
    uint8_t *at;
    uint64_t pending;
    int count;
};

/* At most 32 bits. */
INLINED void put_bits(struct writer *w, uint64_t bits, int length)
{
    w->pending = w->pending << length | bits;
    w->count += length;
    if (__builtin_expect(w->count >= 32, 0)) {
        w->count -= 32;
        uint32_t whole = __builtin_bswap32((uint32_t)(w->pending >> w->count));
        memcpy(w->at, &whole, 4);
        w->at += 4;
    }
}

INLINED void put(struct writer *w, struct code code)
{
    put_bits(w, code.bits, code.length);
}

static __attribute__((noinline)) void put_run(struct writer *w, int length, int black)
{
    while (length > 2560 + 63) {
        put(w, (black ? BLACK_64 : WHITE_64)[39]);
        length -= 2560;
    }
    if (length >= 64)
        put(w, (black ? BLACK_64 : WHITE_64)[length / 64 - 1]);
    put(w, (black ? BLACK : WHITE)[length % 64]);
}

/* The horizontal mode and its two runs, the first of which is black or not. */
INLINED void put_runs(struct writer *w, int first, int second, int black)
{
    if (__builtin_expect((first | second) < 64, 1)) {
        struct code one = (black ? BLACK : WHITE)[first], other = (black ? WHITE : BLACK)[second];
        uint64_t bits = (uint64_t)HORIZONTAL.bits << one.length | one.bits;
        put_bits(w, bits << other.length | other.bits, HORIZONTAL.length + one.length + other.length);
        return;
    }
    put(w, HORIZONTAL);
    put_run(w, first, black);
    put_run(w, second, !black);
}

/* A word of dots from memory with its leftmost dot lowest: the bits of each byte turned round. */
INLINED uint64_t leftmost_lowest(uint64_t word)
{
    word = (word & 0x0f0f0f0f0f0f0f0f) << 4 | (word >> 4 & 0x0f0f0f0f0f0f0f0f);
    word = (word & 0x3333333333333333) << 2 | (word >> 2 & 0x3333333333333333);
    return (word & 0x5555555555555555) << 1 | (word >> 1 & 0x5555555555555555);
}

/* Marks in `turns` the dots that differ from the one before, the leftmost dot of each word lowest; returns how many
   words there are. These loops are separate so that they work on several words at once. */
INLINED int find_turns(const uint8_t *row, int width, uint64_t *turns)
{
    uint64_t line[1 + WIDEST / 64];
    const int row_bytes = (width + 7) / 8, words = (row_bytes + 7) / 8;

    line[0] = line[words] = 0;
    memcpy(line + 1, row, (size_t)row_bytes);
    for (int i = 1; i <= words; i++)
        line[i] = leftmost_lowest(line[i]);
    for (int i = 0; i < words; i++)
        turns[i] = line[i + 1] ^ (line[i + 1] << 1 | line[i] >> 63);
    return words;
}

/* Writes where the colour changes, then `width` several times: even places turn black, odd ones white. Several are
   looked for at once, for how many there are in a word is hard to foretell. */
INLINED void find_changes(const uint8_t *row, int width, int *changes)
{
    const int *first = changes;
    uint64_t turns[WIDEST / 64];
    int words = find_turns(row, width, turns);

    for (int word = 0; word < words; word++) {
        uint64_t left = turns[word];
        int *after = changes + __builtin_popcountll(left);
        for (; left; changes += AT_ONCE)
            for (int i = 0; i < AT_ONCE; i++, left &= left - 1)
                changes[i] = word * 64 + __builtin_ctzll(left | 1ULL << 63);
        changes = after;
    }
    while (changes > first && changes[-1] >= width)
        changes--;
    changes[0] = changes[1] = changes[2] = changes[3] = width;
}

/* T.6 figure 3. `a` and `b` hold the changes of this line and of the one above; before the first stands -1. */
INLINED void put_row(struct writer *w, const int *a, const int *b, int width)
{
    const int *first = a;
    int a0 = -1;

    while (a0 < width) {
        while (b[0] <= a0)
            b += 2;
        unsigned right = (unsigned)(a[0] - b[0] + 3);
        if (__builtin_expect(right <= 6 && b[1] >= a[0], 1)) {
            put(w, VERTICAL[right]);
            a0 = *a++;
            b--; /* the colour turned; the change before may be right of a0 */
        } else if (b[1] < a[0]) {
            put(w, PASS);
            a0 = b[1];
        } else {
            put_runs(w, a[0] - (a0 < 0 ? 0 : a0), a[1] - a[0], (int)((a - first) % 2));
            a0 = a[1];
            a += 2;
        }
    }
}

/* Fills the last byte; returns how many there are. */
static long finished(struct writer *w, const uint8_t *out)
{
    for (w->pending <<= 7, w->count += 7; w->count >= 8;) {
        w->count -= 8;
        *w->at++ = (uint8_t)(w->pending >> w->count);
    }
    return w->at - out;
}

/* The number of bytes written to `out`; 0 when it has too little room or the lines are too wide. The highest
   bit is the leftmost dot, 1 is black. */
FAST long mmr_encode(const uint8_t *bits, int width, long rows, uint8_t *out, long room)
{
    int lines[2][BEFORE + WIDEST + SPARE];
    struct writer w = {out, 0, 0};

    if (width < 1 || width > WIDEST)
        return 0;
    lines[0][0] = lines[1][0] = -1;
    for (int i = 0; i < 4; i++)
        lines[1][BEFORE + i] = width; /* above the first line is white */
    for (long row = 0; row < rows; row++) {
        int *line = lines[row % 2] + BEFORE;
        if (room - (w.at - out) < LINE_ROOM(width))
            return 0;
        find_changes(bits + row * ((width + 7) / 8), width, line);
        put_row(&w, line, lines[(row + 1) % 2] + BEFORE, width);
    }
    if (room - (w.at - out) < 8)
        return 0;
    put(&w, END_OF_LINE);
    put(&w, END_OF_LINE);
    return finished(&w, out);
}

/* The same in T.4: each line by itself, after an end-of-line. */
FAST long mh_encode(const uint8_t *bits, int width, long rows, uint8_t *out, long room)
{
    int changes[WIDEST + SPARE];
    struct writer w = {out, 0, 0};

    if (width < 1 || width > WIDEST)
        return 0;
    for (long row = 0; row < rows; row++) {
        if (room - (w.at - out) < LINE_ROOM(width))
            return 0;
        find_changes(bits + row * ((width + 7) / 8), width, changes);
        put(&w, END_OF_LINE);
        int last = 0, black = 0;
        for (const int *change = changes; last < width; last = *change++, black = !black)
            put_run(&w, *change - last, black);
    }
    return finished(&w, out);
}
