/* The orders that other threads give to the signalling thread: fc_invite and its sisters. */

#include <stdlib.h>
#include <unistd.h>

#include "sip.h"

unsigned fc_sip_new_id(fc_sip *sip) {
    pthread_mutex_lock(&sip->lock);
    unsigned id = ++sip->next_id;
    pthread_mutex_unlock(&sip->lock);
    return id;
}

void fc_order_free(order *it) {
    free(it->uri);
    free(it->from);
    free(it->to);
    free(it->route);
    free(it->headers);
    free(it->sip_call_id);
    free(it->username);
    free(it->password);
    free(it->supported);
    free(it->require);
    free(it->sdp);
    free(it);
}

order *fc_order_next(fc_sip *sip) {
    pthread_mutex_lock(&sip->lock);
    order *it = sip->first;
    if (it) {
        sip->first = it->next;
        if (!sip->first)
            sip->last = &sip->first;
    }
    pthread_mutex_unlock(&sip->lock);
    return it;
}

static void give(fc_sip *sip, order *it) {
    uint64_t one = 1;
    pthread_mutex_lock(&sip->lock);
    *sip->last = it;
    sip->last = &it->next;
    pthread_mutex_unlock(&sip->lock);
    if (write(sip->order_fd, &one, sizeof one) < 0)
        return;             /* the counter is full: the thread wakes anyway */
}

static order *new_order(enum order_kind kind, unsigned call) {
    order *it = fc_zeroed(sizeof *it);
    it->kind = kind;
    it->call = call;
    return it;
}

void fc_sip_stop(fc_sip *sip) {
    give(sip, new_order(STOP, 0));
}

static unsigned request(fc_core *core, enum order_kind kind, const fc_request *said) {
    order *it = new_order(kind, fc_sip_new_id(core->sip));
    unsigned call = it->call;
    it->uri = fc_copy(said->uri);
    it->from = fc_copy(said->from);
    it->to = fc_copy(said->to);
    it->route = fc_copy(said->route);
    it->headers = fc_copy(said->headers);
    it->sip_call_id = fc_copy(said->sip_call_id);
    it->username = fc_copy(said->username);
    it->password = fc_copy(said->password);
    it->supported = fc_copy(said->supported);
    it->require = fc_copy(said->require);
    it->sdp = fc_copy(said->sdp);
    it->expires = said->expires;
    give(core->sip, it);
    return call;
}

unsigned fc_invite(fc_core *core, const fc_request *said) {
    return request(core, INVITE, said);
}

unsigned fc_register(fc_core *core, const fc_request *said) {
    return request(core, REGISTER, said);
}

unsigned fc_options(fc_core *core, const fc_request *said) {
    return request(core, OPTIONS, said);
}

int fc_reinvite(fc_core *core, unsigned call, const char *sdp) {
    order *it = new_order(REINVITE, call);
    it->sdp = fc_copy(sdp);
    give(core->sip, it);
    return 0;
}

int fc_respond(fc_core *core, unsigned call, int status, const char *sdp) {
    order *it = new_order(RESPOND, call);
    it->status = status;
    it->sdp = fc_copy(sdp);
    give(core->sip, it);
    return 0;
}

int fc_hang_up(fc_core *core, unsigned call) {
    give(core->sip, new_order(HANG_UP, call));
    return 0;
}

int fc_forget(fc_core *core, unsigned call) {
    give(core->sip, new_order(FORGET, call));
    return 0;
}
