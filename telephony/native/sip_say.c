/* Signalling, what we say: calls, registrations and OPTIONS, each with a handle of sofia-sip. */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mime.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_status.h>

static bool is_sdp(const msg_content_type_t *type) {
    return !type || !type->c_type || strcasecmp(type->c_type, "application/sdp") == 0;
}

static char *text_of(const msg_payload_t *payload) {
    if (!payload->pl_data)
        return NULL;
    char *text = fc_zeroed(payload->pl_len + 1);
    memcpy(text, payload->pl_data, payload->pl_len);
    return text;
}

/* The body, when there may be SDP in it. sofia-sip 1.12.11 reads beyond the end of bodies of several parts (RFC 5621):
 * they are taken apart elsewhere. */
static void take_body(fc_event *event, const sip_t *sip) {
    const msg_content_type_t *type = sip ? sip->sip_content_type : NULL;
    const char *boundary = type ? msg_header_find_param(type->c_common, "boundary=") : NULL;
    if (!sip || !sip->sip_payload || !(boundary || is_sdp(type)))
        return;
    event->sdp = text_of(sip->sip_payload);
    event->boundary = fc_copy(boundary);
}

static int q850_of(const sip_t *sip) {
    for (const sip_reason_t *reason = sip ? sip->sip_reason : NULL; reason; reason = reason->re_next)
        if (reason->re_protocol && strcasecmp(reason->re_protocol, "Q.850") == 0 && reason->re_cause)
            return atoi(reason->re_cause);
    return 0;
}

fc_event *fc_call_event(fc_call *call, int kind, int status, const char *phrase, const sip_t *sip) {
    fc_event *event = fc_event_new(kind, call->id);
    event->status = status;
    event->text = fc_copy(phrase);
    event->cause = q850_of(sip);
    take_body(event, sip);
    return event;
}

fc_call *fc_call_add(fc_sip *sip, unsigned id, nua_handle_t *handle, bool calling) {
    fc_call *call = fc_zeroed(sizeof *call);
    call->id = id;
    call->handle = handle;
    call->calling = calling;
    call->next = sip->calls;
    sip->calls = call;
    return call;
}

/* ---- who we are (RFC 3261 22) ------------------------------------------------------------------------- */

bool fc_call_identify(fc_call *call, int status, const sip_t *sip) {
    if (status < 200)
        return false;
    bool asked = (status == 401 || status == 407) && sip && call->username && call->password;
    const msg_auth_t *question = !asked ? NULL : status == 401 ? sip->sip_www_authenticate : sip->sip_proxy_authenticate;
    while (question && !fc_digest_knows(question))
        question = question->au_next;
    call->identified = question && !call->identified;   /* asked again: the answer was no */
    if (!call->identified)
        return false;
    char *credentials = fc_digest_credentials(question, call->username, call->password);
    nua_authenticate(call->handle, NUTAG_AUTH(credentials), TAG_END());
    free(credentials);
    return true;
}

/* ---- orders ------------------------------------------------------------------------------------------- */

static fc_call *find_call(fc_sip *sip, unsigned id) {
    fc_call *call = sip->calls;
    while (call && call->id != id)
        call = call->next;
    return call;
}

/* The handle of a request that begins something; NULL after telling that it cannot be sent. */
static fc_call *begin(fc_sip *sip, const order *it) {
    nua_handle_t *handle = nua_handle(sip->nua, NULL, NUTAG_URL(it->uri), SIPTAG_TO_STR(it->to),
                                      SIPTAG_FROM_STR(it->from), TAG_IF(it->route, NUTAG_INITIAL_ROUTE_STR(it->route)),
                                      TAG_END());
    fc_call *call = fc_call_add(sip, it->call, handle, true);
    int kind = it->kind == INVITE ? FC_REFUSED : it->kind == REGISTER ? FC_REGISTERED : FC_ALIVE;
    call->username = fc_copy(it->username);
    call->password = fc_copy(it->password);
    if (handle) {
        nua_handle_bind(handle, call);
        return call;
    }
    fc_post(sip->core, fc_call_event(call, kind, 0, "the number or trunk address cannot be used", NULL));
    if (it->kind == INVITE)
        fc_post(sip->core, fc_call_event(call, FC_TERMINATED, 0, NULL, NULL));
    return NULL;
}

