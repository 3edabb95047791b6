#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/certificate.h"
#include "net/socket_io.h"
#include "net/tls_client.h"
#include "net/tls_server.h"
#include "net/tls_state.h"

#include "base/banned.h"

/* The TLS state if bytes go through it; NULL for a plain or passed-through connection. */
static struct tls_state *tls_of(struct transport *transport)
{
	struct tls_state *state = transport->tls;
	if (!state || state->phase == TLS_PHASE_PASSTHROUGH)
		return NULL;
	state->transport = transport;
	return state;
}

void transport_init(struct transport *transport, int fd)
{
	*transport = (struct transport){ .fd = fd };
}

enum result transport_accept_tls(struct transport *transport, const struct tls_server *server, struct span first,
                                 bool allow_h2, const struct address *local)
{
	struct tls_state *state = tls_state_new(transport);
	if (!state)
		return RESULT_NO_MEMORY;
	enum result result = buffer_append(&state->in, first);
	if (result != RESULT_OK) {
		tls_state_free(state);
		return result;
	}
	state->server = server;
	state->allow_h2 = allow_h2;
	state->has_local = local != NULL;
	if (local)
		state->local = *local;
	transport->tls = state;
	return RESULT_OK;
}

enum result transport_connect_tls(struct transport *transport, struct tls_client *client)
{
	struct tls_state *state = tls_state_new(transport);
	if (!state)
		return RESULT_NO_MEMORY;
	state->client = client;
	enum result result = tls_state_attach(state, tls_client_context(client));
	if (result == RESULT_OK)
		result = tls_client_prepare(client, state->ssl);
	if (result != RESULT_OK) {
		tls_state_free(state);
		return result;
	}
	transport->tls = state;
	return RESULT_OK;
}

enum result transport_hello(struct transport *transport)
{
	if (!transport->tls || transport->tls->phase != TLS_PHASE_HELLO)
		return RESULT_OK;
	transport->tls->transport = transport;
	return tls_hello_step(transport->tls);
}

enum result transport_handshake(struct transport *transport)
{
	if (!transport->tls)
		return RESULT_OK;
	transport->tls->transport = transport;
	return tls_state_handshake(transport->tls);
}

bool transport_is_passthrough(const struct transport *transport)
{
	return transport->tls && transport->tls->phase == TLS_PHASE_PASSTHROUGH;
}

enum result transport_read(struct transport *transport, char *out, size_t size, size_t *got)
{
	struct tls_state *state = tls_of(transport);
	if (state)
		return state->phase == TLS_PHASE_OPEN ? tls_state_read(state, out, size, got) : RESULT_IO;
	if (!transport->tls || buffer_len(&transport->tls->in) == 0)
		return socket_read(transport, out, size, got);
	struct buffer *held = &transport->tls->in;
	struct span taken = span_take(buffer_span(held), size);
	memcpy(out, taken.at, taken.len);
	buffer_consume(held, taken.len);
	buffer_release(held);
	*got = taken.len;
	return RESULT_OK;
}

enum result transport_fill(struct transport *transport, struct buffer *buffer, uint32_t *appetite)
{
	size_t room = buffer_room(buffer);
	size_t want = buffer->size - buffer_len(buffer);  /* what is allocated anyway */
	size_t got = 0;
	enum result result;
	char *to;

	/* Before memory is taken: after most requests the next thing that happens is nothing. */
	if (!room || (!transport->tls && transport->is_told && transport->is_drained && !transport->is_ending))
		return RESULT_MORE;
	want = want > *appetite ? want : *appetite;
	want = want < room ? want : room;
	to = buffer_reserve(buffer, want);
	if (!to)
		return RESULT_NO_MEMORY;
	result = transport_read(transport, to, want, &got);
	if (result != RESULT_OK)
		return result;
	buffer_commit(buffer, got);
	if (got == want && *appetite < FILL_MAX_BYTES)
		*appetite *= 2;
	return RESULT_OK;
}

enum result transport_write(struct transport *transport, struct span bytes, size_t *sent)
{
	struct tls_state *state = tls_of(transport);
	if (bytes.len == 0) {
		*sent = 0;
		return RESULT_OK;
	}
	if (!state)
		return socket_write(transport, bytes, sent);
	return state->phase == TLS_PHASE_OPEN ? tls_state_write(state, bytes, sent) : RESULT_IO;
}

/* Fills OUT with the front of LIST: a record is sealed and sent as a whole, so that small pieces cost one each. */
static size_t list_gather(const struct iovec *list, int count, char *out)
{
	size_t len = 0;
	for (int i = 0; i < count && len < TLS_RECORD_MAX; i++) {
		size_t part = list[i].iov_len < TLS_RECORD_MAX - len ? list[i].iov_len : TLS_RECORD_MAX - len;
		if (part > 0)
			memcpy(out + len, list[i].iov_base, part);
		len += part;
	}
	return len;
}

