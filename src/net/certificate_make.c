/* A certificate to try things out with. It says what it is where people look: in its name. */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "base/hash.h"
#include "net/certificate.h"

#include "base/banned.h"

#define DAY_S 86400

static bool name_set(X509 *certificate, struct span host)
{
	char common[65];  /* RFC 5280: ub-common-name is 64 */
	(void)snprintf(common, sizeof(common), "%.*s (self-signed by Bouclier)", (int)(host.len < 34 ? host.len : 34), host.at);
	X509_NAME *name = X509_get_subject_name(certificate);
	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Self-signed, not trusted by browsers", -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1;
}

static bool serial_set(X509 *certificate)
{
	unsigned char bytes[16];
	random_fill(bytes, sizeof(bytes));
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);  /* positive, and never short */
	BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool is_good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return is_good;
}

static bool extension_add(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool is_good = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_good;
}

/* Built as values, not as configuration text: a host can then never be read as anything else. */
static bool host_add(GENERAL_NAMES *names, struct span host)
{
	struct address address;
	GENERAL_NAME *name = GENERAL_NAME_new();
	bool is_address = address_read(host, &address) == RESULT_OK;
	ASN1_STRING *value = is_address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	const char *bytes = host.at;
	size_t len = host.len;
	if (is_address) {
		len = address_is_v4(&address) ? 4 : 16;
		bytes = (const char *)address.bytes + (16 - len);
	}
	if (!name || !value || ASN1_STRING_set(value, bytes, (int)len) != 1)
		goto failed;
	GENERAL_NAME_set0_value(name, is_address ? GEN_IPADD : GEN_DNS, value);
	value = NULL;
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return true;
failed:
	ASN1_STRING_free(value);
	GENERAL_NAME_free(name);
	return false;
}

static bool hosts_add(X509 *certificate, const struct span *hosts, size_t count)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool is_good = names != NULL;
	for (size_t i = 0; i < count && is_good; i++)
		is_good = host_add(names, hosts[i]);
	is_good = is_good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return is_good;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const struct span *hosts, size_t count, int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	time_t from = now - 3600;  /* clocks of visitors that are a little slow */
	time_t until = now + (time_t)SELF_SIGNED_DAYS * DAY_S;
	return X509_set_version(certificate, X509_VERSION_3) == 1 && serial_set(certificate) &&
	       ASN1_TIME_set(X509_getm_notBefore(certificate), from) && ASN1_TIME_set(X509_getm_notAfter(certificate), until) &&
	       X509_set_pubkey(certificate, key) == 1 && name_set(certificate, hosts[0]) &&
	       extension_add(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       extension_add(certificate, NID_key_usage, "critical,digitalSignature") &&
	       extension_add(certificate, NID_ext_key_usage, "serverAuth") &&
	       extension_add(certificate, NID_subject_key_identifier, "hash") &&
	       hosts_add(certificate, hosts, count) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum result pem_append(BIO *bio, struct buffer *out)
{
	char *at;
	long len = BIO_get_mem_data(bio, &at);
	return len > 0 ? buffer_append(out, span_make(at, (size_t)len)) : RESULT_NO_MEMORY;
}

enum result certificate_make_self_signed(const struct span *hosts, size_t count, int64_t now_ms, struct buffer *chain,
                                         struct buffer *key)
{
	enum result result = RESULT_NO_MEMORY;
	if (count == 0)
		return RESULT_MALFORMED;
	EVP_PKEY *made = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	BIO *chain_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
	if (!made || !certificate || !chain_pem || !key_pem)
		goto done;
	if (!fill(certificate, made, hosts, count, now_ms) || PEM_write_bio_X509(chain_pem, certificate) != 1 ||
	    PEM_write_bio_PKCS8PrivateKey(key_pem, made, NULL, NULL, 0, NULL, NULL) != 1)
		goto done;
	result = pem_append(chain_pem, chain);
	if (result == RESULT_OK)
		result = pem_append(key_pem, key);
done:
	BIO_free(key_pem);
	BIO_free(chain_pem);
	X509_free(certificate);
	EVP_PKEY_free(made);
	ERR_clear_error();
	return result;
}
