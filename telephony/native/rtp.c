/* RTP for fax audio: bytes in, samples in order out. No sockets, no clock (RFC 3550, RFC 3551).
 *
 * A modem cannot stand samples that are repeated, dropped or moved, so there is no playout clock: what comes
 * is handed on in sequence as soon as it is complete, and the sender's timestamps decide how long a gap is.
 * A missing packet is waited for while later ones arrive, then reported as so many missing samples.
 */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
    SLOTS = 32,             /* packets held while one before them is missing */
    ROOM = 480,             /* bytes: 60 ms of G.711 */
    PATIENCE_TICKS = 5,     /* 100 ms until a missing packet counts as lost */
    FAR_AHEAD = 1000,       /* packets missing: a new stream (RFC 3550 A.1 MAX_DROPOUT is 3000) */
    FAR_BEHIND = -100,      /* so late that it is a new stream when it goes on (MAX_MISORDER) */
    LONGEST_GAP = 16000     /* samples: never fill more than 2 s */
};

typedef struct slot {
    bool used;
    uint32_t timestamp, came_at;
    int size;               /* 0 for comfort noise and other payload types */
    uint8_t payload[ROOM];
} slot;

struct fc_rtp_rx {
    int payload_type;
    bool started;
    uint16_t next_seq;
    uint32_t next_timestamp;
    int waiting;            /* packets held */
    uint32_t now;           /* ticks */
    uint32_t ssrc;
    int expected_jump;      /* the sequence number that would make a jump a new stream, or -1 */
    unsigned lost;
    int event_type;         /* the payload type of telephone events, or -1 */
    bool had_event;
    uint32_t last_event;    /* its timestamp: every packet of an event has the same one */
    char digit;
    slot slots[SLOTS];
};

fc_rtp_rx *fc_rtp_rx_new(int payload_type) {
    fc_rtp_rx *rx = fc_zeroed(sizeof *rx);
    rx->payload_type = payload_type;
    rx->expected_jump = rx->event_type = -1;
    return rx;
}

void fc_rtp_rx_events(fc_rtp_rx *rx, int payload_type) {
    rx->event_type = payload_type;
}

char fc_rtp_rx_digit(fc_rtp_rx *rx) {
    char digit = rx->digit;
    rx->digit = 0;
    return digit;
}

void fc_rtp_rx_free(fc_rtp_rx *rx) {
    free(rx);
}

unsigned fc_rtp_rx_lost(const fc_rtp_rx *rx) {
    return rx->lost;
}