static void invite(fc_sip *sip, const order *it) {
    fc_call *call = begin(sip, it);
    if (!call)
        return;
    call->sip_call_id = fc_copy(it->sip_call_id);
    nua_invite(call->handle, NUTAG_AUTOACK(1), SIPTAG_CALL_ID_STR(it->sip_call_id),
               TAG_IF(it->headers, SIPTAG_HEADER_STR(it->headers)), SIPTAG_SUPPORTED_STR(it->supported),
               TAG_IF(it->require, SIPTAG_REQUIRE_STR(it->require)), NUTAG_SESSION_TIMER((unsigned)it->expires),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"),
               SIPTAG_PAYLOAD_STR(it->sdp), TAG_END());
}

static void register_us(fc_sip *sip, const order *it) {
    char expires[12];
    fc_call *call = begin(sip, it);
    snprintf(expires, sizeof expires, "%d", it->expires);
    if (call)
        nua_register(call->handle, NUTAG_REGISTRAR(it->uri), NUTAG_M_USERNAME(it->username), NUTAG_KEEPALIVE(0),
                     NUTAG_OUTBOUND("no-outbound no-options-keepalive no-validate no-natify"),
                     SIPTAG_EXPIRES_STR(expires), TAG_END());
}

static void ask_options(fc_sip *sip, const order *it) {
    fc_call *call = begin(sip, it);
    if (call)
        nua_options(call->handle, NTATAG_TIMEOUT_408(1), TAG_END());
}

static void hang_up(fc_call *call) {
    if (call->confirmed)
        nua_bye(call->handle, TAG_END());
    else if (call->calling)
        nua_cancel(call->handle, TAG_END());
    else
        nua_respond(call->handle, SIP_503_SERVICE_UNAVAILABLE, TAG_END());      /* it rang, and we stop */
}

static void answer_update(fc_call *call, const order *it) {
    call->updated = call->invited = false;
    nua_respond(call->handle, it->status, sip_status_phrase(it->status), NUTAG_WITH_SAVED(call->update),
                TAG_IF(it->status == 415, SIPTAG_ACCEPT_ENCODING_STR("identity")),
                TAG_IF(it->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(it->sdp, SIPTAG_PAYLOAD_STR(it->sdp)),
                TAG_END());
    nua_destroy_event(call->update);
}

static void respond(fc_call *call, const order *it) {
    if (!call->invited)
        return;
    if (call->updated) {
        answer_update(call, it);
        return;
    }
    if (it->status >= 200)
        call->invited = false;
    if (it->status >= 200 && it->status < 300)
        call->confirmed = true;
    /* sofia keeps the pointer of the phrase until it sends: only a constant will do */
    nua_respond(call->handle, it->status, sip_status_phrase(it->status), NUTAG_AUTOACK(1),
                TAG_IF(it->status == 415, SIPTAG_ACCEPT_ENCODING_STR("identity")),
                TAG_IF(it->status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
                TAG_IF(it->sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(it->sdp, SIPTAG_PAYLOAD_STR(it->sdp)),
                TAG_END());
}

static void reinvite(fc_call *call, const order *it) {
    call->reinvited = call->sip_call_id != NULL;
    nua_invite(call->handle, NUTAG_AUTOACK(1), SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(it->sdp),
               TAG_END());
}

void fc_call_forget(fc_sip *sip, unsigned id) {
    for (fc_call **at = &sip->calls; *at; at = &(*at)->next) {
        fc_call *call = *at;
        if (call->id != id)
            continue;
        *at = call->next;
        if (call->updated)
            nua_destroy_event(call->update);
        if (call->handle)
            nua_handle_destroy(call->handle);
        free(call->sip_call_id);
        free(call->username);
        free(call->password);
        free(call);
        return;
    }
}

void fc_call_carry_out(fc_sip *sip, const order *it) {
    fc_call *call = find_call(sip, it->call);
    if (it->kind == STOP)
        nua_shutdown(sip->nua);
    else if (it->kind == INVITE)
        invite(sip, it);
    else if (it->kind == REGISTER)
        register_us(sip, it);
    else if (it->kind == OPTIONS)
        ask_options(sip, it);
    else if (it->kind == FORGET)
        fc_call_forget(sip, it->call);
    else if (!call || !call->handle)
        return;
    else if (it->kind == REINVITE)
        reinvite(call, it);
    else if (it->kind == RESPOND)
        respond(call, it);
    else
        hang_up(call);
}
