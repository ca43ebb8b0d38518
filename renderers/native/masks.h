/* Masks: 255 where something is, and 0 elsewhere. The C files say what each function does. */

#ifndef FAXGW_MASKS_H
#define FAXGW_MASKS_H

#include <stdint.h>

long words_for(int width, int rows, int most_rows);
void open_mask(const uint8_t *mask, int rows, int width, int down, int across, int closes, uint64_t *memory,
               uint8_t *out);
void shrink_mask(const uint8_t *mask, int rows, int width, int side, uint64_t *memory, uint8_t *out);
void grow(uint8_t *mask, const uint8_t *candidates, int width, int rows, int steps, int32_t *queue);

#endif
