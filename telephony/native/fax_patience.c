/* What spandsp 0.0.6 gives up for and T.30 does not: a command or an answer that a lost packet has broken, a page that
 * the far end refuses, a document that is asked for twice.
 *
 * A frame whose checksum is wrong counts for spandsp like silence. A called machine then begins anew with DIS where
 * T.30 lets it wait for the repetition (T2), or does not know the repetition; a calling machine takes three broken
 * answers for a machine that is gone. T.30 5.4.2, figures 5-2, A.5.4.
 */

#include <string.h>
#include <spandsp.h>
#include <spandsp/expose.h>

#include "fax.h"

enum {  /* of t30.c of spandsp 0.0.6; no header has them */
    STATE_D_POST_TCF = 6, STATE_F_TCF, STATE_F_DOC_ECM = 12, STATE_F_POST_DOC_ECM, STATE_F_POST_RCP_MCF,
    STATE_R = 17, STATE_II_Q = 21,
    TIMER_NONE = 0, TIMER_T2 = 1, TIMER_T2B = 4, TIMER_T4 = 6, TIMER_T4B = 8,
    PHASE_B_RX = 3, PHASE_C_NON_ECM_RX = 5, PHASE_C_ECM_RX = 7, PHASE_D_RX = 9
};

enum {
    T2_SAMPLES = 7 * 8000,      /* the other side says each command again after T4, 3 s */
    T4_SAMPLES = 3450 * 8,
    QUIET_SAMPLES = 200 * 8,
    MOST_FORGIVEN = 10,         /* broken answers in a row, beside the three tries */
    MOST_REFUSALS = 2,          /* of a page, after which it is sent again */
    SLOWEST = 7,                /* in spandsp's table of speeds: 2400 bit/s */
    FINAL = 0x10                /* control field: the last frame of a command or an answer (T.30 5.3.5) */
};

/* Other versions number their states otherwise: they are left alone. */
static bool is_known(void) {
    return strcmp(FC_SPANDSP_VERSION, "0.0.6") == 0;
}

/* A page that the far end refuses is said again after new training, also the last one (EOP), which spandsp would
 * give up, and one before a page of another kind (EOM), which it would leave out. Not for ever: each may be printed. */
static void send_page_again(fc_fax *fax, t30_state_t *t30) {
    bool other_kind_follows = t30->next_tx_step == T30_EOM || t30->next_tx_step == T30_PRI_EOM;
    t30->retransmit_capable = true;
    if (++fax->refusals > MOST_REFUSALS) {
        t30->next_tx_step = T30_EOP;
        t30->current_fallback = SLOWEST;        /* spandsp gives up where there is nothing slower */
    } else if (other_kind_follows) {
        t30->retransmit_capable = false;
        t30->tx_start_page--;
    }
}

void fc_fax_frame_came(fc_fax *fax, t30_state_t *t30, const uint8_t *frame) {
    if (!is_known())
        return;
    int command = frame[2] & 0xfe;
    if (frame[1] & FINAL)
        fax->forgiven = 0;
    if (command == T30_PPS && t30->state == STATE_F_POST_RCP_MCF)
        t30->state = STATE_F_POST_DOC_ECM;      /* our MCF was not understood: it is said again */
    if (command == T30_DCS && t30->state == STATE_F_TCF)
        t30->state = STATE_R;                   /* the training was not heard: it comes again */
    if ((command == T30_RTN || command == T30_PIN) && t30->state == STATE_II_Q)
        send_page_again(fax, t30);
}

/* A question for a document (DTC) that is repeated would become a DIS, without a password. */
void fc_fax_frame_goes(fc_fax *fax, t30_state_t *t30, uint8_t *frame) {
    if (!is_known() || !fax->polls || (frame[2] != T30_CSI && frame[2] != T30_DIS))
        return;
    t30->dis_received = true;
    frame[2] |= 1;                              /* CIG, DTC (T.30 5.3.6.1.2) */
}

static bool is_between(int value, int first, int last) {
    return first <= value && value <= last;
}

/* What came last could not be read, and spandsp waits for the next thing too short a time, or without an end. */
static bool waits_badly(const t30_state_t *t30) {
    int timer = t30->timer_t2_t4_is;
    int phase = t30->phase;
    if (timer == TIMER_NONE)
        return !t30->rx_signal_present && (phase == PHASE_B_RX || phase == PHASE_C_ECM_RX || phase == PHASE_D_RX);
    return is_between(t30->state, STATE_F_DOC_ECM, STATE_F_POST_RCP_MCF)
           && (timer == TIMER_T2B || timer == TIMER_T4 || timer == TIMER_T4B);
}

static void start_timer(t30_state_t *t30, int timer, int samples) {
    t30->timer_t2_t4_is = timer;
    t30->timer_t2_t4 = samples;
}

/* A training that came and could not be followed is answered (FTT): spandsp would wait for it to be said again. */
static void judge_training(fc_fax *fax, t30_state_t *t30) {
    if (t30->state != STATE_F_TCF || t30->phase != PHASE_C_NON_ECM_RX
        || (t30->timer_t2_t4_is != TIMER_NONE && t30->timer_t2_t4_is != TIMER_T2)) {
        fax->training_came = false;
    } else if (t30->rx_signal_present) {
        fax->training_came = true;
        start_timer(t30, TIMER_T2, T2_SAMPLES);
    } else if (fax->training_came) {
        fax->training_came = false;
        start_timer(t30, TIMER_T2, QUIET_SAMPLES);
    }
}

static void wait_for_a_command(fc_fax *fax, t30_state_t *t30) {
    judge_training(fax, t30);
    if (is_between(t30->state, STATE_F_TCF, STATE_R) && waits_badly(t30))
        start_timer(t30, TIMER_T2, T2_SAMPLES);
    if (fax->last_page && t30->state == STATE_F_POST_RCP_MCF && t30->timer_t2_t4_is == TIMER_T2
        && t30->timer_t2_t4 <= FC_TICK_SAMPLES)
        fc_fax_terminate(fax);                  /* all is here, and nobody says farewell */
}

static void wait_for_an_answer(fc_fax *fax, t30_state_t *t30) {
    if ((t30->state == STATE_D_POST_TCF || t30->state >= STATE_II_Q) && waits_badly(t30))
        start_timer(t30, TIMER_T4, T4_SAMPLES);
    if (t30->timer_t2_t4_is == TIMER_T4B && fax->last_timer != TIMER_T4B && fax->forgiven++ < MOST_FORGIVEN)
        t30->retries--;
    fax->last_timer = t30->timer_t2_t4_is;
}

void fc_fax_be_patient(fc_fax *fax, t30_state_t *t30) {
    if (!is_known())
        return;
    if (fax->sends)
        wait_for_an_answer(fax, t30);
    else
        wait_for_a_command(fax, t30);
}
