/* Bare spandsp as a yardstick: N faxes between sessions of spandsp in one thread, and nothing of ours.
 *
 *   bare t38|audio memory|udp N STAGGER_S FAX SPOOL
 *
 * memory: samples or IFP packets are handed from one session to the other, as fast as it goes.
 * udp: on a clock of 20 ms, over a pair of connected UDP sockets on loopback for each fax: A-law with an RTP header
 *      (audio), or IFP packets behind a sequence number without redundancy (T.38). sendto and recvfrom, no epoll.
 * In both, pages are read from the TIFF file FAX and written to TIFF files in SPOOL, with ECM, as our calls do.
 *
 * Prints one line of JSON. CPU is user and system of the loop, per second of call and session.
 */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <spandsp.h>

enum { SAMPLES = 160, TICK_NS = 20000000, LONGEST_TICKS = 50 * 300, HEADER = 12, LATENESS_US = 200000 };

typedef struct session {
    fax_state_t *audio;
    t38_terminal_state_t *t38;
    struct session *peer;
    int fd;
    bool done;
    int pages, first_tick, last_tick;
    uint16_t seq;
} session;

static bool over_udp;
static int now_tick;
static unsigned lateness[LATENESS_US + 1];

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int send_ifp(t38_core_state_t *core, void *user, const uint8_t *ifp, int size, int copies) {
    session *self = user;
    uint8_t datagram[1500];
    (void)core;
    if (!over_udp) {
        t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(self->peer->t38), ifp, size, self->seq++);
        return 0;
    }
    memcpy(datagram, &self->seq, sizeof self->seq);
    memcpy(datagram + sizeof self->seq, ifp, (size_t)size);
    self->seq++;
    for (int i = 0; i < copies; i++)
        send(self->fd, datagram, (size_t)size + sizeof self->seq, MSG_DONTWAIT);
    return 0;
}

static void phase_e(t30_state_t *t30, void *user, int result) {
    session *self = user;
    t30_stats_t facts;
    t30_get_transfer_statistics(t30, &facts);
    self->done = true;
    self->last_tick = now_tick;
    self->pages = result != T30_ERR_OK ? 0 : facts.pages_rx > facts.pages_tx ? facts.pages_rx : facts.pages_tx;
}

static void begin(session *self, bool t38, bool calling, const char *file) {
    if (t38)
        self->t38 = t38_terminal_init(NULL, calling, send_ifp, self);
    else
        self->audio = fax_init(NULL, calling);
    t30_state_t *t30 = t38 ? t38_terminal_get_t30_state(self->t38) : fax_get_t30_state(self->audio);
    if (self->audio)
        fax_set_transmit_on_idle(self->audio, true);
    t30_set_tx_ident(t30, calling ? "calling" : "called");
    t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
    t30_set_ecm_capability(t30, true);
    t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION
                                            | T30_SUPPORT_T6_COMPRESSION);
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    if (calling)
        t30_set_tx_file(t30, file, -1, -1);
    else
        t30_set_rx_file(t30, file, -1);
    t30_set_phase_e_handler(t30, phase_e, self);
}

