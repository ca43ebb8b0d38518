/* What may be asked of a channel: open it, give it a fax session and a medium, end it. Any thread may ask. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

enum { PORT_STEP = 4 };         /* RTP, its unused RTCP, UDPTL, and one to keep RTP even */

/* The channel, locked; NULL when it is gone. */
static fc_channel *lock_channel(fc_media *media, unsigned id) {
    pthread_mutex_lock(&media->lock);
    fc_channel *channel = media->channels;
    while (channel && channel->id != id)
        channel = channel->next;
    if (channel)
        pthread_mutex_lock(&channel->lock);
    pthread_mutex_unlock(&media->lock);
    if (channel && channel->closing) {
        pthread_mutex_unlock(&channel->lock);
        return NULL;
    }
    return channel;
}

static int bound_socket(const char *address, int port) {
    struct sockaddr_storage local;
    socklen_t size;
    int tos = 0xb8;         /* DSCP EF */
    if (!fc_parse_address(address, port, &local, &size))
        return -1;
    int fd = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (local.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
    else
        setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    if (bind(fd, (struct sockaddr *)&local, size) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool take_ports(fc_media *media, fc_channel *channel, const char *address, int first, int last, int *port) {
    int places = (last - first + 1) / PORT_STEP;
    for (int i = 0; i < places; i++) {
        pthread_mutex_lock(&media->lock);
        *port = first + (int)(media->next_port++ % (unsigned)places) * PORT_STEP;
        pthread_mutex_unlock(&media->lock);
        channel->rtp_fd = bound_socket(address, *port);
        if (channel->rtp_fd < 0)
            continue;
        channel->udptl_fd = bound_socket(address, *port + 2);
        if (channel->udptl_fd >= 0)
            return true;
        close(channel->rtp_fd);
    }
    return false;
}

/* Told once when something comes, and again only when it was all taken. */
static void watch_udptl(fc_media *media, fc_channel *channel) {
    struct epoll_event interest = {.events = EPOLLIN | EPOLLET, .data.ptr = channel};
    epoll_ctl(media->epoll, EPOLL_CTL_ADD, channel->udptl_fd, &interest);
}

unsigned fc_channel_open(fc_core *core, const char *bind_address, int first_port, int last_port,
                         int *rtp_port, int *udptl_port) {
    fc_media *media = core->media;
    fc_channel *channel = fc_zeroed(sizeof *channel);
    int port;
    if (!take_ports(media, channel, bind_address, first_port, last_port, &port)) {
        free(channel);
        return 0;
    }
    *rtp_port = port;
    *udptl_port = port + 2;
    channel->media = media;
    channel->payload_type = -1;
    pthread_mutex_init(&channel->lock, NULL);
    if (getrandom(&channel->ssrc, sizeof channel->ssrc, 0) < 0)
        channel->ssrc = (uint32_t)time(NULL);
    channel->seq = (uint16_t)(channel->ssrc >> 8);
    pthread_mutex_lock(&media->lock);
    channel->id = ++media->next_id;
    unsigned id = channel->id;
    channel->next = media->channels;
    media->channels = channel;
    media->count++;
    watch_udptl(media, channel);
    pthread_cond_signal(&media->changed);
    pthread_mutex_unlock(&media->lock);
    return id;
}

int fc_channel_fax(fc_core *core, unsigned id, const fc_fax_options *options) {
    fc_channel *channel = lock_channel(core->media, id);
    if (!channel)
        return -1;
    fc_fax_hooks hooks = fc_channel_hooks(channel);
    fc_fax_free(channel->fax);
    free(channel->file);
    channel->file = fc_copy(options->file);
    fc_fax_options actual = *options;
    char memory[40];
    bool sends = options->calling && !options->polls;
    if (sends)
        fc_disk_read_ahead(core->disk, options->file);
    else if (channel->memory == 0)
        channel->memory = memfd_create("received", MFD_CLOEXEC);
    if (channel->memory > 0) {
        snprintf(memory, sizeof memory, "/proc/self/fd/%d", channel->memory);
        actual.file = memory;
    }
    channel->fax = fc_fax_new(&actual, &hooks);
    pthread_mutex_unlock(&channel->lock);
    return 0;
}

static bool set_keys(fc_channel *channel, const fc_srtp_keys *keys) {
    if (keys)
        return (channel->srtp = fc_srtp_use(channel->srtp, keys)) != NULL;
    fc_srtp_free(channel->srtp);
    channel->srtp = NULL;
    return true;
}

int fc_channel_audio(fc_core *core, unsigned id, const char *address, int port, int payload_type,
                     int event_type, const fc_srtp_keys *keys) {
    fc_channel *channel = lock_channel(core->media, id);
    if (!channel)
        return -1;
    bool moves = channel->fax && fc_fax_is_t38(channel->fax);
    if (moves && fc_fax_begin_audio(channel->fax) < 0) {
        pthread_mutex_unlock(&channel->lock);
        return -1;
    }
    if (!set_keys(channel, keys)) {
        channel->payload_type = -1;     /* nothing leaves in clear */
        pthread_mutex_unlock(&channel->lock);
        return -1;
    }
    int result = fc_peer_set(&channel->rtp_peer, address, port);
    if (channel->payload_type != payload_type || !channel->rtp) {
        fc_rtp_rx_free(channel->rtp);
        channel->rtp = fc_rtp_rx_new(payload_type);
        channel->payload_type = payload_type;
    }
    fc_rtp_rx_events(channel->rtp, event_type);
    pthread_mutex_unlock(&channel->lock);
    return result;
}

int fc_channel_t38(fc_core *core, unsigned id, const char *address, int port, const fc_t38_options *options) {
    fc_channel *channel = lock_channel(core->media, id);
    if (!channel)
        return -1;
    bool refreshed = channel->udptl && channel->fax && fc_fax_is_t38(channel->fax);
    if (!refreshed && channel->fax && fc_fax_begin_t38(channel->fax, options) < 0) {
        pthread_mutex_unlock(&channel->lock);
        return -1;
    }
    int result = fc_peer_set(&channel->udptl_peer, address, port);
    if (!refreshed) {       /* sequence numbers go on when a peer only repeats what holds already */
        fc_udptl_free(channel->udptl);
        channel->udptl =
            fc_udptl_new(options->max_datagram, options->redundancy, options->fec_span, options->fec_entries);
        if (channel->fax)
            fc_fax_greet_t38(channel->fax);
    }
    pthread_mutex_unlock(&channel->lock);
    return result;
}

int fc_channel_end_fax(fc_core *core, unsigned id) {
    fc_channel *channel = lock_channel(core->media, id);
    if (!channel)
        return -1;
    if (channel->fax)
        fc_fax_terminate(channel->fax);
    pthread_mutex_unlock(&channel->lock);
    return 0;
}

void fc_media_page_is_safe(fc_media *media, unsigned id, bool safe) {
    fc_channel *channel = lock_channel(media, id);
    if (!channel)
        return;
    if (channel->fax)
        fc_fax_page_is_safe(channel->fax, safe);
    pthread_mutex_unlock(&channel->lock);
}

int fc_channel_close(fc_core *core, unsigned id) {
    fc_channel *channel = lock_channel(core->media, id);
    if (!channel)
        return -1;
    channel->closing = true;
    pthread_mutex_unlock(&channel->lock);
    return 0;
}
