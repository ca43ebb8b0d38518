/* Where a page of any size lands on the fax sheet: fitted, upright, never cropped. Those much longer than it would
   become strips that nobody can read. */

#include <math.h>

#include "pages.h"

#define MOST_SHEETS 2.0 /* pages up to so long, when they are no wider than the sheet, are made to fit one */
#define NARROWEST 1.5   /* inches: what is narrower is no text in lines */
#define LONG 2.5        /* times as long as wide: what is shorter is never cut */

/* How much smaller a page of so many inches must become to fit; 1 when it fits as it is. */
static double scale_of(double width, double height, double room_width, double room_height)
{
    double scale = fmin(room_width / width, room_height / height);
    return scale < 1.0 ? scale : 1.0;
}

static int32_t within(double value, int most)
{
    double dots = nearbyint(value);
    return dots < 1 ? 1 : dots > most ? most : (int32_t)dots;
}

/* A page keeps its true size when it fits; a larger one is made smaller; a landscape one is turned when that lets
   it be larger. Sizes are in inches, the room in dots and rows; those that are not positive count as one hundredth. */
void place_page(double width, double height, int room_width, int room_rows, int y_dpi, struct placement *placement)
{
    double across = (double)room_width / X_DPI, down = (double)room_rows / y_dpi;

    width = width > 0.01 ? width : 0.01;
    height = height > 0.01 ? height : 0.01;
    double upright = scale_of(width, height, across, down);
    double turned = width > height ? scale_of(height, width, across, down) : 0.0;
    placement->turned = turned > upright;
    double scale = placement->turned ? turned : upright;
    placement->width = within((placement->turned ? height : width) * scale * X_DPI, room_width);
    placement->rows = within((placement->turned ? width : height) * scale * y_dpi, room_rows);
    placement->left = (PAGE_WIDTH - placement->width) / 2;
}

/* Whether a page of so many inches gets several sheets. */
int is_long(double width, double height, int room_width, int room_rows, int y_dpi)
{
    double across = (double)room_width / X_DPI, down = (double)room_rows / y_dpi;
    double scale = width > across ? across / width : 1.0;

    return height > LONG * width && width * scale >= NARROWEST && height * scale > MOST_SHEETS * down;
}
