/* SRTP for the audio of a call: AES-CM and HMAC-SHA1 of libsrtp (RFC 3711). The keys come by SDP (RFC 4568). */

#include <stdlib.h>
#include <string.h>

#include <srtp2/srtp.h>

#include "internal.h"

typedef struct direction {
    srtp_t session;             /* NULL: none yet */
    int tag_bytes;
    uint8_t key[FC_SRTP_KEY];
} direction;

struct fc_srtp {
    direction in, out;
};

static void end(direction *side) {
    if (side->session)
        srtp_dealloc(side->session);
    side->session = NULL;
    explicit_bzero(side->key, sizeof side->key);
}

/* A session counts its packets, and goes on while its key does: the same counts with the same key would give the
 * audio away (RFC 3711 9.1). */
static bool use_key(direction *side, const uint8_t *key, int tag_bytes, srtp_ssrc_type_t whose) {
    if (side->session && side->tag_bytes == tag_bytes && memcmp(side->key, key, FC_SRTP_KEY) == 0)
        return true;
    end(side);
    side->tag_bytes = tag_bytes;
    memcpy(side->key, key, FC_SRTP_KEY);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    if (tag_bytes == 4)
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    else
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc.type = whose;
    policy.key = side->key;
    return srtp_create(&side->session, &policy) == srtp_err_status_ok;
}

static void set_up(void) {
    srtp_init();
}

fc_srtp *fc_srtp_use(fc_srtp *srtp, const fc_srtp_keys *keys) {
    static pthread_once_t done = PTHREAD_ONCE_INIT;
    pthread_once(&done, set_up);
    if (!srtp)
        srtp = fc_zeroed(sizeof *srtp);
    if (use_key(&srtp->in, keys->theirs, keys->tag_bytes, ssrc_any_inbound)
        && use_key(&srtp->out, keys->ours, keys->tag_bytes, ssrc_any_outbound))
        return srtp;
    fc_srtp_free(srtp);
    return NULL;
}

void fc_srtp_free(fc_srtp *srtp) {
    if (!srtp)
        return;
    end(&srtp->in);
    end(&srtp->out);
    free(srtp);
}

int fc_srtp_open(fc_srtp *srtp, uint8_t *packet, int size) {
    return srtp_unprotect(srtp->in.session, packet, &size) == srtp_err_status_ok ? size : -1;
}

int fc_srtp_seal(fc_srtp *srtp, uint8_t *packet, int size) {
    return srtp_protect(srtp->out.session, packet, &size) == srtp_err_status_ok ? size : -1;
}
