#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/digest.h"
#include "net/tls_state.h"
#include "net/tls_tickets.h"

#include "base/banned.h"

#define CIPHERS_1_2 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* AES-128 first: its key schedule hashes with SHA-256, which processors have instructions for. */
#define CIPHERS_1_3 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
#define GROUPS "X25519MLKEM768:X25519:P-256:P-384"
#else
#define GROUPS "X25519:P-256:P-384"
#endif

#define CLIENT_FRESH_S 3600

/* OCSP responses by the certificate they speak of; lives in the context's ex_data. */
struct staples {
	size_t count;
	struct { X509 *leaf; struct staple *staple; } list[];
};

static int staples_index = -1;
static pthread_once_t staples_once = PTHREAD_ONCE_INIT;

static void staples_free(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent, (void)data, (void)index, (void)argl, (void)argp;
	struct staples *staples = pointer;
	for (size_t i = 0; staples && i < staples->count; i++) {
		X509_free(staples->list[i].leaf);
		staple_drop(staples->list[i].staple);
	}
	free(staples);
}

static void staples_register(void)
{
	staples_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, staples_free);
}

bool tls_context_common(SSL_CTX *context, enum tls_version min_version)
{
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	                                     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(context, 1);
	return SSL_CTX_set_min_proto_version(context, min_version == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(context, CIPHERS_1_2) == 1 && SSL_CTX_set_ciphersuites(context, CIPHERS_1_3) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1;
}

enum result tls_context_digest(const struct tls_site *site, unsigned char out[TLS_DIGEST_LEN])
{
	unsigned char policy[2] = { (unsigned char)site->min_version, (unsigned char)site->client_mode };
	struct digest digest;
	digest_init(&digest);
	digest_add(&digest, span_make((const char *)policy, sizeof(policy)));
	for (size_t i = 0; i < site->certificate_count; i++) {
		/* Not the key: it belongs to the chain or the context is not built at all. */
		digest_add(&digest, site->certificates[i].source.chain);
		digest_add(&digest, site->certificates[i].ocsp);
		digest_add(&digest, site->certificates[i].is_ocsp_fetched ? SPAN("fetched") : SPAN_NONE);
	}
	if (site->client_mode != TLS_CLIENT_NONE) {
		digest_add(&digest, site->client_ca);
		digest_add(&digest, site->client_crl);
		digest_add(&digest, site->host_count > 0 ? site->hosts[0] : SPAN_NONE);
	}
	return digest_end(&digest, out);
}

/* Availability, fails open: without a response to send, the handshake goes on without. */
static int staple_send(SSL *ssl, void *context)
{
	(void)context;
	const struct staples *staples = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), staples_index);
	X509 *chosen = SSL_get_certificate(ssl);
	for (size_t i = 0; staples && i < staples->count; i++) {
		if (staples->list[i].leaf != chosen)
			continue;
		size_t len = 0;
		unsigned char *copy = staple_copy(staples->list[i].staple, (int64_t)(clock_wall_ns() / 1000000u), &len);
		if (!copy)
			return SSL_TLSEXT_ERR_NOACK;
		SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)len);
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static void say(struct complaints *complaints, struct span path, const char *text)
{
	if (complaints)
		complain(complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE, "%s", text);
	ERR_clear_error();
}

static void staple_keep(struct staples *staples, X509 *leaf, struct staple *staple)
{
	X509_up_ref(leaf);
	staples->list[staples->count].leaf = leaf;
	staples->list[staples->count++].staple = staple_hold(staple);
}

static enum result certificate_use(SSL_CTX *context, const struct tls_certificate *given, struct staples *staples,
                                   struct complaints *complaints)
{
	struct certificate certificate;
	enum result result = certificate_read(&given->source, complaints, &certificate);
	if (result != RESULT_OK)
		return result;
	if (SSL_CTX_use_cert_and_key(context, certificate.leaf, certificate.key, certificate.chain, 0) != 1) {
		say(complaints, given->source.chain_path,
		    "this certificate cannot be used: its key is too weak, or another one of the same kind is there already");
		result = RESULT_REFUSED;
	} else if (given->staple) {
		staple_keep(staples, certificate.leaf, given->staple);
	}
	certificate_done(&certificate);
	return result;
}

