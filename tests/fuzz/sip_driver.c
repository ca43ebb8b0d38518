/* Strangers' SIP against the whole core, compiled with sanitizers: whatever is wrong ends this program.
 *
 *   sip_driver ADDRESS PORT RESOLV_CONF SEED ROUNDS
 *
 * The core listens there. This program is all of its peers at once: it sends true and damaged requests, answers those
 * of the core with whatever it likes, and says yes, no or nothing to what the core tells it.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum { ROOM = 6000, VALUE = 400, MOST_IDS = 64 };
#define PICK(list) ((list)[chance(sizeof(list) / sizeof *(list))])

static uint64_t state;
static fc_core *core;
static int peer;
static char ours[40];               /* host:port of this program */
static char theirs[40];             /* of the core */
static unsigned ids[MOST_IDS], id_count;    /* of the core's calls, that it was not told to forget */
static char last[ROOM];             /* what the core said last */
static unsigned long sent, heard, events;

static unsigned chance(unsigned below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}

/* ---- words ------------------------------------------------------------------------------------------- */

static const char *const METHODS[] = {"INVITE", "INVITE", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK",
                                      "OPTIONS", "REGISTER", "INFO", "REFER", "NOTIFY", "MESSAGE", "X"};
static const char *const BODIES[] = {
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n",
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=image 9 udptl t38\r\n",
    "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n"
    "v=0\r\nm=audio 9 RTP/AVP 0\r\n\r\n--b--\r\n",
    "", "", "rubbish",
};
static const char *const TYPES[] = {"application/sdp", "application/sdp", "multipart/mixed;boundary=b",
                                    "multipart/mixed", "text/plain;x=\"", ""};
static const char *const HEADERS[] = {
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5\r\n",
    "WWW-Authenticate: Digest realm=\"r\\\"\", nonce=\"n\\\\\", opaque=\"\\\"\", qop=\"auth-int\", stale=true\r\n",
    "WWW-Authenticate: Digest realm=, nonce\r\nWWW-Authenticate: Basic realm=\"r\"\r\n",
    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256-sess, qop=\"auth,auth-int\"\r\n",
    "Proxy-Authenticate: Digest nonce=\"n\", realm=\"r\", algorithm=AKAv1-MD5\r\n",
    "Authentication-Info: nextnonce=\"m\"\r\n",
    "Reason: Q.850;cause=17;text=\"busy\"\r\n", "Reason: Q.850;cause=99999999999999, SIP;cause\r\n",
    "Reason: ;;;\r\n",
    "P-Asserted-Identity: <sip:+49301@x>, <tel:+49>\r\n", "P-Asserted-Identity: \"\r\n",
    "Diversion: <sip:%2b%@x>;reason=y\r\n", "Session-Expires: 90;refresher=uas\r\n",
    "Session-Expires: 1\r\nMin-SE: 1\r\n", "Require: timer, 100rel, x\r\n", "Supported: timer, 100rel\r\n",
    "RSeq: 1\r\nRequire: 100rel\r\n", "RAck: 1 1 INVITE\r\n", "Retry-After: 1\r\n",
    "Replaces: a;to-tag=b;from-tag=c\r\n", "Refer-To: <sip:x>\r\n", "Event: x\r\n", "Expires: 0\r\n",
    "Record-Route: <sip:127.0.0.1;lr>, <sip:[::1\r\n", "Route: <sip:%00@x>\r\n", "Content-Encoding: gzip\r\n",
    "Contact: *\r\n", "Contact: <sip:a@127.0.0.1:9>, <sips:b>\r\n", "Contact: <tel:1>\r\n", "Max-Forwards: 0\r\n", "",
};
static const char *const USERS[] = {"+49301", "%00%ff%", "a;b=c", "", "\"", "49301;npdi;rn=1", "anonymous"};
static const int STATUSES[] = {100, 180, 183, 200, 200, 200, 202, 300, 302, 305, 380, 400, 401, 401, 407, 407, 408,
                               415, 420, 422, 423, 481, 486, 487, 488, 491, 500, 503, 600, 606, 699};

