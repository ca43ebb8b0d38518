/* One fax machine on T.38 whose far end is whoever calls these functions, and whose time is theirs: for tests. */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct packet {
    struct packet *next;
    int size;
    uint8_t bytes[FC_IFP_ROOM];
} packet;

struct fc_lone {
    fc_fax *fax;
    packet *said, **last_said;
    fc_event *events, **last_event;
    uint16_t seq;
};

static void on_event(void *user, fc_event *event) {
    fc_lone *lone = user;
    *lone->last_event = event;
    lone->last_event = &event->next;
}

static void on_ifp(void *user, const uint8_t *ifp, int size, int copies) {
    fc_lone *lone = user;
    packet *said = fc_zeroed(sizeof *said);
    (void)copies;
    said->size = size < FC_IFP_ROOM ? size : FC_IFP_ROOM;
    memcpy(said->bytes, ifp, (size_t)said->size);
    *lone->last_said = said;
    lone->last_said = &said->next;
}

fc_lone *fc_lone_new(const fc_fax_options *options) {
    fc_lone *lone = fc_zeroed(sizeof *lone);
    fc_fax_hooks hooks = {on_event, on_event, on_ifp, lone};
    fc_t38_options t38_options = {.version = 0};
    lone->last_said = &lone->said;
    lone->last_event = &lone->events;
    lone->fax = fc_fax_new(options, &hooks);
    fc_fax_begin_t38(lone->fax, &t38_options);
    return lone;
}

void fc_lone_tick(fc_lone *lone) {
    fc_fax_t38_time(lone->fax, FC_TICK_SAMPLES);
    fc_fax_page_is_safe(lone->fax, true);
}

void fc_lone_hear(fc_lone *lone, const unsigned char *ifp, int size) {
    fc_fax_take_ifp(lone->fax, ifp, size, lone->seq++);
}

int fc_lone_said(fc_lone *lone, unsigned char *ifp, int room) {
    packet *said = lone->said;
    if (!said || said->size > room)
        return -1;
    int size = said->size;
    memcpy(ifp, said->bytes, (size_t)size);
    if (!(lone->said = said->next))
        lone->last_said = &lone->said;
    free(said);
    return size;
}

fc_event *fc_lone_event(fc_lone *lone) {
    fc_event *event = lone->events;
    if (event && !(lone->events = event->next))
        lone->last_event = &lone->events;
    return event;
}

void fc_lone_free(fc_lone *lone) {
    fc_event *event;
    unsigned char bytes[FC_IFP_ROOM];
    fc_fax_free(lone->fax);
    while ((event = fc_lone_event(lone)))
        fc_event_free(event);
    while (fc_lone_said(lone, bytes, sizeof bytes) >= 0)
        continue;
    free(lone);
}
