#include "net/jws.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/banned.h"

#define DER_MAX 80

static const unsigned char *bytes_of(struct span text)
{
	return (const unsigned char *)(text.at ? text.at : "");
}

static EVP_PKEY *key_of(const char *kind, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *key = NULL;

	if (!context || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

/* KEY is let go. */
static enum result check(EVP_PKEY *key, struct span text, const unsigned char *signature, size_t len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good = key && context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	               EVP_DigestVerify(context, signature, len, bytes_of(text), text.len) == 1;
	enum result result = !context ? RESULT_NO_MEMORY : is_good ? RESULT_OK : RESULT_REFUSED;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return result;
}

static EVP_PKEY *rsa_key(struct span modulus, struct span exponent)
{
	BIGNUM *n = BN_bin2bn(bytes_of(modulus), (int)modulus.len, NULL), *e = BN_bin2bn(bytes_of(exponent), (int)exponent.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params)
		key = key_of("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return key;
}

/* An exponent of 1 would take any text for its own signature. */
static bool is_exponent(struct span exponent)
{
	return exponent.len && exponent.len <= 8 && exponent.at[0] != 0 && (exponent.at[exponent.len - 1] & 1) && (exponent.len > 1 || (unsigned char)exponent.at[0] >= 3);
}

enum result jws_check_rs256(struct span modulus, struct span exponent, struct span text, struct span signature)
{
	if (modulus.len < JWS_RSA_MIN || modulus.len > JWS_RSA_MAX || !((unsigned char)modulus.at[0] & 0x80) || !is_exponent(exponent) || signature.len != modulus.len)
		return RESULT_REFUSED;
	return check(rsa_key(modulus, exponent), text, bytes_of(signature), signature.len);
}

static EVP_PKEY *point_key(struct span x, struct span y)
{
	unsigned char point[1 + 2 * JWS_P256_LEN] = { 4 };
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};

	memcpy(point + 1, x.at, JWS_P256_LEN);
	memcpy(point + 1 + JWS_P256_LEN, y.at, JWS_P256_LEN);
	return key_of("EC", params);
}

/* The two halves as OpenSSL wants them. 0: no memory. */
static int der_of(struct span signature, unsigned char out[DER_MAX])
{
	ECDSA_SIG *both = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(bytes_of(signature), JWS_P256_LEN, NULL), *s = BN_bin2bn(bytes_of(signature) + JWS_P256_LEN, JWS_P256_LEN, NULL);
	int len = 0;

	if (both && r && s && ECDSA_SIG_set0(both, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(both, &out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(both);
	return len > 0 ? len : 0;
}

enum result jws_check_es256(struct span x, struct span y, struct span text, struct span signature)
{
	unsigned char der[DER_MAX];
	int len;

	if (x.len != JWS_P256_LEN || y.len != JWS_P256_LEN || signature.len != (size_t)2 * JWS_P256_LEN)
		return RESULT_REFUSED;
	len = der_of(signature, der);
	return len ? check(point_key(x, y), text, der, (size_t)len) : RESULT_NO_MEMORY;
}