/* ---- saying ------------------------------------------------------------------------------------------ */

static void damage_and_send(char *text, size_t size) {
    if (chance(4) == 0)
        for (unsigned i = chance(4); i > 0; i--)
            text[chance((unsigned)size)] = (char)chance(256);
    if (chance(16) == 0)
        size = chance((unsigned)size) + 1;
    if (send(peer, text, size, 0) > 0)
        sent++;
}

static size_t end_message(char *text, size_t size) {
    const char *body = PICK(BODIES);
    for (unsigned i = chance(4); i > 0; i--)
        size += (size_t)snprintf(text + size, ROOM - size, "%s", PICK(HEADERS));
    unsigned length = chance(12) ? (unsigned)strlen(body) : chance(70000);
    return size + (size_t)snprintf(text + size, ROOM - size, "Content-Type: %s\r\nContent-Length: %u\r\n\r\n%s",
                                   PICK(TYPES), length, body);
}

/* The value of the first such header of what the core said last; "" without one. */
static const char *value(const char *name, char out[VALUE]) {
    char line[20];
    snprintf(line, sizeof line, "\n%s:", name);
    const char *found = strcasestr(last, line), *end = found ? strstr(found, "\r\n") : NULL;
    found = end ? found + strlen(line) : NULL;
    snprintf(out, VALUE, "%.*s", found ? (int)(end - found) : 0, found ? found : "");
    return out;
}

/* A request: a new one, or one in the dialog that the core spoke in last, seen from either end. */
static void ask(void) {
    static unsigned number;
    char text[ROOM], call_id[VALUE], from[VALUE], to[VALUE];
    const char *method = PICK(METHODS);
    if (chance(2)) {
        bool swapped = chance(2);
        value("Call-ID", call_id);
        value(swapped ? "To" : "From", from);
        value(swapped ? "From" : "To", to);
    } else {
        snprintf(call_id, sizeof call_id, "%u-%u", number++ / (1 + chance(3)), chance(1000));
        snprintf(from, sizeof from, "<sip:%s@%s>;tag=x", PICK(USERS), ours);
        snprintf(to, sizeof to, "<sip:%s@%s>%s", PICK(USERS), theirs, chance(4) ? "" : ";tag=y");
    }
    size_t size = (size_t)snprintf(
        text, sizeof text,
        "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%u\r\nFrom: %s\r\nTo: %s\r\n"
        "Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:%s@%s>\r\n",
        method, PICK(USERS), theirs, ours, chance(100000), from, to, call_id, 1 + chance(5), method, PICK(USERS), ours);
    damage_and_send(text, end_message(text, size));
}

/* An answer to what the core asked last. */
static void answer(void) {
    char text[ROOM], via[VALUE], from[VALUE], to[VALUE], call_id[VALUE], cseq[VALUE], tag[12] = "";
    value("To", to);
    if (!strstr(to, "tag="))
        snprintf(tag, sizeof tag, ";tag=p%u", chance(3));
    size_t size = (size_t)snprintf(
        text, sizeof text,
        "SIP/2.0 %d Some words\r\nVia:%s\r\nFrom:%s\r\nTo:%s%s\r\nCall-ID:%s\r\nCSeq:%s\r\nContact: <sip:%s@%s>\r\n",
        PICK(STATUSES), value("Via", via), value("From", from), to, tag, value("Call-ID", call_id),
        value("CSeq", cseq), PICK(USERS), ours);
    damage_and_send(text, end_message(text, size));
}

/* ---- the core's own doing ---------------------------------------------------------------------------- */

static void keep(unsigned id) {
    if (id_count < MOST_IDS) {
        ids[id_count++] = id;
        return;
    }
    unsigned place = chance(MOST_IDS);
    fc_hang_up(core, ids[place]);
    fc_forget(core, ids[place]);
    ids[place] = id;
}

