/* Strangers' bytes against the C core, compiled with sanitizers: whatever is wrong ends this program.
 *
 *   driver packets SEED ROUNDS            RTP, SRTP and UDPTL: true streams, damaged, cut, repeated and mixed up
 *   driver fax SEED ROUNDS FILE SPOOL     damaged IFP and audio into running fax sessions
 *   driver pair RUNS FILE SPOOL           whole faxes back to back, sent and polled; what they leak is told at the end
 *
 * Compiled with GUIDED it is a target of libFuzzer: what it does with packets is drawn from the bytes that are given.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

#include "internal.h"

#ifdef GUIDED
static const uint8_t *guide;
static size_t guide_size;

/* 0 when there are no bytes any more. */
static unsigned chance(unsigned below) {
    unsigned drawn = 0;
    for (unsigned left = below - 1; left && guide_size; left >>= 8, guide_size--)
        drawn = drawn << 8 | *guide++;
    return drawn % below;
}
#else
static uint64_t state;

static unsigned chance(unsigned below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}
#endif

/* A buffer of exactly that size on the heap, so that one byte too far is seen. */
static uint8_t *exactly(const uint8_t *bytes, int size) {
    uint8_t *copy = malloc(size > 0 ? (size_t)size : 1);
    memcpy(copy, bytes, (size_t)size);
    return copy;
}

static int damage(uint8_t *bytes, int size, int room) {
    if (size > 0)
        for (unsigned i = chance(4); i > 0; i--)
            bytes[chance((unsigned)size)] = (uint8_t)chance(256);
    if (chance(8) == 0 && size > 0)
        size = (int)chance((unsigned)size + 1);
    if (chance(8) == 0 && size + 40 < room)
        for (unsigned i = chance(40); i > 0; i--)
            bytes[size++] = (uint8_t)chance(256);
    return size;
}

static void fuzz_udptl(void) {
    uint8_t ifp[FC_IFP_ROOM], datagram[FC_DATAGRAM_ROOM], out[FC_IFP_ROOM];
    fc_udptl *from = fc_udptl_new((int)chance(600), (int)chance(9), (int)chance(8), (int)chance(8));
    fc_udptl *to = fc_udptl_new(0, 3, 0, 0);
    int seq;
    for (unsigned packets = chance(300); packets > 0; packets--) {
        int size = 1 + (int)chance(chance(10) ? 60 : FC_IFP_ROOM);
        for (int i = 0; i < size; i++)
            ifp[i] = (uint8_t)chance(256);
        size = fc_udptl_build(from, ifp, size, datagram, sizeof datagram);
        if (size < 0 || chance(5) == 0)
            continue;
        if (chance(3) == 0)
            size = damage(datagram, size, sizeof datagram);
        uint8_t *copy = exactly(datagram, size);
        for (unsigned copies = 1 + chance(2); copies > 0; copies--)
            fc_udptl_receive(to, copy, size);
        free(copy);
        while (chance(20) && (size = fc_udptl_next(to, out, sizeof out, &seq)) >= 0)
            if (size == 0 || size > FC_IFP_ROOM)
                abort();
        if (chance(200) == 0)
            fc_udptl_forget_peer(to);
    }
    fc_udptl_free(from);
    fc_udptl_free(to);
}

