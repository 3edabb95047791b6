/* net/: sockets. A transport is one TCP connection, plain or inside TLS, non-blocking, with one way to read and one to
 * write, so that nobody above asks which it is.
 *
 * A call that cannot go on says RESULT_MORE; the next edge of the descriptor (either direction: TLS may need to write to
 * read) is the time to call again.
 *
 * The server side of TLS reads the ClientHello by itself first (net/client_hello.h): the site is chosen, or the client
 * refused, before an OpenSSL object exists; a connection that says nothing costs next to nothing.
 *
 * Owns     the descriptor and the TLS state, until transport_close
 * Limits   TLS buffers are given back while idle (SSL_MODE_RELEASE_BUFFERS); handshake input is at most 64 KiB
 * Threads  one at a time
 */
#ifndef BOUCLIER_NET_TRANSPORT_H
#define BOUCLIER_NET_TRANSPORT_H

#include <sys/uio.h>

#include "base/address.h"
#include "base/buffer.h"
#include "base/span.h"

struct tls_server;  /* net/tls_server.h: certificates by SNI, of one snapshot */
struct tls_client;  /* net/tls_client.h: how an origin is spoken to */
struct tls_state;   /* opaque: the SSL object and what the handshake told */

struct transport {
	int fd;                  /* -1: closed */
	int failed;              /* errno of the last failure, 0: none */
	bool is_told;            /* transport_ready is in use */
	bool is_drained;         /* the socket gave less than asked: nothing is there until the next edge */
	bool is_ending;          /* the peer's FIN or an error is there to be read */
	struct tls_state *tls;   /* NULL: plain */
};

enum transport_protocol { TRANSPORT_HTTP_1, TRANSPORT_H2 };

void transport_init(struct transport *transport, int fd);
/* Optional: tells which EVENTS of epoll the descriptor had (watched with EPOLLRDHUP). From then on a read that got less
 * than it asked for is known to be the last, and the next one says RESULT_MORE without asking the kernel (epoll(7)):
 * one system call less per request. Whoever begins with this must go on with it at every event. */
void transport_ready(struct transport *transport, uint32_t events);

/* Starts the server side of TLS. FIRST are bytes already read from the socket (after a PROXY header); they are copied.
 * ALLOW_H2 is the listener's choice; LOCAL (may be NULL) is the address that the client reached, for clients that send no
 * SNI. SERVER must outlive the handshake. */
enum result transport_accept_tls(struct transport *transport, const struct tls_server *server, struct span first,
                                 bool allow_h2, const struct address *local) must_check;
/* Starts the client side, with SNI and verification as CLIENT says. */
enum result transport_connect_tls(struct transport *transport, struct tls_client *client) must_check;
/* Reads the ClientHello and finds whom it asks for, which costs no asymmetric operation yet. Results as transport_handshake, which
 * does this too. */
enum result transport_hello(struct transport *transport) must_check;
/* RESULT_OK done; RESULT_MORE; RESULT_REFUSED (alert sent, or certificate not accepted: transport_error tells);
 * RESULT_END / RESULT_IO the peer went away. A plain transport says RESULT_OK.
 * After RESULT_OK, see transport_is_passthrough. */
enum result transport_handshake(struct transport *transport) must_check;
/* True when the site asked for is passed through: nothing was decrypted, and this transport is now a plain one whose first
 * bytes read are the ClientHello. */
bool transport_is_passthrough(const struct transport *transport);

/* At most SIZE bytes. RESULT_OK (GOT > 0), RESULT_MORE, RESULT_END (orderly close or FIN), RESULT_IO. */
enum result transport_read(struct transport *transport, char *out, size_t size, size_t *got) must_check;
/* Reads into BUFFER, up to its room. APPETITE is the caller's, one a transport, FILL_MIN_BYTES at first: it doubles while the
 * peer fills what is offered, so that a long body is read in large steps and a small request costs a small buffer.
 * As transport_read; RESULT_MORE also when there is no room. */
#define FILL_MIN_BYTES 4096u
#define FILL_MAX_BYTES 65536u
enum result transport_fill(struct transport *transport, struct buffer *buffer, uint32_t *appetite) must_check;

/* RESULT_OK when SENT > 0 (maybe less than all), RESULT_MORE when nothing could go, RESULT_IO.
 * After RESULT_MORE the next write must begin with the same bytes (their record may be sealed already); they may lie
 * elsewhere, and more may follow them. */
enum result transport_write(struct transport *transport, struct span bytes, size_t *sent) must_check;
enum result transport_write_list(struct transport *transport, const struct iovec *list, int count, size_t *sent) must_check;
/* Bytes that the peer's kernel has confirmed since the connection began: what we wrote may lie in ours for a long time, and moves
 * though nothing more fits. 0: not known. */
uint64_t transport_confirmed(const struct transport *transport);
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
/* Of a client: when the certificate that the other side showed ends, in milliseconds since 1970; 0: it showed none. */
int64_t transport_peer_until_ms(const struct transport *transport);
/* DER of the client's certificate if it sent one that was accepted; empty otherwise. */
struct span transport_client_certificate(struct transport *transport);
/* A sentence about the last failure, for a log. */
const char *transport_error(const struct transport *transport);

#endif
