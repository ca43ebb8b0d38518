/* The bytes of a file, in memory as they are read. */

#ifndef FAXGW_BYTES_H
#define FAXGW_BYTES_H

#include <stdint.h>

struct bytes {
    const uint8_t *data;
    long size;
};

int map_file(const char *path, struct bytes *file);
void unmap_file(struct bytes file);

#endif
