#include "cli/protect/talk.h"

#include <errno.h>

#include "base/clock.h"
#include "http/head_reader.h"

#include "base/banned.h"

#define ANSWER_BYTES_MAX (1u << 20)

enum result talk_send(struct talk *talk, struct span bytes)
{
	return dial_send(&talk->dial, bytes);
}

/* The status of the first head, as far as it has come. */
static enum result read_status(const struct talk *talk, unsigned *status, size_t *used)
{
	static const struct http_limits limits = { .head_bytes = 262144, .target_bytes = 8192, .fields = 500, .body_bytes = UINT64_MAX };
	struct response_head head = { 0 };
	struct head_reader reader;
	struct arena arena;
	enum http_fault fault;
	enum result result;

	arena_init(&arena, 1u << 20, 16384);
	fields_init(&head.fields, &arena, limits.fields);
	head_reader_init(&reader);
	result = response_head_read(&reader, buffer_span(&talk->in), &limits, METHOD_GET, &head, used, &fault);
	if (result == RESULT_OK)
		*status = head.status;
	arena_done(&arena);
	return result;
}

enum result talk_receive(struct talk *talk, unsigned *status)
{
	enum result result = RESULT_MORE;
	size_t used = 0;

	while (result == RESULT_MORE) {
		result = buffer_len(&talk->in) ? read_status(talk, status, &used) : RESULT_MORE;
		if (result != RESULT_MORE)
			break;
		result = dial_receive(&talk->dial, &talk->in);
		if (result == RESULT_OK)
			result = RESULT_MORE;
	}
	if (result == RESULT_OK)
		buffer_consume(&talk->in, used);
	return result;
}

enum result talk_receive_bytes(struct talk *talk, size_t count)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK && buffer_len(&talk->in) < count)
		result = dial_receive(&talk->dial, &talk->in);
	return result;
}

enum result talk_open(struct talk *talk, const struct talk_target *target, int wait_ms)
{
	const struct tls_client_settings settings = { .host = target->host, .is_unverified = !target->is_verified };
	struct sockaddr_storage address;
	socklen_t size = endpoint_to_socket(&target->endpoint, &address);
	enum result result;

	dial_init(&talk->dial, -1);
	talk_wait(talk, wait_ms);
	buffer_init(&talk->in, ANSWER_BYTES_MAX);
	errno = 0;
	result = dial_connect(&talk->dial, (const struct sockaddr *)&address, size);
	return result == RESULT_OK && target->is_tls ? dial_begin_tls(&talk->dial, &settings) : result;
}

void talk_wait(struct talk *talk, int wait_ms)
{
	talk->dial.until_ms = clock_mono_ms() + (uint64_t)wait_ms;
}

const char *talk_error(const struct talk *talk, enum result result)
{
	if (result == RESULT_TIMEOUT)
		return "no answer in time";
	if (result == RESULT_END)
		return "closed without an answer";
	return talk->dial.transport.fd >= 0 && talk->dial.transport.tls ? transport_error(&talk->dial.transport) : strerror(errno);
}

void talk_close(struct talk *talk)
{
	dial_close(&talk->dial);
	buffer_done(&talk->in);
}
