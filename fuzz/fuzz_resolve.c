/* What the resolve process answers, as the edge reads it: whole, or not at all; a confirmed name is a host's. */
#include <assert.h>
#include <sys/socket.h>

#include "process/resolve_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct resolve_answer answer;
	static struct wire_answer wire;
	static int fds[2];

	if (!fds[1])
		assert(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	if (size == 0 || size > sizeof(wire) || send(fds[1], data, size, MSG_DONTWAIT) < 0)
		return 0;
	answer.status = RESOLVE_STATUSES;
	if (resolve_client_read(fds[0], &answer) != RESULT_OK) {
		assert(answer.status == RESOLVE_STATUSES);
		return 0;
	}
	memcpy(&wire, data, size);
	assert(answer.status < RESOLVE_STATUSES && answer.id == wire.id && size == answer_size(&wire));
	assert(answer.count <= RESOLVE_ADDRESSES_MAX && answer.len <= FETCH_RESPONSE_MAX && !(answer.count && answer.len));
	if (answer.status == RESOLVE_CONFIRMED)
		assert(answer.len && answer.len < RESOLVE_HOST_MAX && resolve_is_host(span_make(answer.bytes, answer.len)));
	return 0;
}
