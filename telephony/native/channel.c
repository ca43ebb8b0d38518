/* What a channel does with packets and time. Runs in the media thread, under the channel's lock. */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <spandsp.h>

#include "channel.h"

enum {
    QUIET_TICKS = 15,       /* 300 ms without audio: the T.30 timers must go on */
    MOST_AT_ONCE = 64,      /* datagrams: a flood on one channel must not starve the others */
    RUNS_TO_EMPTY = 4,      /* RTP: then all that waits is taken, and not one packet a tick */
    RUNS_UNUSED = 16,       /* RTP while audio is not in use: then what came is thrown away */
    MOST_COPIES = 4,        /* of one UDPTL datagram */
    HUSH = 32,              /* samples below this are below -57 dBm0; a modem needs -43 */
    HUSH_SAMPLES = 1600     /* 200 ms of that: every detector of a carrier has let go */
};

static void count(atomic_ullong *counter, unsigned long long by) {
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* ---- G.711 ------------------------------------------------------------------------------------------- */

static int16_t decode_table[2][256];
static uint8_t encode_table[2][1 << 16];
static pthread_once_t tables_made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (int i = 0; i < 256; i++) {
        decode_table[0][i] = ulaw_to_linear((uint8_t)i);
        decode_table[1][i] = alaw_to_linear((uint8_t)i);
    }
    for (int i = 0; i < 1 << 16; i++) {
        encode_table[0][i] = linear_to_ulaw((int16_t)i);
        encode_table[1][i] = linear_to_alaw((int16_t)i);
    }
}

static void decode(int payload_type, const uint8_t *coded, int16_t *samples, int size) {
    pthread_once(&tables_made, make_tables);
    const int16_t *table = decode_table[payload_type == 8];
    for (int i = 0; i < size; i++)
        samples[i] = table[coded[i]];
}

static void encode(int payload_type, const int16_t *samples, uint8_t *coded, int size) {
    pthread_once(&tables_made, make_tables);
    const uint8_t *table = encode_table[payload_type == 8];
    for (int i = 0; i < size; i++)
        coded[i] = table[(uint16_t)samples[i]];
}

/* ---- coming in --------------------------------------------------------------------------------------- */

/* True when the modems need not look: half of a fax call is a silent line, on either side. */
static bool is_hushed(fc_channel *channel, const int16_t *samples, int count) {
    int loudest = 0;
    for (int i = 0; i < count; i++)
        loudest |= samples[i] < 0 ? -samples[i] : samples[i];
    channel->hushed = loudest >= HUSH ? 0 : channel->hushed < HUSH_SAMPLES ? channel->hushed + count : HUSH_SAMPLES;
    return channel->hushed >= HUSH_SAMPLES;
}

/* Hands on at once what is in order: after a stall of ours there may be more of it than `rtp` can hold. */
static void hear(fc_channel *channel) {
    uint8_t coded[512];
    int16_t samples[512];
    int size;
    while ((size = fc_rtp_rx_pop(channel->rtp, coded, sizeof coded)) != 0) {
        channel->heard = true;
        if (!channel->fax)
            continue;
        if (size < 0) {
            fc_fax_hear_gap(channel->fax, -size);
            continue;
        }
        decode(channel->payload_type, coded, samples, size);
        if (is_hushed(channel, samples, size))
            fc_fax_hear_quiet(channel->fax, size);
        else
            fc_fax_hear(channel->fax, samples, size);
    }
}

static bool takes_rtp(fc_channel *channel, uint8_t *packet, int size, const struct sockaddr_storage *from) {
    if (!channel->rtp || fc_peer_is_stranger(&channel->rtp_peer, from))
        return false;
    if (channel->srtp && (size = fc_srtp_open(channel->srtp, packet, size)) < 0) {
        count(&channel->media->counters.srtp_bad, 1);
        return false;
    }
    return fc_rtp_rx_push(channel->rtp, packet, size) == 0;
}

static void take_rtp(fc_channel *channel, uint8_t *packet, int size,
                     const struct sockaddr_storage *from, socklen_t from_size) {
    fc_counters *counters = &channel->media->counters;
    if (!takes_rtp(channel, packet, size, from)) {
        count(&counters->rtp_bad, 1);
        return;
    }
    fc_peer_is_now(&channel->rtp_peer, from, from_size);
    char digit = fc_rtp_rx_digit(channel->rtp);
    if (digit && channel->fax)
        fc_fax_hear_digit(channel->fax, digit);
    hear(channel);
    count(&counters->rtp_in, 1);
}

static void take_udptl(fc_channel *channel, const uint8_t *datagram, int size,
                       const struct sockaddr_storage *from, socklen_t from_size) {
    fc_counters *counters = &channel->media->counters;
    if (!channel->udptl || fc_peer_is_stranger(&channel->udptl_peer, from) || !fc_udptl_is_whole(datagram, size)) {
        count(&counters->udptl_bad, 1);
        return;
    }
    if (fc_peer_is_now(&channel->udptl_peer, from, from_size)) {
        fc_udptl_forget_peer(channel->udptl);
        if (channel->fax)
            fc_fax_forget_peer(channel->fax);
    }
    fc_udptl_receive(channel->udptl, datagram, size);
    count(&counters->udptl_in, 1);
    uint8_t ifp[FC_IFP_ROOM];
    int seq, length;
    while ((length = fc_udptl_next(channel->udptl, ifp, sizeof ifp, &seq)) >= 0)
        if (channel->fax)
            fc_fax_take_ifp(channel->fax, ifp, length, (uint16_t)seq);
}

