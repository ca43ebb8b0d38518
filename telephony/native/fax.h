/* What a fax session is made of. Shared by fax.c and fax_audio.c. */

#ifndef FAXGW_FAX_H
#define FAXGW_FAX_H

#include <spandsp.h>

#include "internal.h"

struct fc_fax {
    fc_fax_hooks hooks;
    bool calling, ecm, done, silent, give_up;
    bool last_page;                         /* the page received last was said to be the last one (EOP) */
    bool standard_only;
    int max_bit_rate, first_page, pages;    /* pages: confirmed in this session, over both media */
    int engine_pages;                       /* of which in the engine that runs now */
    unsigned file_errors;                   /* as they were before the packet that is being worked on */
    char *file, *local_id;
    int16_t heard_last[FC_TICK_SAMPLES];    /* what a gap is filled with */
    fax_state_t *audio;
    t38_terminal_state_t *t38;
    modem_connect_tones_rx_state_t *tones;
};

void fc_fax_give_up_if_unwritten(fc_fax *fax);

#endif
