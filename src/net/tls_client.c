#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/address.h"
#include "net/digest.h"
#include "net/tls_context.h"

#include "base/banned.h"

struct tls_client {
	SSL_CTX *context;
	unsigned char digest[DIGEST_LEN];
	pthread_mutex_t lock;   /* of session */
	SSL_SESSION *session;
	char name[256];         /* SNI and what to verify */
	bool is_address;
};

static X509_STORE *system_store;
static pthread_once_t system_once = PTHREAD_ONCE_INIT;

static void system_load(void)
{
	system_store = X509_STORE_new();
	if (system_store && X509_STORE_set_default_paths(system_store) != 1) {
		X509_STORE_free(system_store);
		system_store = NULL;
	}
	ERR_clear_error();
}

/* Keeps the newest session; OpenSSL gives us the reference (return 1). */
static int session_keep(SSL *ssl, SSL_SESSION *session)
{
	struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	pthread_mutex_lock(&client->lock);
	SSL_SESSION *old = client->session;
	client->session = session;
	pthread_mutex_unlock(&client->lock);
	SSL_SESSION_free(old);
	return 1;
}

static void say(struct complaints *complaints, struct span path, const char *text)
{
	ERR_clear_error();
	if (complaints)
		complain(complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE, "%s", text);
}

static enum result trust(struct tls_client *client, const struct tls_client_settings *settings, struct complaints *complaints)
{
	if (settings->is_unverified) {
		SSL_CTX_set_verify(client->context, SSL_VERIFY_NONE, NULL);
		return RESULT_OK;
	}
	SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
	if (settings->ca.at) {
		if (tls_context_trust(client->context, settings->ca, SPAN_NONE) == RESULT_OK)
			return RESULT_OK;
		say(complaints, settings->ca_path, "no certificate of an authority found");
		return RESULT_REFUSED;
	}
	(void)pthread_once(&system_once, system_load);
	if (!system_store) {
		say(complaints, SPAN_NONE, "the system has no certificate authorities (package ca-certificates)");
		return RESULT_REFUSED;
	}
	SSL_CTX_set1_cert_store(client->context, system_store);
	return RESULT_OK;
}

static enum result show(struct tls_client *client, const struct certificate_source *source, struct complaints *complaints)
{
	struct certificate certificate;
	if (!source)
		return RESULT_OK;
	enum result result = certificate_read(source, complaints, &certificate);
	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_REFUSED;
	if (SSL_CTX_use_cert_and_key(client->context, certificate.leaf, certificate.key, certificate.chain, 1) != 1) {
		say(complaints, source->chain_path, "this certificate cannot be used: its key is too weak");
		result = RESULT_REFUSED;
	}
	certificate_done(&certificate);
	return result;
}

static enum result name_set(struct tls_client *client, const struct tls_client_settings *settings, struct complaints *complaints)
{
	struct address address;
	struct span name = settings->sni.len > 0 ? settings->sni : settings->host;
	client->is_address = address_read(name, &address) == RESULT_OK;
	if (client->is_address) {
		address_write(&address, client->name);
		return RESULT_OK;
	}
	if (name.len > 0 && span_to_text(name, client->name, sizeof(client->name)) == RESULT_OK)
		return RESULT_OK;
	say(complaints, SPAN_NONE, "the name of the origin is empty or longer than 255 characters");
	return RESULT_REFUSED;
}

static enum result digest_files(const struct tls_client_settings *settings, unsigned char out[DIGEST_LEN])
{
	struct digest digest;
	digest_init(&digest);
	digest_add(&digest, settings->ca);
	digest_add(&digest, settings->certificate ? settings->certificate->chain : SPAN_NONE);
	digest_add(&digest, settings->certificate ? settings->certificate->key : SPAN_NONE);
	return digest_end(&digest, out);
}

enum result tls_client_new(const struct tls_client_settings *settings, struct complaints *complaints, struct tls_client **out)
{
	struct tls_client *client = calloc(1, sizeof(*client));
	if (!client)
		return RESULT_NO_MEMORY;
	enum result result = RESULT_NO_MEMORY;
	(void)pthread_mutex_init(&client->lock, NULL);
	client->context = SSL_CTX_new(TLS_client_method());
	if (!client->context || !tls_context_common(client->context, TLS_1_2))
		goto failed;
	if (settings->takes_bare_end)
		SSL_CTX_set_options(client->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	result = name_set(client, settings, complaints);
	if (result == RESULT_OK)
		result = trust(client, settings, complaints);
	if (result == RESULT_OK)
		result = show(client, settings->certificate, complaints);
	if (result == RESULT_OK)
		result = digest_files(settings, client->digest);
	if (result != RESULT_OK)
		goto failed;
	SSL_CTX_set_app_data(client->context, client);
	SSL_CTX_set_session_cache_mode(client->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client->context, session_keep);
	*out = client;
	return RESULT_OK;
failed:
	tls_client_free(client);
	ERR_clear_error();
	return result;
}

void tls_client_free(struct tls_client *client)
{
	if (!client)
		return;
	SSL_SESSION_free(client->session);
	SSL_CTX_free(client->context);
	(void)pthread_mutex_destroy(&client->lock);
	free(client);
}

const unsigned char *tls_client_digest(const struct tls_client *client)
{
	return client->digest;
}

SSL_CTX *tls_client_context(const struct tls_client *client)
{
	return client->context;
}

enum result tls_client_prepare(struct tls_client *client, SSL *ssl)
{
	static const unsigned char alpn[] = "\x08http/1.1";
	SSL_set_connect_state(ssl);
	bool is_good = SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1) == 0;
	if (client->is_address)
		is_good = is_good && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), client->name) == 1;
	else
		is_good = is_good && SSL_set_tlsext_host_name(ssl, client->name) == 1 && SSL_set1_host(ssl, client->name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	pthread_mutex_lock(&client->lock);
	if (client->session)
		is_good = is_good && SSL_set_session(ssl, client->session) == 1;
	pthread_mutex_unlock(&client->lock);
	if (!is_good)
		ERR_clear_error();
	return is_good ? RESULT_OK : RESULT_NO_MEMORY;
}
