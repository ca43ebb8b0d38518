/* Who we are, for who asks: digest with MD5, SHA-256 and SHA-512/256 (RFC 3261 22, RFC 7616, RFC 8760).
 *
 * sofia-sip 1.12.11 knows MD5 only. This takes the place of its digest; when to answer, and with whose password,
 * stays as it was: sofia-sip keeps one client for each realm that asked, and sends what that client says with each
 * request from then on.
 */

#define SOFIA_EXTEND_AUTH_CLIENT 1
#include "sip.h"      /* first: it names the types of sofia-sip's callbacks */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/auth_common.h>
#include <sofia-sip/auth_digest.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/su_string.h>

enum { HEX_ROOM = 2 * EVP_MAX_MD_SIZE + 1, CNONCE_BYTES = 16 };

typedef struct algorithm {
    const char *name;
    const EVP_MD *(*hash)(void);
    bool session;               /* "-sess": the first hash is hashed again with both nonces */
} algorithm;

/* The strongest first. */
static const algorithm ALGORITHMS[] = {
    {"SHA-512-256", EVP_sha512_256, false}, {"SHA-512-256-sess", EVP_sha512_256, true},
    {"SHA-256", EVP_sha256, false},         {"SHA-256-sess", EVP_sha256, true},
    {"MD5", EVP_md5, false},                {"MD5-sess", EVP_md5, true},
};

enum { ALGORITHM_COUNT = sizeof ALGORITHMS / sizeof *ALGORITHMS };

typedef struct digest_client {
    auth_client_t client[1];    /* first: sofia-sip knows no more of it */
    auth_challenge_t asked[1];
    const algorithm *algorithm; /* NULL: nothing was asked that we know */
    const msg_auth_t *others;   /* what the same answer of the peer asks for this realm too */
    unsigned uses;              /* of the nonce */
    char cnonce[2 * CNONCE_BYTES + 1];
} digest_client;

/* ---- hashes ------------------------------------------------------------------------------------------ */

static void to_hex(const unsigned char *bytes, size_t size, char *out) {
    for (size_t i = 0; i < size; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
    out[2 * size] = '\0';
}

/* The hash, in hex, of what is given with ":" between it, up to NULL. */
static bool hash_of(const algorithm *with, char out[HEX_ROOM], const char *const *parts) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, with->hash(), NULL);
    for (int i = 0; good && parts[i]; i++)
        good = (i == 0 || EVP_DigestUpdate(context, ":", 1)) && EVP_DigestUpdate(context, parts[i], strlen(parts[i]));
    good = good && EVP_DigestFinal_ex(context, hash, &size);
    EVP_MD_CTX_free(context);
    to_hex(hash, size, out);
    return good;
}

static bool hash_of_bytes(const algorithm *with, char out[HEX_ROOM], const void *bytes, size_t size) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    bool good = EVP_Digest(bytes, size, hash, &hash_size, with->hash(), NULL);
    to_hex(hash, hash_size, out);
    return good;
}

/* ---- what the peer asks ------------------------------------------------------------------------------ */

/* NULL when we cannot answer it. */
static const algorithm *algorithm_of(const auth_challenge_t *asked) {
    if (!asked->ac_nonce || (asked->ac_qop && !asked->ac_auth && !asked->ac_auth_int))
        return NULL;
    const char *name = asked->ac_algorithm ? asked->ac_algorithm : "MD5";
    for (int i = 0; i < ALGORITHM_COUNT; i++)
        if (strcasecmp(ALGORITHMS[i].name, name) == 0)
            return &ALGORITHMS[i];
    return NULL;
}

/* The challenge, unquoted, in the memory of `home`; false when we cannot answer it. */
static bool read_challenge(su_home_t *home, const msg_auth_t *challenge, auth_challenge_t *out) {
    *out = (auth_challenge_t){.ac_size = sizeof *out};
    if (strcasecmp(challenge->au_scheme, "Digest") == 0
        && auth_digest_challenge_get(home, out, challenge->au_params) > 0 && algorithm_of(out))
        return true;
    auth_digest_challenge_free_params(home, out);
    return false;
}

