/* Where the packets of a call go, and whose are taken. Symmetric RTP and UDPTL: the first sender becomes the peer, as
 * his SDP may be wrong behind NAT.
 */

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "channel.h"

enum { LATE_PACKETS = 100, COPIES = 250 };  /* two and five seconds of RTP */

bool fc_parse_address(const char *text, int port, struct sockaddr_storage *out, socklen_t *size) {
    struct sockaddr_in *v4 = (void *)out;
    struct sockaddr_in6 *v6 = (void *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *size = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *size = sizeof *v6;
        return true;
    }
    return false;
}

/* Hold as RFC 2543 has it (RFC 3264 8.4): nobody is there. To this machine itself it would mean the machine itself. */
static bool is_nowhere(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET)
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
    return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
}

/* Another branch of a fork, or a server that spoke before the answer, goes on for a moment: it is not the new peer. */
int fc_peer_set(fc_peer *peer, const char *address, int port) {
    fc_peer fresh = {.heard = false};
    if (!fc_parse_address(address, port, &fresh.address, &fresh.size))
        return -1;
    fresh.announced = fresh.address;
    if (peer->heard && same_address(&peer->address, &peer->announced) && !same_address(&peer->address, &fresh.address)) {
        fresh.former = peer->address;
        fresh.former_packets = LATE_PACKETS;
    }
    if (is_nowhere(&fresh.address))
        fresh.size = 0;
    else
        fresh.copies = COPIES;
    *peer = fresh;
    return 0;
}

/* Whoever comes later than the peer is one, unless he has the address that the SDP announced. */
bool fc_peer_is_stranger(fc_peer *peer, const struct sockaddr_storage *from) {
    if (same_address(&peer->announced, from))
        return false;
    if (!peer->heard && peer->former_packets > 0 && same_address(&peer->former, from)) {
        peer->former_packets--;
        return true;
    }
    return peer->heard && !same_address(&peer->address, from);
}

bool fc_peer_is_now(fc_peer *peer, const struct sockaddr_storage *from, socklen_t size) {
    bool another = peer->heard && !same_address(&peer->address, from);
    peer->address = *from;
    peer->size = size;
    peer->heard = true;
    return another;
}

static bool send_to(const struct sockaddr_storage *address, int fd, const uint8_t *packet, size_t size) {
    socklen_t length = address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return sendto(fd, packet, size, MSG_DONTWAIT, (const struct sockaddr *)address, length) > 0;
}

/* While the peer is not who the SDP announced, that one is sent copies, for a while: the peer may be a stranger who was
 * first, and when there is one at either end, neither would hear of the other.
 */
bool fc_peer_send(fc_peer *peer, int fd, const uint8_t *packet, size_t size) {
    if (!peer->size)
        return false;
    if (peer->copies > 0 && !same_address(&peer->address, &peer->announced)) {
        peer->copies--;
        send_to(&peer->announced, fd, packet, size);
    }
    return send_to(&peer->address, fd, packet, size);
}
