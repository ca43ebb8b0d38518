/* Signalling: sofia-sip's user agent in one thread, with its media switched off: the SDP is ours.
 *
 * Other threads hand in orders; the thread carries them out and posts events. A call is known by its number.
 * What a call may do next is decided in telephony/call/session.py, not here.
 */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>


/* ---- what the network says --------------------------------------------------------------------------- */

static char *source_of(nua_t *nua) {
    msg_t *message = nua_current_request(nua);
    char host[80] = "", text[112];
    if (!message)
        return fc_copy("");
    su_sockaddr_t *from = msg_addr(message);
    su_inet_ntop(from->su_family, SU_ADDR(from), host, sizeof host);
    snprintf(text, sizeof text, "%s:%u", host, ntohs(from->su_port));
    return fc_copy(text);
}

static void on_invite(fc_sip *self, nua_handle_t *handle, fc_call *call, const sip_t *sip) {
    bool first = call == NULL;
    if (first) {
        call = fc_call_add(self, fc_sip_new_id(self), handle, false);
        call->sip_call_id = fc_copy(sip->sip_call_id->i_id);
        nua_handle_bind(handle, call);
    }
    call->invited = true;
    fc_event *event = fc_call_event(call, first ? FC_INVITE : FC_REINVITE, fc_request_fault(sip, first), NULL, sip);
    fc_event_take_parties(event, sip);
    event->source = source_of(self->nua);
    fc_post(self->core, event);
}

/* An UPDATE (RFC 3311 5.2): one with an offer is for us the same as a re-INVITE. */
static void on_update(fc_sip *self, fc_call *call, const sip_t *sip) {
    bool has_offer = sip && sip->sip_payload;
    if (!has_offer) {       /* the session is refreshed, and nothing else */
        nua_respond(call->handle, SIP_200_OK, NUTAG_WITH_CURRENT(self->nua), TAG_END());
        return;
    }
    if (call->invited || !nua_save_event(self->nua, call->update)) {
        nua_respond(call->handle, SIP_500_INTERNAL_SERVER_ERROR, NUTAG_WITH_CURRENT(self->nua), TAG_END());
        return;
    }
    call->invited = call->updated = true;
    fc_post(self->core, fc_call_event(call, FC_REINVITE, fc_request_fault(sip, false), NULL, sip));
}

/* sofia-sip 1.12.11 follows a 305 to wherever it points, and hands it on as a 100 when it has. */
static bool is_led_astray(int status, const sip_t *sip) {
    return status == 100 && sip && sip->sip_status && sip->sip_status->st_status == 305;
}

static void come_back(fc_sip *self, fc_call *call, int kind) {
    fc_event *event = fc_call_event(call, kind, SIP_305_USE_PROXY, NULL);
    call->astray = true;
    fc_post(self->core, event);
    if (kind != FC_REFUSED)
        return;
    nua_cancel(call->handle, TAG_END());
    fc_post(self->core, fc_call_event(call, FC_TERMINATED, 0, NULL, NULL));
}

static int retry_after_of(const sip_t *sip) {
    sip_time_t delay = sip && sip->sip_retry_after ? sip->sip_retry_after->af_delta : 0;
    return delay < INT_MAX ? (int)delay : INT_MAX;
}

static char *contact_of(const sip_t *sip) {
    if (!sip || !sip->sip_contact)
        return NULL;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    char *contact = fc_copy(url_as_string(home, sip->sip_contact->m_url));
    su_home_deinit(home);
    return contact;
}

