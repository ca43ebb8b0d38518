/* What the C files of the fax core share. Not for Python. */

#ifndef FAXGW_INTERNAL_H
#define FAXGW_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <stdatomic.h>
#include <netinet/in.h>

#include "faxcore.h"

#define FC_TICK_SAMPLES 160      /* 20 ms at 8000 samples a second */
#define FC_TICK_NS 20000000L
#define FC_DATAGRAM_ROOM 1500
#define FC_IFP_ROOM 1400         /* our T38FaxMaxDatagram: what we promise to take */

/* ---- core.c: events ---------------------------------------------------------------------------------- */

fc_event *fc_event_new(int kind, unsigned id);
void fc_post(fc_core *core, fc_event *event);          /* takes the event over */
char *fc_copy(const char *text);                       /* NULL stays NULL; ends the program without memory */
void *fc_zeroed(size_t size);
bool fc_thread(pthread_t *thread, void *(*run)(void *), void *user);    /* no signal is delivered to it */
unsigned fc_file_errors(void);                         /* what libtiff failed to write or read, in this thread */

/* ---- fax.c: one T.30 session over either medium ------------------------------------------------------- */

typedef struct fc_fax fc_fax;
typedef struct fc_fax_hooks {
    void (*event)(void *user, fc_event *event);        /* FC_TONE, FC_NEGOTIATED, FC_PAGE (sending), FC_FAX_DONE */
    void (*page_received)(void *user, fc_event *page); /* must be on disk before fc_fax_page_is_safe */
    void (*ifp)(void *user, const uint8_t *ifp, int size, int copies);
    void *user;
} fc_fax_hooks;

fc_fax *fc_fax_new(const fc_fax_options *options, const fc_fax_hooks *hooks);
void fc_fax_free(fc_fax *fax);
void fc_fax_hear(fc_fax *fax, int16_t *samples, int count);
void fc_fax_hear_quiet(fc_fax *fax, int count);        /* that many samples without a signal in them */
/* That many samples were lost. The last 20 ms are heard again: whole cycles of every carrier and whole symbols of
 * every modem of T.30, so that a receiver stays in step and loses only what was in the gap. */
void fc_fax_hear_gap(fc_fax *fax, int count);
void fc_fax_hear_digit(fc_fax *fax, char digit);        /* that came as an event (RFC 4733) */
void fc_fax_speak(fc_fax *fax, int16_t *samples, int count);
int fc_fax_begin_t38(fc_fax *fax, const fc_t38_options *options);
int fc_fax_begin_audio(fc_fax *fax);                   /* both: -1 when it is too late to start over */
bool fc_fax_is_t38(const fc_fax *fax);
void fc_fax_greet_t38(fc_fax *fax);
void fc_fax_forget_peer(fc_fax *fax);
void fc_fax_take_ifp(fc_fax *fax, const uint8_t *ifp, int size, uint16_t seq);
void fc_fax_t38_time(fc_fax *fax, int samples);
void fc_fax_page_is_safe(fc_fax *fax, bool safe);      /* safe = false: it could not be stored, so give up */
void fc_fax_terminate(fc_fax *fax);
bool fc_fax_is_done(const fc_fax *fax);

/* ---- media.c ------------------------------------------------------------------------------------------ */

typedef struct fc_media fc_media;
fc_media *fc_media_start(fc_core *core, char *error, int error_size);
void fc_media_stop(fc_media *media);                   /* the thread is gone, its channels are still there */
void fc_media_free(fc_media *media);
void fc_media_page_is_safe(fc_media *media, unsigned channel, bool safe);

/* ---- disk.c ------------------------------------------------------------------------------------------- */

typedef struct fc_disk fc_disk;
fc_disk *fc_disk_start(fc_core *core);
void fc_disk_stop(fc_disk *disk);
void fc_disk_read_ahead(fc_disk *disk, const char *file);
/* `file` has what `memory` has, on disk; then the page is posted. `memory` may be closed meanwhile. */
void fc_disk_sync(fc_disk *disk, const char *file, int memory, fc_event *page);

/* ---- sip.c -------------------------------------------------------------------------------------------- */

typedef struct fc_sip fc_sip;
fc_sip *fc_sip_start(fc_core *core, const fc_settings *settings, char *error, int error_size);
void fc_sip_stop(fc_sip *sip);      /* FC_STOPPED follows */
void fc_sip_join(fc_sip *sip);

struct fc_core {
    fc_sip *sip;
    fc_media *media;
    fc_disk *disk;
    int event_fd;
    pthread_mutex_t event_lock;
    fc_event *first_event, **last_event;
};

/* ---- rtp.c -------------------------------------------------------------------------------------------- */

#define FC_RTP_HEADER 12
void fc_rtp_header(uint8_t *packet, int payload_type, uint16_t seq, uint32_t timestamp, uint32_t ssrc);
unsigned fc_rtp_rx_lost(const fc_rtp_rx *rx);

/* ---- srtp.c ------------------------------------------------------------------------------------------- */

#define FC_SRTP_KEY 30
#define FC_SRTP_TAG 10           /* bytes that a packet grows by, at most */
typedef struct fc_srtp fc_srtp;
/* `srtp` (NULL: a new one) with these keys, or NULL, and then it is gone. Where a key is the same it goes on counting. */
fc_srtp *fc_srtp_use(fc_srtp *srtp, const fc_srtp_keys *keys);
void fc_srtp_free(fc_srtp *srtp);
int fc_srtp_open(fc_srtp *srtp, uint8_t *packet, int size);     /* the size of the RTP packet, or -1: not from the peer */
int fc_srtp_seal(fc_srtp *srtp, uint8_t *packet, int size);     /* the size with its tag, or -1 */

/* ---- udptl.c ------------------------------------------------------------------------------------------ */

bool fc_udptl_is_whole(const uint8_t *datagram, int size);
void fc_udptl_forget_peer(fc_udptl *udptl);            /* what comes next is a new stream */
unsigned fc_udptl_recovered(const fc_udptl *udptl);
unsigned fc_udptl_lost(const fc_udptl *udptl);

#endif
