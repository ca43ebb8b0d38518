/* One T.30 session, over audio or over T.38: spandsp's fax_state and t38_terminal behind one face.
 *
 * No sockets and no clock: samples or IFP packets in and out. A session begins in audio and may move to T.38
 * (and back); the T.30 engine then starts over with the first page that is not confirmed yet.
 *
 * A received page is reported by `page_received`, and the session keeps silent until `fc_fax_page_is_safe`
 * says that it is on disk: T.30 gives the answer three seconds (T4).
 */

#include <stdlib.h>
#include <string.h>
#include <spandsp.h>
#include <spandsp/expose.h>

#include "fax.h"

enum {
    SUPERFINE = 391,                            /* lines per inch */
    CHUNK_US = 40000, CHUNK_DATAGRAM = 400      /* two ticks of image in a packet; bytes it needs */
};

static t30_state_t *engine(fc_fax *fax) {
    return fax->t38 ? t38_terminal_get_t30_state(fax->t38) : fax_get_t30_state(fax->audio);
}

/* The engine that ran is let go without a word about how it ended. */
static void drop_engines(fc_fax *fax) {
    bool done = fax->done;
    fax->done = true;
    if (fax->audio)
        fax_free(fax->audio);
    if (fax->t38)
        t38_terminal_free(fax->t38);
    fax->audio = NULL;
    fax->t38 = NULL;
    fax->done = done;
}

static void heard_tone(void *user, int code, int level, int delay) {
    fc_fax *fax = user;
    (void)level, (void)delay;
    int tone = code == MODEM_CONNECT_TONES_FAX_CNG ? 1
             : code == MODEM_CONNECT_TONES_FAX_CED ? 2
             : code == MODEM_CONNECT_TONES_FAX_PREAMBLE ? 3 : 0;
    if (!tone)
        return;
    if (!fax->calling)
        fax->digits.patience = 0;   /* a fax machine calls: nobody dials any more */
    if (!fax->tells_tones)
        return;
    fc_event *event = fc_event_new(FC_TONE, 0);
    event->status = tone;
    fc_fax_tell(fax, event);
}

static void stop_listening(fc_fax *fax) {
    if (fax->tones)
        modem_connect_tones_rx_free(fax->tones);
    fax->tones = NULL;
}

static void lay_ready(fc_fax *fax, const fc_fax_options *options) {
    if (fax->calling || options->offer_count <= 0)
        return;
    fax->offered = fc_zeroed((size_t)options->offer_count * sizeof *fax->offered);
    fax->offer_count = options->offer_count;
    for (int i = 0; i < fax->offer_count; i++) {
        const fc_offer *it = &options->offers[i];
        fax->offered[i].file = fc_copy(it->file);
        fax->offered[i].sub_address = fc_copy(it->sub_address ? it->sub_address : "");
        fax->offered[i].password = fc_copy(it->password ? it->password : "");
    }
}

static void take_away(fc_fax *fax) {
    for (int i = 0; i < fax->offer_count; i++) {
        free(fax->offered[i].file);
        free(fax->offered[i].sub_address);
        free(fax->offered[i].password);
    }
    free(fax->offered);
}

fc_fax *fc_fax_new(const fc_fax_options *options, const fc_fax_hooks *hooks) {
    fc_fax *fax = fc_zeroed(sizeof *fax);
    fax->hooks = *hooks;
    fax->calling = options->calling != 0;
    fax->polls = fax->calling && options->polls;
    fax->ecm = options->ecm != 0;
    fax->max_bit_rate = options->max_bit_rate;
    fax->finest = options->finest ? options->finest : SUPERFINE;
    fax->first_page = options->first_page;
    fax->file = fc_copy(options->file);
    fax->narrow = fc_copy(options->narrow ? options->narrow : "");
    fax->only_a4 = options->only_a4 != 0;
    fax->local_id = fc_copy(options->local_id ? options->local_id : "");
    fax->sub_address = fc_copy(options->sub_address ? options->sub_address : "");
    lay_ready(fax, options);
    fax->password = fc_copy(options->password ? options->password : "");
    fax->tells_tones = options->wants_tones != 0;
    fc_digits_begin(fax, options);
    if (options->wants_tones || fax->digits.patience > 0)
        fax->tones = modem_connect_tones_rx_init(
            NULL, fax->calling ? MODEM_CONNECT_TONES_FAX_CED_OR_PREAMBLE : MODEM_CONNECT_TONES_FAX_CNG, heard_tone, fax);
    fc_fax_begin_audio(fax);
    return fax;
}