/* An answer to our INVITE, REGISTER or OPTIONS. One that asks who we are is answered here. */
static void on_answer(fc_sip *self, fc_call *call, int kind, int status, const char *phrase, const sip_t *sip) {
    if (call->astray || fc_call_identify(call, status, sip))
        return;
    if (is_led_astray(status, sip)) {
        come_back(self, call, kind == FC_ACCEPTED ? FC_REFUSED : kind);
        return;
    }
    if (kind == FC_ACCEPTED) {
        kind = status < 200 ? FC_PROVISIONAL : status < 300 ? FC_ACCEPTED : FC_REFUSED;
        call->confirmed = call->confirmed || kind == FC_ACCEPTED;
    } else if (status < 200) {
        return;
    }
    bool said_by_peer = !nta_sip_is_internal(sip);   /* else the stack made it up: no route, no answer */
    fc_event *event = fc_call_event(call, kind, said_by_peer ? status : 0, phrase, sip);
    event->source = said_by_peer ? source_of(self->nua) : NULL;
    event->to_tag = sip && sip->sip_to ? fc_copy(sip->sip_to->a_tag) : NULL;
    event->retry_after = said_by_peer ? retry_after_of(sip) : 0;
    event->contact = status >= 300 && status < 400 ? contact_of(sip) : NULL;
    fc_post(self->core, event);
    if (kind == FC_REFUSED && (status == 401 || status == 407) && !call->confirmed)
        fc_post(self->core, fc_call_event(call, FC_TERMINATED, 0, NULL, NULL));     /* the stack waits for a password */
}

static void on_state(fc_sip *self, fc_call *call, tagi_t *tags) {
    int state = nua_callstate_init;
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state == nua_callstate_terminated)
        fc_post(self->core, fc_call_event(call, FC_TERMINATED, 0, NULL, NULL));
}

static void on_nua(nua_event_t event, int status, char const *phrase, nua_t *nua, fc_sip *self, nua_handle_t *handle,
                   fc_call *call, sip_t const *sip, tagi_t tags[]) {
    (void)nua;
    if (event == nua_i_invite && status < 200) {
        on_invite(self, handle, call, sip);
    } else if (event == nua_r_shutdown) {
        if (status >= 200)
            su_root_break(self->root);
    } else if (!call) {
        if (handle)             /* OPTIONS and whatever else the stack answered itself: nobody else lets go of it */
            nua_handle_destroy(handle);
    } else if (event == nua_r_invite) {
        on_answer(self, call, FC_ACCEPTED, status, phrase, sip);
    } else if (event == nua_r_register) {
        on_answer(self, call, FC_REGISTERED, status, phrase, sip);
    } else if (event == nua_r_options) {
        on_answer(self, call, FC_ALIVE, status, phrase, sip);
    } else if (event == nua_i_update && status < 200) {
        on_update(self, call, sip);
    } else if (event == nua_r_update && (status == 405 || status == 501)) {
        fc_post(self->core, fc_call_event(call, FC_REFRESH, 0, NULL, NULL));
    } else if (event == nua_i_ack) {
        fc_post(self->core, fc_call_event(call, FC_ACKED, 0, NULL, sip));
    } else if (event == nua_i_bye) {
        fc_post(self->core, fc_call_event(call, FC_BYE, 0, NULL, sip));
    } else if (event == nua_i_cancel) {
        call->invited = false;
        fc_post(self->core, fc_call_event(call, FC_CANCELLED, 0, NULL, sip));
    } else if (event == nua_i_state) {
        on_state(self, call, tags);
    }
}

static int on_orders(fc_sip *sip, su_wait_t *wait, su_wakeup_arg_t *arg) {
    uint64_t count;
    (void)wait;
    (void)arg;
    if (read(sip->order_fd, &count, sizeof count) < 0)
        return 0;
    for (order *it; (it = fc_order_next(sip)) != NULL; fc_order_free(it))
        fc_call_carry_out(sip, it);
    return 0;
}

/* ---- the thread -------------------------------------------------------------------------------------- */

static void keep_quiet(void *stream, char const *format, va_list arguments) {
    (void)stream;
    (void)format;
    (void)arguments;
}

