/* Sixteen grey dots at a time. */

#ifndef FAXGW_DOTS_H
#define FAXGW_DOTS_H

#include <string.h>

#include "pages.h"

/* Compiled twice: for any processor, and for those with AVX2, which take it from there when the library is loaded.
   The sanitizers are not ready that early. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FAST __attribute__((target_clones("avx2", "default")))
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

INLINED int any(dots mask)
{
    uint64_t halves[2];
    memcpy(halves, &mask, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

#endif
