/* What spandsp's T.30 engine is told of a fax session, and what it tells of it, in either medium. */

#include <string.h>
#include <spandsp.h>
#include <spandsp/expose.h>

#include "fax.h"

enum {
    SUB_OCTET = 9, SUB_BIT = 0x01,              /* of a DIS frame: bit 49 (T.30 table 2) */
    SEP_OCTET = 8, SEP_BIT = 0x40,              /* bit 47 */
    WIDTH_OCTET = 5, A3_BIT = 0x02,             /* bit 18; bit 17 alone is B4 (note 6: both are A3) */
    FINE = 196, SUPERFINE = 391,                /* lines per inch */
    REPEATED_IDENTIFICATIONS = 4                /* and two more, one every 5.6 s: 34 s, then DCN */
};

void fc_fax_tell(fc_fax *fax, fc_event *event) {
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
    event->sends = fax->sends;
    event->remote_id = fc_copy(t30_get_rx_ident(t30));
    bool is_polled = fax->sends && !fax->calling;
    const char *said = is_polled ? t30_get_rx_selective_polling_address(t30) : t30_get_rx_sub_address(t30);
    event->sub_address = fc_copy(said && *said ? said : fax->digits.heard);
    return event;
}

static bool has_named_documents(const fc_fax *fax) {
    for (int i = 0; i < fax->offer_count; i++)
        if (fax->offered[i].sub_address[0])
            return true;
    return false;
}

/* The document that who polls asks for, and whose password he knows; else NULL. Where no document has a name we have
 * not said that we hear any, and pass one over. */
static const fc_document *polled_document(const fc_fax *fax, t30_state_t *t30) {
    const char *name = has_named_documents(fax) ? t30_get_rx_selective_polling_address(t30) : NULL;
    const char *password = t30_get_rx_password(t30);
    for (int i = 0; i < fax->offer_count; i++) {
        const fc_document *it = &fax->offered[i];
        if (strcmp(it->sub_address, name ? name : "") == 0)
            return strcmp(it->password, password ? password : "") == 0 ? it : NULL;
    }
    return NULL;
}

static int phase_b(t30_state_t *t30, void *user, int result) {
    fc_fax *fax = user;
    if (fax->calling && fax->sub_address[0] && !fax->knows_sub_address)     /* another one would get it, or come */
        return fax->polls ? T30_ERR_SEP_UNACCEPTABLE : T30_ERR_SUB_UNACCEPTABLE;
    if (fax->sends && fax->narrow[0] && !fax->knows_a3 && !fax->is_narrow) {
        fax->is_narrow = true;
        t30_set_tx_file(t30, fax->narrow, fax->first_page + fax->pages, -1);
    }
    if (fax->polls && result == T30_DIS)
        return T30_ERR_OK;      /* nothing is agreed yet: the machine that has the pages says how they come (DCS) */
    if (!fax->calling && result == T30_DTC && !fax->sends) {    /* it is said again where pages of another kind follow */
        const fc_document *document = polled_document(fax, t30);
        if (!document)
            return T30_ERR_NOPOLL;
        t30_set_tx_file(t30, document->file, -1, -1);
        fax->sends = true;
    }
    fax->agreed = true;
    fc_fax_tell(fax, session_event(fax, FC_NEGOTIATED, t30));
    return T30_ERR_OK;
}

/* Called after each page, also for a page that was bad: only the engine's own count tells them apart. */
static int phase_d(t30_state_t *t30, void *user, int command) {
    fc_fax *fax = user;
    t30_stats_t stats;
    t30_get_transfer_statistics(t30, &stats);
    int confirmed = fax->sends ? stats.pages_tx : stats.pages_rx;
    if (confirmed <= fax->engine_pages)
        return T30_ERR_OK;
    fax->engine_pages = confirmed;
    fax->refusals = 0;
    if (!fax->sends && fax->file_errors != fc_file_errors()) {    /* spandsp counts it all the same */
        fax->silent = fax->give_up = true;
        return T30_ERR_OK;
    }
    fax->last_page = command == T30_EOP || command == T30_PRI_EOP;
    fax->pages++;
    fc_event *page = session_event(fax, FC_PAGE, t30);
    if (fax->sends) {
        fc_fax_tell(fax, page);
    } else {
        fax->silent = true;
        fax->hooks.page_received(fax->hooks.user, page);
    }
    return T30_ERR_OK;
}

