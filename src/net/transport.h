/* net/: sockets. A transport is one TCP connection, plain or inside TLS, non-blocking, with one way to read and one to
 * write, so that nobody above asks which it is.
 *
 * A call that cannot go on says RESULT_MORE; the next edge of the descriptor (either direction: TLS may need to write to
 * read) is the time to call again.
 *
 * Owns     the descriptor and the TLS state, until transport_close
 * Limits   TLS buffers are given back while idle (SSL_MODE_RELEASE_BUFFERS); handshake input is at most 64 KiB
 * Threads  one at a time
 */
#ifndef BOUCLIER_NET_TRANSPORT_H
#define BOUCLIER_NET_TRANSPORT_H

#include <sys/uio.h>

#include "base/address.h"
#include "base/span.h"

struct tls_server;  /* net/tls_server.h: certificates by SNI, of one snapshot */
struct tls_client;  /* net/tls_client.h: how an origin is spoken to */
struct tls_state;   /* opaque: the SSL object and what the handshake told */

struct transport {
	int fd;                  /* -1: closed */
	struct tls_state *tls;   /* NULL: plain */
};

enum transport_protocol { TRANSPORT_HTTP_1, TRANSPORT_H2 };

void transport_init(struct transport *transport, int fd);
/* Starts the server side of TLS. FIRST are bytes already read from the socket (the ClientHello, after a PROXY header or a
 * look at SNI); they are copied. SERVER must outlive the transport (the connection's snapshot holds it). */
enum result transport_accept_tls(struct transport *transport, const struct tls_server *server, struct span first) must_check;
/* Starts the client side, with SNI and verification as CLIENT says. */
enum result transport_connect_tls(struct transport *transport, const struct tls_client *client) must_check;
/* RESULT_OK done; RESULT_MORE; RESULT_REFUSED (alert sent, or certificate not accepted: transport_error tells);
 * RESULT_END / RESULT_IO the peer went away. A plain transport says RESULT_OK. */
enum result transport_handshake(struct transport *transport) must_check;

/* At most SIZE bytes. RESULT_OK (GOT > 0), RESULT_MORE, RESULT_END (orderly close or FIN), RESULT_IO. */
enum result transport_read(struct transport *transport, char *out, size_t size, size_t *got) must_check;
/* RESULT_OK when SENT > 0 (maybe less than all), RESULT_MORE when nothing could go, RESULT_IO. */
enum result transport_write(struct transport *transport, struct span bytes, size_t *sent) must_check;
enum result transport_write_list(struct transport *transport, const struct iovec *list, int count, size_t *sent) must_check;
/* True when a read would give bytes that no edge will announce (they lie inside TLS). */
bool transport_has_pending(const struct transport *transport);
/* No more will be sent: close_notify, then FIN. Reading goes on. */
void transport_finish(struct transport *transport);
/* Closes at once; RESET sends RST instead of lingering. Safe on a closed one. */
void transport_close(struct transport *transport, bool reset);

/* After the handshake. Plain: TRANSPORT_HTTP_1, empty spans, NULL. Spans live as long as the transport. */
enum transport_protocol transport_protocol(const struct transport *transport);
struct span transport_sni(const struct transport *transport);
struct span transport_ja4(const struct transport *transport);
struct span transport_tls_version(const struct transport *transport);
/* The site this connection's certificate was chosen for (tls_site.owner); NULL when plain. */
const void *transport_site(const struct transport *transport);
bool transport_is_resumed(const struct transport *transport);
/* DER of the client's certificate if it sent one that was accepted; empty otherwise. */
struct span transport_client_certificate(const struct transport *transport);
/* A sentence about the last failure, for a log. */
const char *transport_error(const struct transport *transport);

#endif
