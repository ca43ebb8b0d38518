/* What both directions of UDPTL share. */

#ifndef FAXGW_UDPTL_H
#define FAXGW_UDPTL_H

#include "internal.h"

enum {
    HISTORY = 32,           /* IFP packets remembered in either direction */
    MOST_REDUNDANCY = 7,
    MOST_ENTRIES = 16,      /* secondary or FEC packets taken from one datagram */
    FAR_AWAY = 512          /* a jump by this many datagrams is a new stream */
};

typedef struct packet {
    bool known;
    uint16_t seq;
    int size;
    uint8_t bytes[FC_IFP_ROOM];
} packet;

struct fc_udptl {
    int max_datagram, redundancy, fec_span, fec_entries;
    uint16_t next_out;
    packet sent[HISTORY];

    bool started;
    bool from_zero;         /* the stream is known from its first packet on */
    uint16_t next_in;       /* the sequence number not seen yet */
    uint16_t next_up;       /* the one to hand on next */
    uint16_t told;          /* the number of the next one for the fax session */
    packet seen[HISTORY];
    unsigned recovered, lost;
};

packet *fc_remembered(packet *history, uint16_t seq);
void fc_remember(packet *history, uint16_t seq, const uint8_t *bytes, int size);
int fc_parity(packet *history, uint16_t end, int span, int entries, uint8_t *bytes);

#endif