/* Two ends that know each other's key; only what was not damaged may be opened. */
static void fuzz_srtp(void) {
    static const uint8_t a[FC_SRTP_KEY] = "one key of thirty bytes......";
    static const uint8_t b[FC_SRTP_KEY] = "and the other one of thirty..";
    _Alignas(uint64_t) uint8_t packet[800], sealed[800];
    int tag = chance(2) ? 10 : 4;
    fc_srtp *here = fc_srtp_use(NULL, &(fc_srtp_keys){tag, a, b});
    fc_srtp *there = fc_srtp_use(NULL, &(fc_srtp_keys){tag, b, a});
    uint16_t seq = (uint16_t)chance(65536);
    for (unsigned packets = chance(200); packets > 0; packets--) {
        int size = FC_RTP_HEADER + (int)chance(600);
        fc_rtp_header(packet, 8, seq++, chance(1u << 31), 1 + (chance(50) == 0));
        size = fc_srtp_seal(here, packet, size);
        if (size < 0)
            continue;
        memcpy(sealed, packet, (size_t)size);
        int kept = chance(3) ? size : damage(packet, size, sizeof packet);
        bool whole = kept == size && memcmp(sealed, packet, (size_t)size) == 0;
        uint8_t *copy = exactly(packet, kept);
        int opened = fc_srtp_open(there, copy, kept);
        if (opened > kept || (opened >= 0 && !whole && tag == 10))
            abort();
        free(copy);
        if (chance(60) == 0)    /* a re-INVITE with the same key, or another one */
            there = fc_srtp_use(there, &(fc_srtp_keys){tag, b, chance(2) ? a : b});
    }
    fc_srtp_free(here);
    fc_srtp_free(there);
}

static void fuzz_rtp(void) {
    uint8_t packet[700], out[512];
    fc_rtp_rx *rx = fc_rtp_rx_new(8);
    fc_rtp_rx_events(rx, chance(2) ? 101 : -1);
    uint16_t seq = (uint16_t)chance(65536);
    uint32_t timestamp = chance(1u << 31), ssrc = 1;
    for (unsigned packets = chance(400); packets > 0; packets--) {
        int size = FC_RTP_HEADER + (int)chance(chance(10) ? 161 : 600);
        if (chance(200) == 0)
            seq = (uint16_t)chance(65536), timestamp = chance(1u << 31), ssrc += chance(2);
        fc_rtp_header(packet, chance(20) ? 8 : chance(2) ? 101 : (int)chance(128), (uint16_t)(seq + chance(4)), timestamp, ssrc);
        if (chance(3) == 0)
            size = damage(packet, size, sizeof packet);
        uint8_t *copy = exactly(packet, size);
        fc_rtp_rx_push(rx, copy, size);
        fc_rtp_rx_digit(rx);
        free(copy);
        seq++;
        timestamp += 160;
        if (chance(3))
            fc_rtp_rx_tick(rx);
        while (chance(10) && (size = fc_rtp_rx_pop(rx, out, 1 + (int)chance(sizeof out))) != 0)
            if (size > (int)sizeof out || size < -16000)
                abort();
    }
    fc_rtp_rx_free(rx);
}

/* ---- fax sessions ------------------------------------------------------------------------------------- */

typedef struct side {
    fc_fax *fax;
    struct side *other;
    uint16_t seq;
} side;

static void on_event(void *user, fc_event *event) {
    (void)user;
    fc_event_free(event);
}

static void on_page(void *user, fc_event *page) {
    side *self = user;
    fc_event_free(page);
    fc_fax_page_is_safe(self->fax, chance(20) != 0);
}

static void on_ifp(void *user, const uint8_t *ifp, int size, int copies) {
    side *self = user;
    uint8_t bytes[FC_IFP_ROOM];
    (void)copies;
    memcpy(bytes, ifp, (size_t)size);
    if (chance(40) == 0)
        size = damage(bytes, size, sizeof bytes);
    uint8_t *copy = exactly(bytes, size);
    fc_fax_take_ifp(self->other->fax, copy, size, self->seq);
    self->seq = (uint16_t)(self->seq + (chance(50) ? 1 : chance(5)));
    free(copy);
}

