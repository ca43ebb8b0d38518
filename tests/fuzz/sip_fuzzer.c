/* A target of libFuzzer: any bytes as a SIP message, and all that we read in it. */

#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <stdlib.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_protos.h>

static void read_challenges(const msg_auth_t *asked) {
    for (; asked; asked = asked->au_next)
        if (fc_digest_knows(asked))
            free(fc_digest_credentials(asked, "user", "password"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fc_call call = {.id = 1};
    msg_t *message = msg_make(sip_default_mclass(), 0, bytes, (ssize_t)size);
    const sip_t *sip = message ? sip_object(message) : NULL;
    if (sip) {
        fc_event *event = fc_call_event(&call, FC_INVITE, 0, NULL, sip);
        if (sip->sip_request && sip->sip_from && sip->sip_to && sip->sip_call_id)
            fc_event_take_parties(event, sip);
        fc_event_free(event);
        read_challenges(sip->sip_www_authenticate);
        read_challenges(sip->sip_proxy_authenticate);
    }
    if (message)
        msg_destroy(message);
    return 0;
}