static enum result certificates_use(SSL_CTX *context, const struct tls_site *site, struct complaints *complaints)
{
	struct staples *staples = calloc(1, sizeof(*staples) + site->certificate_count * sizeof(staples->list[0]));
	(void)pthread_once(&staples_once, staples_register);
	if (!staples || staples_index < 0 || SSL_CTX_set_ex_data(context, staples_index, staples) != 1) {
		free(staples);
		return RESULT_NO_MEMORY;
	}
	for (size_t i = 0; i < site->certificate_count; i++) {
		enum result result = certificate_use(context, &site->certificates[i], staples, complaints);
		if (result != RESULT_OK)
			return result;
	}
	if (staples->count > 0)
		SSL_CTX_set_tlsext_status_cb(context, staple_send);
	return RESULT_OK;
}

/* A CA file without one certificate, or a CRL file without one CRL, would check nothing: MALFORMED. */
enum result tls_context_trust(SSL_CTX *context, struct span ca, struct span crl)
{
	struct span texts[2] = { ca, crl };
	X509_STORE *store = SSL_CTX_get_cert_store(context);
	unsigned certificates = 0, crls = 0;
	for (unsigned i = 0; i < 2; i++) {
		BIO *bio = BIO_new_mem_buf(texts[i].len > 0 ? texts[i].at : "", (int)texts[i].len);
		STACK_OF(X509_INFO) *infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
		for (int j = 0; infos && j < sk_X509_INFO_num(infos); j++) {
			X509_INFO *info = sk_X509_INFO_value(infos, j);
			if (i == 0 && info->x509 && X509_STORE_add_cert(store, info->x509) == 1)
				certificates++;
			if (i == 1 && info->crl && X509_STORE_add_crl(store, info->crl) == 1)
				crls++;
		}
		sk_X509_INFO_pop_free(infos, X509_INFO_free);
		BIO_free(bio);
	}
	ERR_clear_error();
	if (certificates == 0 || (crl.len > 0 && crls == 0))
		return RESULT_MALFORMED;
	if (crl.len > 0)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return RESULT_OK;
}

/* The names of the accepted authorities, so that browsers offer the right certificate. */
static bool ca_names_tell(SSL_CTX *context)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		if (authority && SSL_CTX_add_client_CA(context, authority) != 1)
			return false;
	}
	return true;
}

static enum result clients_verify(SSL_CTX *context, const struct tls_site *site, struct complaints *complaints)
{
	if (site->client_mode == TLS_CLIENT_NONE)
		return RESULT_OK;
	if (tls_context_trust(context, site->client_ca, site->client_crl) != RESULT_OK || !ca_names_tell(context)) {
		say(complaints, SPAN_NONE, "client_certificate: no certificate of an authority in ca, or no list in crl");
		return RESULT_MALFORMED;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (site->client_mode == TLS_CLIENT_REQUIRE ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	SSL_CTX_set_verify_depth(context, 5);
	/* A client certificate is looked at only in a full handshake. */
	SSL_CTX_set_timeout(context, CLIENT_FRESH_S);
	tls_tickets_limit(context, site->client_fresh_s ? site->client_fresh_s : CLIENT_FRESH_S);
	return RESULT_OK;
}

static int sni_acknowledge(SSL *ssl, int *alert, void *context)
{
	(void)ssl, (void)alert, (void)context;
	return SSL_TLSEXT_ERR_OK;  /* the choice was made before: net/tls_state.c */
}

enum result tls_context_new(const struct tls_site *site, const unsigned char digest[TLS_DIGEST_LEN],
                            const struct ticket_keys *tickets, struct complaints *complaints, SSL_CTX **out)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (!context)
		return RESULT_NO_MEMORY;
	enum result result = RESULT_NO_MEMORY;
	if (!tls_context_common(context, site->min_version) ||
	    SSL_CTX_set_session_id_context(context, digest, TLS_DIGEST_LEN) != 1)
		goto failed;
	/* A client's requests are framed by HTTP: an end without close_notify cuts nothing that would pass for whole. */
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(context, TICKET_LIFETIME_S);
	SSL_CTX_set_tlsext_servername_callback(context, sni_acknowledge);
	SSL_CTX_set_alpn_select_cb(context, tls_state_select_alpn, NULL);
	tls_tickets_use(context, tickets);
	result = certificates_use(context, site, complaints);
	if (result == RESULT_OK)
		result = clients_verify(context, site, complaints);
	if (result != RESULT_OK)
		goto failed;
	*out = context;
	return RESULT_OK;
failed:
	SSL_CTX_free(context);
	ERR_clear_error();
	return result;
}
