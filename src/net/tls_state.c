#include "net/tls_state.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "base/hash.h"
#include "net/socket_io.h"
#include "net/tls_client.h"
#include "net/tls_server.h"

#include "base/banned.h"

#define OUT_MAX (128u * 1024)   /* a handshake flight: chain, certificate requests with many authorities */
#define GATHER_MAX (32u * 1024) /* of records that wait for the next */
#define ALERT_DECODE_ERROR 50
#define ALERT_INTERNAL 80
#define ALERT_UNKNOWN_NAME 112

struct tls_state *tls_state_new(struct transport *transport)
{
	struct tls_state *state = calloc(1, sizeof(*state));
	if (!state)
		return NULL;
	state->transport = transport;
	buffer_init(&state->in, CLIENT_HELLO_INPUT_MAX + 65536);
	buffer_init(&state->out, OUT_MAX);
	return state;
}

void tls_state_free(struct tls_state *state)
{
	if (!state)
		return;
	/* A connection that ends without close_notify would mark its session as bad, under the context's lock. Ends that are
	 * not orderly are HTTP's to judge. */
	if (state->ssl)
		SSL_set_shutdown(state->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(state->ssl);
	buffer_done(&state->in);
	buffer_done(&state->out);
	OPENSSL_free(state->peer);
	free(state->sni);
	free(state);
}

enum result tls_state_attach(struct tls_state *state, SSL_CTX *context)
{
	state->ssl = SSL_new(context);
	BIO *bio = state->ssl ? tls_bio_new(state) : NULL;
	if (!bio) {
		ERR_clear_error();
		return RESULT_NO_MEMORY;
	}
	SSL_set_bio(state->ssl, bio, bio);
	state->phase = TLS_PHASE_HANDSHAKE;
	return RESULT_OK;
}

/* A fatal alert before there is a TLS object (RFC 8446, section 6). Best effort: the connection ends anyway. */
static enum result refuse(struct tls_state *state, char alert, const char *error)
{
	const char record[7] = { 21, 3, 3, 0, 2, 2, alert };
	size_t sent = 0;
	if (socket_write(state->transport, span_make(record, sizeof(record)), &sent) != RESULT_OK)
		state->transport->failed = 0;  /* the refusal is the reason to tell, not the broken socket */
	state->phase = TLS_PHASE_FAILED;
	state->error = error;
	return RESULT_REFUSED;
}

static enum result name_keep(struct tls_state *state, const struct client_hello *hello)
{
	/* Without a fingerprint the connection goes on: it decides nothing alone (fails open). */
	state->ja4_len = ja4_write(hello, state->ja4) == RESULT_OK ? JA4_LEN : 0;
	if (hello->sni.len == 0)
		return RESULT_OK;
	state->sni = malloc(hello->sni.len);
	if (!state->sni)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < hello->sni.len; i++)
		state->sni[i] = ascii_lower(hello->sni.at[i]);
	state->sni_len = (uint8_t)hello->sni.len;
	return RESULT_OK;
}

/* The ClientHello is whole: who is asked for, and so which context. */
static enum result hello_answer(struct tls_state *state, const struct client_hello *hello)
{
	if (name_keep(state, hello) != RESULT_OK)
		return refuse(state, ALERT_INTERNAL, "out of memory");
	state->choice = tls_server_find(state->server, span_make(state->sni, state->sni_len),
	                                state->has_local ? &state->local : NULL);
	if (!state->choice)
		return refuse(state, ALERT_UNKNOWN_NAME, hello->has_sni ? "no site has the name that was asked for" :
		                                                          "no name was asked for, and there is no default site");
	if (!state->choice->context) {
		state->phase = TLS_PHASE_PASSTHROUGH;
		return RESULT_OK;
	}
	state->phase = TLS_PHASE_HANDSHAKE;
	return RESULT_OK;
}

/* Reads until the ClientHello is whole. What was read stays in `in`, where TLS will find it. */
enum result tls_hello_step(struct tls_state *state)
{
	struct buffer scratch;
	struct client_hello hello;
	enum result result;
	buffer_init(&scratch, CLIENT_HELLO_MAX + 4);
	for (;;) {
		result = client_hello_read(buffer_span(&state->in), &scratch, &hello);
		if (result != RESULT_MORE)
			break;
		size_t got = 0;
		char *at = buffer_reserve(&state->in, 2048);
		if (!at) {
			result = RESULT_LIMIT;
			break;
		}
		result = socket_read(state->transport, at, 2048, &got);
		if (result != RESULT_OK)
			goto done;
		buffer_commit(&state->in, got);
	}
	if (result == RESULT_OK)
		result = hello_answer(state, &hello);
	else if (result == RESULT_NO_MEMORY)
		result = refuse(state, ALERT_INTERNAL, "out of memory");
	else
		result = refuse(state, ALERT_DECODE_ERROR, "the first bytes are no TLS ClientHello");
done:
	buffer_done(&scratch);
	return result;
}

