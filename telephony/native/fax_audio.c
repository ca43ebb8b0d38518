/* What a fax session in G.711 hears and says, and what it makes of packets that are lost. */

#include <string.h>

#include "fax.h"

enum { MOST_REPEATED = 3 * FC_TICK_SAMPLES };       /* of a gap: behind a longer one the carrier is gone */

static void remember(fc_fax *fax, const int16_t *samples, int count) {
    int kept = count < FC_TICK_SAMPLES ? count : FC_TICK_SAMPLES;
    memmove(fax->heard_last, fax->heard_last + kept, (size_t)(FC_TICK_SAMPLES - kept) * sizeof *samples);
    memcpy(fax->heard_last + FC_TICK_SAMPLES - kept, samples + count - kept, (size_t)kept * sizeof *samples);
}

void fc_fax_hear(fc_fax *fax, int16_t *samples, int count) {
    if (!fax->audio || fax->done)
        return;
    if (fax->tones)
        modem_connect_tones_rx(fax->tones, samples, count);
    if (fc_digits_hear(fax, samples, count))
        return;
    fax->file_errors = fc_file_errors();
    remember(fax, samples, count);
    fax_rx(fax->audio, samples, count);
    fc_fax_give_up_if_unwritten(fax);
}

void fc_fax_hear_quiet(fc_fax *fax, int count) {
    if (fax->audio && !fax->done && !fc_digits_under_way(fax))
        fax_rx_fillin(fax->audio, count);
}

void fc_fax_hear_gap(fc_fax *fax, int count) {
    int repeated = count < MOST_REPEATED ? count : MOST_REPEATED;
    for (int part, at = 0; at < repeated; at += part) {
        int16_t samples[FC_TICK_SAMPLES];
        part = repeated - at < FC_TICK_SAMPLES ? repeated - at : FC_TICK_SAMPLES;
        memcpy(samples, fax->heard_last, (size_t)part * sizeof *samples);
        fc_fax_hear(fax, samples, part);
    }
    fc_fax_hear_quiet(fax, count - repeated);
}

void fc_fax_speak(fc_fax *fax, int16_t *samples, int count) {
    int made = 0;
    if (fax->audio && !fax->done)
        made = fc_digits_speak(fax, samples, count);
    if (made < count && fax->audio && !fax->done && !fax->silent)
        fc_fax_be_patient(fax, fax_get_t30_state(fax->audio));
    if (made < count && fax->audio && !fax->done && !fax->silent)
        made += fax_tx(fax->audio, samples + made, count - made);
    if (made < count)
        memset(samples + made, 0, (size_t)(count - made) * sizeof *samples);
}
