/* How one https origin is spoken to: whom to trust, which name its certificate must be for, what we show ourselves, and
 * the last session, so that the next connection resumes.
 *
 * Verification is on unless an administrator turned it off, and fails closed: no authorities, no connection.
 *
 * Owns     its OpenSSL context and session; nothing it was built from is needed afterwards
 * Threads  immutable but for the session, which has a lock; safe from any number of threads
 */
#ifndef BOUCLIER_NET_TLS_CLIENT_H
#define BOUCLIER_NET_TLS_CLIENT_H

#include "base/complaint.h"
#include "net/certificate.h"

struct ssl_ctx_st;
struct ssl_st;

struct tls_client_settings {
	struct span host;     /* the name or address that the certificate must be for; sent as SNI when it is a name */
	struct span sni;      /* sent and verified instead of HOST; empty: HOST */
	struct span ca;       /* PEM; SPAN_NONE: the authorities of the system. An empty file is not none: it is refused */
	struct span ca_path;  /* for the sentence */
	bool is_unverified;   /* `verify: false` */
	const struct certificate_source *certificate;  /* `auth: mtls`; NULL: none */
	bool takes_bare_end;  /* a FIN without close_notify is an end like another: of a peer whose words nobody needs */
};

struct tls_client;

/* RESULT_REFUSED with a complaint when the CA or the certificate cannot be used. The system's authorities are read once
 * a process (by the first client that needs them). */
enum result tls_client_new(const struct tls_client_settings *settings, struct complaints *complaints,
                           struct tls_client **out) must_check;
void tls_client_free(struct tls_client *client);
/* SHA-256 (32 bytes) over the files it was made from: their bytes, not their names. The authorities of the system are no
 * file of ours: they are not in it. */
const unsigned char *tls_client_digest(const struct tls_client *client);

/* For net/transport.c: names, verification and the kept session go into SSL. */
struct ssl_ctx_st *tls_client_context(const struct tls_client *client);
enum result tls_client_prepare(struct tls_client *client, struct ssl_st *ssl) must_check;

#endif
