/* Signalling: what its thread and those who give it orders share. */

#ifndef FAXGW_SIP_H
#define FAXGW_SIP_H

#define NUA_MAGIC_T struct fc_sip
#define NUA_HMAGIC_T struct fc_call
#define SU_ROOT_MAGIC_T struct fc_sip

#include <sofia-sip/nua.h>

#include "internal.h"

typedef struct fc_call {
    unsigned id;
    nua_handle_t *handle;
    char *sip_call_id;
    bool calling, confirmed;        /* confirmed: a 2xx was seen or sent */
    bool reinvited;                 /* by us */
    bool invited;                   /* an INVITE of the peer waits for our answer */
    bool updated;                   /* and it is an UPDATE: `update` (RFC 3311) */
    nua_saved_event_t update[1];
    bool astray;                    /* sofia-sip asked somebody else: what is answered is not for us */
    bool identified;                /* the last request carried our name and password */
    char *username, *password;      /* NULL: none */
    struct fc_call *next;
} fc_call;

enum order_kind { INVITE, REGISTER, OPTIONS, REINVITE, RESPOND, HANG_UP, FORGET, STOP };

typedef struct order {
    enum order_kind kind;
    unsigned call;
    int status;
    int expires;
    char *uri, *from, *to, *route, *headers, *sip_call_id, *username, *password, *sdp;
    char *supported, *require;
    struct order *next;
} order;

struct fc_sip {
    fc_core *core;
    const fc_settings *settings;    /* until it has started */
    pthread_t thread;
    int order_fd;
    su_root_t *root;
    nua_t *nua;
    const msg_mclass_t *reader;     /* of messages; NULL: sofia-sip's own */
    pthread_mutex_t lock;           /* for all that follows */
    pthread_cond_t changed;
    order *first, **last;
    unsigned next_id;
    int started;                    /* 0 not yet, 1 yes, -1 failed */
    fc_call *calls;                 /* the signalling thread's own */
};

order *fc_order_next(fc_sip *sip);      /* NULL when there is none */
void fc_order_free(order *it);
unsigned fc_sip_new_id(fc_sip *sip);

/* sip_say.c: what the signalling thread says, in the name of a call. */
fc_call *fc_call_add(fc_sip *sip, unsigned id, nua_handle_t *handle, bool calling);
void fc_call_forget(fc_sip *sip, unsigned id);
void fc_call_carry_out(fc_sip *sip, const order *it);
bool fc_call_identify(fc_call *call, int status, const sip_t *sip);     /* false: no password would help */
fc_event *fc_call_event(fc_call *call, int kind, int status, const char *phrase, const sip_t *sip);

/* sip_request.c: who calls whom, out of a request that has From, To and Call-ID. */
void fc_event_take_parties(fc_event *event, const sip_t *sip);
/* The status that an INVITE or UPDATE must be refused with, or 0. */
int fc_request_fault(const sip_t *sip, bool begins_call);

/* sip_names.c: in the signalling thread, before it uses TLS. */
void fc_names_set_up(void);

/* sip_refused.c: how messages are read in the signalling thread, for NTATAG_MCLASS; NULL: as sofia-sip does. */
const msg_mclass_t *fc_refused_set_up(const fc_sip *sip);

/* sip_digest.c: who we are, for who asks. */
void fc_digest_set_up(void);
bool fc_digest_knows(const msg_auth_t *challenge);      /* it can be answered */
/* For NUTAG_AUTH: to whoever asks in the name of that realm. To be freed. */
char *fc_digest_credentials(const msg_auth_t *challenge, const char *username, const char *password);

#endif