/* A new engine would write the file of received pages anew, or send a polled document from its start. */
static bool is_too_late(const fc_fax *fax) {
    return !(fax->calling && fax->sends) && fax->pages > 0 && !fax->done;
}

int fc_fax_begin_audio(fc_fax *fax) {
    if (is_too_late(fax))
        return -1;
    drop_engines(fax);
    if (fax->done)
        return 0;
    fax->audio = fax_init(NULL, fax->calling);
    fax_set_transmit_on_idle(fax->audio, true);
    fc_fax_set_up(fax, engine(fax));
    return 0;
}

static int send_ifp(t38_core_state_t *core, void *user, const uint8_t *ifp, int size, int copies) {
    fc_fax *fax = user;
    (void)core;
    fax->hooks.ifp(fax->hooks.user, ifp, size, copies);
    return 0;
}

int fc_fax_begin_t38(fc_fax *fax, const fc_t38_options *options) {
    if (is_too_late(fax))
        return -1;
    stop_listening(fax);
    fc_digits_end(fax);
    drop_engines(fax);
    fax->t38_options = *options;
    if (fax->done)
        return 0;
    fax->t38 = t38_terminal_init(NULL, fax->calling, send_ifp, fax);
    if (!fax->t38) {
        fc_fax_begin_audio(fax);
        return -1;
    }
    t38_core_state_t *core = t38_terminal_get_t38_core_state(fax->t38);
    t38_set_t38_version(core, options->version);
    t38_terminal_set_fill_bit_removal(fax->t38, options->fill_bit_removal);
    t38_terminal_set_config(fax->t38, 0);
    if (options->max_datagram == 0 || options->max_datagram >= CHUNK_DATAGRAM)
        fax->t38->t38_fe.us_per_tx_chunk = CHUNK_US;    /* no function sets it */
    fc_fax_set_up(fax, engine(fax));
    return 0;
}

/* The peer's end learns where we are before it is asked for anything, and that nobody else is meant. */
void fc_fax_greet_t38(fc_fax *fax) {
    if (fax->t38 && !fax->done)
        t38_core_send_indicator(t38_terminal_get_t38_core_state(fax->t38), T38_IND_NO_SIGNAL);
}

/* What was heard was not the peer: a preamble before our own DIS, say, for which that DIS is never said. */
void fc_fax_forget_peer(fc_fax *fax) {
    if (fax->t38 && !fax->agreed)
        fc_fax_begin_t38(fax, &fax->t38_options);
}

bool fc_fax_is_t38(const fc_fax *fax) {
    return fax->t38 != NULL;
}

/* A page that libtiff could not write is not answered: the sending machine must not think it arrived. */
void fc_fax_give_up_if_unwritten(fc_fax *fax) {
    if (fax->give_up)
        fc_fax_terminate(fax);
}

void fc_fax_take_ifp(fc_fax *fax, const uint8_t *ifp, int size, uint16_t seq) {
    if (!fax->t38 || fax->done)
        return;
    fax->file_errors = fc_file_errors();
    t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(fax->t38), ifp, size, seq);
    fc_fax_give_up_if_unwritten(fax);
}

void fc_fax_t38_time(fc_fax *fax, int samples) {
    if (!fax->t38 || fax->done || fax->silent)
        return;
    fc_fax_be_patient(fax, engine(fax));
    if (!fax->done)
        t38_terminal_send_timeout(fax->t38, samples);
}

void fc_fax_page_is_safe(fc_fax *fax, bool safe) {
    fax->silent = false;
    if (safe)
        return;
    fax->give_up = true;
    fax->last_page = false;
    fax->pages--;
    fc_fax_terminate(fax);
}

void fc_fax_terminate(fc_fax *fax) {
    if (!fax->done)
        t30_terminate(engine(fax));
    if (!fax->done)
        fc_fax_is_over(fax, engine(fax), T30_ERR_CALLDROPPED);
}

bool fc_fax_is_done(const fc_fax *fax) {
    return fax->done;
}

void fc_fax_free(fc_fax *fax) {
    if (!fax)
        return;
    stop_listening(fax);
    fc_digits_end(fax);
    drop_engines(fax);
    free(fax->file);
    free(fax->narrow);
    free(fax->local_id);
    free(fax->sub_address);
    take_away(fax);
    free(fax->password);
    free(fax);
}
