/* The whole C surface of the fax core, on one page. Python reads this file (cffi): keep it plain.
 *
 * Three threads live behind it: signalling (sofia-sip), media (one 20 ms clock for all channels) and disk
 * (fsync of received pages). Events come out of one queue, announced by one file descriptor. Every function
 * may be called from any thread, returns at once, and never calls back.
 *
 * Ids of calls and channels are never used twice within one core. A function given an id that is gone
 * does nothing and returns -1.
 */

typedef struct fc_core fc_core;

enum fc_event_kind {
    FC_INVITE = 1,      /* a call comes in: sdp, from_user, from_name, to_user, request_user, sip_call_id, source,
                           asserted, diversion; status: what it must be refused with, or 0 */
    FC_REINVITE,        /* the peer wants other media: sdp; status: likewise */
    FC_PROVISIONAL,     /* 1xx to our INVITE: status, text, sdp, to_tag */
    FC_ACCEPTED,        /* 2xx to our (re-)INVITE: status, sdp, to_tag */
    FC_REFUSED,         /* 3xx to 6xx to our (re-)INVITE: status (0: nobody said it), text, cause, retry_after, contact
                           of a 3xx */
    FC_ACKED,           /* the peer has our 2xx: sdp of a late answer */
    FC_BYE,             /* the peer ended the call: cause, text */
    FC_CANCELLED,       /* the peer gave up before we answered */
    FC_TERMINATED,      /* nothing is left of the call */
    FC_TONE,            /* fax tones were heard: status 1 = CNG, 2 = CED, 3 = V.21 preamble */
    FC_NEGOTIATED,      /* T.30 phase B is over: bit_rate, ecm, encoding, remote_id, sub_address, sends */
    FC_PAGE,            /* a page was confirmed: page, width, rows, bad_rows, bit_rate, y_dpi, sends */
    FC_FAX_DONE,        /* the T.30 session is over: status = T30_ERR_*, text, page, bit_rate, ecm, encoding, remote_id,
                           sends */
    FC_STOPPED,         /* the last event */
    FC_REGISTERED,      /* an answer to our REGISTER, also to its refreshing: status (0: nobody said it), text, source */
    FC_ALIVE,           /* an answer to our OPTIONS: status (0: nobody said it), text, source */
    FC_REFRESH          /* the session must be refreshed by a re-INVITE: the peer knows no UPDATE */
};

typedef struct fc_event {
    int kind;
    unsigned id;        /* of the call, or of the channel for FC_TONE and what follows it */
    int status;
    int cause;          /* Q.850, 0 when unknown */
    int retry_after;    /* seconds until we may call again (RFC 3261 20.33); 0: nothing was said */
    int page, width, rows, bad_rows, bit_rate, y_dpi, ecm, encoding;
    int sends;          /* 1: the pages go from us to the far end */
    char *text;
    char *sdp;
    char *boundary;     /* between the parts of `sdp`, as it stands, when it has several; else NULL */
    char *from_user, *from_name, *to_user, *request_user, *sip_call_id;
    char *source;       /* address:port the request came from */
    char *to_tag;       /* which branch of a fork says it */
    char *contact;      /* the first URI that the peer redirects to */
    char *asserted;     /* the first P-Asserted-Identity (RFC 3325), as it stands */
    char *diversion;    /* the first Diversion (RFC 5806), as it stands */
    char *remote_id;
    char *sub_address;  /* the digits that the caller says behind our number (SUB, T.30 5.3.6.2.7), or which document
                           he polls (SEP); else those heard as tones */
    struct fc_event *next;
} fc_event;

/* A document that callers may poll. */
typedef struct fc_offer {
    const char *file;       /* TIFF */
    const char *sub_address; /* it is for who asks for this one (SEP, T.30 5.3.6.1.2); NULL or "": for who names none */
    const char *password;   /* demanded of who polls it (PWD); NULL or "": none */
} fc_offer;

