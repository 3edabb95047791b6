/* Certificates and their private keys: read from PEM, checked, described; and a labelled self-signed one, made for trying
 * things out.
 *
 * Limits   a PEM text is at most CERTIFICATE_PEM_MAX bytes with CERTIFICATE_CHAIN_MAX certificates
 * Owns     struct certificate owns what OpenSSL made of it, until certificate_done
 * Threads  one at a time; what tls_server took is shared by reference counts
 * Source   RFC 7468 (PEM), RFC 5280, RFC 9440 (Client-Cert)
 */
#ifndef BOUCLIER_NET_CERTIFICATE_H
#define BOUCLIER_NET_CERTIFICATE_H

#include "base/buffer.h"
#include "base/complaint.h"
#include "base/span.h"

#define CERTIFICATE_PEM_MAX (256u * 1024)
#define CERTIFICATE_CHAIN_MAX 16u
#define CERTIFICATE_NAMES_MAX 256u

struct x509_st;
struct evp_pkey_st;
struct stack_st_X509;

struct certificate {
	struct x509_st *leaf;
	struct stack_st_X509 *chain;  /* without the leaf; NULL: none */
	struct evp_pkey_st *key;      /* NULL: read without a key */
};

/* What a person gave: texts, and the paths they came from for the sentences. */
struct certificate_source {
	struct span chain, key;            /* PEM; KEY may be the same text as CHAIN (one file with both) */
	struct span chain_path, key_path;
};

/* Reads the chain (leaf first) and its key and checks that they belong together and that each certificate of the chain
 * names the next as its issuer. Says what is wrong in COMPLAINTS (may be NULL) and returns RESULT_MALFORMED, RESULT_LIMIT or
 * RESULT_NO_MEMORY. Dates are not looked at: see certificate_check_dates. An encrypted key is refused: nobody is there to
 * type its passphrase when the shield restarts. */
enum result certificate_read(const struct certificate_source *source, struct complaints *complaints,
                             struct certificate *out) must_check;
/* The chain alone. */
enum result certificate_read_chain(struct span chain, struct span path, struct complaints *complaints,
                                   struct certificate *out) must_check;
void certificate_done(struct certificate *certificate);

/* Milliseconds since 1970. */
int64_t certificate_not_before_ms(const struct certificate *certificate);
int64_t certificate_not_after_ms(const struct certificate *certificate);
/* Complains when the certificate has expired or is not valid yet at NOW_MS; true when it may be used. A running shield
 * goes on with an expired certificate (availability: some clients accept it, none are served without); only `check`, `run`
 * and `reload` ask this. */
bool certificate_check_dates(const struct certificate *certificate, struct span path, int64_t now_ms,
                             struct complaints *complaints);
bool certificate_is_self_signed(const struct certificate *certificate);
/* DNS names and addresses of the subject alternative names, in lower case; the common name when there are none. Copies
 * into ARENA; at most CERTIFICATE_NAMES_MAX. */
enum result certificate_names(const struct certificate *certificate, struct arena *arena, struct span **names,
                              size_t *count) must_check;
/* True when HOST ("www.x", an address, or "*.x" against the very same name) is one the certificate is for. */
bool certificate_is_for(const struct certificate *certificate, struct span host);

#define SELF_SIGNED_DAYS 90

/* Makes an ECDSA P-256 key and a certificate for HOSTS (names or addresses; the first is also shown), valid for
 * SELF_SIGNED_DAYS from NOW_MS, whose common name says that it is self-signed. Appends PEM to CHAIN and KEY. */
enum result certificate_make_self_signed(const struct span *hosts, size_t count, int64_t now_ms, struct buffer *chain,
                                         struct buffer *key) must_check;

/* Value of the Client-Cert field (RFC 9440, section 2.2): base64 of DER between colons, at the end of OUT. The span points
 * into OUT; empty when OUT has no room. */
struct span certificate_header(struct span der, struct buffer *out);

#endif
