/* The TLS side of the sites of one snapshot: which certificate and which policy for the name a client asks for.
 *
 * Unknown names are refused with the alert unrecognized_name before any TLS object exists; no site's certificate is ever
 * shown for another's name. Sites with the same certificate and policy share one OpenSSL context.
 *
 * Limits   TLS 1.2 with ECDHE and AEAD only, TLS 1.3; no compression, no renegotiation, no early data; resumption by
 *          tickets only (nothing is kept here)
 * Owns     its contexts and copies of the host names; nothing of what it was built from is needed afterwards, except
 *          TICKETS and the owners
 * Threads  immutable once made; safe from any number of threads
 */
#ifndef BOUCLIER_NET_TLS_SERVER_H
#define BOUCLIER_NET_TLS_SERVER_H

#include "base/address.h"
#include "base/complaint.h"
#include "net/certificate.h"
#include "net/staple.h"
#include "net/ticket_keys.h"

enum tls_client_mode { TLS_CLIENT_NONE, TLS_CLIENT_REQUEST, TLS_CLIENT_REQUIRE };
enum tls_version { TLS_1_2, TLS_1_3 };

struct tls_certificate {
	struct certificate_source source;
	struct span ocsp;             /* a file's bytes, and: */
	bool is_ocsp_fetched;         /* instead. For the digest: contexts that say the same may be shared */
	struct staple *staple;        /* held by the context; NULL: nothing is stapled */
};

struct tls_site {
	const void *owner;            /* what transport_site will say */
	const struct span *hosts;     /* lower case; "*.x" is one label or more; addresses for clients without SNI */
	size_t host_count;
	const struct tls_certificate *certificates;  /* ECDSA and RSA side by side */
	size_t certificate_count;
	enum tls_version min_version;
	/* REQUEST lets clients without a certificate in; one that sends a bad certificate is refused in both modes
	 * (fails closed). With a CRL, every certificate of the client's chain needs a current CRL of its issuer. */
	enum tls_client_mode client_mode;
	struct span client_ca, client_crl;  /* PEM */
	uint32_t client_fresh_s;      /* how long ago a certificate may have been looked at when its session resumes; 0: an hour */
	bool is_passthrough;          /* no certificate: the bytes go on as they came */
};

struct tls_server;

/* DEFAULT_SITE (one of SITES, or NULL) answers clients that send no SNI and reach no site by address. TICKETS may be NULL:
 * no resumption. All complaints at once; RESULT_REFUSED when there was one. */
enum result tls_server_new(const struct tls_site *sites, size_t count, const struct tls_site *default_site,
                           const struct ticket_keys *tickets, struct complaints *complaints, struct tls_server **out) must_check;
void tls_server_free(struct tls_server *server);
/* Number of OpenSSL contexts, for tests and for `status`. */
size_t tls_server_contexts(const struct tls_server *server);

/* What one name leads to; opaque outside net/ but for these. */
struct tls_choice {
	const void *owner;
	struct ssl_ctx_st *context;   /* NULL: passthrough */
};

/* SNI empty: by LOCAL (may be NULL), then the default site. NULL: nobody here has that name. */
const struct tls_choice *tls_server_find(const struct tls_server *server, struct span sni, const struct address *local);

#endif