typedef struct fc_fax_options {
    int calling;            /* 1: we dialled, and send pages unless we poll; 0: we answered, and receive */
    const char *file;       /* TIFF to read (sending) or to write (receiving) */
    const char *narrow;     /* calling: the same pages, none wider than A4, for a machine that knows no wider ones
                               than that; NULL or "": there are no wider ones */
    int polls;              /* calling: the pages come from the far end, into `file` (T.30 5.3.6.1.2, DTC) */
    const fc_offer *offers; /* called: what may be polled */
    int offer_count;
    const char *password;   /* polling: said (PWD); NULL or "": none */
    int first_page;         /* 0 is the first page of the file */
    const char *local_id;   /* TSI or CSI */
    const char *sub_address; /* calling: who behind the machine gets the fax (SUB), or which document is polled
                                (SEP); NULL or "": none is named */
    const char *tones;      /* calling: digits and "," (2 s) to be dialled after the answer, in audio; NULL: none */
    int wanted_digits, digits_wait_ms; /* called: so many digits are waited for that long before we answer as a fax */
    int ecm;
    int max_bit_rate;       /* 14400, 12000, 9600, 7200, 4800, 2400 */
    int wants_tones;        /* report FC_TONE */
    int finest;             /* lines per inch that the machine knows: 98, 196 or 391; 0: the most */
    int only_a4;            /* the machine knows no wider pages */
} fc_fax_options;

typedef struct fc_t38_options {
    int max_datagram;       /* the peer's T38FaxMaxDatagram, 0 when unknown */
    int redundancy;         /* secondary packets per datagram, 0 to 7 */
    int fec_span, fec_entries; /* when both are set FEC is sent instead */
    int fill_bit_removal;
    int version;            /* T38FaxVersion */
} fc_t38_options;

/* SRTP (RFC 3711) by AES-CM and HMAC-SHA1: a key is 16 bytes, and 14 of salt. */
typedef struct fc_srtp_keys {
    int tag_bytes;          /* 10 or 4 */
    const unsigned char *ours, *theirs;
} fc_srtp_keys;

typedef struct fc_statistics {
    unsigned long long ticks, late_ticks, worst_lateness_us;
    unsigned long long rtp_in, rtp_out, rtp_lost, rtp_bad;
    unsigned long long srtp_bad;    /* of rtp_bad: with a wrong tag, or for the second time */
    unsigned long long udptl_in, udptl_out, udptl_recovered, udptl_lost, udptl_bad;
    unsigned channels;
    /* Of all wake-ups of the media thread, 500, 990 and 999 in a thousand were not later than this; 25 % exact. */
    unsigned lateness_p50_us, lateness_p99_us, lateness_p999_us;
} fc_statistics;

typedef struct fc_settings {
    const char *sip_url;        /* like "sip:127.0.0.1:5060": UDP and TCP */
    const char *tls_url;        /* like "sips:127.0.0.1:5061"; NULL: no TLS */
    const char *tls_folder;     /* agent.pem (key and certificate) and cafile.pem; read at the start only */
    int tls_verify;             /* 1: a peer without a certificate for its name is not talked to */
    const char *user_agent;
    const char *resolv_conf;    /* the file that names the name servers; NULL: /etc/resolv.conf */
} fc_settings;

/* The core. NULL with a sentence in `error` when it cannot start. */
fc_core *fc_start(const fc_settings *settings, char *error, int error_size);
void fc_stop(fc_core *core);            /* asks; FC_STOPPED is the last event */
void fc_free(fc_core *core);            /* after FC_STOPPED */
int fc_event_fd(fc_core *core);         /* readable while events wait */
fc_event *fc_next_event(fc_core *core); /* NULL when there is none; give it back with fc_event_free */
void fc_event_free(fc_event *event);
void fc_get_statistics(fc_core *core, fc_statistics *out);
const char *fc_versions(void);
const char *fc_t30_result_text(int result);    /* of FC_FAX_DONE's status, in words */

/* What a request that begins something says. NULL and 0 leave out what they stand for. */
typedef struct fc_request {
    const char *uri;            /* Request-URI */
    const char *from, *to;
    const char *route;          /* outbound proxy, in angle brackets */
    const char *headers;        /* further header lines, with CRLF between them */
    const char *sip_call_id;
    const char *username, *password;    /* for who asks for them (digest) */
    const char *supported, *require;    /* option tags, with commas between them */
    const char *sdp;
    int expires;                /* seconds: of REGISTER, or of the session timer of INVITE (RFC 4028) */
} fc_request;

/* Signalling. Results arrive as events with the id that is returned here. */
unsigned fc_invite(fc_core *core, const fc_request *request);
unsigned fc_register(fc_core *core, const fc_request *request);    /* and again before it expires */
unsigned fc_options(fc_core *core, const fc_request *request);
int fc_reinvite(fc_core *core, unsigned call, const char *sdp);
int fc_respond(fc_core *core, unsigned call, int status, const char *sdp);
int fc_hang_up(fc_core *core, unsigned call);   /* CANCEL, BYE or a refusal, whichever fits */
int fc_forget(fc_core *core, unsigned call);    /* after FC_TERMINATED, FC_ALIVE, a failed FC_REGISTERED */