bool fc_digest_knows(const msg_auth_t *challenge) {
    su_home_t home[1] = {SU_HOME_INIT(home)};
    auth_challenge_t asked;
    bool knows = read_challenge(home, challenge, &asked) && asked.ac_realm;
    su_home_deinit(home);
    return knows;
}

static bool is_for(const msg_auth_t *challenge, const digest_client *self) {
    const char *realm = msg_header_find_param(challenge->au_common, "realm=");
    return su_casematch(challenge->au_scheme, self->client->ca_scheme) && su_strmatch(realm, self->client->ca_realm);
}

/* Of this challenge and the later ones of the same answer, the strongest is answered; a peer that sorts them, as
 * RFC 8760 2.3 has it, means the same one. */
static bool take_strongest(digest_client *self, const msg_auth_t *challenge) {
    su_home_t *home = self->client->ca_home;
    auth_challenge_t strongest = {.ac_size = 0}, asked;
    for (; challenge; challenge = challenge->au_next) {
        if (!is_for(challenge, self) || !read_challenge(home, challenge, &asked))
            continue;
        bool stronger = !strongest.ac_size || algorithm_of(&asked) < algorithm_of(&strongest);
        auth_challenge_t weaker = stronger ? strongest : asked;
        if (stronger)
            strongest = asked;
        if (weaker.ac_size)
            auth_digest_challenge_free_params(home, &weaker);
    }
    if (!strongest.ac_size)
        return false;
    if (self->algorithm)
        auth_digest_challenge_free_params(home, self->asked);
    *self->asked = strongest;
    self->algorithm = algorithm_of(self->asked);
    return true;
}

static const msg_auth_t *next_for(const digest_client *self, const msg_auth_t *challenge) {
    for (challenge = challenge->au_next; challenge && !is_for(challenge, self);)
        challenge = challenge->au_next;
    return challenge;
}

static void begin_nonce(digest_client *self) {
    unsigned char random[CNONCE_BYTES];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort();                /* not with so few bytes */
    to_hex(random, sizeof random, self->cnonce);
    self->uses = 0;
}

/* 2: the request is worth another try with what we know already. 1: it is not, or this was looked at before. */
static int on_challenge(auth_client_t *client, const msg_auth_t *challenge) {
    digest_client *self = (digest_client *)client;
    bool looked_at = challenge == self->others;
    self->others = next_for(self, challenge);
    bool first = !self->algorithm;
    if (looked_at || !take_strongest(self, challenge))
        return 1;
    begin_nonce(self);
    return first || self->asked->ac_stale ? 2 : 1;
}

/* Authentication-Info: the nonce of the next request (RFC 7616 3.5). */
static int on_info(auth_client_t *client, const msg_auth_info_t *info) {
    digest_client *self = (digest_client *)client;
    const char *nonce = NULL;
    if (!self->algorithm || auth_get_params(client->ca_home, info->ai_params, "nextnonce=", &nonce, NULL) <= 0)
        return 0;
    self->asked->ac_nonce = nonce;
    begin_nonce(self);
    return 1;
}

/* ---- our answer -------------------------------------------------------------------------------------- */

/* RFC 7616 3.4.1 to 3.4.3. */
static bool respond(const digest_client *self, const char *qop, const char *count, const char *method, const char *uri,
                    const msg_payload_t *body, char out[HEX_ROOM]) {
    const algorithm *with = self->algorithm;
    const auth_challenge_t *asked = self->asked;
    const char *user = self->client->ca_user, *password = self->client->ca_pass;
    char a1[HEX_ROOM], a2[HEX_ROOM], session[HEX_ROOM], content[HEX_ROOM] = "";
    bool whole = qop && strcmp(qop, "auth-int") == 0;
    if (!hash_of(with, a1, (const char *const[]){user, asked->ac_realm, password, NULL}))
        return false;
    if (with->session && !hash_of(with, session, (const char *const[]){a1, asked->ac_nonce, self->cnonce, NULL}))
        return false;
    if (whole && !hash_of_bytes(with, content, body ? body->pl_data : "", body ? body->pl_len : 0))
        return false;
    if (!hash_of(with, a2, (const char *const[]){method, uri, whole ? content : NULL, NULL}))
        return false;
    const char *secret = with->session ? session : a1;
    return qop ? hash_of(with, out, (const char *const[]){secret, asked->ac_nonce, count, self->cnonce, qop, a2, NULL})
               : hash_of(with, out, (const char *const[]){secret, asked->ac_nonce, a2, NULL});
}