static size_t list_len(const struct iovec *list, int count)
{
	size_t len = 0;
	for (int i = 0; i < count; i++)
		len += list[i].iov_len;
	return len;
}

static enum result write_gathered(struct tls_state *state, const struct iovec *list, int count, size_t *sent)
{
	/* Zeroing it, as the house's compiler flags would, costs more than a small record. */
	__attribute__((uninitialized)) char record[TLS_RECORD_MAX];
	size_t len = list_gather(list, count, record);
	return tls_state_write(state, span_make(record, len), sent);
}

enum result transport_write_list(struct transport *transport, const struct iovec *list, int count, size_t *sent)
{
	struct tls_state *state = tls_of(transport);
	while (count > 0 && list->iov_len == 0)
		list++, count--;
	if (count <= 1)
		return transport_write(transport, count == 1 ? span_make(list->iov_base, list->iov_len) : SPAN_NONE, sent);
	if (!state)
		return socket_write_list(transport, list, count, sent);
	if (state->phase != TLS_PHASE_OPEN)
		return RESULT_IO;
	size_t total = list_len(list, count);
	if (list->iov_len >= TLS_RECORD_MAX || list->iov_len == total)
		return tls_state_write(state, span_make(list->iov_base, list->iov_len), sent);
	return write_gathered(state, list, count, sent);
}

bool transport_has_pending(const struct transport *transport)
{
	const struct tls_state *state = transport->tls;
	if (!state)
		return false;
	return buffer_len(&state->in) > 0 || (state->ssl && SSL_has_pending(state->ssl) == 1);
}

void transport_finish(struct transport *transport)
{
	struct tls_state *state = tls_of(transport);
	if (state)
		tls_state_finish(state);
	(void)shutdown(transport->fd, SHUT_WR);
}

void transport_close(struct transport *transport, bool reset)
{
	if (transport->fd < 0)
		return;
	tls_state_free(transport->tls);
	transport->tls = NULL;
	if (reset) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };
		(void)setsockopt(transport->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	(void)close(transport->fd);
	transport->fd = -1;
}

enum transport_protocol transport_protocol(const struct transport *transport)
{
	const unsigned char *name = NULL;
	unsigned len = 0;
	if (transport->tls && transport->tls->ssl)
		SSL_get0_alpn_selected(transport->tls->ssl, &name, &len);
	return span_equal(span_make((const char *)name, len), SPAN("h2")) ? TRANSPORT_H2 : TRANSPORT_HTTP_1;
}

struct span transport_sni(const struct transport *transport)
{
	return transport->tls ? span_make(transport->tls->sni, transport->tls->sni_len) : SPAN_NONE;
}

struct span transport_ja4(const struct transport *transport)
{
	return transport->tls ? span_make(transport->tls->ja4, transport->tls->ja4_len) : SPAN_NONE;
}

struct span transport_tls_version(const struct transport *transport)
{
	return transport->tls && transport->tls->ssl ? span_of(SSL_get_version(transport->tls->ssl)) : SPAN_NONE;
}

const void *transport_site(const struct transport *transport)
{
	return transport->tls && transport->tls->choice ? transport->tls->choice->owner : NULL;
}

bool transport_is_resumed(const struct transport *transport)
{
	return transport->tls && transport->tls->is_resumed;
}

int64_t transport_peer_until_ms(const struct transport *transport)
{
	const struct certificate shown = { .leaf = transport->tls && transport->tls->ssl ? SSL_get0_peer_certificate(transport->tls->ssl) : NULL };

	return shown.leaf ? certificate_not_after_ms(&shown) : 0;
}

struct span transport_client_certificate(struct transport *transport)
{
	struct tls_state *state = tls_of(transport);
	if (!state || state->phase != TLS_PHASE_OPEN || state->client)
		return SPAN_NONE;
	if (!state->peer) {
		X509 *peer = SSL_get0_peer_certificate(state->ssl);
		if (!peer || SSL_get_verify_result(state->ssl) != X509_V_OK)
			return SPAN_NONE;
		int len = i2d_X509(peer, &state->peer);
		if (len <= 0)
			return SPAN_NONE;
		state->peer_len = (uint32_t)len;
	}
	return span_make((const char *)state->peer, state->peer_len);
}

const char *transport_error(const struct transport *transport)
{
	if (transport->failed != 0) {
		const char *text = strerrordesc_np(transport->failed);
		return text ? text : "the connection failed";
	}
	if (transport->tls && transport->tls->error)
		return transport->tls->error;
	return transport->tls ? "the peer went away" : "no failure";
}
