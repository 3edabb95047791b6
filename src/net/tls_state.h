/* What a transport inside TLS carries. Inside net/ only.
 *
 *   HELLO -> HANDSHAKE -> OPEN          server
 *   HELLO -> PASSTHROUGH                server, a site whose bytes go on as they came
 *   HANDSHAKE -> OPEN                   client
 *   any -> FAILED
 */
#ifndef BOUCLIER_NET_TLS_STATE_H
#define BOUCLIER_NET_TLS_STATE_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "net/client_hello.h"
#include "net/transport.h"

enum tls_phase { TLS_PHASE_HELLO, TLS_PHASE_HANDSHAKE, TLS_PHASE_OPEN, TLS_PHASE_PASSTHROUGH, TLS_PHASE_FAILED };

struct tls_choice;

#define TLS_RECORD_MAX 16384u  /* bytes that one record carries */

struct tls_state {
	SSL *ssl;                        /* NULL in HELLO and PASSTHROUGH, and of a server until its handshake is asked for */
	struct transport *transport;     /* set at the entry of each call: the transport may move between calls */
	struct buffer in;                /* read from the socket, not yet taken by TLS */
	struct buffer out;               /* sealed, not yet sent: a handshake flight, a ticket that waits for company, records that others follow */
	const struct tls_server *server;
	struct tls_client *client;
	const struct tls_choice *choice;
	unsigned char *peer;             /* DER, made when first asked for */
	const char *error;
	char *sni;
	struct address local;
	uint32_t peer_len;
	uint8_t phase, sni_len, ja4_len;
	bool has_local, allow_h2, is_resumed, is_gathering, is_pending;
	char ja4[JA4_LEN];
};

struct tls_state *tls_state_new(struct transport *transport);
void tls_state_free(struct tls_state *state);
/* An SSL of CONTEXT that reads and writes through STATE. */
enum result tls_state_attach(struct tls_state *state, SSL_CTX *context) must_check;
enum result tls_state_handshake(struct tls_state *state) must_check;
enum result tls_state_read(struct tls_state *state, char *out, size_t size, size_t *got) must_check;
enum result tls_state_write(struct tls_state *state, struct span bytes, size_t *sent) must_check;
void tls_state_finish(struct tls_state *state);
enum result tls_hello_step(struct tls_state *state) must_check;
/* The one callback of SSL_CTX that needs the connection. */
int tls_state_select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                          unsigned in_len, void *context);

/* net/tls_bio.c: bytes in and out of OpenSSL. NULL when there is no memory. */
BIO *tls_bio_new(struct tls_state *state);
/* Sends what is held; RESULT_MORE when some of it stays. */
enum result tls_bio_flush(struct tls_state *state) must_check;

#endif
