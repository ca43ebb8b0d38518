/* Signalling: sofia-sip's user agent in one thread, with its media switched off: the SDP is ours.
 *
 * Other threads hand in orders; the thread carries them out and posts events. A call is known by its number.
 * What a call may do next is decided in telephony/call/session.py, not here.
 */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>


/* ---- what the network says --------------------------------------------------------------------------- */

static char *user_of(const url_t *url) {
    if (!url || !url->url_user)
        return fc_copy("");
    char *user = fc_copy(url->url_user);
    url_unescape(user, url->url_user);
    return user;
}

static char *sdp_of(const sip_t *sip) {
    if (!sip || !sip->sip_payload || !sip->sip_payload->pl_data)
        return NULL;
    if (sip->sip_content_type && sip->sip_content_type->c_type
        && strcasecmp(sip->sip_content_type->c_type, "application/sdp") != 0)
        return NULL;
    char *sdp = fc_zeroed(sip->sip_payload->pl_len + 1);
    memcpy(sdp, sip->sip_payload->pl_data, sip->sip_payload->pl_len);
    return sdp;
}

static int q850_of(const sip_t *sip) {
    for (const sip_reason_t *reason = sip ? sip->sip_reason : NULL; reason; reason = reason->re_next)
        if (reason->re_protocol && strcasecmp(reason->re_protocol, "Q.850") == 0 && reason->re_cause)
            return atoi(reason->re_cause);
    return 0;
}

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

static fc_event *call_event(fc_call *call, int kind, int status, const char *phrase, const sip_t *sip) {
    fc_event *event = fc_event_new(kind, call->id);
    event->status = status;
    event->text = fc_copy(phrase);
    event->cause = q850_of(sip);
    event->sdp = sdp_of(sip);
    return event;
}

static fc_call *add_call(fc_sip *sip, unsigned id, nua_handle_t *handle, bool calling) {
    fc_call *call = fc_zeroed(sizeof *call);
    call->id = id;
    call->handle = handle;
    call->calling = calling;
    call->next = sip->calls;
    sip->calls = call;
    return call;
}

static void on_invite(fc_sip *self, nua_handle_t *handle, fc_call *call, const sip_t *sip) {
    bool first = call == NULL;
    if (first) {
        call = add_call(self, fc_sip_new_id(self), handle, false);
        nua_handle_bind(handle, call);
    }
    call->invited = true;
    fc_event *event = call_event(call, first ? FC_INVITE : FC_REINVITE, 0, NULL, sip);
    event->from_user = user_of(sip->sip_from->a_url);
    event->from_name = fc_copy(sip->sip_from->a_display ? sip->sip_from->a_display : "");
    event->to_user = user_of(sip->sip_to->a_url);
    event->request_user = user_of(sip->sip_request->rq_url);
    event->sip_call_id = fc_copy(sip->sip_call_id->i_id);
    event->source = source_of(self->nua);
    fc_post(self->core, event);
}

static void on_invite_answer(fc_sip *self, fc_call *call, int status, const char *phrase, const sip_t *sip) {
    int kind = status < 200 ? FC_PROVISIONAL : status < 300 ? FC_ACCEPTED : FC_REFUSED;
    if (kind == FC_ACCEPTED)
        call->confirmed = true;
    bool said_by_peer = !nta_sip_is_internal(sip);   /* else the stack made it up: no route, no answer */
    fc_post(self->core, call_event(call, kind, said_by_peer ? status : 0, phrase, sip));
}

static void on_state(fc_sip *self, fc_call *call, tagi_t *tags) {
    int state = nua_callstate_init;
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state == nua_callstate_terminated)
        fc_post(self->core, call_event(call, FC_TERMINATED, 0, NULL, NULL));
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
        on_invite_answer(self, call, status, phrase, sip);
    } else if (event == nua_i_ack) {
        fc_post(self->core, call_event(call, FC_ACKED, 0, NULL, sip));
    } else if (event == nua_i_bye) {
        fc_post(self->core, call_event(call, FC_BYE, 0, NULL, sip));
    } else if (event == nua_i_cancel) {
        call->invited = false;
        fc_post(self->core, call_event(call, FC_CANCELLED, 0, NULL, sip));
    } else if (event == nua_i_state) {
        on_state(self, call, tags);
    }
}

/* ---- what we say ------------------------------------------------------------------------------------- */

static fc_call *find_call(fc_sip *sip, unsigned id) {
    fc_call *call = sip->calls;
    while (call && call->id != id)
        call = call->next;
    return call;
}

