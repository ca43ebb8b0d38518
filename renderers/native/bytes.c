/* The bytes of a file, in memory as they are read. */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"

enum { MOST_BYTES = 1 << 30 };

/* Returns 0 when the file cannot be read, is empty or too large. */
int map_file(const char *path, struct bytes *file)
{
    struct stat facts;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    void *data = MAP_FAILED;

    if (descriptor < 0)
        return 0;
    if (fstat(descriptor, &facts) == 0 && facts.st_size > 0 && facts.st_size <= MOST_BYTES)
        data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (data == MAP_FAILED)
        return 0;
    *file = (struct bytes){data, facts.st_size};
    return 1;
}

void unmap_file(struct bytes file)
{
    munmap((void *)file.data, (size_t)file.size);
}
