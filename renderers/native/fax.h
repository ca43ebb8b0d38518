/* PDFs and pictures to one fax. */

#ifndef FAXGW_FAX_H
#define FAXGW_FAX_H

#include <stdio.h>

#include "pages.h"

/* What the pages of a fax must fit. */
struct profile {
    int room_width, room_rows, y_dpi; /* dots, rows, rows an inch */
    int page_limit, drop_blank;
    struct looks looks;
    const char *resolution; /* by its name in profile.py */
};

/* A fax to be made: the files to read, the one to write, and what to say in it. */
struct wish {
    struct profile profile, at_standard; /* the latter for a fax that does not need more, when that is to be found out: */
    int by_content;
    const char *out, *description;
    const char **documents;
    int document_count;
};

int write_fax(const struct wish *wish, FILE *answer);

#endif