static void errors_forget(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* What went wrong, as the closed list says it; the sentence stays for transport_error. */
static enum result failure(struct tls_state *state, int error)
{
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return RESULT_MORE;
	if (error == SSL_ERROR_ZERO_RETURN)
		return RESULT_END;
	unsigned long code = ERR_peek_error();
	long verified = SSL_get_verify_result(state->ssl);
	if (code != 0)
		state->error = ERR_reason_error_string(code);
	if (state->phase == TLS_PHASE_HANDSHAKE && verified != X509_V_OK)
		state->error = X509_verify_cert_error_string(verified);
	ERR_clear_error();
	return error == SSL_ERROR_SSL ? RESULT_REFUSED : RESULT_IO;
}

static enum result handshake_failed(struct tls_state *state, int error)
{
	enum result result = failure(state, error);
	if (result == RESULT_MORE)
		return result;
	if (tls_bio_flush(state) == RESULT_IO && result == RESULT_REFUSED)
		state->transport->failed = 0;  /* the alert is lost; the reason stays */
	bool is_gone = result == RESULT_IO && state->transport->failed == 0;
	state->phase = TLS_PHASE_FAILED;
	return is_gone ? RESULT_END : result;
}

/* Empties KEY, which the SSL object would keep as long as the connection lives. */
static void key_forget(EVP_PKEY *key)
{
	if (EVP_PKEY_set_type(key, EVP_PKEY_get_base_id(key)) != 1)
		ERR_clear_error();
	EVP_PKEY_free(key);
}

/* The keys of the exchange are of no use any more: without them a copy of our memory opens nothing that was said before,
 * and an idle connection is half a KiB smaller. */
static void ephemeral_forget(SSL *ssl)
{
	EVP_PKEY *ours = NULL, *theirs = NULL;
	if (SSL_get_tmp_key(ssl, &ours) == 1)
		key_forget(ours);
	if (SSL_get_peer_tmp_key(ssl, &theirs) == 1)
		key_forget(theirs);
}

/* Not before: whoever is refused after his ClientHello has cost no SSL object. */
static enum result accept_begin(struct tls_state *state)
{
	enum result result = tls_state_attach(state, state->choice->context);
	if (result == RESULT_OK)
		SSL_set_accept_state(state->ssl);
	return result;
}

enum result tls_state_handshake(struct tls_state *state)
{
	if (state->phase == TLS_PHASE_HELLO) {
		enum result result = tls_hello_step(state);
		if (result != RESULT_OK || state->phase == TLS_PHASE_PASSTHROUGH)
			return result;
	}
	if (state->phase == TLS_PHASE_OPEN || state->phase == TLS_PHASE_PASSTHROUGH)
		return RESULT_OK;
	if (state->phase == TLS_PHASE_FAILED)
		return RESULT_REFUSED;
	if (!state->ssl && accept_begin(state) != RESULT_OK)
		return refuse(state, ALERT_INTERNAL, "out of memory");
	errors_forget();
	int done = SSL_do_handshake(state->ssl);
	if (done != 1)
		return handshake_failed(state, SSL_get_error(state->ssl, done));
	state->is_resumed = SSL_session_reused(state->ssl) == 1;
	state->phase = TLS_PHASE_OPEN;
	if (!state->client)
		ephemeral_forget(state->ssl);
	return RESULT_OK;
}

enum result tls_state_read(struct tls_state *state, char *out, size_t size, size_t *got)
{
	errors_forget();
	if (SSL_read_ex(state->ssl, out, size, got) == 1)
		return RESULT_OK;
	enum result result = failure(state, SSL_get_error(state->ssl, 0));
	return result == RESULT_REFUSED ? RESULT_IO : result;
}

static enum result write_record(struct tls_state *state, struct span bytes, size_t *sent)
{
	errors_forget();
	if (SSL_write_ex(state->ssl, bytes.at, bytes.len, sent) == 1)
		return RESULT_OK;
	enum result result = failure(state, SSL_get_error(state->ssl, 0));
	return result == RESULT_MORE ? RESULT_MORE : RESULT_IO;
}

/* Records that others follow at once are gathered and leave with the last one, in one system call. That one is never held: if the
 * kernel takes less, OpenSSL has it still, the caller is told that some of BYTES was not taken, and comes again. Then OpenSSL sends it
 * and a record more in one call, which may be the last two of all: nothing is gathered. */
enum result tls_state_write(struct tls_state *state, struct span bytes, size_t *sent)
{
	enum result result = RESULT_OK;
	*sent = 0;
	do {
		size_t count = 0;
		struct span rest = span_skip(bytes, *sent);
		state->is_gathering = !state->is_pending && rest.len > TLS_RECORD_MAX && buffer_len(&state->out) < GATHER_MAX;
		result = write_record(state, rest, &count);
		state->is_pending = result == RESULT_MORE;
		*sent += count;
	} while (result == RESULT_OK && state->is_gathering);
	state->is_gathering = false;
	return result == RESULT_MORE && *sent > 0 ? RESULT_OK : result;
}

void tls_state_finish(struct tls_state *state)
{
	if (state->phase != TLS_PHASE_OPEN)
		return;
	errors_forget();
	(void)SSL_shutdown(state->ssl);
	errors_forget();
}

static bool offers(const unsigned char *in, unsigned in_len, struct span name)
{
	struct span rest = span_make((const char *)in, in_len);
	while (rest.len > 0) {
		struct span offered = span_take(span_skip(rest, 1), (unsigned char)rest.at[0]);
		if (span_equal(offered, name))
			return true;
		rest = span_skip(rest, 1 + offered.len);
	}
	return false;
}

/* No protocol in common is fatal (RFC 7301, section 3.2): answering HTTP to who asked for mail or for another's protocol
 * is how cross-protocol attacks begin. */
int tls_state_select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                          unsigned in_len, void *context)
{
	static const unsigned char h2[] = "h2", http_1[] = "http/1.1";
	const struct tls_state *state = BIO_get_data(SSL_get_rbio(ssl));
	(void)context;
	if (state->allow_h2 && offers(in, in_len, SPAN("h2"))) {
		*out = h2;
		*out_len = sizeof(h2) - 1;
		return SSL_TLSEXT_ERR_OK;
	}
	if (offers(in, in_len, SPAN("http/1.1"))) {
		*out = http_1;
		*out_len = sizeof(http_1) - 1;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}
