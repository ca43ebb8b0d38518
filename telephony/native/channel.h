/* A channel: the sockets and the fax session of one call. Shared by channel.c and media.c. */

#ifndef FAXGW_CHANNEL_H
#define FAXGW_CHANNEL_H

#include <sys/socket.h>

#include "internal.h"

typedef struct fc_peer {
    struct sockaddr_storage address;    /* where our packets go */
    struct sockaddr_storage announced;  /* by his SDP */
    socklen_t size;         /* 0: unknown */
    bool heard;             /* packets came from it: others are strangers */
    struct sockaddr_storage former;     /* who was the peer before, by an SDP that was true */
    int former_packets;     /* so many more that come from there are late ones */
    int copies;             /* so many more packets go to the announced address as well */
} fc_peer;

typedef struct fc_channel {
    unsigned id;
    fc_media *media;
    pthread_mutex_t lock;   /* for all that follows */
    bool closing;
    int rtp_fd, udptl_fd;
    fc_peer rtp_peer, udptl_peer;
    int payload_type;       /* 0 PCMU, 8 PCMA, -1: audio is not on */
    uint16_t seq;
    uint32_t timestamp, ssrc;
    bool heard;             /* audio came in since the last tick */
    int quiet_ticks;        /* since it did */
    int hushed;             /* samples in a row too low for a modem */
    fc_rtp_rx *rtp;
    fc_srtp *srtp;          /* NULL: RTP in clear */
    fc_udptl *udptl;
    fc_fax *fax;
    char *file;
    int memory;             /* where received pages are written until the disk thread has them; 0: none */
    struct fc_channel *next;

    /* The media thread's alone, outside the lock. */
    bool udptl_waits;       /* datagrams wait on udptl_fd */
    bool may_rest;          /* it is in T.38: without datagrams every second tick is enough */
    int owed_ticks;         /* since it was run */
    unsigned runs;
} fc_channel;

enum { FC_LATENESS_CLASSES = 80 };  /* four to each power of two of microseconds: up to a second */

typedef struct fc_counters {
    atomic_uint lateness[FC_LATENESS_CLASSES];
    atomic_ullong ticks, late_ticks, worst_lateness_us, rtp_in, rtp_out, rtp_lost, rtp_bad, srtp_bad;
    atomic_ullong udptl_in, udptl_out, udptl_recovered, udptl_lost, udptl_bad;
} fc_counters;

struct fc_media {
    fc_core *core;
    pthread_t thread;
    pthread_mutex_t lock;   /* for the list of channels */
    pthread_cond_t changed;
    bool stopping;
    int epoll;
    fc_channel *channels;
    unsigned count, next_id;
    unsigned next_port;
    fc_counters counters;
};

/* peer.c */
bool fc_parse_address(const char *text, int port, struct sockaddr_storage *out, socklen_t *size);
int fc_peer_set(fc_peer *peer, const char *address, int port);  /* by his SDP; -1: that is no address */
bool fc_peer_is_stranger(fc_peer *peer, const struct sockaddr_storage *from);
bool fc_peer_send(fc_peer *peer, int fd, const uint8_t *packet, size_t size);   /* true: it is on its way */
bool fc_peer_is_now(fc_peer *peer, const struct sockaddr_storage *from, socklen_t size);    /* true: it was another */

fc_fax_hooks fc_channel_hooks(fc_channel *channel);
void fc_channel_free(fc_channel *channel);
void fc_channel_run(fc_channel *channel);               /* takes in what waits; hears and speaks for the ticks owed */

#endif
