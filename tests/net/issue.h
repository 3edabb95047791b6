/* Certificates signed by authorities of the test's own. */
#ifndef BOUCLIER_TESTS_NET_ISSUE_H
#define BOUCLIER_TESTS_NET_ISSUE_H

#include "pair.h"

#include <openssl/x509v3.h>

/* A certificate for NAME signed by ISSUER (NULL: by itself), as PEM. */
struct issued {
	X509 *certificate;
	EVP_PKEY *key;
	struct buffer chain, pem_key;
};

static inline void pem_take(BIO *bio, struct buffer *out)
{
	char *at;
	long len = BIO_get_mem_data(bio, &at);
	buffer_init(out, 65536);
	assert_int_equal(buffer_append(out, span_make(at, (size_t)len)), RESULT_OK);
	BIO_free(bio);
}

static inline void issue(struct issued *out, const char *name, const struct issued *issuer, bool is_rsa, long serial)
{
	out->key = is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	out->certificate = X509_new();
	X509_set_version(out->certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(out->certificate), serial);
	X509_gmtime_adj(X509_getm_notBefore(out->certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(out->certificate), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(out->certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(out->certificate, X509_get_subject_name(issuer ? issuer->certificate : out->certificate));
	X509_set_pubkey(out->certificate, out->key);
	X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
	X509_add_ext(out->certificate, basic, -1);
	X509_EXTENSION_free(basic);
	assert_true(X509_sign(out->certificate, issuer ? issuer->key : out->key, EVP_sha256()) > 0);
	BIO *chain = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(chain, out->certificate);
	PEM_write_bio_PrivateKey(key, out->key, NULL, NULL, 0, NULL, NULL);
	pem_take(chain, &out->chain);
	pem_take(key, &out->pem_key);
}

static inline void issued_done(struct issued *issued)
{
	X509_free(issued->certificate);
	EVP_PKEY_free(issued->key);
	buffer_done(&issued->chain);
	buffer_done(&issued->pem_key);
}

#endif
