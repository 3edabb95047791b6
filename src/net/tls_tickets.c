#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"

#include "base/banned.h"

static int tickets_index = -1;
static const EVP_CIPHER *cipher;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	tickets_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	/* Fetched once; implicit fetches at each ticket cost more than the encryption. */
	cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (!cipher)
		cipher = EVP_aes_256_cbc();
}

static uint64_t now_s(void)
{
	return clock_wall_ns() / 1000000000;
}

static bool mac_start(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->hmac, sizeof(key->hmac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* The contract is SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 error, 0 no key (full handshake, or no ticket), 1 use it,
 * 2 use it and give a new ticket. */
static int ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *context, EVP_MAC_CTX *mac, int sealing)
{
	const struct ticket_keys *keys = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tickets_index);
	struct ticket_key key;
	bool is_current = true;
	if (sealing) {
		if (!ticket_keys_current(keys, now_s(), &key))
			return 0;
		memcpy(name, key.name, sizeof(key.name));
		random_fill(iv, 16);
	} else if (!ticket_keys_find(keys, now_s(), name, &key, &is_current)) {
		return 0;
	}
	bool is_good = mac_start(mac, &key) && EVP_CipherInit_ex(context, cipher, NULL, key.aes, iv, sealing) == 1;
	explicit_bzero(&key, sizeof(key));
	if (!is_good)
		return -1;
	/* TLS 1.3 clients use a ticket once: each resumption gives the next one. */
	return !is_current || (!sealing && SSL_version(ssl) >= TLS1_3_VERSION) ? 2 : 1;
}

void tls_tickets_use(SSL_CTX *context, const struct ticket_keys *tickets)
{
	(void)pthread_once(&once, prepare);
	/* The pointer is only ever read back as const. */
	if (!tickets || tickets_index < 0 || SSL_CTX_set_ex_data(context, tickets_index, (void *)(uintptr_t)tickets) != 1) {
		SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(context, 0);
		return;
	}
	SSL_CTX_set_num_tickets(context, 1);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_callback);
}

static uint64_t now_ms(void)
{
	return clock_wall_ns() / 1000000;
}

/* When a full handshake gave SESSION its first ticket; false: none has yet. */
static bool birth_read(SSL_SESSION *session, uint64_t *born_ms)
{
	void *data = NULL;
	size_t len = 0;
	if (SSL_SESSION_get0_ticket_appdata(session, &data, &len) != 1 || len != sizeof(*born_ms))
		return false;
	memcpy(born_ms, data, sizeof(*born_ms));
	return true;
}

static int birth_note(SSL *ssl, void *unused)
{
	SSL_SESSION *session = SSL_get_session(ssl);
	uint64_t born_ms = now_ms();
	(void)unused;
	return birth_read(session, &born_ms) || SSL_SESSION_set1_ticket_appdata(session, &born_ms, sizeof(born_ms)) == 1;
}

/* Security, fails closed: a ticket that does not tell its age is not taken; a full handshake follows. */
static SSL_TICKET_RETURN birth_judge(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len, SSL_TICKET_STATUS status,
                                     void *fresh_s)
{
	uint64_t born_ms, now = now_ms();
	(void)ssl, (void)name, (void)name_len;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!birth_read(session, &born_ms) || born_ms > now || now - born_ms > (uint64_t)(uintptr_t)fresh_s * 1000)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void tls_tickets_limit(SSL_CTX *context, uint32_t fresh_s)
{
	if (SSL_CTX_set_session_ticket_cb(context, birth_note, birth_judge, (void *)(uintptr_t)fresh_s) != 1)
		SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
}