static bool set_up(fc_sip *sip) {
    su_wait_t wait[1];
    sip->root = su_root_create(sip);
    if (!sip->root)
        return false;
    su_root_threading(sip->root, 0);
    const fc_settings *is = sip->settings;
    sip->reader = fc_refused_set_up(sip);
    sip->nua = nua_create(sip->root, on_nua, sip, NUTAG_URL(is->sip_url), NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0),
                          NUTAG_AUTOALERT(0), NUTAG_ENABLEMESSAGE(0), NUTAG_SESSION_TIMER(0),
                          NUTAG_DETECT_NETWORK_UPDATES(0), SIPTAG_USER_AGENT_STR(is->user_agent),
                          TAG_IF(sip->reader, NTATAG_MCLASS(sip->reader)),
                          NUTAG_AUTO302(0), NUTAG_MAX_RETRY_AFTER(0), /* where and when else to call is for others to say */
                          TAG_IF(is->tls_url, NUTAG_SIPS_URL(is->tls_url)),
                          TAG_IF(is->tls_url, NUTAG_CERTIFICATE_DIR(is->tls_folder)),
                          TPTAG_TLS_VERIFY_POLICY(is->tls_verify ? TPTLS_VERIFY_OUT | TPTLS_VERIFY_SUBJECTS_OUT
                                                                 : TPTLS_VERIFY_NONE),
                          TPTAG_STUN_SERVER(0), /* else strangers' packets are answered, and logged to stderr */
                          SIPTAG_SUPPORTED_STR("timer, 100rel"), NUTAG_UPDATE_REFRESH(1), NUTAG_MIN_SE(90), NUTAG_APPL_METHOD("UPDATE"),
                          TAG_IF(is->resolv_conf, SRESTAG_RESOLV_CONF(is->resolv_conf)),
                          SIPTAG_ALLOW_STR("INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK"),
                          TAG_END());
    if (!sip->nua)
        return false;
    su_wait_create(wait, sip->order_fd, SU_WAIT_IN);
    return su_root_register(sip->root, wait, on_orders, NULL, 0) >= 0;
}

static void announce(fc_sip *sip, bool started) {
    pthread_mutex_lock(&sip->lock);
    sip->started = started ? 1 : -1;
    pthread_cond_signal(&sip->changed);
    pthread_mutex_unlock(&sip->lock);
}

static void *run(void *user) {
    fc_sip *sip = user;
    fc_names_set_up();
    bool started = set_up(sip);
    announce(sip, started);
    if (started)
        su_root_run(sip->root);
    while (sip->calls)
        fc_call_forget(sip, sip->calls->id);
    if (sip->nua)
        nua_destroy(sip->nua);
    if (sip->root)
        su_root_destroy(sip->root);
    free((void *)sip->reader);
    if (started)
        fc_post(sip->core, fc_event_new(FC_STOPPED, 0));
    return NULL;
}

fc_sip *fc_sip_start(fc_core *core, const fc_settings *settings, char *error, int error_size) {
    fc_sip *sip = fc_zeroed(sizeof *sip);
    su_init();
    fc_digest_set_up();
    su_log_redirect(NULL, keep_quiet, NULL);
    sip->core = core;
    sip->settings = settings;
    sip->last = &sip->first;
    sip->order_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&sip->lock, NULL);
    pthread_cond_init(&sip->changed, NULL);
    if (!fc_thread(&sip->thread, run, sip)) {
        snprintf(error, (size_t)error_size, "no thread can be started");
        return NULL;
    }
    pthread_mutex_lock(&sip->lock);
    while (sip->started == 0)
        pthread_cond_wait(&sip->changed, &sip->lock);
    bool started = sip->started > 0;
    pthread_mutex_unlock(&sip->lock);
    if (started)
        return sip;
    snprintf(error, (size_t)error_size, "%s%s%s cannot be used: another program has the port, or it is not our address",
             settings->sip_url, settings->tls_url ? " or " : "", settings->tls_url ? settings->tls_url : "");
    fc_sip_join(sip);
    return NULL;
}

void fc_sip_join(fc_sip *sip) {
    pthread_join(sip->thread, NULL);
    for (order *it; (it = fc_order_next(sip)) != NULL;)
        fc_order_free(it);
    close(sip->order_fd);
    pthread_cond_destroy(&sip->changed);
    pthread_mutex_destroy(&sip->lock);
    free(sip);
}
