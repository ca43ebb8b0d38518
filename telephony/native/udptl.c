/* UDPTL: sequence numbers, redundancy and forward error correction. No sockets (ITU-T T.38 clause 9.1).
 *
 * Datagrams in, IFP packets in order out; the other way is udptl_out.c. What a datagram carries of earlier
 * packets fills the holes before it; a packet that cannot be had back is skipped and counted.
 */

#include <stdlib.h>
#include <string.h>

#include "udptl.h"

fc_udptl *fc_udptl_new(int max_datagram, int redundancy, int fec_span, int fec_entries) {
    fc_udptl *udptl = fc_zeroed(sizeof *udptl);
    udptl->max_datagram = max_datagram > 0 ? max_datagram : FC_DATAGRAM_ROOM;
    udptl->redundancy = redundancy < 0 ? 0 : redundancy > MOST_REDUNDANCY ? MOST_REDUNDANCY : redundancy;
    bool fec = fec_span > 0 && fec_entries > 0 && fec_span * fec_entries < HISTORY && fec_entries <= MOST_ENTRIES;
    udptl->fec_span = fec ? fec_span : 0;
    udptl->fec_entries = fec ? fec_entries : 0;
    return udptl;
}

void fc_udptl_free(fc_udptl *udptl) {
    free(udptl);
}

unsigned fc_udptl_recovered(const fc_udptl *udptl) {
    return udptl->recovered;
}

unsigned fc_udptl_lost(const fc_udptl *udptl) {
    return udptl->lost;
}

packet *fc_remembered(packet *history, uint16_t seq) {
    packet *it = &history[seq % HISTORY];
    return it->known && it->seq == seq ? it : NULL;
}

void fc_remember(packet *history, uint16_t seq, const uint8_t *bytes, int size) {
    packet *it = &history[seq % HISTORY];
    it->known = true;
    it->seq = seq;
    it->size = size;
    memcpy(it->bytes, bytes, (size_t)size);
}

/* The XOR of `span` packets, `entries` apart, the last of them just before `end`. */
int fc_parity(packet *history, uint16_t end, int span, int entries, uint8_t *bytes) {
    int longest = 0;
    memset(bytes, 0, FC_IFP_ROOM);
    for (int k = 1; k <= span; k++) {
        const packet *it = fc_remembered(history, (uint16_t)(end - k * entries));
        if (!it)
            continue;
        for (int i = 0; i < it->size; i++)
            bytes[i] ^= it->bytes[i];
        if (it->size > longest)
            longest = it->size;
    }
    return longest;
}

/* ---- in ---------------------------------------------------------------------------------------------- */

typedef struct reader {
    const uint8_t *bytes;
    int size, at;
} reader;

static int take_length(reader *in) {
    if (in->at >= in->size)
        return -1;
    int first = in->bytes[in->at++];
    if (!(first & 0x80))
        return first;
    if ((first & 0x40) || in->at >= in->size)
        return -1;          /* fragments are not used in UDPTL */
    return (first & 0x3f) << 8 | in->bytes[in->at++];
}

static const uint8_t *take_open_type(reader *in, int *size) {
    *size = take_length(in);
    if (*size < 0 || *size > FC_IFP_ROOM || in->at + *size > in->size)
        return NULL;
    const uint8_t *bytes = in->bytes + in->at;
    in->at += *size;
    return bytes;
}

static bool is_new(const fc_udptl *udptl, uint16_t seq) {
    return (int16_t)(seq - udptl->next_up) >= 0 && !fc_remembered((packet *)udptl->seen, seq);
}

static void recover(fc_udptl *udptl, uint16_t seq, const uint8_t *bytes, int size) {
    if (size == 0 || !is_new(udptl, seq))
        return;
    fc_remember(udptl->seen, seq, bytes, size);
    udptl->recovered++;
}

static void take_secondaries(fc_udptl *udptl, reader *in, uint16_t seq) {
    int count = take_length(in);
    for (int i = 1; i <= count && i <= MOST_ENTRIES; i++) {
        int size;
        const uint8_t *bytes = take_open_type(in, &size);
        if (!bytes)
            return;
        recover(udptl, (uint16_t)(seq - i), bytes, size);
    }
}

