/* What a fax session is made of. Shared by fax.c and its sisters. */

#ifndef FAXGW_FAX_H
#define FAXGW_FAX_H

#include <spandsp.h>

#include "internal.h"

enum { FC_MOST_DIGITS = 20 };

typedef struct fc_digits {
    char *to_say, *rest;                    /* tones, and pauses (","); what of it is left */
    dtmf_tx_state_t *speaker;               /* while there is something to say */
    dtmf_rx_state_t *listener;
    bool has_events;                        /* digits came as events of RFC 4733 */
    int pause, wanted, patience;            /* samples; digits; samples that they are waited for */
    char heard[FC_MOST_DIGITS + 1];
} fc_digits;

typedef struct fc_document {                /* as fc_offer; never NULL */
    char *file, *sub_address, *password;
} fc_document;

struct fc_fax {
    fc_digits digits;
    fc_fax_hooks hooks;
    bool tells_tones;
    bool calling, polls, ecm, done, silent, give_up;
    bool sends;                             /* a machine that was called does so when it is polled */
    bool asked_for_pages;                   /* a DTC went one way or the other */
    bool last_page;                         /* the page received last was said to be the last one (EOP) */
    int finest;                             /* lines per inch that are offered */
    bool only_a4;                           /* is offered */
    int max_bit_rate, first_page, pages;    /* pages: confirmed in this session, over both media */
    int engine_pages;                       /* of which in the engine that runs now */
    int identifications;                    /* that it has said (DIS) */
    bool training_came;                     /* a signal, since the machine that calls announced its training */
    int forgiven, last_timer;               /* broken answers in a row; which timer of spandsp's ran last */
    int refusals;                           /* of the page that is being sent (RTN, PIN) */
    unsigned file_errors;                   /* as they were before the packet that is being worked on */
    bool knows_sub_address, knows_a3;       /* the machine that was called */
    bool is_narrow;                         /* the narrow pages are sent */
    char *file, *narrow, *local_id, *sub_address, *password;
    fc_document *offered;                   /* what may be polled */
    int offer_count;
    int16_t heard_last[FC_TICK_SAMPLES];    /* what a gap is filled with */
    fax_state_t *audio;
    t38_terminal_state_t *t38;
    fc_t38_options t38_options;             /* with which it began */
    bool agreed;                            /* how pages come (DCS), in the engine that runs now */
    modem_connect_tones_rx_state_t *tones;
};

void fc_fax_give_up_if_unwritten(fc_fax *fax);

/* ---- fax_t30.c */

void fc_fax_tell(fc_fax *fax, fc_event *event);
void fc_fax_set_up(fc_fax *fax, t30_state_t *t30);                  /* an engine that is new */
void fc_fax_is_over(fc_fax *fax, t30_state_t *t30, int code);       /* T30_ERR_*; told once in a session */

/* ---- fax_patience.c: a frame came in, before spandsp sees it, or is about to be said; 20 ms went by */

void fc_fax_frame_came(fc_fax *fax, t30_state_t *t30, const uint8_t *frame);
void fc_fax_frame_goes(fc_fax *fax, t30_state_t *t30, uint8_t *frame);
void fc_fax_be_patient(fc_fax *fax, t30_state_t *t30);

/* ---- digits.c: what is said and heard before the fax session */

void fc_digits_begin(fc_fax *fax, const fc_fax_options *options);
void fc_digits_end(fc_fax *fax);
int fc_digits_speak(fc_fax *fax, int16_t *samples, int count);          /* how many of the samples are theirs */
bool fc_digits_hear(fc_fax *fax, const int16_t *samples, int count);    /* whether the samples are theirs */
bool fc_digits_under_way(const fc_fax *fax);

#endif
