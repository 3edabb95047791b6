#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_NAME  "bench.test"
#define TLS_WRITE_MAX 16384
#define FIRST_SOURCE 0x7f010001u /* 127.1.0.1 */

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24 /* linux/in.h; glibc's netinet/in.h hides it from some standards */
#endif

/* The first ticket is kept for the whole run: each connection resumes the same session, so that no connection has
 * to wait for a ticket of its own. Returning 1 keeps the reference. */
static int session_arrived(SSL *ssl, SSL_SESSION *session)
{
	struct wire_plan *plan = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (plan->session)
		return 0;
	plan->session = session;
	return 1;
}

bool wire_tls_init(struct wire_plan *plan, bool h2, bool resume)
{
	static const unsigned char http_1[] = "\x08http/1.1", http_2[] = "\x02h2";
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (!tls)
		return false;
	SSL_CTX_set_app_data(tls, plan);
	SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
	SSL_CTX_set1_groups_list(tls, "X25519"); /* the same key exchange whatever a server prefers */
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (h2)
		SSL_CTX_set_alpn_protos(tls, http_2, sizeof http_2 - 1);
	else
		SSL_CTX_set_alpn_protos(tls, http_1, sizeof http_1 - 1);
	if (resume) {
		SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(tls, session_arrived);
	}
	plan->tls = tls;
	return true;
}

void wire_tls_narrow(struct wire_plan *plan)
{
	SSL_CTX_set_ciphersuites(plan->tls, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
}

bool wire_plan_init(struct wire_plan *plan, const struct options *options)
{
	*plan = (struct wire_plan){.sources = options->sources};
	plan->server.sin_family = AF_INET;
	plan->server.sin_port = htons(options->port);
	if (inet_pton(AF_INET, options->address, &plan->server.sin_addr) != 1) {
		fprintf(stderr, "load: %s is not an IPv4 address\n", options->address);
		return false;
	}
	plan->poller = epoll_create1(EPOLL_CLOEXEC);
	if (plan->poller < 0)
		return false;
	if (options->tls && !wire_tls_init(plan, options->h2, options->resume)) {
		fputs("load: no TLS context\n", stderr);
		return false;
	}
	return true;
}

void wire_plan_done(struct wire_plan *plan)
{
	SSL_SESSION_free(plan->session);
	SSL_CTX_free(plan->tls);
	close(plan->poller);
}

static void wire_watch(struct wire *wire, struct wire_plan *plan, void *tag, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = tag};

	if (wire->events == events)
		return;
	epoll_ctl(plan->poller, wire->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, wire->fd, &event);
	wire->events = events;
}

/* Citizens come from many addresses. The port is chosen at connect, or the range would serve all addresses once. */
static void wire_source_bind(int fd, struct wire_plan *plan)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int one = 1;

	source.sin_addr.s_addr = htonl(FIRST_SOURCE + plan->next_source);
	plan->next_source = (plan->next_source + 1) % plan->sources;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&source, sizeof source))
		perror("load: bind");
}

