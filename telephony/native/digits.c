/* Digits in the audio of a call, before the fax machines speak: dialled by who calls (through a switchboard, to an
 * extension), heard by who was called (the extension that a PBX passes on behind a trunk).
 *
 * Spec: ITU-T Q.23 (the tones), RFC 4733 2.3 (events, which rtp.c reads).
 */

#include <stdlib.h>
#include <string.h>

#include "fax.h"

enum {
    SAMPLES_MS = 8,
    PAUSE = 2000 * SAMPLES_MS,      /* of a comma, as modems have it */
    TONE_MS = 100, GAP_MS = 100
};

void fc_digits_begin(fc_fax *fax, const fc_fax_options *options) {
    fc_digits *digits = &fax->digits;
    digits->to_say = digits->rest = fc_copy(options->tones ? options->tones : "");
    if (*digits->rest) {
        digits->speaker = dtmf_tx_init(NULL);
        dtmf_tx_set_timing(digits->speaker, TONE_MS, GAP_MS);
    }
    digits->wanted = options->wanted_digits < FC_MOST_DIGITS ? options->wanted_digits : FC_MOST_DIGITS;
    digits->patience = digits->wanted > 0 ? options->digits_wait_ms * SAMPLES_MS : 0;
    if (digits->patience > 0)
        digits->listener = dtmf_rx_init(NULL, NULL, NULL);
}

void fc_digits_end(fc_fax *fax) {
    fc_digits *digits = &fax->digits;
    if (digits->speaker)
        dtmf_tx_free(digits->speaker);
    if (digits->listener)
        dtmf_rx_free(digits->listener);
    free(digits->to_say);
    digits->speaker = NULL;
    digits->listener = NULL;
    digits->to_say = digits->rest = NULL;
    digits->patience = digits->pause = 0;
}

/* How many of the samples are a pause or a tone; less than `count` when all is said. */
static int say(fc_digits *digits, int16_t *samples, int count) {
    int made = 0;
    while (made < count) {
        if (digits->pause > 0) {
            int part = digits->pause < count - made ? digits->pause : count - made;
            memset(samples + made, 0, (size_t)part * sizeof *samples);
            digits->pause -= part;
            made += part;
            continue;
        }
        int part = dtmf_tx(digits->speaker, samples + made, count - made);
        made += part;
        if (part > 0)
            continue;
        if (!*digits->rest)
            break;
        if (*digits->rest == ',')
            digits->pause = PAUSE;
        else
            dtmf_tx_put(digits->speaker, digits->rest, 1);
        digits->rest++;
    }
    return made;
}

int fc_digits_speak(fc_fax *fax, int16_t *samples, int count) {
    fc_digits *digits = &fax->digits;
    if (digits->speaker) {
        int made = say(digits, samples, count);
        if (made < count)
            fc_digits_end(fax);
        return made;
    }
    if (digits->patience <= 0)
        return 0;
    digits->patience -= count;
    memset(samples, 0, (size_t)count * sizeof *samples);
    return count;
}

static void add(fc_digits *digits, char digit) {
    size_t length = strlen(digits->heard);
    if (digits->patience <= 0)
        return;
    digits->heard[length] = digit;
    if ((int)length + 1 >= digits->wanted)
        digits->patience = 0;
}

void fc_fax_hear_digit(fc_fax *fax, char digit) {
    fax->digits.has_events = true;      /* the tones of the same digits may be heard as well */
    add(&fax->digits, digit);
}

bool fc_digits_under_way(const fc_fax *fax) {
    return fax->digits.speaker || fax->digits.patience > 0;
}

bool fc_digits_hear(fc_fax *fax, const int16_t *samples, int count) {
    fc_digits *digits = &fax->digits;
    char heard[FC_MOST_DIGITS + 1] = "";
    if (digits->patience > 0 && !digits->has_events) {
        dtmf_rx(digits->listener, samples, count);
        dtmf_rx_get(digits->listener, heard, FC_MOST_DIGITS);
        for (const char *digit = heard; *digit; digit++)
            add(digits, *digit);
        return true;
    }
    return fc_digits_under_way(fax);
}
