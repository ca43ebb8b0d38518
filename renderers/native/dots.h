/* Sixteen grey dots at a time. */

#ifndef FAXGW_DOTS_H
#define FAXGW_DOTS_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "pages.h"

/* Compiled twice: for any processor, and for those with AVX2 and what came with it, which take it from there when the library is loaded.
   The sanitizers are not ready that early. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FAST __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define FAST
#endif
#define INLINED static inline __attribute__((always_inline))

typedef uint8_t dots __attribute__((vector_size(16)));

INLINED dots load(const uint8_t *from)
{
    dots found;
    memcpy(&found, from, sizeof found);
    return found;
}

INLINED dots all_of(int grey)
{
    return (dots){0} + (uint8_t)grey;
}

INLINED dots least(dots one, dots other)
{
#ifdef __SSE2__
    return (dots)_mm_min_epu8((__m128i)one, (__m128i)other);
#else
    dots less = (dots)(one < other);
    return (one & less) | (other & ~less);
#endif
}

INLINED dots most(dots one, dots other)
{
#ifdef __SSE2__
    return (dots)_mm_max_epu8((__m128i)one, (__m128i)other);
#else
    dots less = (dots)(one < other);
    return (other & less) | (one & ~less);
#endif
}

/* One bit for each dot that is 255 in the mask, the first dot lowest. */
INLINED uint16_t bits_of(dots mask)
{
#ifdef __SSE2__
    return (uint16_t)_mm_movemask_epi8((__m128i)mask);
#else
    uint64_t halves[2];
    memcpy(halves, &mask, sizeof halves);
    for (int i = 0; i < 2; i++)
        halves[i] = (halves[i] & 0x8040201008040201) * 0x0101010101010101 >> 56;
    return (uint16_t)(halves[0] | halves[1] << 8);
#endif
}

/* Two bytes of what is darker than its limit: black is 1, and the leftmost dot of each byte its highest bit. */
INLINED void pack(const uint8_t *gray, dots limit, uint8_t *bits)
{
    const dots from_the_right = {7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8};
    uint16_t black = bits_of(__builtin_shuffle((dots)(load(gray) < limit), from_the_right));
    bits[0] = (uint8_t)black;
    bits[1] = (uint8_t)(black >> 8);
}

#endif
