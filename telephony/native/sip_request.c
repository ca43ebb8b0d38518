/* Signalling: what an INVITE of the network says, and whether it can be answered at all. */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <string.h>

#include <sofia-sip/msg_types.h>
#include <sofia-sip/sip_status.h>

static char *user_of(const url_t *url) {
    if (!url || !url->url_user)
        return fc_copy("");
    char *user = fc_copy(url->url_user);
    url_unescape(user, url->url_user);
    return user;
}

/* A header that sofia-sip has no word for, as it stands. */
static char *header_of(const sip_t *sip, const char *name) {
    for (const sip_unknown_t *header = sip->sip_unknown; header; header = header->un_next)
        if (strcasecmp(header->un_name, name) == 0)
            return fc_copy(header->un_value);
    return NULL;
}

void fc_event_take_parties(fc_event *event, const sip_t *sip) {
    event->from_user = user_of(sip->sip_from->a_url);
    event->from_name = fc_copy(sip->sip_from->a_display ? sip->sip_from->a_display : "");
    event->to_user = user_of(sip->sip_to->a_url);
    event->request_user = user_of(sip->sip_request->rq_url);
    event->sip_call_id = fc_copy(sip->sip_call_id->i_id);
    event->asserted = header_of(sip, "P-Asserted-Identity");
    event->diversion = header_of(sip, "Diversion");
}

static bool is_encoded(const sip_t *sip) {
    const msg_list_t *codings = sip->sip_payload ? sip->sip_content_encoding : NULL;
    for (isize_t i = 0; codings && codings->k_items && codings->k_items[i]; i++)
        if (strcasecmp(codings->k_items[i], "identity") != 0)
            return true;
    return false;
}

static bool has_contact(const sip_t *sip) {
    const url_t *contact = sip->sip_contact ? sip->sip_contact->m_url : NULL;
    return contact && (contact->url_type == url_sip || contact->url_type == url_sips);
}

/* A call without a Contact cannot be ended by us (RFC 3261 8.1.1.8). In a call the one we know goes on to hold. */
int fc_request_fault(const sip_t *sip, bool begins_call) {
    if (begins_call && !has_contact(sip))
        return 400;
    return is_encoded(sip) ? 415 : 0;       /* 8.2.3; the answer names what is understood */
}