/* Media. A channel has one port for RTP and one for UDPTL; 0 when no port is free. */
unsigned fc_channel_open(fc_core *core, const char *bind_address, int first_port, int last_port,
                         int *rtp_port, int *udptl_port);
int fc_channel_fax(fc_core *core, unsigned channel, const fc_fax_options *options);
int fc_channel_audio(fc_core *core, unsigned channel, const char *address, int port, int payload_type,
                     int event_type,    /* of telephone events, or -1 */
                     const fc_srtp_keys *keys);     /* NULL: RTP in clear */
int fc_channel_t38(fc_core *core, unsigned channel, const char *address, int port, const fc_t38_options *options);
int fc_channel_end_fax(fc_core *core, unsigned channel);   /* ends T.30 as if the line dropped: FC_FAX_DONE */
int fc_channel_close(fc_core *core, unsigned channel);

/* Packets, without sockets: for tests and fuzzers. */
typedef struct fc_rtp_rx fc_rtp_rx;
fc_rtp_rx *fc_rtp_rx_new(int payload_type);
void fc_rtp_rx_free(fc_rtp_rx *rx);
int fc_rtp_rx_push(fc_rtp_rx *rx, const unsigned char *packet, int size);  /* 0, or -1: not RTP for us */
void fc_rtp_rx_events(fc_rtp_rx *rx, int payload_type);  /* of telephone events (RFC 4733); -1: none */
char fc_rtp_rx_digit(fc_rtp_rx *rx);                     /* that came as an event and was not asked for yet, or 0 */
void fc_rtp_rx_tick(fc_rtp_rx *rx);                                         /* 20 ms went by */
/* The next thing in order: > 0 samples in `payload`, < 0 that many samples missing, 0 nothing yet. */
int fc_rtp_rx_pop(fc_rtp_rx *rx, unsigned char *payload, int room);

typedef struct fc_udptl fc_udptl;
fc_udptl *fc_udptl_new(int max_datagram, int redundancy, int fec_span, int fec_entries);
void fc_udptl_free(fc_udptl *udptl);
int fc_udptl_build(fc_udptl *udptl, const unsigned char *ifp, int size, unsigned char *datagram, int room);
int fc_udptl_receive(fc_udptl *udptl, const unsigned char *datagram, int size); /* packets now waiting, or -1 */
/* The next IFP in order: its size, or -1. `seq` is its sequence number. */
int fc_udptl_next(fc_udptl *udptl, unsigned char *ifp, int room, int *seq);

/* Two fax machines back to back, with real packets but without a network, faster than real time: for tests and
 * measurements. G.711 is A-law, 20 ms a packet.
 * Returns 0 when both ended. */
typedef struct fc_pair_result {
    int sender_status, receiver_status;     /* T30_ERR_*, or -1: not ended in time */
    int pages_sent, pages_received;         /* confirmed to the sender; stored by the receiver */
    int call_ms;                            /* of the call, not of this function */
    int bit_rate, ecm, encoding, bad_rows;  /* of the last page, as the receiver saw it */
} fc_pair_result;

typedef struct fc_pair_line {
    int t38;
    int loss_per_mille, burst;              /* of packets, so many in a row; a burst of 0 is 1 */
    unsigned seed;                          /* the same losses at every run */
    int jitter_ms;                          /* each packet is late by up to this, so that they overtake each other */
    int redundancy, fec_span, fec_entries;  /* of UDPTL, as in fc_t38_options */
} fc_pair_line;

int fc_fax_pair(const fc_fax_options *sender, const fc_fax_options *receiver, const fc_pair_line *line,
                int max_seconds, fc_pair_result *result);

/* One fax machine on T.38 whose far end, and clock, are the caller: for tests of T.30 procedures. */
typedef struct fc_lone fc_lone;
fc_lone *fc_lone_new(const fc_fax_options *options);
void fc_lone_free(fc_lone *lone);
void fc_lone_tick(fc_lone *lone);                                           /* 20 ms go by */
void fc_lone_hear(fc_lone *lone, const unsigned char *ifp, int size);       /* the next IFP of the far end */
int fc_lone_said(fc_lone *lone, unsigned char *ifp, int room);              /* its next IFP: the size, or -1 */
fc_event *fc_lone_event(fc_lone *lone);                                     /* NULL when there is none */
