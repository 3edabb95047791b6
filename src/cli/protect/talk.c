#include "cli/protect/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/head_reader.h"
#include "net/tls_client.h"

#include "base/banned.h"

#define ANSWER_BYTES_MAX (1u << 20)

static enum result wait_for(const struct talk *talk, short events)
{
	struct pollfd poll_fd = { .fd = talk->transport.fd, .events = events };
	uint64_t now_ms = clock_mono_ms();
	int ready = now_ms < talk->until_ms ? poll(&poll_fd, 1, (int)(talk->until_ms - now_ms)) : 0;

	return ready > 0 || (ready < 0 && errno == EINTR) ? RESULT_OK : ready == 0 ? RESULT_TIMEOUT : RESULT_IO;
}

static enum result connect_to(const struct endpoint *endpoint, struct talk *talk)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_to_socket(endpoint, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
	socklen_t error_size = sizeof(error);
	enum result result;

	if (fd < 0)
		return RESULT_IO;
	transport_init(&talk->transport, fd);
	if (connect(fd, (const struct sockaddr *)&address, size) == 0)
		return RESULT_OK;
	if (errno != EINPROGRESS)
		return RESULT_IO;
	result = wait_for(talk, POLLOUT);
	if (result == RESULT_OK && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) < 0 || error)) {
		errno = error;
		result = RESULT_IO;
	}
	return result;
}

static enum result begin_tls(struct span host, struct talk *talk, bool is_verified)
{
	struct tls_client_settings settings = { .host = host, .is_unverified = !is_verified };
	enum result result = tls_client_new(&settings, NULL, &talk->client);

	if (result == RESULT_OK)
		result = transport_connect_tls(&talk->transport, talk->client);
	while (result == RESULT_OK && (result = transport_handshake(&talk->transport)) == RESULT_MORE)
		result = wait_for(talk, POLLIN);
	return result;
}

enum result talk_send(struct talk *talk, struct span bytes)
{
	while (bytes.len) {
		size_t sent = 0;
		enum result result = transport_write(&talk->transport, bytes, &sent);

		if (result == RESULT_MORE)
			result = wait_for(talk, POLLOUT | POLLIN);
		else if (result == RESULT_OK)
			bytes = span_skip(bytes, sent);
		if (result == RESULT_IO)
			return RESULT_OK;  /* refused before it was all said: the answer may be there */
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
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

/* What there is, or a wait for more: RESULT_MORE, or a failure. */
static enum result read_more(struct talk *talk)
{
	char *room = buffer_reserve(&talk->in, 4096);
	size_t got = 0;
	enum result result;

	if (!room)
		return RESULT_LIMIT;
	result = transport_read(&talk->transport, room, 4096, &got);
	if (result == RESULT_OK)
		buffer_commit(&talk->in, got);
	else if (result == RESULT_MORE)
		result = wait_for(talk, POLLIN);
	return result == RESULT_OK ? RESULT_MORE : result;
}

enum result talk_receive(struct talk *talk, unsigned *status)
{
	enum result result = RESULT_MORE;
	size_t used = 0;

	while (result == RESULT_MORE) {
		result = buffer_len(&talk->in) ? read_status(talk, status, &used) : RESULT_MORE;
		if (result == RESULT_MORE)
			result = read_more(talk);
	}
	if (result == RESULT_OK)
		buffer_consume(&talk->in, used);
	return result;
}

enum result talk_receive_bytes(struct talk *talk, size_t count)
{
	enum result result = RESULT_MORE;

	while (result == RESULT_MORE && buffer_len(&talk->in) < count)
		result = read_more(talk);
	return result == RESULT_MORE ? RESULT_OK : result;
}

enum result talk_open(struct talk *talk, const struct talk_target *target, int wait_ms)
{
	enum result result;

	*talk = (struct talk){ .until_ms = clock_mono_ms() + (uint64_t)wait_ms };
	transport_init(&talk->transport, -1);
	buffer_init(&talk->in, ANSWER_BYTES_MAX);
	errno = 0;
	result = connect_to(&target->endpoint, talk);
	if (result == RESULT_OK && target->is_tls)
		result = begin_tls(target->host, talk, target->is_verified);
	return result;
}

void talk_wait(struct talk *talk, int wait_ms)
{
	talk->until_ms = clock_mono_ms() + (uint64_t)wait_ms;
}

const char *talk_error(const struct talk *talk, enum result result)
{
	if (result == RESULT_TIMEOUT)
		return "no answer in time";
	if (result == RESULT_END)
		return "closed without an answer";
	return talk->transport.fd >= 0 && talk->transport.tls ? transport_error(&talk->transport) : strerror(errno);
}

void talk_close(struct talk *talk)
{
	transport_close(&talk->transport, false);
	if (talk->client)
		tls_client_free(talk->client);
	buffer_done(&talk->in);
}