/* False when there was more on the socket than `most` datagrams. */
static bool read_socket(fc_channel *channel, int fd, int most) {
    _Alignas(uint64_t) uint8_t bytes[FC_DATAGRAM_ROOM];    /* libsrtp reads words of it */
    struct sockaddr_storage from;
    for (int i = 0; i < most; i++) {
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
        if (size < 0) {
            if (errno == ECONNREFUSED)
                continue;               /* an ICMP answer to what we sent */
            return true;
        }
        if (fd == channel->rtp_fd)
            take_rtp(channel, bytes, (int)size, &from, from_size);
        else
            take_udptl(channel, bytes, (int)size, &from, from_size);
    }
    return false;
}

/* ---- time -------------------------------------------------------------------------------------------- */

/* Silence when nothing comes, so that the T.30 timers go on. What came while this thread itself was late was
 * heard at once: that time was not silent, and no missing packet has been waited for in it. */
static void listen_to_time(fc_channel *channel) {
    fc_rtp_rx_tick(channel->rtp);
    hear(channel);
    channel->quiet_ticks = channel->heard ? 0 : channel->quiet_ticks + channel->owed_ticks;
    channel->heard = false;
    if (channel->quiet_ticks <= QUIET_TICKS || !channel->fax)
        return;
    for (int i = 0; i < channel->owed_ticks; i++) {
        int16_t samples[FC_TICK_SAMPLES] = {0};
        fc_fax_hear(channel->fax, samples, FC_TICK_SAMPLES);
    }
}

static void speak(fc_channel *channel) {
    _Alignas(uint64_t) uint8_t packet[FC_RTP_HEADER + FC_TICK_SAMPLES + FC_SRTP_TAG];
    int size = FC_RTP_HEADER + FC_TICK_SAMPLES;
    int16_t samples[FC_TICK_SAMPLES] = {0};
    if (channel->fax)
        fc_fax_speak(channel->fax, samples, FC_TICK_SAMPLES);
    fc_rtp_header(packet, channel->payload_type, channel->seq++, channel->timestamp, channel->ssrc);
    channel->timestamp += FC_TICK_SAMPLES;
    encode(channel->payload_type, samples, packet + FC_RTP_HEADER, FC_TICK_SAMPLES);
    if (channel->srtp)
        size = fc_srtp_seal(channel->srtp, packet, size);
    if (size > 0 && fc_peer_send(&channel->rtp_peer, channel->rtp_fd, packet, (size_t)size))
        count(&channel->media->counters.rtp_out, 1);
}

/* RTP comes once a tick, so its socket is asked without being announced by epoll; and mostly for one packet, as
 * asking whether there is another one costs as much as taking it. */
static void read_rtp(fc_channel *channel, bool in_use) {
    if (in_use)
        read_socket(channel, channel->rtp_fd,
                    channel->owed_ticks == 1 && channel->runs % RUNS_TO_EMPTY ? 1 : MOST_AT_ONCE);
    else if (channel->runs % RUNS_UNUSED == 0)
        read_socket(channel, channel->rtp_fd, MOST_AT_ONCE);
}

void fc_channel_run(fc_channel *channel) {
    bool image = channel->fax && fc_fax_is_t38(channel->fax);
    bool audio = !image && channel->payload_type >= 0;
    if (channel->udptl_waits)
        channel->udptl_waits = !read_socket(channel, channel->udptl_fd, MOST_AT_ONCE);
    read_rtp(channel, audio);
    if (audio)
        listen_to_time(channel);
    for (; channel->owed_ticks > 0; channel->owed_ticks--) {
        if (image)
            fc_fax_t38_time(channel->fax, FC_TICK_SAMPLES);
        else if (audio)
            speak(channel);
    }
    channel->runs++;
    channel->may_rest = image;
}

/* ---- what the fax session asks for ------------------------------------------------------------------- */

static void on_event(void *user, fc_event *event) {
    fc_channel *channel = user;
    event->id = channel->id;
    fc_post(channel->media->core, event);
}

static void on_page_received(void *user, fc_event *page) {
    fc_channel *channel = user;
    page->id = channel->id;
    fc_disk_sync(channel->media->core->disk, channel->file, channel->memory, page);
}

static void on_ifp(void *user, const uint8_t *ifp, int size, int copies) {
    fc_channel *channel = user;
    uint8_t datagram[FC_DATAGRAM_ROOM];
    if (!channel->udptl || !channel->udptl_peer.size)
        return;
    int length = fc_udptl_build(channel->udptl, ifp, size, datagram, sizeof datagram);
    if (length < 0)
        return;
    for (int i = 0; i < copies && i < MOST_COPIES; i++)
        if (fc_peer_send(&channel->udptl_peer, channel->udptl_fd, datagram, (size_t)length))
            count(&channel->media->counters.udptl_out, 1);
}

fc_fax_hooks fc_channel_hooks(fc_channel *channel) {
    return (fc_fax_hooks){on_event, on_page_received, on_ifp, channel};
}

void fc_channel_free(fc_channel *channel) {
    fc_counters *counters = &channel->media->counters;
    if (channel->rtp)
        count(&counters->rtp_lost, fc_rtp_rx_lost(channel->rtp));
    if (channel->udptl) {
        count(&counters->udptl_lost, fc_udptl_lost(channel->udptl));
        count(&counters->udptl_recovered, fc_udptl_recovered(channel->udptl));
    }
    fc_fax_free(channel->fax);
    fc_rtp_rx_free(channel->rtp);
    fc_srtp_free(channel->srtp);
    fc_udptl_free(channel->udptl);
    free(channel->file);
    if (channel->memory > 0)
        close(channel->memory);
    close(channel->rtp_fd);
    close(channel->udptl_fd);
    pthread_mutex_destroy(&channel->lock);
    free(channel);
}