static void one_session(const char *file, const char *spool) {
    side sides[2] = {{.other = &sides[1]}, {.other = &sides[0]}};
    fc_t38_options t38 = {.redundancy = 3};
    fc_offer documents[2] = {{.file = file, .password = "1"}, {.file = file, .sub_address = "7", .password = "1"}};
    bool image = chance(2);
    for (int i = 0; i < 2; i++) {
        fc_fax_options options = {.calling = i == 0, .file = i == 0 ? file : spool, .local_id = "fuzz",
                                  .ecm = (int)chance(2), .max_bit_rate = 14400, .wants_tones = (int)chance(2)};
        if (chance(3) == 0) {
            options.polls = i == 0;
            options.file = spool;
            options.offers = documents;
            options.offer_count = i == 1 ? 1 + (int)chance(2) : 0;
            options.sub_address = i == 0 && chance(2) ? "7" : NULL;
            options.password = chance(4) ? "1" : "2";
        }
        fc_fax_hooks hooks = {on_event, on_page, on_ifp, &sides[i]};
        sides[i].fax = fc_fax_new(&options, &hooks);
        if (image)
            fc_fax_begin_t38(sides[i].fax, &t38);
    }
    for (int tick = 0; tick < 3000 && !(fc_fax_is_done(sides[0].fax) && fc_fax_is_done(sides[1].fax)); tick++)
        for (int i = 0; i < 2; i++) {
            int16_t samples[FC_TICK_SAMPLES];
            fc_fax_t38_time(sides[i].fax, FC_TICK_SAMPLES);
            fc_fax_speak(sides[i].fax, samples, FC_TICK_SAMPLES);
            if (chance(100) == 0)
                fc_fax_hear_gap(sides[1 - i].fax, (int)chance(800));
            for (unsigned hits = chance(50) ? 0 : 20; hits > 0; hits--)
                samples[chance(FC_TICK_SAMPLES)] = (int16_t)chance(65536);
            fc_fax_hear(sides[1 - i].fax, samples, FC_TICK_SAMPLES);
            if (chance(4000) == 0) {
                if (fc_fax_is_t38(sides[i].fax))
                    fc_fax_begin_audio(sides[i].fax);
                else
                    fc_fax_begin_t38(sides[i].fax, &t38);
            }
            if (chance(20000) == 0)
                fc_fax_terminate(sides[i].fax);
        }
    fc_fax_free(sides[0].fax);
    fc_fax_free(sides[1].fax);
}

static int pairs(int runs, const char *file, const char *spool) {
    for (int i = 0; i < runs; i++) {
        fc_fax_options from = {.calling = 1, .file = file, .local_id = "a", .ecm = i & 1, .max_bit_rate = 14400};
        fc_fax_options to = {.file = spool, .local_id = "b", .ecm = 1, .max_bit_rate = 14400};
        fc_offer document = {.file = file};
        fc_pair_result result;
        fc_pair_line line = {.t38 = i & 2, .loss_per_mille = i & 4 ? 5 : 0, .jitter_ms = i & 8 ? 60 : 0,
                             .seed = (unsigned)i, .redundancy = 3};
        if (i % 5 == 4) {
            from.polls = 1, from.file = spool, from.password = "1";
            from.sub_address = document.sub_address = i % 15 == 4 ? "7" : NULL;
            document.password = i % 10 == 4 ? "2" : "1";
            to.offers = &document, to.offer_count = 1;
        }
        fc_fax_pair(&from, &to, &line, 600, &result);
        bool refused = result.sender_status == T30_ERR_NOPOLL && i % 10 == 4;
        if (!(i & 4) && !refused && (result.sender_status || result.receiver_status || !result.pages_received)) {
            fprintf(stderr, "run %d: %d %d, %d pages\n", i, result.sender_status, result.receiver_status,
                    result.pages_received);
            return 1;
        }
    }
    return 0;
}

#ifdef GUIDED
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    guide = bytes;
    guide_size = size;
    switch (chance(3)) {
    case 0: fuzz_udptl(); break;
    case 1: fuzz_srtp(); break;
    default: fuzz_rtp();
    }
    return 0;
}
#else
int main(int count, char **words) {
    if (count == 5 && strcmp(words[1], "pair") == 0)
        return pairs(atoi(words[2]), words[3], words[4]);
    if (count < 4)
        return 2;
    state = strtoull(words[2], NULL, 10) * 2654435761u + 1;
    for (int rounds = atoi(words[3]); rounds > 0; rounds--) {
        if (strcmp(words[1], "fax") == 0 && count == 6) {
            one_session(words[4], words[5]);
        } else {
            fuzz_udptl();
            fuzz_srtp();
            fuzz_rtp();
        }
    }
    return 0;
}
#endif