void fc_fax_is_over(fc_fax *fax, t30_state_t *t30, int code) {
    if (fax->done)
        return;
    fax->done = true;
    if (!fax->sends && fax->last_page && !fax->silent)
        code = T30_ERR_OK;      /* all pages are here: only the farewell was lost */
    if (fax->polls && fax->asked_for_pages && fax->pages == 0 && code == T30_ERR_RX_DCNWHY)
        code = T30_ERR_NOPOLL;  /* the answer to our DTC was a farewell */
    fc_event *event = session_event(fax, FC_FAX_DONE, t30);
    event->status = fax->give_up ? T30_ERR_FILEERROR : code;
    event->text = fc_copy(t30_completion_code_to_str(event->status));
    fc_fax_tell(fax, event);
}

static void phase_e(t30_state_t *t30, void *user, int code) {
    fc_fax_is_over(user, t30, code);
}

static void frame_passes(t30_state_t *t30, void *user, int incoming, const uint8_t frame[], int size) {
    fc_fax *fax = user;
    if (size <= 2)
        return;
    if (incoming)
        fc_fax_frame_came(fax, t30, frame);
    else
        fc_fax_frame_goes(fax, t30, (uint8_t *)frame);      /* spandsp's own buffer, which it sends then */
    if (frame[2] == T30_DTC)
        fax->asked_for_pages = true;
    if (frame[2] != T30_DIS)
        return;
    if (!incoming) {
        if (fax->identifications++ < REPEATED_IDENTIFICATIONS)
            t30->retries = 0;   /* T1 (T.30 5.4.2): for 35 seconds; spandsp alone would say it three times */
        return;
    }
    fax->knows_a3 = size > WIDTH_OCTET && frame[WIDTH_OCTET] & A3_BIT;
    fax->knows_sub_address = fax->polls ? size > SEP_OCTET && frame[SEP_OCTET] & SEP_BIT
                                        : size > SUB_OCTET && frame[SUB_OCTET] & SUB_BIT;
}

static int modems(int bit_rate) {
    int supported = T30_SUPPORT_V27TER;
    if (bit_rate >= 7200)
        supported |= T30_SUPPORT_V29;
    if (bit_rate >= 12000)
        supported |= T30_SUPPORT_V17;
    return supported;
}

void fc_fax_set_up(fc_fax *fax, t30_state_t *t30) {
    t30_set_tx_ident(t30, fax->polls && !fax->local_id[0] ? " " : fax->local_id);
    if (fax->polls) {
        t30_set_tx_selective_polling_address(t30, fax->sub_address);
        t30_set_tx_password(t30, fax->password);
    } else {
        t30_set_tx_sub_address(t30, fax->sub_address);
    }
    t30_set_supported_t30_features(t30, T30_SUPPORT_IDENTIFICATION | T30_SUPPORT_SUB_ADDRESSING
                                            | (has_named_documents(fax) ? T30_SUPPORT_SELECTIVE_POLLING : 0));
    t30_set_supported_modems(t30, modems(fax->max_bit_rate));
    t30_set_ecm_capability(t30, fax->ecm);
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION
                                            | (fax->ecm ? T30_SUPPORT_T6_COMPRESSION : 0));
    int finer = (fax->finest >= FINE ? T30_SUPPORT_FINE_RESOLUTION : 0)
                | (fax->finest >= SUPERFINE ? T30_SUPPORT_SUPERFINE_RESOLUTION : 0);
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | finer);
    int wider = fax->only_a4 ? 0 : T30_SUPPORT_255MM_WIDTH | T30_SUPPORT_303MM_WIDTH;
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | wider | T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH
                                           | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    fax->sends = fax->calling && !fax->polls;
    fax->is_narrow = false;
    if (fax->sends)
        t30_set_tx_file(t30, fax->file, fax->first_page + fax->pages, -1);
    else
        t30_set_rx_file(t30, fax->file, -1);
    if (fax->offer_count > 0)
        t30_set_tx_file(t30, fax->offered[0].file, -1, -1);     /* that something lies ready is said (DIS) */
    t30_set_phase_b_handler(t30, phase_b, fax);
    t30_set_phase_d_handler(t30, phase_d, fax);
    t30_set_phase_e_handler(t30, phase_e, fax);
    t30_set_real_time_frame_handler(t30, frame_passes, fax);
    fax->engine_pages = fax->identifications = 0;
    fax->agreed = false;
}
