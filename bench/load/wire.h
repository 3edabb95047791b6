/* One connection's bytes, over TCP or over TLS 1.3 above it, and the events it waits for.
 *
 * Shape   nothing blocks: WIRE_WAIT means "the poller will tell"
 * Owns    its socket and its TLS state, from wire_open to wire_close
 */
#pragma once
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum wire_result { WIRE_OK, WIRE_WAIT, WIRE_END };

/* What all wires share. */
struct wire_plan {
	int poller;
	struct sockaddr_in server;
	SSL_CTX *tls;          /* NULL: plain TCP */
	SSL_SESSION *session;  /* the first ticket received, offered by every later handshake */
	unsigned sources, next_source;
};

struct wire {
	int fd;
	uint32_t events;       /* what the poller watches for; 0 before the first time */
	SSL *ssl;
	const char *server_name; /* NULL: the bench's site */
};

bool wire_plan_init(struct wire_plan *plan, const struct options *options);

/* TLS for a plan that was filled in by hand. */
bool wire_tls_init(struct wire_plan *plan, bool h2, bool resume);

/* One cipher suite less than others offer: another fingerprint (JA4). */
void wire_tls_narrow(struct wire_plan *plan);
void wire_plan_done(struct wire_plan *plan);

/* Starts to connect. TAG comes back with every event. False: the connection was refused at once; nothing is open. */
bool wire_open(struct wire *wire, struct wire_plan *plan, void *tag);

/* The same for a socket that connects already; the wire owns it from now on. */
void wire_adopt(struct wire *wire, struct wire_plan *plan, void *tag, int fd, const char *server_name);
void wire_close(struct wire *wire);

enum wire_result wire_connected(struct wire *wire);
enum wire_result wire_handshake(struct wire *wire, struct wire_plan *plan, void *tag);
enum wire_result wire_send(struct wire *wire, struct wire_plan *plan, void *tag, const char *bytes, size_t len,
			   size_t *sent);
enum wire_result wire_receive(struct wire *wire, char *bytes, size_t size, size_t *received);

/* Only readable wakes us from now on. */
void wire_rest(struct wire *wire, struct wire_plan *plan, void *tag);

/* Only the end of the connection wakes us from now on. */
void wire_deafen(struct wire *wire, struct wire_plan *plan, void *tag);
bool wire_is_gone(const struct wire *wire);

/* Plain wires only: has the server spoken while we are still sending? */
bool wire_has_input(const struct wire *wire);
