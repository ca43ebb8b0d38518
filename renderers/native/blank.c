/* Whether a page is blank: there is nothing on it but perhaps some dust, as on the backs of scanned sheets. */

#include "pages.h"

/* Black dots of a speck of half a millimetre, and how many of those there may be: leaders of dots have more. */
enum { SPECK = 16, MOST_SPECKS = 20, MOST_DOTS = SPECK * MOST_SPECKS };

/* Black dots, row by row from the left. Each has a dot of its speck that came before it, or itself if it was the first. */
struct specks {
    int count;
    int32_t x[MOST_DOTS], row[MOST_DOTS], before[MOST_DOTS];
};

static int first_of(const struct specks *specks, int dot)
{
    while (specks->before[dot] != dot)
        dot = specks->before[dot];
    return dot;
}

/* Adds a dot to the specks beside it, which become one. */
static void add(struct specks *specks, int x, int row)
{
    int dot = specks->count++;

    specks->x[dot] = x;
    specks->row[dot] = row;
    specks->before[dot] = dot;
    for (int other = dot - 1; other >= 0 && specks->row[other] >= row - 1; other--)
        if (specks->x[other] >= x - 1 && specks->x[other] <= x + 1)
            specks->before[first_of(specks, other)] = dot;
}

static int are_small_and_few(const struct specks *specks)
{
    int dots[MOST_DOTS] = {0}, count = 0;

    for (int dot = 0; dot < specks->count; dot++) {
        int *of_speck = &dots[first_of(specks, dot)];
        count += *of_speck == 0;
        if (++*of_speck > SPECK)
            return 0;
    }
    return count <= MOST_SPECKS;
}

/* Whether there are no more dots than specks may have: on most pages the first lines tell. */
static int has_few_dots(const uint8_t *bits, long size)
{
    int dots = 0;

    for (long i = 0; i < size && dots <= MOST_DOTS; i++)
        if (bits[i])
            dots += __builtin_popcount(bits[i]);
    return dots <= MOST_DOTS;
}

/* 1 is black in `bits`, whose width is a multiple of eight. */
int is_blank_page(const uint8_t *bits, int width, long rows)
{
    struct specks specks = {.count = 0};

    if (!has_few_dots(bits, rows * (width / 8)))
        return 0;
    for (long row = 0; row < rows; row++)
        for (int byte = 0; byte < width / 8; byte++, bits++)
            for (int left = *bits; left; left &= left - 1)
                add(&specks, byte * 8 + 7 - __builtin_ctz((unsigned)left), (int)row);
    return are_small_and_few(&specks);
}
