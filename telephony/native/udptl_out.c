/* UDPTL datagrams, with what redundancy or forward error correction adds to them (ITU-T T.38 clause 9.1). */

#include <string.h>

#include "udptl.h"

typedef struct writer {
    uint8_t *bytes;
    int size, room;
    bool full;
} writer;

static void put(writer *out, const uint8_t *bytes, int size) {
    if (out->size + size > out->room) {
        out->full = true;
        return;
    }
    memcpy(out->bytes + out->size, bytes, (size_t)size);
    out->size += size;
}

static void put_byte(writer *out, int byte) {
    uint8_t one = (uint8_t)byte;
    put(out, &one, 1);
}

/* An ASN.1 PER open type: length determinant and bytes (ITU-T X.691 10.9). */
static void put_open_type(writer *out, const uint8_t *bytes, int size) {
    if (size >= 0x80)
        put_byte(out, 0x80 | size >> 8);
    put_byte(out, size & 0xff);
    put(out, bytes, size);
}

/* As many earlier packets as there is room for, newest first. */
static void put_secondaries(fc_udptl *udptl, writer *out, uint16_t seq) {
    put_byte(out, 0x00);
    int count_at = out->size, count = 0;
    put_byte(out, 0);
    while (count < udptl->redundancy) {
        const packet *earlier = fc_remembered(udptl->sent, (uint16_t)(seq - count - 1));
        if (!earlier || out->size + earlier->size + 2 > out->room)
            break;
        put_open_type(out, earlier->bytes, earlier->size);
        count++;
    }
    if (!out->full)
        out->bytes[count_at] = (uint8_t)count;
}

static void put_fec(fc_udptl *udptl, writer *out, uint16_t seq) {
    uint8_t bytes[FC_IFP_ROOM];
    int span = udptl->fec_span, entries = udptl->fec_entries;
    put_byte(out, 0x80);
    put_byte(out, 1);
    put_byte(out, span);
    put_byte(out, entries);
    for (int m = 0; m < entries; m++)
        put_open_type(out, bytes, fc_parity(udptl->sent, (uint16_t)(seq + m), span, entries, bytes));
}

static void put_nothing(fc_udptl *udptl, writer *out, uint16_t seq) {
    (void)udptl;
    (void)seq;
    put_byte(out, 0x00);
    put_byte(out, 0);
}

/* Sequence number and primary packet; then, where `correct` says how, what makes up for losses. */
static writer datagram_of(fc_udptl *udptl, uint16_t seq, const uint8_t *ifp, int size, uint8_t *bytes, int room,
                          void (*correct)(fc_udptl *, writer *, uint16_t)) {
    writer out = {bytes, 0, room, false};
    put_byte(&out, seq >> 8);
    put_byte(&out, seq & 0xff);
    put_open_type(&out, ifp, size);
    correct(udptl, &out, seq);
    return out;
}

int fc_udptl_build(fc_udptl *udptl, const unsigned char *ifp, int size, unsigned char *datagram, int room) {
    if (size <= 0 || size > FC_IFP_ROOM)
        return -1;
    uint16_t seq = udptl->next_out++;
    int limit = room < udptl->max_datagram ? room : udptl->max_datagram;
    writer out = {.full = true};
    if (udptl->fec_span)
        out = datagram_of(udptl, seq, ifp, size, datagram, limit, put_fec);
    if (out.full)
        out = datagram_of(udptl, seq, ifp, size, datagram, limit, put_secondaries);
    if (out.full)           /* more than the peer takes already: the packet itself comes first */
        out = datagram_of(udptl, seq, ifp, size, datagram, room, put_nothing);
    fc_remember(udptl->sent, seq, ifp, size);
    return out.full ? -1 : out.size;
}
