/* Two ends of a socketpair: our transport on one, a real OpenSSL client on the other; and certificates made for the test. */
#ifndef BOUCLIER_TESTS_NET_PAIR_H
#define BOUCLIER_TESTS_NET_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/certificate.h"
#include "net/tls_client.h"
#include "net/tls_server.h"
#include "net/transport.h"

struct made {
	struct buffer chain, key;
	struct tls_certificate certificate;
};

static inline int64_t wall_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

static inline void made_init(struct made *made, const char *host)
{
	struct span name = span_of(host);
	buffer_init(&made->chain, 65536);
	buffer_init(&made->key, 65536);
	assert_int_equal(certificate_make_self_signed(&name, 1, wall_ms(), &made->chain, &made->key), RESULT_OK);
	made->certificate = (struct tls_certificate){ .source = { buffer_span(&made->chain), buffer_span(&made->key),
	                                                          SPAN("chain.pem"), SPAN("key.pem") } };
}

static inline void made_done(struct made *made)
{
	buffer_done(&made->chain);
	buffer_done(&made->key);
}

struct pair {
	struct transport server;
	int client_fd;
	SSL *client;   /* NULL: spoken by hand */
};

static inline void pair_sockets(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static inline void pair_init(struct pair *pair, const struct tls_server *server, SSL_CTX *client, const char *sni, bool h2)
{
	int fds[2];
	pair_sockets(fds);
	transport_init(&pair->server, fds[0]);
	pair->client_fd = fds[1];
	pair->client = NULL;
	if (server)
		assert_int_equal(transport_accept_tls(&pair->server, server, SPAN_NONE, h2, NULL), RESULT_OK);
	if (!client)
		return;
	pair->client = SSL_new(client);
	assert_int_equal(SSL_set_fd(pair->client, fds[1]), 1);
	SSL_set_connect_state(pair->client);
	if (sni)
		assert_int_equal(SSL_set_tlsext_host_name(pair->client, (char *)(uintptr_t)sni), 1);
}

static inline void pair_done(struct pair *pair)
{
	if (pair->client)
		SSL_set_shutdown(pair->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(pair->client);
	close(pair->client_fd);
	transport_close(&pair->server, false);
	ERR_clear_error();
}

/* Both ends in turn until the server says something else than MORE and the client has nothing left to do. */
static inline enum result pair_handshake(struct pair *pair)
{
	enum result result = RESULT_MORE;
	for (int i = 0; i < 50; i++) {
		ERR_clear_error();
		int done = SSL_do_handshake(pair->client);
		if (result == RESULT_MORE)
			result = transport_handshake(&pair->server);
		if (done == 1 && result != RESULT_MORE)
			break;
		if (result != RESULT_MORE && result != RESULT_OK) {
			ERR_clear_error();
			(void)SSL_do_handshake(pair->client);
			break;
		}
	}
	return result;
}

/* The reason of the client's last failure: SSL_AD_REASON_OFFSET plus the alert it got. */
static inline int client_alert(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) - SSL_AD_REASON_OFFSET;
}

static inline SSL_CTX *client_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	assert_non_null(context);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	return context;
}

/* For SSL_CTX_sess_set_new_cb: the last session that a client was given. */
static SSL_SESSION *kept_session;

static inline int keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(kept_session);
	kept_session = session;
	return 1;
}

#endif
