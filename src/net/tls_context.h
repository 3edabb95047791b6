/* One OpenSSL context of a server: certificates, policy, tickets, stapling. Inside net/ only. */
#ifndef BOUCLIER_NET_TLS_CONTEXT_H
#define BOUCLIER_NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "net/digest.h"
#include "net/tls_server.h"

#define TLS_DIGEST_LEN DIGEST_LEN

/* SHA-256 over everything that makes a context different: equal digests may share one. A site that asks for client
 * certificates never shares: its name goes in, so that no session of another site resumes into it. */
enum result tls_context_digest(const struct tls_site *site, unsigned char out[TLS_DIGEST_LEN]) must_check;
/* The session id context is DIGEST: a ticket opens only under the very policy it was given under. */
enum result tls_context_new(const struct tls_site *site, const unsigned char digest[TLS_DIGEST_LEN],
                            const struct ticket_keys *tickets, struct complaints *complaints, SSL_CTX **out) must_check;
/* Settings that servers and clients share. */
bool tls_context_common(SSL_CTX *context, enum tls_version min_version);

/* Reads the PEM certificates (and CRLs, may be empty) into the context's trusted ones; COUNT of certificates. */
enum result tls_context_trust(SSL_CTX *context, struct span ca, struct span crl) must_check;

#endif
