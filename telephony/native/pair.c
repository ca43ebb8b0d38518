/* Two fax machines back to back, without a network and faster than real time: for tests and measurements. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct end {
    fc_fax *fax;
    fc_udptl *out, *in;
    struct end *other;
    int status, pages, to_lose;
    const fc_pair_line *line;
    int bit_rate, ecm, encoding, bad_rows;
    bool done;
    unsigned *seed;
} end;

static bool is_lost(end *from) {
    int burst = from->line->burst > 0 ? from->line->burst : 1;
    *from->seed = *from->seed * 1103515245u + 12345u;
    if (from->to_lose == 0 && (int)(*from->seed >> 16 & 0x7fff) % (1000 * burst) < from->line->loss_per_mille)
        from->to_lose = burst;
    return from->to_lose > 0 && from->to_lose--;
}

static void on_event(void *user, fc_event *event) {
    end *self = user;
    if (event->kind == FC_PAGE)
        self->pages++;
    if (event->kind == FC_FAX_DONE) {
        self->done = true;
        self->status = event->status;
    }
    fc_event_free(event);
}

static void on_page_received(void *user, fc_event *page) {
    end *self = user;
    self->pages++;
    self->bit_rate = page->bit_rate;
    self->ecm = page->ecm;
    self->encoding = page->encoding;
    self->bad_rows += page->bad_rows;
    fc_event_free(page);
}

static void on_ifp(void *user, const uint8_t *ifp, int size, int copies) {
    end *self = user;
    uint8_t datagram[FC_DATAGRAM_ROOM], bytes[FC_IFP_ROOM];
    int seq, length = fc_udptl_build(self->out, ifp, size, datagram, sizeof datagram);
    bool arrived = false;
    for (int i = 0; i < copies; i++)
        arrived |= !is_lost(self);
    if (!arrived || length < 0 || fc_udptl_receive(self->other->in, datagram, length) < 0)
        return;
    while ((length = fc_udptl_next(self->other->in, bytes, sizeof bytes, &seq)) >= 0)
        fc_fax_take_ifp(self->other->fax, bytes, length, (uint16_t)seq);
}

static void begin(end *self, const fc_fax_options *options) {
    const fc_pair_line *line = self->line;
    fc_t38_options t38_options = {.version = 0};
    fc_fax_hooks hooks = {on_event, on_page_received, on_ifp, self};
    self->in = fc_udptl_new(0, 3, 0, 0);
    self->out = fc_udptl_new(0, line->redundancy, line->fec_span, line->fec_entries);
    self->fax = fc_fax_new(options, &hooks);
    if (line->t38)
        fc_fax_begin_t38(self->fax, &t38_options);
}

static void pass_audio(end *from, end *to) {
    int16_t samples[FC_TICK_SAMPLES];
    fc_fax_speak(from->fax, samples, FC_TICK_SAMPLES);
    if (is_lost(from))
        fc_fax_hear_gap(to->fax, FC_TICK_SAMPLES);
    else
        fc_fax_hear(to->fax, samples, FC_TICK_SAMPLES);
}

int fc_fax_pair(const fc_fax_options *sender, const fc_fax_options *receiver, const fc_pair_line *line,
                int max_seconds, fc_pair_result *result) {
    unsigned seed = line->seed;
    end ends[2] = {{.seed = &seed, .line = line}, {.seed = &seed, .line = line}};
    const fc_fax_options *options[2] = {sender, receiver};
    long tick = 0;
    for (int i = 0; i < 2; i++) {
        ends[i].other = &ends[1 - i];
        begin(&ends[i], options[i]);
    }
    for (; tick < max_seconds * 50L && !(ends[0].done && ends[1].done); tick++)
        for (int i = 0; i < 2; i++) {
            if (fc_fax_is_t38(ends[i].fax))
                fc_fax_t38_time(ends[i].fax, FC_TICK_SAMPLES);
            else
                pass_audio(&ends[i], ends[i].other);
            fc_fax_page_is_safe(ends[i].fax, true);
        }
    *result = (fc_pair_result){
        ends[0].done ? ends[0].status : -1, ends[1].done ? ends[1].status : -1, ends[0].pages, ends[1].pages,
        (int)(tick * 20), ends[1].bit_rate, ends[1].ecm, ends[1].encoding, ends[1].bad_rows,
    };
    for (int i = 0; i < 2; i++) {
        fc_fax_free(ends[i].fax);
        fc_udptl_free(ends[i].in);
        fc_udptl_free(ends[i].out);
    }
    return ends[0].done && ends[1].done ? 0 : -1;
}
