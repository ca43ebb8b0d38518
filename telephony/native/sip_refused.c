/* Signalling: a re-INVITE that is refused leaves the call as it was (RFC 3261 14.1).
 *
 * sofia-sip 1.12.11 ends the call when the answer is 5xx, 404, 480 or one of some others, with which gateways refuse
 * T.38 too. So it reads 488 there, which it takes for what it is. 408 and 481 do end a call (12.2.1.2).
 */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <string.h>

#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>

static _Thread_local const fc_sip *listening;

static bool asks_or_ends(int status) {
    static const int THOSE[] = {401, 407, 408, 422, 481, 491};      /* and what sofia-sip must see as it is */
    for (size_t i = 0; i < sizeof THOSE / sizeof *THOSE; i++)
        if (status == THOSE[i])
            return true;
    return status < 400;
}

static bool is_of_reinvite(const sip_t *answer) {
    if (!answer->sip_cseq || answer->sip_cseq->cs_method != sip_method_invite || !answer->sip_call_id)
        return false;
    for (const fc_call *call = listening ? listening->calls : NULL; call; call = call->next)
        if (call->reinvited && strcmp(call->sip_call_id, answer->sip_call_id->i_id) == 0)
            return true;
    return false;
}

/* All headers of a message have been read. */
static issize_t read_body(msg_t *message, msg_pub_t *content, char bytes[], isize_t size, int eos) {
    sip_t *sip = (sip_t *)content;
    if (sip->sip_status && !asks_or_ends(sip->sip_status->st_status) && is_of_reinvite(sip))
        sip->sip_status->st_status = 488;
    return sip_default_mclass()->mc_extract_body(message, content, bytes, size, eos);
}

const msg_mclass_t *fc_refused_set_up(const fc_sip *sip) {
    msg_mclass_t *reader = msg_mclass_clone(sip_default_mclass(), 0, 0);
    listening = sip;
    if (reader)
        reader->mc_extract_body = read_body;
    return reader;
}
