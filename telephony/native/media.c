/* The media thread: one 20 ms clock for all channels.
 *
 * The thread sleeps until the next tick, learns which UDPTL sockets have something (epoll), and runs every
 * channel: it takes in what waits, and hears and speaks for 20 ms. All that is done for a channel in a tick is
 * done together, as with hundreds of them memory is what a tick waits for. The thread sleeps for good while
 * there is no channel. Channels are removed by this thread alone, so that it may walk the list without holding
 * its lock.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

enum {
    EVENTS = 256,
    MOST_TICKS_AT_ONCE = 25,    /* after a longer standstill time goes on where it stood: see run() */
    RESTS_FOR = 2,
    BEFORE_OTHERS = -11
};

/* ---- how late it wakes up ---------------------------------------------------------------------------- */

static int lateness_class(uint64_t us) {
    if (us < 4)
        return (int)us;
    int power = 63 - __builtin_clzll(us);
    int class = 4 * (power - 1) + (int)(us >> (power - 2) & 3);
    return class < FC_LATENESS_CLASSES ? class : FC_LATENESS_CLASSES - 1;
}

/* The longest that belongs to the class, in microseconds. */
static unsigned end_of_class(int class) {
    return class < 4 ? (unsigned)class : ((5u + (unsigned)class % 4) << (class / 4 - 1)) - 1;
}

static unsigned lateness_of(const fc_counters *counters, unsigned per_mille) {
    unsigned long long all = 0, seen = 0;
    int class = 0;
    for (int i = 0; i < FC_LATENESS_CLASSES; i++)
        all += counters->lateness[i];
    while (class < FC_LATENESS_CLASSES - 1 && (seen += counters->lateness[class]) * 1000 < all * per_mille)
        class++;
    return all ? end_of_class(class) : 0;
}

static void note_lateness(fc_media *media, int64_t late_ns) {
    fc_counters *counters = &media->counters;
    unsigned long long late_us = (unsigned long long)(late_ns / 1000);
    counters->lateness[lateness_class(late_us)]++;
    counters->ticks++;
    if (late_ns > FC_TICK_NS)
        counters->late_ticks++;
    if (late_us > counters->worst_lateness_us)
        counters->worst_lateness_us = late_us;
}

/* ---- the thread -------------------------------------------------------------------------------------- */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void learn_who_waits(fc_media *media) {
    struct epoll_event ready[EVENTS];
    int found;
    do {
        found = epoll_wait(media->epoll, ready, EVENTS, 0);
        for (int i = 0; i < found; i++)
            ((fc_channel *)ready[i].data.ptr)->udptl_waits = true;
    } while (found == EVENTS);
}

static void remove_closed(fc_media *media) {
    fc_channel *closed = NULL;
    pthread_mutex_lock(&media->lock);
    for (fc_channel **at = &media->channels; *at;) {
        fc_channel *channel = *at;
        if (!channel->closing) {
            at = &channel->next;
            continue;
        }
        *at = channel->next;
        channel->next = closed;
        closed = channel;
        media->count--;
    }
    pthread_mutex_unlock(&media->lock);
    while (closed) {
        fc_channel *next = closed->next;
        pthread_mutex_lock(&closed->lock);      /* whoever still holds it lets go first */
        pthread_mutex_unlock(&closed->lock);
        fc_channel_free(closed);
        closed = next;
    }
}

static void tick_all(fc_media *media, int ticks) {
    bool any_closed = false;
    pthread_mutex_lock(&media->lock);
    fc_channel *channel = media->channels;
    pthread_mutex_unlock(&media->lock);
    for (; channel; channel = channel->next) {
        channel->owed_ticks += ticks;
        if (channel->may_rest && !channel->udptl_waits && channel->owed_ticks < RESTS_FOR)
            continue;
        pthread_mutex_lock(&channel->lock);
        if (!channel->closing)
            fc_channel_run(channel);
        any_closed |= channel->closing;
        pthread_mutex_unlock(&channel->lock);
    }
    if (any_closed)
        remove_closed(media);
}

/* False when it is time to stop. */
static bool wait_for_channels(fc_media *media) {
    pthread_mutex_lock(&media->lock);
    while (!media->channels && !media->stopping)
        pthread_cond_wait(&media->changed, &media->lock);
    bool goes_on = !media->stopping;
    pthread_mutex_unlock(&media->lock);
    return goes_on;
}

/* When the machine stood still for long, what a call missed is not made up for at once: in the middle of a page that
 * would be seconds of signals in a moment, and of silence, at which the timers of T.30 run out. */
static void *run(void *user) {
    fc_media *media = user;
    int64_t next = 0;
    pthread_setname_np(pthread_self(), "fax media");
    setpriority(PRIO_PROCESS, 0, BEFORE_OTHERS);   /* of this thread; no harm where it is forbidden */
    while (wait_for_channels(media)) {
        int64_t now = now_ns();
        if (next == 0 || now - next > FC_TICK_NS * MOST_TICKS_AT_ONCE)
            next = now;
        else if (now < next) {
            struct timespec until = {next / 1000000000, next % 1000000000};
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
            now = now_ns();
        }
        note_lateness(media, now - next);
        if (now - next > FC_TICK_NS * MOST_TICKS_AT_ONCE)
            next = now;     /* it stood still while this thread slept */
        int ticks = (int)((now - next) / FC_TICK_NS) + 1;
        next += ticks * FC_TICK_NS;
        learn_who_waits(media);
        tick_all(media, ticks);
    }
    return NULL;
}

fc_media *fc_media_start(fc_core *core, char *error, int error_size) {
    fc_media *media = fc_zeroed(sizeof *media);
    media->core = core;
    /* Elsewhere than the last time: whoever still sends to a call of that time shall not meet one of this. */
    if (getrandom(&media->next_port, sizeof media->next_port, 0) < 0)
        media->next_port = (unsigned)time(NULL);
    media->epoll = epoll_create1(EPOLL_CLOEXEC);
    pthread_mutex_init(&media->lock, NULL);
    pthread_cond_init(&media->changed, NULL);
    if (media->epoll < 0 || !fc_thread(&media->thread, run, media)) {
        snprintf(error, (size_t)error_size, "the media thread cannot start: %s", strerror(errno));
        if (media->epoll >= 0)
            close(media->epoll);
        free(media);
        return NULL;
    }
    return media;
}

void fc_media_stop(fc_media *media) {
    pthread_mutex_lock(&media->lock);
    media->stopping = true;
    for (fc_channel *channel = media->channels; channel; channel = channel->next)
        channel->closing = true;
    pthread_cond_signal(&media->changed);
    pthread_mutex_unlock(&media->lock);
    pthread_join(media->thread, NULL);
}

void fc_media_free(fc_media *media) {
    remove_closed(media);
    close(media->epoll);
    pthread_cond_destroy(&media->changed);
    pthread_mutex_destroy(&media->lock);
    free(media);
}

void fc_get_statistics(fc_core *core, fc_statistics *out) {
    fc_counters *counters = &core->media->counters;
    *out = (fc_statistics){
        counters->ticks, counters->late_ticks, counters->worst_lateness_us,
        counters->rtp_in, counters->rtp_out, counters->rtp_lost, counters->rtp_bad,
        counters->srtp_bad,
        counters->udptl_in, counters->udptl_out, counters->udptl_recovered, counters->udptl_lost, counters->udptl_bad,
        core->media->count, lateness_of(counters, 500), lateness_of(counters, 990), lateness_of(counters, 999),
    };
}
