/* Pictures made larger: every dot is a mixture of the 4 x 4 around it (cubic convolution, a = -1/2; Keys 1981), so that
   the edges of letters in small pictures are neither stairs nor blurred. */

#include <math.h>
#include <stdlib.h>

#include "dots.h"

enum { TAPS = 4, WHOLE = 256, AT_ONCE = 4 };

/* For each new dot, which old one lies before it, and the shares of WHOLE of that, the one before and the two behind. */
struct mixtures {
    int32_t *before;
    int16_t (*shares)[TAPS];
};

static double weight_of(double distance)
{
    double t = fabs(distance);
    return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/* Returns 0 when there is no memory. */
static int find_mixtures(long count, long new_count, struct mixtures *mixtures)
{
    mixtures->before = malloc((size_t)new_count * sizeof *mixtures->before);
    mixtures->shares = malloc((size_t)(new_count + AT_ONCE) * sizeof *mixtures->shares);
    if (!mixtures->before || !mixtures->shares)
        return 0;
    for (long i = 0; i < new_count; i++) {
        double place = ((double)i + 0.5) * (double)count / (double)new_count - 0.5, before = floor(place);
        int left = WHOLE;
        for (int tap = 0; tap < TAPS; tap++) {
            mixtures->shares[i][tap] = (int16_t)lround(weight_of(place - (before - 1 + tap)) * WHOLE);
            left -= mixtures->shares[i][tap];
        }
        mixtures->shares[i][1] = (int16_t)(mixtures->shares[i][1] + left);
        mixtures->before[i] = (int32_t)before;
    }
    return 1;
}

INLINED uint8_t grey_of(int32_t sum)
{
    int32_t grey = (sum + WHOLE / 2) >> 8;
    return (uint8_t)(grey < 0 ? 0 : grey > 255 ? 255 : grey);
}

INLINED uint8_t mix(const uint8_t *four, const int16_t *share)
{
    return grey_of(four[0] * share[0] + four[1] * share[1] + four[2] * share[2] + four[3] * share[3]);
}

#ifdef __SSE2__
/* Two new dots: the sums of the first two and the last two of their shares each. */
INLINED __m128i mix_two(const uint8_t *one, const uint8_t *other, const int16_t *shares)
{
    int32_t greys[2];

    memcpy(&greys[0], one, TAPS);
    memcpy(&greys[1], other, TAPS);
    __m128i both = _mm_unpacklo_epi32(_mm_cvtsi32_si128(greys[0]), _mm_cvtsi32_si128(greys[1]));
    return _mm_madd_epi16(_mm_unpacklo_epi8(both, _mm_setzero_si128()), _mm_loadu_si128((const __m128i *)shares));
}

INLINED void mix_at_once(const uint8_t *row, const int32_t *before, const int16_t (*shares)[TAPS], uint8_t *out)
{
    __m128i two = mix_two(row + before[0], row + before[1], shares[0]);
    __m128i more = mix_two(row + before[2], row + before[3], shares[2]);
    __m128i even = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(two), _mm_castsi128_ps(more), 0x88));
    __m128i odd = _mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(two), _mm_castsi128_ps(more), 0xdd));
    __m128i greys = _mm_srai_epi32(_mm_add_epi32(_mm_add_epi32(even, odd), _mm_set1_epi32(WHOLE / 2)), 8);
    greys = _mm_packus_epi16(_mm_packs_epi32(greys, greys), greys);
    int32_t four = _mm_cvtsi128_si32(greys);
    memcpy(out, &four, AT_ONCE);
}
#else
INLINED void mix_at_once(const uint8_t *row, const int32_t *before, const int16_t (*shares)[TAPS], uint8_t *out)
{
    for (int i = 0; i < AT_ONCE; i++)
        out[i] = mix(row + before[i], shares[i]);
}
#endif

/* `row` points behind the dot that it has more before it. */
FAST static void mix_across(const uint8_t *row, const struct mixtures *it, long new_width, uint8_t *out)
{
    long x = 0;

    for (; x + AT_ONCE <= new_width; x += AT_ONCE)
        mix_at_once(row, it->before + x, (const int16_t (*)[TAPS])it->shares + x, out + x);
    for (; x < new_width; x++)
        out[x] = mix(row + it->before[x], it->shares[x]);
}

FAST static void mix_down(const uint8_t *const rows[TAPS], const int16_t *share, long new_width, uint8_t *restrict out)
{
    const uint8_t *one = rows[0], *two = rows[1], *three = rows[2], *four = rows[3];

    for (long x = 0; x < new_width; x++)
        out[x] = grey_of(one[x] * share[0] + two[x] * share[1] + three[x] * share[2] + four[x] * share[3]);
}

static long within(long place, long count)
{
    return place < 0 ? 0 : place < count ? place : count - 1;
}

/* Enlarges every row across. `line` has room for a row and four dots more: beyond its ends it goes on as it ends. */
static void widen(const uint8_t *gray, long width, long rows, const struct mixtures *across, long new_width,
                  uint8_t *line, uint8_t *wide)
{
    for (long y = 0; y < rows; y++, gray += width, wide += new_width) {
        memset(line, gray[0], 2);
        memcpy(line + 2, gray, (size_t)width);
        memset(line + 2 + width, gray[width - 1], 2);
        mix_across(line + 1, across, new_width, wide);
    }
}

static void heighten(const uint8_t *wide, long rows, const struct mixtures *down, long new_width, uint8_t *out,
                     long new_rows, long stride)
{
    for (long y = 0; y < new_rows; y++, out += stride) {
        const uint8_t *four[TAPS];
        for (int tap = 0; tap < TAPS; tap++)
            four[tap] = wide + within(down->before[y] - 1 + tap, rows) * new_width;
        mix_down(four, down->shares[y], new_width, out);
    }
}

/* Draws `gray`, width x rows, as so many dots more; rows of `out` are `stride` apart. Returns 0 when there is no memory. */
int enlarge(const uint8_t *gray, long width, long rows, uint8_t *out, long new_width, long new_rows, long stride)
{
    struct mixtures across = {NULL, NULL}, down = {NULL, NULL};
    uint8_t *wide = malloc((size_t)(new_width * rows + width + 4));
    int done = wide && find_mixtures(width, new_width, &across) && find_mixtures(rows, new_rows, &down);

    if (done) {
        widen(gray, width, rows, &across, new_width, wide + new_width * rows, wide);
        heighten(wide, rows, &down, new_width, out, new_rows, stride);
    }
    free(across.before);
    free(across.shares);
    free(down.before);
    free(down.shares);
    free(wide);
    return done;
}
