/* One connection to a listener of the shield, as a client has it: bytes go out, the status of an answer comes in. Blocking, with a clock.
 *
 * Limits   an answer is at most 1 MiB
 * Owns     its socket and buffers, until talk_close, which is needed whatever talk_open said
 */
#ifndef BOUCLIER_CLI_PROTECT_TALK_H
#define BOUCLIER_CLI_PROTECT_TALK_H

#include "base/address.h"
#include "base/buffer.h"
#include "cli/dial.h"

struct talk_target {
	struct endpoint endpoint;
	struct span host;             /* of TLS */
	bool is_tls, is_verified;
};

struct talk {
	struct dial dial;
	struct buffer in;             /* what came behind the last head */
};

/* RESULT_OK, RESULT_TIMEOUT, RESULT_IO; RESULT_REFUSED: the certificate. */
enum result talk_open(struct talk *talk, const struct talk_target *target, int wait_ms) must_check;
/* The clock begins anew. */
void talk_wait(struct talk *talk, int wait_ms);
/* RESULT_OK also where the other side stopped reading: its answer may be there. */
enum result talk_send(struct talk *talk, struct span bytes) must_check;
/* The head of the next answer. RESULT_END: closed without one; RESULT_MALFORMED, RESULT_TIMEOUT, RESULT_LIMIT. */
enum result talk_receive(struct talk *talk, unsigned *status) must_check;
/* COUNT bytes or more of its body are in `in`. */
enum result talk_receive_bytes(struct talk *talk, size_t count) must_check;
/* Why RESULT, in words. */
const char *talk_error(const struct talk *talk, enum result result);
void talk_close(struct talk *talk);

#endif
