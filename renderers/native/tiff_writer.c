/* TIFF class F, as it is written here: one directory and one strip a page, T.6 (MMR), min-is-white.

   The directories follow the pages, because each of them says how many pages there are.

   Spec: RFC 2306 (TIFF-F) section 2; RFC 3949 section 4 (profile F); TIFF 6.0 section 2. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"

enum { ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5 };
enum { HEADER = 8, ENTRY = 12, MOST_ENTRIES = 19, MOST_DESCRIPTION = 65536 /* more is not read, either */ };

/* A page whose code is in the file already. */
struct coded {
    uint32_t rows, width, y_dpi, place, size;
};

struct fax {
    int file, count, room;
    uint32_t place;
    struct coded *pages;
};

/* A directory that grows: its entries, and what is too long for them behind. */
struct directory {
    uint32_t place;
    int count;
    long behind;
    uint8_t entries[MOST_ENTRIES * ENTRY], values[16 + MOST_DESCRIPTION];
};

static void put(uint8_t *at, int bytes, uint32_t value)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static int write_all(struct fax *fax, const uint8_t *data, long size)
{
    if ((uint64_t)fax->place + (uint64_t)size > UINT32_MAX) {
        errno = EFBIG;
        return 0;
    }
    while (size > 0) {
        ssize_t written = write(fax->file, data, (size_t)size);
        if (written < 0 && errno != EINTR)
            return 0;
        if (written > 0) {
            data += written;
            size -= written;
            fax->place += (uint32_t)written;
        }
    }
    return 1;
}

static uint8_t *add_entry(struct directory *to, int tag, int type, uint32_t count)
{
    uint8_t *entry = to->entries + ENTRY * to->count++;
    put(entry, 2, (uint32_t)tag);
    put(entry + 2, 2, (uint32_t)type);
    put(entry + 4, 4, count);
    memset(entry + 8, 0, 4);
    return entry + 8;
}

static void add_number(struct directory *to, int tag, int type, uint32_t value)
{
    put(add_entry(to, tag, type, 1), type == SHORT ? 2 : 4, value);
}

/* Where what is put behind will be, the directory having `entries` in all. */
static uint32_t place_behind(const struct directory *to, int entries)
{
    return to->place + 2 + (uint32_t)(ENTRY * entries) + 4 + (uint32_t)to->behind;
}

static void add_rational(struct directory *to, int tag, uint32_t value, int entries)
{
    put(add_entry(to, tag, RATIONAL, 1), 4, place_behind(to, entries));
    put(to->values + to->behind, 4, value);
    put(to->values + to->behind + 4, 4, 1);
    to->behind += 8;
}

static void add_text(struct directory *to, int tag, const char *text, int entries)
{
    size_t size = strlen(text) + 1;
    uint8_t *inside;

    size = size > MOST_DESCRIPTION ? MOST_DESCRIPTION : size;
    inside = add_entry(to, tag, ASCII, (uint32_t)size);
    if (size > 4) {
        put(inside, 4, place_behind(to, entries));
        inside = to->values + to->behind;
        to->behind += (long)(size + size % 2);
    }
    memcpy(inside, text, size - 1);
}

/* The tags RFC 2306 section 2.2 requires, and those old readers want to see; ascending. */
static void fill(struct directory *to, const struct fax *fax, int number, const char *description)
{
    const struct coded *page = fax->pages + number;
    int described = description[0] && !number, entries = MOST_ENTRIES - !described;

    memset(to->values, 0, sizeof to->values);
    add_number(to, 254, LONG, 2); /* a page of several */
    add_number(to, 256, LONG, page->width);
    add_number(to, 257, LONG, page->rows);
    add_number(to, 258, SHORT, 1); /* bit a dot */
    add_number(to, 259, SHORT, 4); /* T.6 */
    add_number(to, 262, SHORT, 0); /* min is white */
    add_number(to, 266, SHORT, 1); /* the leftmost dot is the highest bit */
    if (described)
        add_text(to, 270, description, entries);
    add_number(to, 273, LONG, page->place);
    add_number(to, 274, SHORT, 1); /* upright */
    add_number(to, 277, SHORT, 1); /* sample a dot */
    add_number(to, 278, LONG, page->rows);
    add_number(to, 279, LONG, page->size);
    add_rational(to, 282, X_DPI, entries);
    add_rational(to, 283, page->y_dpi, entries);
    add_number(to, 284, SHORT, 1); /* one plane */
    add_number(to, 293, LONG, 0);  /* T.6 without dots that are not coded */
    add_number(to, 296, SHORT, 2); /* inches */
    uint8_t *page_number = add_entry(to, 297, SHORT, 2);
    put(page_number, 2, (uint32_t)number);
    put(page_number + 2, 2, (uint32_t)fax->count);
}

static int write_directory(struct fax *fax, int number, const char *description)
{
    struct directory to = {.place = fax->place};
    uint8_t count[2], following[4];

    fill(&to, fax, number, description);
    put(count, 2, (uint32_t)to.count);
    put(following, 4, number == fax->count - 1 ? 0 : place_behind(&to, to.count));
    return write_all(fax, count, 2) && write_all(fax, to.entries, ENTRY * to.count) && write_all(fax, following, 4) &&
           write_all(fax, to.values, to.behind);
}

static int write_header(struct fax *fax, uint32_t first)
{
    uint8_t header[HEADER] = {'I', 'I', '*', 0};
    put(header + 4, 4, first);
    return write_all(fax, header, HEADER);
}

/* A file that is being written; NULL, with errno, when that cannot be. */
struct fax *fax_open(const char *path)
{
    struct fax *fax = calloc(1, sizeof *fax);

    if (!fax)
        return NULL;
    fax->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fax->file >= 0 && write_header(fax, 0))
        return fax;
    fax_close(fax, "", 0);
    return NULL;
}

/* Writes one more page, whose T.6 code this is. Returns 0, with errno, when it cannot be written. */
int fax_add(struct fax *fax, const uint8_t *code, long size, int rows, int width, int y_dpi)
{
    if (fax->count == fax->room) {
        int room = fax->room ? 2 * fax->room : 16;
        struct coded *pages = realloc(fax->pages, (size_t)room * sizeof *pages);
        if (!pages)
            return 0;
        fax->pages = pages;
        fax->room = room;
    }
    fax->pages[fax->count++] =
        (struct coded){(uint32_t)rows, (uint32_t)width, (uint32_t)y_dpi, fax->place, (uint32_t)size};
    /* What follows begins at an even place. */
    return write_all(fax, code, size) && write_all(fax, (const uint8_t *)"", size % 2);
}

/* How many rows a page has. */
int fax_rows(const struct fax *fax, int number)
{
    return (int)fax->pages[number].rows;
}

/* Finishes the file, if that is wanted and it has pages, and forgets it. `description` is kept in the first page's
   ImageDescription, where it is not empty. Returns 0, with errno, when it could not be finished. */
int fax_close(struct fax *fax, const char *description, int finish)
{
    int done = 1, error;

    if (finish && fax->count) {
        uint32_t first = fax->place;
        for (int number = 0; done && number < fax->count; number++)
            done = write_directory(fax, number, description);
        fax->place = 0;
        done = done && lseek(fax->file, 0, SEEK_SET) == 0 && write_header(fax, first);
    }
    if (fax->file >= 0 && close(fax->file) && done)
        done = 0;
    error = errno;
    free(fax->pages);
    free(fax);
    errno = error;
    return done;
}
