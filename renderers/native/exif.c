/* How a camera held a picture, and its resolution: the first directory of its EXIF data (EXIF 2.3 clause 4.6, which is
   TIFF 6.0). */

#include "images.h"

enum { ORIENTATION = 0x0112, X_RESOLUTION = 0x011a, Y_RESOLUTION = 0x011b, UNIT = 0x0128, SHORT = 3, RATIONAL = 5 };
enum { HEADER = 8, ENTRY = 12, PER_CENTIMETRE = 3 };

struct exif {
    const uint8_t *data;
    long size;
    int is_little;
};

/* Nothing lies behind the end but zeros. */
static uint32_t number_at(const struct exif *exif, long at, int bytes)
{
    uint32_t number = 0;

    for (int i = 0; i < bytes; i++) {
        long place = exif->is_little ? at + bytes - 1 - i : at + i;
        number = number << 8 | (place >= 0 && place < exif->size ? exif->data[place] : 0);
    }
    return number;
}

static double ratio_at(const struct exif *exif, long at)
{
    uint32_t below = number_at(exif, at + 4, 4);
    return below ? (double)number_at(exif, at, 4) / below : 0;
}

static void read_entry(const struct exif *exif, long at, struct image_facts *facts, double *unit)
{
    uint32_t tag = number_at(exif, at, 2), type = number_at(exif, at + 2, 2), value = number_at(exif, at + 8, 2);

    if (type == SHORT && tag == ORIENTATION && value >= 1 && value <= 8)
        facts->orientation = (int)value;
    if (type == SHORT && tag == UNIT && value == PER_CENTIMETRE)
        *unit = 2.54;
    if (type == RATIONAL && tag == X_RESOLUTION)
        facts->dpi_across = ratio_at(exif, number_at(exif, at + 8, 4));
    if (type == RATIONAL && tag == Y_RESOLUTION)
        facts->dpi_down = ratio_at(exif, number_at(exif, at + 8, 4));
}

/* Takes from EXIF data, which begin with a TIFF header, what they say; the resolution only when none is known. */
void read_exif(const uint8_t *data, long size, struct image_facts *facts)
{
    struct exif exif = {data, size, size > 0 && data[0] == 'I'};
    struct image_facts found = *facts;
    double unit = 1;

    if (size < HEADER || (data[0] != 'I' && data[0] != 'M') || data[1] != data[0])
        return;
    long directory = number_at(&exif, 4, 4), count = number_at(&exif, directory, 2);
    for (long i = 0; i < count && directory + 2 + (i + 1) * ENTRY <= size; i++)
        read_entry(&exif, directory + 2 + i * ENTRY, &found, &unit);
    facts->orientation = found.orientation;
    if (facts->dpi_across > 0)
        return;
    facts->dpi_across = found.dpi_across * unit;
    facts->dpi_down = found.dpi_down * unit;
}
