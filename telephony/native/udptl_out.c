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

int fc_udptl_build(fc_udptl *udptl, const unsigned char *ifp, int size, unsigned char *datagram, int room) {
    if (size <= 0 || size > FC_IFP_ROOM)
        return -1;
    uint16_t seq = udptl->next_out++;
    writer out = {datagram, 0, room < udptl->max_datagram ? room : udptl->max_datagram, false};
    put_byte(&out, seq >> 8);
    put_byte(&out, seq & 0xff);
    put_open_type(&out, ifp, size);
    if (out.full)
        out.room = room, out.full = false, out.size = 2, put_open_type(&out, ifp, size);
    writer corrected = out;
    if (udptl->fec_span)
        put_fec(udptl, &corrected, seq);
    if (!udptl->fec_span || corrected.full) {
        corrected = out;
        put_secondaries(udptl, &corrected, seq);
    }
    if (corrected.full) {   /* not even an empty list fits the peer's limit: the primary comes first */
        corrected = out;
        corrected.room = room;
        put_byte(&corrected, 0x00);
        put_byte(&corrected, 0);
    }
    fc_remember(udptl->sent, seq, ifp, size);
    return corrected.full ? -1 : corrected.size;
}
