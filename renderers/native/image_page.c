/* A picture as a page: at its printed size, or as large as the page when it has none or a larger one.

   JPEG and PNG, as people mail them; what is less usual (inks, interlaced, damaged, or of another kind) is left to
   Pillow. */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "images.h"

enum { MOST_DOTS = 150000000 };
/* Taken when the picture does not say, or says something no scanner or printer does. */
static const double USUAL_DPI = 96, LEAST_DPI = 72, MOST_DPI = 2400;

static const uint8_t JPEG[] = {0xff, 0xd8, 0xff}, PNG[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static int begins_with(struct bytes file, const uint8_t *start, size_t size)
{
    return file.size >= (long)size && memcmp(file.data, start, size) == 0;
}

static double inches(long dots, double dpi)
{
    return (double)dots / (dpi >= LEAST_DPI && dpi <= MOST_DPI ? dpi : USUAL_DPI);
}

/* Returns 0 when the picture gets several sheets. */
static int place_image(const struct image_facts *facts, int room_width, int room_rows, int y_dpi,
                       struct placement *spot)
{
    double width = inches(facts->width, facts->dpi_across), height = inches(facts->rows, facts->dpi_down);
    int on_its_side = facts->orientation >= 5;
    double across = on_its_side ? height : width, down = on_its_side ? width : height;

    place_page(across, down, room_width, room_rows, y_dpi, spot);
    return !is_long(across, down, room_width, room_rows, y_dpi);
}

static int decode(struct bytes file, const struct image_facts *facts, const struct placement *spot,
                  struct image *image)
{
    int sideways = (facts->orientation >= 5) != spot->turned;

    return begins_with(file, JPEG, sizeof JPEG)
               ? decode_jpeg(file.data, file.size, sideways ? spot->rows : spot->width,
                             sideways ? spot->width : spot->rows, image)
               : decode_png(file.data, file.size, image);
}

static int draw(struct bytes file, int room_width, int room_rows, int y_dpi, uint8_t *gray, struct placement *spot)
{
    struct image_facts facts;
    struct image image;
    int known = begins_with(file, JPEG, sizeof JPEG)  ? read_jpeg_facts(file.data, file.size, &facts)
                : begins_with(file, PNG, sizeof PNG) ? read_png_facts(file.data, file.size, &facts)
                                                     : 0;

    if (!known || facts.width * facts.rows > MOST_DOTS)
        return 0;
    if (!place_image(&facts, room_width, room_rows, y_dpi, spot) || !decode(file, &facts, spot, &image))
        return 0;
    memset(gray, 255, (size_t)spot->rows * PAGE_WIDTH);
    int done = turn(&image, facts.orientation, spot->turned) &&
               resize(image.gray, image.width, image.rows, gray + spot->left, spot->width, spot->rows, PAGE_WIDTH);
    free(image.gray);
    return done;
}

/* Draws the picture of a file as a page and says where on it, at most room_width x room_rows dots. Returns 0 when it is
   for Pillow; its page has been written on then. */
int draw_image(const char *path, int room_width, int room_rows, int y_dpi, uint8_t *gray, struct placement *spot)
{
    struct bytes file;

    if (!map_file(path, &file))
        return 0;
    int done = draw(file, room_width, room_rows, y_dpi, gray, spot);
    unmap_file(file);
    return done;
}
