/* Between OpenSSL and the descriptor. What was read before TLS began comes first, then the socket.
 *
 * On the way out a server's handshake messages are gathered and sent at OpenSSL's own flush: one segment and one system
 * call a flight, however long the chain. The session ticket of TLS 1.3, which OpenSSL would send alone right after the
 * handshake, waits for the first bytes of the answer and goes with them: one call, one packet and one wake-up of the client
 * less. A connection that never gets an answer never gets its ticket, which it can only use later anyway. */
#include <pthread.h>

#include "net/socket_io.h"
#include "net/tls_state.h"

#include "base/banned.h"

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static int bio_in(BIO *bio, char *out, int size)
{
	struct tls_state *state = BIO_get_data(bio);
	size_t got = 0;
	BIO_clear_retry_flags(bio);
	if (!out || size <= 0)
		return 0;
	if (buffer_len(&state->in) > 0) {
		struct span taken = span_take(buffer_span(&state->in), (size_t)size);
		memcpy(out, taken.at, taken.len);
		buffer_consume(&state->in, taken.len);
		buffer_release(&state->in);
		return (int)taken.len;
	}
	switch (socket_read(state->transport, out, (size_t)size, &got)) {
	case RESULT_OK:
		return (int)got;
	case RESULT_MORE:
		BIO_set_retry_read(bio);
		return -1;
	case RESULT_END:
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
		return 0;
	case RESULT_LIMIT: case RESULT_MALFORMED: case RESULT_REFUSED: case RESULT_NOT_FOUND: case RESULT_TIMEOUT:
	case RESULT_IO: case RESULT_NO_MEMORY:
		break;
	}
	return -1;
}

static bool is_ticket(const struct tls_state *state)
{
	return SSL_get_state(state->ssl) == TLS_ST_SW_SESSION_TICKET && SSL_version(state->ssl) >= TLS1_3_VERSION;
}

enum result tls_bio_flush(struct tls_state *state)
{
	while (buffer_len(&state->out) > 0) {
		size_t sent = 0;
		enum result result = socket_write(state->transport, buffer_span(&state->out), &sent);
		if (result != RESULT_OK)
			return result;
		buffer_consume(&state->out, sent);
	}
	buffer_release(&state->out);
	return RESULT_OK;
}

/* What is held goes first, in the same call. */
static enum result send_after_held(struct tls_state *state, struct span bytes, size_t *sent)
{
	struct span held = buffer_span(&state->out);
	if (held.len == 0)
		return socket_write(state->transport, bytes, sent);
	struct iovec list[2] = {
		{ (void *)(uintptr_t)held.at, held.len }, { (void *)(uintptr_t)bytes.at, bytes.len },
	};
	size_t count = 0;
	enum result result = socket_write_list(state->transport, list, 2, &count);
	if (result != RESULT_OK)
		return result;
	size_t of_held = count < held.len ? count : held.len;
	buffer_consume(&state->out, of_held);
	buffer_release(&state->out);
	if (count == of_held)
		return RESULT_MORE;
	*sent = count - of_held;
	return RESULT_OK;
}

static int bio_out(BIO *bio, const char *bytes, int count)
{
	struct tls_state *state = BIO_get_data(bio);
	size_t sent = 0;
	BIO_clear_retry_flags(bio);
	if (count <= 0)
		return 0;
	struct span span = span_make(bytes, (size_t)count);
	if ((state->phase == TLS_PHASE_HANDSHAKE || state->is_gathering) && buffer_append(&state->out, span) == RESULT_OK)
		return count;
	enum result result = send_after_held(state, span, &sent);
	if (result == RESULT_MORE)
		BIO_set_retry_write(bio);
	return result == RESULT_OK ? (int)sent : -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
	struct tls_state *state = BIO_get_data(bio);
	(void)number, (void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		if (state->phase != TLS_PHASE_HANDSHAKE || is_ticket(state))
			return 1;
		BIO_clear_retry_flags(bio);
		switch ((int)tls_bio_flush(state)) {
		case RESULT_OK:
			return 1;
		case RESULT_MORE:
			BIO_set_retry_write(bio);
			return -1;
		default:
			return -1;
		}
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	case BIO_CTRL_DUP:
		return 1;
	default:
		return 0;
	}
}

static int bio_born(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static void method_make(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
	if (!method)
		return;
	BIO_meth_set_read(method, bio_in);
	BIO_meth_set_write(method, bio_out);
	BIO_meth_set_ctrl(method, bio_control);
	BIO_meth_set_create(method, bio_born);
}

BIO *tls_bio_new(struct tls_state *state)
{
	(void)pthread_once(&method_once, method_make);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (bio)
		BIO_set_data(bio, state);
	return bio;
}