bool wire_open(struct wire *wire, struct wire_plan *plan, void *tag)
{
	int one = 1;

	*wire = (struct wire){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	if (wire->fd < 0) {
		perror("load: socket");
		exit(1); /* out of descriptors: no figure of this run would mean anything */
	}
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (plan->sources)
		wire_source_bind(wire->fd, plan);
	if (connect(wire->fd, (const struct sockaddr *)&plan->server, sizeof plan->server) && errno != EINPROGRESS) {
		wire_close(wire);
		return false;
	}
	wire_watch(wire, plan, tag, EPOLLOUT);
	return true;
}

void wire_adopt(struct wire *wire, struct wire_plan *plan, void *tag, int fd, const char *server_name)
{
	*wire = (struct wire){.fd = fd, .server_name = server_name};
	wire_watch(wire, plan, tag, EPOLLOUT);
}

void wire_close(struct wire *wire)
{
	if (wire->ssl) {
		/* No close_notify: the closing costs the same whoever the server is. */
		SSL_set_shutdown(wire->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		SSL_free(wire->ssl);
	}
	close(wire->fd);
	*wire = (struct wire){.fd = -1};
}

enum wire_result wire_connected(struct wire *wire)
{
	int fault = 0;
	socklen_t len = sizeof fault;

	getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &fault, &len);
	return fault ? WIRE_END : WIRE_OK;
}

static enum wire_result wire_tls_wait(struct wire *wire, struct wire_plan *plan, void *tag, int returned)
{
	switch (SSL_get_error(wire->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		wire_watch(wire, plan, tag, EPOLLIN);
		return WIRE_WAIT;
	case SSL_ERROR_WANT_WRITE:
		wire_watch(wire, plan, tag, EPOLLIN | EPOLLOUT);
		return WIRE_WAIT;
	default:
		ERR_clear_error(); /* what is left in the queue would be taken for the next connection's fault */
		return WIRE_END;
	}
}

static bool wire_tls_begin(struct wire *wire, struct wire_plan *plan)
{
	wire->ssl = SSL_new(plan->tls);
	if (!wire->ssl)
		return false;
	SSL_set_fd(wire->ssl, wire->fd);
	SSL_set_tlsext_host_name(wire->ssl, (void *)(uintptr_t)(wire->server_name ? wire->server_name : SERVER_NAME));
	if (plan->session) {
		/* A copy: OpenSSL marks a session that was offered. */
		SSL_SESSION *session = SSL_SESSION_dup(plan->session);

		SSL_set_session(wire->ssl, session);
		SSL_SESSION_free(session);
	}
	SSL_set_connect_state(wire->ssl);
	return true;
}

enum wire_result wire_handshake(struct wire *wire, struct wire_plan *plan, void *tag)
{
	int returned;

	if (!plan->tls)
		return WIRE_OK;
	if (!wire->ssl && !wire_tls_begin(wire, plan))
		return WIRE_END;
	returned = SSL_connect(wire->ssl);
	return returned == 1 ? WIRE_OK : wire_tls_wait(wire, plan, tag, returned);
}

enum wire_result wire_send(struct wire *wire, struct wire_plan *plan, void *tag, const char *bytes, size_t len,
			   size_t *sent)
{
	ssize_t n;

	if (wire->ssl) {
		n = SSL_write(wire->ssl, bytes, len < TLS_WRITE_MAX ? (int)len : TLS_WRITE_MAX);
		if (n <= 0)
			return wire_tls_wait(wire, plan, tag, (int)n);
	} else {
		n = send(wire->fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			wire_watch(wire, plan, tag, EPOLLIN | EPOLLOUT);
			return WIRE_WAIT;
		}
		if (n < 0)
			return WIRE_END;
	}
	*sent = (size_t)n;
	return WIRE_OK;
}

enum wire_result wire_receive(struct wire *wire, char *bytes, size_t size, size_t *received)
{
	ssize_t n;

	if (wire->ssl) {
		n = SSL_read(wire->ssl, bytes, (int)size);
		if (n <= 0) {
			bool waits = SSL_get_error(wire->ssl, (int)n) == SSL_ERROR_WANT_READ;

			ERR_clear_error();
			return waits ? WIRE_WAIT : WIRE_END;
		}
	} else {
		n = recv(wire->fd, bytes, size, 0);
		if (n < 0 && errno == EAGAIN)
			return WIRE_WAIT;
		if (n <= 0)
			return WIRE_END;
	}
	*received = (size_t)n;
	return WIRE_OK;
}

void wire_rest(struct wire *wire, struct wire_plan *plan, void *tag)
{
	wire_watch(wire, plan, tag, EPOLLIN);
}

void wire_deafen(struct wire *wire, struct wire_plan *plan, void *tag)
{
	wire_watch(wire, plan, tag, EPOLLRDHUP);
}

bool wire_is_gone(const struct wire *wire)
{
	struct pollfd end = {.fd = wire->fd, .events = POLLRDHUP};

	return poll(&end, 1, 0) == 1 && (end.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

bool wire_has_input(const struct wire *wire)
{
	char byte;

	return !wire->ssl && recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}
