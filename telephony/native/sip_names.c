/* Signalling over TLS: certificates of peers that are known by their address (RFC 5922 7.1, RFC 9525 6.5).
 *
 * sofia-sip 1.12.11 compares the host of a URI with the names in a certificate and passes over its addresses. So each
 * address of a certificate that was found to be good stands among its names too, in memory, before sofia-sip looks.
 */

#include "sip.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { V4 = 4, V6 = 16 };

static _Thread_local bool is_signalling;        /* others in this process use OpenSSL too: theirs is left alone */

static bool add_name(GENERAL_NAMES *names, const char *text) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    if (name && value && ASN1_STRING_set(value, text, -1)) {
        GENERAL_NAME_set0_value(name, GEN_DNS, value);
        if (sk_GENERAL_NAME_push(names, name) > 0)
            return true;
        value = NULL;
    }
    GENERAL_NAME_free(name);
    ASN1_IA5STRING_free(value);
    return false;
}

static bool add_address(GENERAL_NAMES *names, const ASN1_OCTET_STRING *address) {
    int size = ASN1_STRING_length(address);
    char text[INET6_ADDRSTRLEN], bracketed[INET6_ADDRSTRLEN + 2];
    if ((size != V4 && size != V6)
        || !inet_ntop(size == V4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text))
        return false;
    if (size == V4)
        return add_name(names, text);
    snprintf(bracketed, sizeof bracketed, "[%s]", text);
    return add_name(names, text) && add_name(names, bracketed);
}

static void name_addresses(X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names ? sk_GENERAL_NAME_num(names) : 0;
    bool added = false;
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_IPADD)
            added = add_address(names, name->d.iPAddress) || added;
    }
    if (added)
        X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_REPLACE);
    GENERAL_NAMES_free(names);
}

static int verify(X509_STORE_CTX *peer, void *user) {
    (void)user;
    int result = X509_verify_cert(peer);
    if (result > 0 && X509_STORE_CTX_get_error(peer) == X509_V_OK)
        name_addresses(X509_STORE_CTX_get0_cert(peer));
    return result;
}

/* OpenSSL has made the settings of connections, of which sofia-sip shows none. */
static void on_context(void *context, void *value, CRYPTO_EX_DATA *data, int index, long number, void *user) {
    (void)value, (void)data, (void)index, (void)number, (void)user;
    if (is_signalling)
        SSL_CTX_set_cert_verify_callback(context, verify, NULL);
}

static void listen_for_contexts(void) {
    SSL_CTX_get_ex_new_index(0, NULL, on_context, NULL, NULL);
}

void fc_names_set_up(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, listen_for_contexts);
    is_signalling = true;
}