/* FEC of the first packets covers numbers below zero: packets that never were. */
static bool is_before_first(const fc_udptl *udptl, uint16_t seq) {
    return udptl->from_zero && udptl->next_in < HISTORY && (int16_t)seq < 0;
}

static void take_fec(fc_udptl *udptl, reader *in, uint16_t seq) {
    int span_size = take_length(in);
    if (span_size != 1 || in->at >= in->size)
        return;
    int span = in->bytes[in->at++], entries = take_length(in);
    if (span < 1 || entries < 1 || entries > MOST_ENTRIES || span * entries >= HISTORY)
        return;
    for (int m = 0; m < entries; m++) {
        uint8_t bytes[FC_IFP_ROOM];
        int size, missing = 0;
        uint16_t which = 0, end = (uint16_t)(seq + m);
        const uint8_t *fec = take_open_type(in, &size);
        if (!fec)
            return;
        for (int k = 1; k <= span; k++) {
            uint16_t covered = (uint16_t)(end - k * entries);
            if (!fc_remembered(udptl->seen, covered) && !is_before_first(udptl, covered))
                missing++, which = covered;
        }
        if (missing != 1)
            continue;
        fc_parity(udptl->seen, end, span, entries, bytes);
        for (int i = 0; i < size; i++)
            bytes[i] ^= fec[i];
        recover(udptl, which, bytes, size);
    }
}

static void restart(fc_udptl *udptl, uint16_t seq) {
    memset(udptl->seen, 0, sizeof udptl->seen);
    udptl->started = true;
    udptl->next_in = seq;
    /* the first packet may have been lost: an early stream tells what came before it */
    udptl->from_zero = seq <= MOST_REDUNDANCY;
    udptl->next_up = udptl->from_zero ? 0 : seq;
}

void fc_udptl_forget_peer(fc_udptl *udptl) {
    udptl->started = false;
}

bool fc_udptl_is_whole(const uint8_t *datagram, int size) {
    reader in = {datagram, size, 2};
    int ifp_size;
    return size >= 4 && take_open_type(&in, &ifp_size) && ifp_size > 0;
}

int fc_udptl_receive(fc_udptl *udptl, const unsigned char *datagram, int size) {
    reader in = {datagram, size, 2};
    int ifp_size;
    if (!fc_udptl_is_whole(datagram, size))
        return -1;
    const uint8_t *ifp = take_open_type(&in, &ifp_size);
    uint16_t seq = (uint16_t)(datagram[0] << 8 | datagram[1]);
    int16_t ahead = (int16_t)(seq - udptl->next_in);
    if (!udptl->started || ahead > FAR_AWAY || ahead < -FAR_AWAY) {
        restart(udptl, seq);
        ahead = 0;
    }
    if (ahead < 0)
        return 0;           /* late or twice: redundancy has told it already, or its time is over */
    if (in.at < size) {
        int kind = datagram[in.at++];
        if (kind & 0x80)
            take_fec(udptl, &in, seq);
        else
            take_secondaries(udptl, &in, seq);
    }
    if (ahead >= HISTORY) {
        udptl->lost += (uint16_t)(seq - udptl->next_up);
        udptl->told += (uint16_t)(seq - udptl->next_up);
        udptl->next_up = seq;
    }
    fc_remember(udptl->seen, seq, ifp, ifp_size);
    udptl->next_in = (uint16_t)(seq + 1);
    return (uint16_t)(udptl->next_in - udptl->next_up);
}

int fc_udptl_next(fc_udptl *udptl, unsigned char *ifp, int room, int *seq) {
    while (udptl->started && udptl->next_up != udptl->next_in) {
        const packet *it = fc_remembered(udptl->seen, udptl->next_up);
        udptl->next_up++;
        *seq = udptl->told++;   /* a new stream goes on where another one ended: spandsp would take it for a late one */
        if (!it) {
            udptl->lost++;
            continue;
        }
        if (it->size > room)
            return -1;
        memcpy(ifp, it->bytes, (size_t)it->size);
        return it->size;
    }
    return -1;
}