void fc_rtp_header(uint8_t *packet, int payload_type, uint16_t seq, uint32_t timestamp, uint32_t ssrc) {
    packet[0] = 0x80;
    packet[1] = (uint8_t)payload_type;
    packet[2] = (uint8_t)(seq >> 8);
    packet[3] = (uint8_t)seq;
    for (int i = 0; i < 4; i++) {
        packet[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
        packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Where the payload begins and how long it is; false when this is no RTP packet (RFC 3550 5.1, A.1). */
static bool payload_of(const uint8_t *packet, int size, const uint8_t **payload, int *length) {
    if (size < FC_RTP_HEADER || packet[0] >> 6 != 2)
        return false;
    int at = FC_RTP_HEADER + 4 * (packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (at + 4 > size)
            return false;
        at += 4 + 4 * (packet[at + 2] << 8 | packet[at + 3]);
    }
    int padding = 0;
    if (packet[0] & 0x20)
        padding = packet[size - 1];
    if (at + padding > size)
        return false;
    *payload = packet + at;
    *length = size - padding - at;
    return true;
}

static void restart(fc_rtp_rx *rx, uint16_t seq, uint32_t timestamp, uint32_t ssrc) {
    for (int i = 0; i < SLOTS; i++)
        rx->slots[i].used = false;
    rx->started = true;
    rx->next_seq = seq;
    rx->next_timestamp = timestamp;
    rx->ssrc = ssrc;
    rx->waiting = 0;
    rx->expected_jump = -1;
}

/* A jump is believed when the next packet goes on from there (RFC 3550 A.1). */
static bool is_new_stream(fc_rtp_rx *rx, uint16_t seq, int16_t ahead, uint32_t ssrc) {
    if (!rx->started || ssrc != rx->ssrc)
        return true;
    if (ahead <= FAR_AHEAD && ahead >= FAR_BEHIND)
        return false;
    bool goes_on = seq == rx->expected_jump;
    rx->expected_jump = (uint16_t)(seq + 1);
    return goes_on;
}

/* RFC 4733 2.3: the event's number, then end, volume and duration. */
static void take_event(fc_rtp_rx *rx, const uint8_t *payload, int length, uint32_t timestamp) {
    static const char DIGITS[] = "0123456789*#ABCD";
    if (length < 4 || payload[0] >= sizeof DIGITS - 1 || (rx->had_event && timestamp == rx->last_event))
        return;
    rx->had_event = true;
    rx->last_event = timestamp;
    rx->digit = DIGITS[payload[0]];
}

int fc_rtp_rx_push(fc_rtp_rx *rx, const unsigned char *packet, int size) {
    const uint8_t *payload;
    int length;
    if (!payload_of(packet, size, &payload, &length) || length > ROOM)
        return -1;
    uint16_t seq = (uint16_t)(packet[2] << 8 | packet[3]);
    uint32_t timestamp = big_endian(packet + 4), ssrc = big_endian(packet + 8);
    int type = packet[1] & 0x7f;
    bool ours = type == rx->payload_type, is_event = type == rx->event_type;
    int16_t ahead = (int16_t)(seq - rx->next_seq);

    if (is_event)
        take_event(rx, payload, length, timestamp);
    if (is_new_stream(rx, seq, ahead, ssrc)) {
        if (!ours)
            return is_event ? 0 : -1;   /* a new stream begins with audio we know */
        restart(rx, seq, timestamp, ssrc);
        ahead = 0;
    }
    if (ahead < 0 || ahead > FAR_AHEAD)
        return 0;           /* late, twice or astray */
    if (ahead >= SLOTS) {   /* a long hole: what is before this packet is lost */
        rx->lost += (unsigned)ahead;
        restart(rx, seq, rx->next_timestamp, ssrc);
    }
    slot *place = &rx->slots[seq % SLOTS];
    if (place->used)
        return 0;
    place->used = true;
    place->timestamp = timestamp;
    place->came_at = rx->now;
    place->size = ours ? length : 0;
    memcpy(place->payload, payload, (size_t)place->size);
    rx->waiting++;
    return 0;
}

void fc_rtp_rx_tick(fc_rtp_rx *rx) {
    rx->now++;
}

/* Steps over the missing packets once those behind them have waited long enough. */
static void give_up_missing(fc_rtp_rx *rx) {
    if (rx->waiting == 0)
        return;
    uint16_t behind = rx->next_seq;
    while (!rx->slots[behind % SLOTS].used)
        behind++;
    if (rx->now - rx->slots[behind % SLOTS].came_at < PATIENCE_TICKS && rx->waiting < SLOTS / 2)
        return;
    rx->lost += (uint16_t)(behind - rx->next_seq);
    rx->next_seq = behind;
}

int fc_rtp_rx_pop(fc_rtp_rx *rx, unsigned char *payload, int room) {
    for (;;) {
        slot *place = &rx->slots[rx->next_seq % SLOTS];
        if (!place->used) {
            give_up_missing(rx);
            place = &rx->slots[rx->next_seq % SLOTS];
            if (!place->used)
                return 0;
        }
        int32_t gap = (int32_t)(place->timestamp - rx->next_timestamp);
        if (gap > 0) {
            rx->next_timestamp = place->timestamp;
            return gap > LONGEST_GAP ? -LONGEST_GAP : -gap;
        }
        int size = place->size <= room ? place->size : room;
        memcpy(payload, place->payload, (size_t)size);
        place->used = false;
        rx->waiting--;
        rx->next_seq++;
        rx->next_timestamp = place->timestamp + (uint32_t)place->size;
        if (size > 0)
            return size;
    }
}
