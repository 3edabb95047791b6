/* A connection outwards of a command that may wait: bytes, plain or over TLS, with a clock.
 *
 * Units    UNTIL_MS is of CLOCK_MONOTONIC, and of whatever is done next
 * Errors   RESULT_TIMEOUT; RESULT_END: the other side has closed, or, where is_stopped says so, it was told to stop; otherwise
 *          transport_error tells of TLS, and errno of the rest
 * Owns     its socket, until dial_close, which is needed whatever was said
 * Threads  any: nothing is shared
 */
#ifndef BOUCLIER_CLI_DIAL_H
#define BOUCLIER_CLI_DIAL_H

#include <sys/socket.h>

#include "base/buffer.h"
#include "net/tls_client.h"
#include "net/transport.h"

struct dial {
	struct transport transport;
	struct tls_client *client;
	uint64_t until_ms;
	int stop_fd;                  /* readable: it is to end at once. -1 */
	bool is_stopped;
};

void dial_init(struct dial *dial, int stop_fd);
enum result dial_connect(struct dial *dial, const struct sockaddr *address, socklen_t size) must_check;
/* RESULT_REFUSED: the certificate; whatever it says with CLIENT still NULL: SETTINGS could not be used. */
enum result dial_begin_tls(struct dial *dial, const struct tls_client_settings *settings) must_check;
/* RESULT_OK also where the other side stopped reading: its answer may be there. */
enum result dial_send(struct dial *dial, struct span bytes) must_check;
/* What comes next, behind what is in INTO. RESULT_LIMIT: it is full. */
enum result dial_receive(struct dial *dial, struct buffer *into) must_check;
void dial_close(struct dial *dial);

#endif
