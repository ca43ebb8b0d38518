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
    CHUNK_US = 40000, CHUNK_DATAGRAM = 400      /* two ticks of image in a packet; bytes it needs */
};

static t30_state_t *engine(fc_fax *fax) {
    return fax->t38 ? t38_terminal_get_t30_state(fax->t38) : fax_get_t30_state(fax->audio);
}

static void tell(fc_fax *fax, fc_event *event) {
    fax->hooks.event(fax->hooks.user, event);
}

static fc_event *session_event(fc_fax *fax, int kind, t30_state_t *t30) {
    fc_event *event = fc_event_new(kind, 0);
    t30_stats_t stats;
    t30_get_transfer_statistics(t30, &stats);
    event->bit_rate = stats.bit_rate;
    event->ecm = stats.error_correcting_mode;
    event->encoding = stats.encoding;
    event->bad_rows = stats.bad_rows;
    event->width = stats.width;
    event->rows = stats.length;
    event->y_dpi = (int)(stats.y_resolution * 0.0254 + 0.5);
    event->page = fax->pages;
    event->remote_id = fc_copy(t30_get_rx_ident(t30));
    return event;
}

static int phase_b(t30_state_t *t30, void *user, int result) {
    fc_fax *fax = user;
    (void)result;
    tell(fax, session_event(fax, FC_NEGOTIATED, t30));
    return T30_ERR_OK;
}

/* Called after each page, also for a page that was bad: only the engine's own count tells them apart. */
static int phase_d(t30_state_t *t30, void *user, int command) {
    fc_fax *fax = user;
    t30_stats_t stats;
    t30_get_transfer_statistics(t30, &stats);
    int confirmed = fax->calling ? stats.pages_tx : stats.pages_rx;
    if (confirmed <= fax->engine_pages)
        return T30_ERR_OK;
    fax->engine_pages = confirmed;
    if (!fax->calling && fax->file_errors != fc_file_errors()) {    /* spandsp counts it all the same */
        fax->silent = fax->give_up = true;
        return T30_ERR_OK;
    }
    fax->last_page = command == T30_EOP || command == T30_PRI_EOP;
    fax->pages++;
    fc_event *page = session_event(fax, FC_PAGE, t30);
    if (fax->calling) {
        tell(fax, page);
    } else {
        fax->silent = true;
        fax->hooks.page_received(fax->hooks.user, page);
    }
    return T30_ERR_OK;
}

static void phase_e(t30_state_t *t30, void *user, int code) {
    fc_fax *fax = user;
    if (fax->done)
        return;
    fax->done = true;
    if (!fax->calling && fax->last_page && !fax->silent)
        code = T30_ERR_OK;      /* all pages are here: only the farewell was lost */
    fc_event *event = session_event(fax, FC_FAX_DONE, t30);
    event->status = fax->give_up ? T30_ERR_FILEERROR : code;
    event->text = fc_copy(t30_completion_code_to_str(event->status));
    tell(fax, event);
}

static int modems(int bit_rate) {
    int supported = T30_SUPPORT_V27TER;
    if (bit_rate >= 7200)
        supported |= T30_SUPPORT_V29;
    if (bit_rate >= 12000)
        supported |= T30_SUPPORT_V17;
    return supported;
}

static void set_up_engine(fc_fax *fax) {
    t30_state_t *t30 = engine(fax);
    t30_set_tx_ident(t30, fax->local_id);
    t30_set_supported_modems(t30, modems(fax->max_bit_rate));
    t30_set_ecm_capability(t30, fax->ecm);
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION
                                            | (fax->ecm ? T30_SUPPORT_T6_COMPRESSION : 0));
    int finer = fax->standard_only ? 0 : T30_SUPPORT_FINE_RESOLUTION | T30_SUPPORT_SUPERFINE_RESOLUTION;
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | finer);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_255MM_WIDTH | T30_SUPPORT_303MM_WIDTH
                                           | T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH
                                           | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    if (fax->calling)
        t30_set_tx_file(t30, fax->file, fax->first_page + fax->pages, -1);
    else
        t30_set_rx_file(t30, fax->file, -1);
    t30_set_phase_b_handler(t30, phase_b, fax);
    t30_set_phase_d_handler(t30, phase_d, fax);
    t30_set_phase_e_handler(t30, phase_e, fax);
    fax->engine_pages = 0;
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
    fc_event *event = fc_event_new(FC_TONE, 0);
    event->status = tone;
    tell(fax, event);
}

static void stop_listening(fc_fax *fax) {
    if (fax->tones)
        modem_connect_tones_rx_free(fax->tones);
    fax->tones = NULL;
}

fc_fax *fc_fax_new(const fc_fax_options *options, const fc_fax_hooks *hooks) {
    fc_fax *fax = fc_zeroed(sizeof *fax);
    fax->hooks = *hooks;
    fax->calling = options->calling != 0;
    fax->ecm = options->ecm != 0;
    fax->max_bit_rate = options->max_bit_rate;
    fax->standard_only = options->standard_only != 0;
    fax->first_page = options->first_page;
    fax->file = fc_copy(options->file);
    fax->local_id = fc_copy(options->local_id ? options->local_id : "");
    if (options->wants_tones)
        fax->tones = modem_connect_tones_rx_init(
            NULL, fax->calling ? MODEM_CONNECT_TONES_FAX_CED_OR_PREAMBLE : MODEM_CONNECT_TONES_FAX_CNG, heard_tone, fax);
    fc_fax_begin_audio(fax);
    return fax;
}

/* A new engine would write the file of received pages anew. */
static bool is_too_late(const fc_fax *fax) {
    return !fax->calling && fax->pages > 0 && !fax->done;
}

int fc_fax_begin_audio(fc_fax *fax) {
    if (is_too_late(fax))
        return -1;
    drop_engines(fax);
    if (fax->done)
        return 0;
    fax->audio = fax_init(NULL, fax->calling);
    fax_set_transmit_on_idle(fax->audio, true);
    set_up_engine(fax);
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
    drop_engines(fax);
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
    set_up_engine(fax);
    return 0;
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
    if (fax->t38 && !fax->done && !fax->silent)
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
        phase_e(engine(fax), fax, T30_ERR_CALLDROPPED);
}

bool fc_fax_is_done(const fc_fax *fax) {
    return fax->done;
}

void fc_fax_free(fc_fax *fax) {
    if (!fax)
        return;
    stop_listening(fax);
    drop_engines(fax);
    free(fax->file);
    free(fax->local_id);
    free(fax);
}
