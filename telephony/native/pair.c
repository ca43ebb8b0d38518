/* Two fax machines back to back, without a network and faster than real time: for tests and measurements. */

#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

#include "internal.h"

enum { PCMA = 8, QUIET_TICKS = 15, TICK_MS = 20 };

typedef struct flight {
    struct flight *next;
    long due_ms;
    int size;
    uint8_t bytes[FC_DATAGRAM_ROOM];
} flight;

typedef struct end {
    fc_fax *fax;
    fc_udptl *out, *in;
    fc_rtp_rx *rtp;
    struct end *other;
    int status, pages, to_lose;
    const fc_pair_line *line;
    int bit_rate, ecm, encoding, bad_rows;
    bool done;
    unsigned *seed;
    const long *now_ms;
    flight *coming;                         /* to this end, the first one first */
    uint16_t seq;
    int quiet_ticks;
} end;

static unsigned chance(end *from) {
    *from->seed = *from->seed * 1103515245u + 12345u;
    return *from->seed >> 16 & 0x7fff;
}

static bool is_lost(end *from) {
    int burst = from->line->burst > 0 ? from->line->burst : 1;
    unsigned drawn = chance(from);
    if (from->to_lose == 0 && (int)drawn % (1000 * burst) < from->line->loss_per_mille)
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

/* ---- the line ---------------------------------------------------------------------------------------- */

static void hear_rtp(end *self) {
    uint8_t coded[FC_TICK_SAMPLES];
    int16_t samples[FC_TICK_SAMPLES];
    int size;
    while ((size = fc_rtp_rx_pop(self->rtp, coded, sizeof coded)) != 0) {
        self->quiet_ticks = 0;
        for (int i = 0; i < size; i++)
            samples[i] = alaw_to_linear(coded[i]);
        if (size < 0)
            fc_fax_hear_gap(self->fax, -size);
        else
            fc_fax_hear(self->fax, samples, size);
    }
}

static void arrive(end *self, const uint8_t *bytes, int size) {
    uint8_t ifp[FC_IFP_ROOM];
    int seq, length;
    if (!fc_fax_is_t38(self->fax)) {
        fc_rtp_rx_push(self->rtp, bytes, size);
        hear_rtp(self);
        return;
    }
    if (fc_udptl_receive(self->in, bytes, size) < 0)
        return;
    while ((length = fc_udptl_next(self->in, ifp, sizeof ifp, &seq)) >= 0)
        fc_fax_take_ifp(self->fax, ifp, length, (uint16_t)seq);
}

static void depart(end *from, const uint8_t *bytes, int size) {
    if (is_lost(from))
        return;
    if (from->line->jitter_ms == 0) {
        arrive(from->other, bytes, size);
        return;
    }
    flight *new = fc_zeroed(sizeof *new), **at = &from->other->coming;
    new->due_ms = *from->now_ms + (int)chance(from) % (from->line->jitter_ms + 1);
    new->size = size;
    memcpy(new->bytes, bytes, (size_t)size);
    while (*at && (*at)->due_ms <= new->due_ms)
        at = &(*at)->next;
    new->next = *at;
    *at = new;
}

static void land(end *self, long until_ms) {
    while (self->coming && self->coming->due_ms <= until_ms) {
        flight *first = self->coming;
        self->coming = first->next;
        arrive(self, first->bytes, first->size);
        free(first);
    }
}

static void on_ifp(void *user, const uint8_t *ifp, int size, int copies) {
    end *self = user;
    uint8_t datagram[FC_DATAGRAM_ROOM];
    int length = fc_udptl_build(self->out, ifp, size, datagram, sizeof datagram);
    for (int i = 0; i < copies && length >= 0; i++)
        depart(self, datagram, length);
}

/* As a channel does it. */
static void listen_to_time(end *self) {
    fc_rtp_rx_tick(self->rtp);
    hear_rtp(self);
    int16_t silence[FC_TICK_SAMPLES] = {0};
    if (self->quiet_ticks++ > QUIET_TICKS)
        fc_fax_hear(self->fax, silence, FC_TICK_SAMPLES);
}

static void speak(end *self) {
    uint8_t packet[FC_RTP_HEADER + FC_TICK_SAMPLES];
    int16_t samples[FC_TICK_SAMPLES];
    fc_fax_speak(self->fax, samples, FC_TICK_SAMPLES);
    fc_rtp_header(packet, PCMA, self->seq, (uint32_t)self->seq * FC_TICK_SAMPLES, 1);
    self->seq++;
    for (int i = 0; i < FC_TICK_SAMPLES; i++)
        packet[FC_RTP_HEADER + i] = linear_to_alaw(samples[i]);
    depart(self, packet, sizeof packet);
}

/* ---- both ends --------------------------------------------------------------------------------------- */

static void begin(end *self, const fc_fax_options *options) {
    const fc_pair_line *line = self->line;
    fc_t38_options t38_options = {.version = 0};
    fc_fax_hooks hooks = {on_event, on_page_received, on_ifp, self};
    self->in = fc_udptl_new(0, 3, 0, 0);
    self->rtp = fc_rtp_rx_new(PCMA);
    self->out = fc_udptl_new(0, line->redundancy, line->fec_span, line->fec_entries);
    self->fax = fc_fax_new(options, &hooks);
    if (line->t38)
        fc_fax_begin_t38(self->fax, &t38_options);
}

static void tick(end *self) {
    land(self, *self->now_ms);
    if (fc_fax_is_t38(self->fax)) {
        fc_fax_t38_time(self->fax, FC_TICK_SAMPLES);
    } else {
        listen_to_time(self);
        speak(self);
    }
    fc_fax_page_is_safe(self->fax, true);
}

int fc_fax_pair(const fc_fax_options *sender, const fc_fax_options *receiver, const fc_pair_line *line,
                int max_seconds, fc_pair_result *result) {
    unsigned seed = line->seed;
    long now_ms = 0;
    end ends[2] = {{.seed = &seed, .line = line, .now_ms = &now_ms}, {.seed = &seed, .line = line, .now_ms = &now_ms}};
    const fc_fax_options *options[2] = {sender, receiver};
    for (int i = 0; i < 2; i++) {
        ends[i].other = &ends[1 - i];
        begin(&ends[i], options[i]);
    }
    for (; now_ms < max_seconds * 1000L && !(ends[0].done && ends[1].done); now_ms += TICK_MS)
        for (int i = 0; i < 2; i++)
            tick(&ends[i]);
    *result = (fc_pair_result){
        ends[0].done ? ends[0].status : -1, ends[1].done ? ends[1].status : -1, ends[0].pages, ends[1].pages,
        (int)now_ms, ends[1].bit_rate, ends[1].ecm, ends[1].encoding, ends[1].bad_rows,
    };
    for (int i = 0; i < 2; i++) {
        fc_fax_free(ends[i].fax);
        fc_udptl_free(ends[i].in);
        fc_udptl_free(ends[i].out);
        fc_rtp_rx_free(ends[i].rtp);
        for (flight *lost; (lost = ends[i].coming); free(lost))
            ends[i].coming = lost->next;
    }
    return ends[0].done && ends[1].done ? 0 : -1;
}