static void begin(void) {
    char uri[100], address[100];
    snprintf(uri, sizeof uri, "sip:%s@%s", chance(8) ? "+49301" : PICK(USERS), ours);
    snprintf(address, sizeof address, "<sip:+49302@%s>", ours);
    unsigned kind = chance(4);
    fc_request request = {.uri = uri, .from = address, .to = address, .supported = "timer, 100rel",
                          .username = "u\"\\", .password = "p:\"", .sdp = PICK(BODIES),
                          .expires = kind == 2 ? 60 : (int)chance(2) * 90};
    keep(kind == 2 ? fc_register(core, &request) : kind == 3 ? fc_options(core, &request) : fc_invite(core, &request));
}

static void react(const fc_event *event) {
    unsigned what = chance(8);
    if (event->kind == FC_INVITE)
        keep(event->id);
    if (event->kind == FC_TERMINATED || event->kind == FC_ALIVE || event->kind == FC_REGISTERED || what == 0)
        fc_forget(core, event->id);
    else if (event->kind == FC_INVITE || event->kind == FC_REINVITE)
        fc_respond(core, event->id, what < 4 ? 200 : PICK(STATUSES), what < 6 ? BODIES[0] : NULL);
    else if (event->kind == FC_ACCEPTED || event->kind == FC_ACKED || event->kind == FC_REFRESH)
        what < 4 ? fc_reinvite(core, event->id, BODIES[1]) : fc_hang_up(core, event->id);
    else if (what == 1)
        fc_hang_up(core, event->id);
}

static bool take_events(void) {
    bool stopped = false;
    for (fc_event *event; (event = fc_next_event(core)) != NULL; fc_event_free(event)) {
        events++;
        stopped |= event->kind == FC_STOPPED;
        if (!stopped)
            react(event);
    }
    return stopped;
}

static void listen_for(int ms) {
    struct pollfd wait[2] = {{.fd = peer, .events = POLLIN}, {.fd = fc_event_fd(core), .events = POLLIN}};
    if (poll(wait, 2, ms) <= 0)
        return;
    for (ssize_t size; (size = recv(peer, last, sizeof last - 1, MSG_DONTWAIT)) > 0; heard++) {
        last[size] = '\0';
        if (strncmp(last, "SIP/2.0", 7) != 0 && chance(8))
            answer();
    }
}

int main(int count, char **words) {
    struct sockaddr_in to = {.sin_family = AF_INET}, from = {.sin_family = AF_INET};
    socklen_t size = sizeof from;
    char url[60], error[300];
    if (count != 6)
        return 2;
    state = strtoull(words[4], NULL, 10) * 2654435761u + 1;
    snprintf(theirs, sizeof theirs, "%s:%s", words[1], words[2]);
    snprintf(url, sizeof url, "sip:%s", theirs);
    inet_pton(AF_INET, words[1], &to.sin_addr);
    from.sin_addr = to.sin_addr;
    to.sin_port = htons((uint16_t)atoi(words[2]));
    peer = socket(AF_INET, SOCK_DGRAM, 0);
    fc_settings settings = {.sip_url = url, .user_agent = "fuzz", .resolv_conf = words[3]};
    core = fc_start(&settings, error, sizeof error);
    if (!core || bind(peer, (struct sockaddr *)&from, sizeof from) < 0
        || getsockname(peer, (struct sockaddr *)&from, &size) < 0
        || connect(peer, (struct sockaddr *)&to, sizeof to) < 0) {
        fprintf(stderr, "%s\n", core ? "no socket" : error);
        return 1;
    }
    snprintf(ours, sizeof ours, "%s:%u", words[1], ntohs(from.sin_port));
    for (int rounds = atoi(words[5]); rounds > 0; rounds--) {
        chance(5) ? ask() : begin();
        listen_for(1);
        take_events();
    }
    while (id_count)
        fc_forget(core, ids[--id_count]);
    fc_stop(core);
    while (!take_events())
        listen_for(100);
    fc_free(core);
    printf("%lu sent, %lu heard, %lu events\n", sent, heard, events);
    fflush(stdout);
    return sent == 0 || heard == 0 || events == 0;
}