static void take_datagrams(session *self) {
    uint8_t bytes[1500];
    int16_t samples[SAMPLES];
    ssize_t size;
    while ((size = recv(self->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        if (self->t38) {
            uint16_t seq;
            memcpy(&seq, bytes, sizeof seq);
            t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(self->t38), bytes + sizeof seq,
                                   (int)size - (int)sizeof seq, seq);
            continue;
        }
        for (int i = 0; i < SAMPLES; i++)
            samples[i] = alaw_to_linear(bytes[HEADER + i]);
        fax_rx(self->audio, samples, SAMPLES);
    }
}

static void speak(session *self) {
    uint8_t packet[HEADER + SAMPLES] = {0x80, 8};
    int16_t samples[SAMPLES] = {0};
    fax_tx(self->audio, samples, SAMPLES);
    if (!over_udp) {
        fax_rx(self->peer->audio, samples, SAMPLES);
        return;
    }
    for (int i = 0; i < SAMPLES; i++)
        packet[HEADER + i] = linear_to_alaw(samples[i]);
    send(self->fd, packet, sizeof packet, MSG_DONTWAIT);
}

static void tick(session *self) {
    if (over_udp)
        take_datagrams(self);
    if (self->t38)
        t38_terminal_send_timeout(self->t38, SAMPLES);
    else
        speak(self);
}

static void connect_pair(session *a, session *b) {
    struct sockaddr_in at[2] = {{0}, {0}};
    session *ends[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        socklen_t size = sizeof at[i];
        at[i].sin_family = AF_INET;
        at[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ends[i]->fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (ends[i]->fd < 0 || bind(ends[i]->fd, (struct sockaddr *)&at[i], size) < 0)
            exit(2);
        getsockname(ends[i]->fd, (struct sockaddr *)&at[i], &size);
    }
    for (int i = 0; i < 2; i++)
        if (connect(ends[i]->fd, (struct sockaddr *)&at[1 - i], sizeof at[i]) < 0)
            exit(2);
}

/* Sleeps until the tick is due. */
static void wait_for(int64_t due) {
    struct timespec until = {due / 1000000000, due % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    int64_t late = (now_ns() - due) / 1000;
    lateness[late < 0 ? 0 : late > LATENESS_US ? LATENESS_US : late]++;
}

/* Microseconds: of all ticks, that many in a thousand were not later. */
static int lateness_of(int per_mille) {
    unsigned long all = 0, seen = 0;
    for (int i = 0; i <= LATENESS_US; i++)
        all += lateness[i];
    for (int i = 0; i <= LATENESS_US; i++)
        if ((seen += lateness[i]) * 1000 >= all * (unsigned)per_mille)
            return i;
    return 0;
}

int main(int count, char **words) {
    if (count != 7)
        return 2;
    bool t38 = strcmp(words[1], "t38") == 0;
    over_udp = strcmp(words[2], "udp") == 0;
    int faxes = atoi(words[3]), stagger = (int)(atof(words[4]) * 50), sessions = 2 * faxes;
    session *all = calloc((size_t)sessions, sizeof *all);
    int left = sessions, begun = 0, whole = 0;
    double ticks = 0, before = cpu_s();
    int64_t began = now_ns();
    for (; left > 0 && now_tick < LONGEST_TICKS; now_tick++) {
        for (; begun < faxes && now_tick >= stagger * begun / faxes; begun++) {
            session *pair = &all[2 * begun];
            char file[4096];
            snprintf(file, sizeof file, "%s/%d.tif", words[6], begun);
            if (over_udp)
                connect_pair(&pair[0], &pair[1]);
            for (int i = 0; i < 2; i++) {
                pair[i].peer = &pair[1 - i];
                pair[i].first_tick = now_tick;
                begin(&pair[i], t38, i == 0, i == 0 ? words[5] : file);
            }
        }
        if (over_udp)
            wait_for(began + (int64_t)now_tick * TICK_NS);
        left = sessions - 2 * begun;
        for (int i = 0; i < 2 * begun; i++) {
            if (all[i].done && all[i ^ 1].done)
                continue;
            tick(&all[i]);
            left++;
        }
    }
    double cpu = cpu_s() - before;
    for (int i = 0; i < sessions; i++)
        ticks += (all[i].done ? all[i].last_tick : now_tick) - all[i].first_tick;
    for (int i = 0; i < sessions; i += 2)
        whole += all[i].pages > 0 && all[i].pages == all[i + 1].pages;
    printf("{\"faxes\": %d, \"whole\": %d, \"cpu_ms_per_s\": %.4f, \"call_s\": %.2f, "
           "\"lateness_us\": [%d, %d, %d]}\n",
           faxes, whole, cpu * 1000 / (ticks * 0.02), ticks * 0.02 / sessions,
           lateness_of(500), lateness_of(990), lateness_of(999));
    return 0;
}