/* `text` as the inside of a quoted-string (RFC 3261 25.1), in the memory of `home`. */
static const char *quoted(su_home_t *home, const char *text) {
    char *out = su_alloc(home, (isize_t)(2 * strlen(text) + 1)), *at = out;
    if (!out)
        return "";
    for (; *text; *at++ = *text++)
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
    *at = '\0';
    return out;
}

static int authorize(auth_client_t *client, su_home_t *home, const char *method, const url_t *url,
                     const msg_payload_t *body, msg_header_t **header) {
    digest_client *self = (digest_client *)client;
    const auth_challenge_t *asked = self->asked;
    const char *qop = !asked->ac_qop ? NULL : asked->ac_auth ? "auth" : "auth-int";
    char count[9], response[HEX_ROOM], proof[160] = "";
    if (!self->algorithm || !client->ca_user || !client->ca_pass || client->ca_clear)
        return 0;
    const char *uri = url_as_string(home, url);
    snprintf(count, sizeof count, "%08x", ++self->uses);
    if (!uri || !respond(self, qop, count, method, uri, body, response))
        return -1;
    if (qop)
        snprintf(proof, sizeof proof, ", qop=%s, nc=%s, cnonce=\"%s\"", qop, count, self->cnonce);
    else if (self->algorithm->session)
        snprintf(proof, sizeof proof, ", cnonce=\"%s\"", self->cnonce);
    *header = msg_header_format(
        home, client->ca_credential_class,
        "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\"%s%s%s%s%s%s",
        quoted(home, client->ca_user), quoted(home, asked->ac_realm), quoted(home, asked->ac_nonce), quoted(home, uri),
        response, asked->ac_algorithm ? ", algorithm=" : "", asked->ac_algorithm ? asked->ac_algorithm : "", proof,
        asked->ac_opaque ? ", opaque=\"" : "", asked->ac_opaque ? quoted(home, asked->ac_opaque) : "",
        asked->ac_opaque ? "\"" : "");
    return *header ? 0 : -1;
}

/* ---- our password ------------------------------------------------------------------------------------ */

char *fc_digest_credentials(const msg_auth_t *challenge, const char *username, const char *password) {
    const char *realm = msg_header_find_param(challenge->au_common, "realm=");
    size_t size = strlen(realm) + strlen(username) + 2 * strlen(password) + sizeof "Digest:::";
    char *text = fc_zeroed(size);
    int length = snprintf(text, size, "Digest:%s:%s:", realm, username);
    to_hex((const unsigned char *)password, strlen(password), text + length);
    return text;
}

static int keep(auth_client_t *client, const char *scheme, const char *realm, const char *user, const char *hex) {
    char *password = fc_zeroed(strlen(hex) / 2 + 1);
    for (size_t i = 0; i < strlen(hex) / 2; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        password[i] = (char)byte;
    }
    int kept = auth_client_save_credentials(client, scheme, realm, user, password);
    free(password);
    return kept;
}

static int forget(auth_client_t *client) {
    client->ca_clear = 1;
    return 1;
}

#define SCHEME(name)                                                                                                   \
    {sizeof(auth_client_plugin_t), sizeof(digest_client), name, on_challenge, authorize, on_info, forget, keep,       \
     auth_client_copy_credentials}

/* auc_register_plugin puts a scheme in the place of the first one with *another* name (1.12.11), or of that with the
 * same name (later ones). Names of schemes have no case, so that after both the digest is this one, either way. */
static void take_the_place_of_digest(void) {
    static const auth_client_plugin_t lower = SCHEME("digest"), usual = SCHEME("Digest");
    auc_register_plugin(&lower);
    auc_register_plugin(&usual);
}

void fc_digest_set_up(void) {
    static pthread_once_t done = PTHREAD_ONCE_INIT;
    pthread_once(&done, take_the_place_of_digest);
}