static void invite(fc_sip *sip, const order *it) {
    nua_handle_t *handle = nua_handle(sip->nua, NULL, NUTAG_URL(it->uri), SIPTAG_TO_STR(it->to),
                                      SIPTAG_FROM_STR(it->from), TAG_END());
    fc_call *call = add_call(sip, it->call, handle, true);
    if (!handle) {
        fc_event *refused = call_event(call, FC_REFUSED, 0, "the number or trunk address cannot be used", NULL);
        fc_post(sip->core, refused);
        fc_post(sip->core, call_event(call, FC_TERMINATED, 0, NULL, NULL));
        return;
    }
    nua_handle_bind(handle, call);
    nua_invite(handle, NUTAG_AUTOACK(1), SIPTAG_CALL_ID_STR(it->sip_call_id),
               TAG_IF(it->route, NUTAG_PROXY(it->route)),
               TAG_IF(it->identity, SIPTAG_HEADER_STR(it->identity)),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(it->sdp), TAG_END());
}

static void hang_up(fc_call *call) {
    if (call->confirmed)
        nua_bye(call->handle, TAG_END());
    else if (call->calling)
        nua_cancel(call->handle, TAG_END());
    else
        nua_respond(call->handle, SIP_480_TEMPORARILY_UNAVAILABLE, TAG_END());
}

static void respond(fc_call *call, const order *it) {
    if (!call->invited)
        return;
    if (it->status >= 200)
        call->invited = false;
    if (it->status >= 200 && it->status < 300)
        call->confirmed = true;
    /* sofia keeps the pointer of the phrase until it sends: only a constant will do */
    nua_respond(call->handle, it->status, sip_status_phrase(it->status), NUTAG_AUTOACK(1),
                TAG_IF(it->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(it->sdp, SIPTAG_PAYLOAD_STR(it->sdp)),
                TAG_END());
}

static void forget(fc_sip *sip, unsigned id) {
    for (fc_call **at = &sip->calls; *at; at = &(*at)->next) {
        fc_call *call = *at;
        if (call->id != id)
            continue;
        *at = call->next;
        if (call->handle)
            nua_handle_destroy(call->handle);
        free(call);
        return;
    }
}

static void carry_out(fc_sip *sip, const order *it) {
    fc_call *call = find_call(sip, it->call);
    if (it->kind == STOP)
        nua_shutdown(sip->nua);
    else if (it->kind == INVITE)
        invite(sip, it);
    else if (it->kind == FORGET)
        forget(sip, it->call);
    else if (!call || !call->handle)
        return;
    else if (it->kind == REINVITE)
        nua_invite(call->handle, NUTAG_AUTOACK(1), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                   SIPTAG_PAYLOAD_STR(it->sdp), TAG_END());
    else if (it->kind == RESPOND)
        respond(call, it);
    else
        hang_up(call);
}

static int on_orders(fc_sip *sip, su_wait_t *wait, su_wakeup_arg_t *arg) {
    uint64_t count;
    (void)wait;
    (void)arg;
    if (read(sip->order_fd, &count, sizeof count) < 0)
        return 0;
    for (order *it; (it = fc_order_next(sip)) != NULL; fc_order_free(it))
        carry_out(sip, it);
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
    sip->nua = nua_create(sip->root, on_nua, sip, NUTAG_URL(sip->url), NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0),
                          NUTAG_AUTOALERT(0), NUTAG_ENABLEMESSAGE(0), NUTAG_SESSION_TIMER(0),
                          NUTAG_DETECT_NETWORK_UPDATES(0), SIPTAG_USER_AGENT_STR(sip->user_agent),
                          TPTAG_STUN_SERVER(0), /* else strangers' packets are answered, and logged to stderr */
                          SIPTAG_SUPPORTED_STR(""), SIPTAG_ALLOW_STR("INVITE, ACK, BYE, CANCEL, OPTIONS"),
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
    bool started = set_up(sip);
    announce(sip, started);
    if (started)
        su_root_run(sip->root);
    while (sip->calls)
        forget(sip, sip->calls->id);
    if (sip->nua)
        nua_destroy(sip->nua);
    if (sip->root)
        su_root_destroy(sip->root);
    if (started)
        fc_post(sip->core, fc_event_new(FC_STOPPED, 0));
    return NULL;
}

fc_sip *fc_sip_start(fc_core *core, const char *url, const char *user_agent, char *error, int error_size) {
    fc_sip *sip = fc_zeroed(sizeof *sip);
    su_init();
    su_log_redirect(NULL, keep_quiet, NULL);
    sip->core = core;
    sip->url = fc_copy(url);
    sip->user_agent = fc_copy(user_agent);
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
    snprintf(error, (size_t)error_size, "%s cannot be used: another program has the port, or it is not our address", url);
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
    free(sip->url);
    free(sip->user_agent);
    free(sip);
}
