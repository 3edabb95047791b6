#include "cli/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "edge/worker.h"
#include "http/head_reader.h"
#include "net/tls_client.h"
#include "net/transport.h"

#include "base/banned.h"

#define WAIT_MS 10000
#define ANSWER_BYTES_MAX (1u << 20)

struct talk {
	struct transport transport;
	struct tls_client *client;
	uint64_t until_ms;
	struct buffer in;
};

static enum result wait_for(const struct talk *talk, short events)
{
	struct pollfd poll_fd = { .fd = talk->transport.fd, .events = events };
	uint64_t now_ms = clock_mono_ms();
	int ready = now_ms < talk->until_ms ? poll(&poll_fd, 1, (int)(talk->until_ms - now_ms)) : 0;

	return ready > 0 || (ready < 0 && errno == EINTR) ? RESULT_OK : ready == 0 ? RESULT_TIMEOUT : RESULT_IO;
}

static enum result connect_to(const struct probe_target *target, struct talk *talk)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_to_socket(&target->endpoint, &address);
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

static enum result begin_tls(const struct probe_target *target, struct talk *talk, bool is_verified)
{
	struct tls_client_settings settings = { .host = target->host, .is_unverified = !is_verified };
	enum result result = tls_client_new(&settings, NULL, &talk->client);

	if (result == RESULT_OK)
		result = transport_connect_tls(&talk->transport, talk->client);
	while (result == RESULT_OK && (result = transport_handshake(&talk->transport)) == RESULT_MORE)
		result = wait_for(talk, POLLIN);
	return result;
}

static enum result send_all(struct talk *talk, struct span bytes)
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
static enum result read_status(const struct talk *talk, unsigned *status)
{
	static const struct http_limits limits = { .head_bytes = 262144, .target_bytes = 8192, .fields = 500, .body_bytes = UINT64_MAX };
	struct response_head head = { 0 };
	struct head_reader reader;
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used;

	arena_init(&arena, 1u << 20, 16384);
	fields_init(&head.fields, &arena, limits.fields);
	head_reader_init(&reader);
	result = response_head_read(&reader, buffer_span(&talk->in), &limits, METHOD_GET, &head, &used, &fault);
	if (result == RESULT_OK)
		*status = head.status;
	arena_done(&arena);
	return result;
}

static enum result receive(struct talk *talk, unsigned *status)
{
	enum result result = RESULT_MORE;

	while (result == RESULT_MORE) {
		char *room = buffer_reserve(&talk->in, 4096);
		size_t got = 0;

		if (!room)
			return RESULT_LIMIT;
		result = transport_read(&talk->transport, room, 4096, &got);
		if (result == RESULT_OK) {
			buffer_commit(&talk->in, got);
			result = read_status(talk, status);
		} else if (result == RESULT_MORE) {
			result = wait_for(talk, POLLIN);
			result = result == RESULT_OK ? RESULT_MORE : result;
		}
	}
	return result;
}

static void say_error(const struct talk *talk, enum result result, struct probe_answer *out)
{
	const char *text = talk->transport.fd >= 0 && talk->transport.tls ? transport_error(&talk->transport) : strerror(errno);

	if (result == RESULT_TIMEOUT)
		text = "no answer in time";
	else if (result == RESULT_END)
		text = "closed without an answer";
	snprintf(out->error, sizeof(out->error), "%s", text);
}

/* Says BYTES, and waits for the head of an answer. */
static void exchange(const struct probe_target *target, struct span bytes, bool is_verified, int wait_ms, struct probe_answer *out)
{
	struct talk talk = { .until_ms = clock_mono_ms() + (uint64_t)wait_ms };
	uint64_t begun_ms = clock_mono_ms();

	*out = (struct probe_answer){ .is_verified = is_verified };
	transport_init(&talk.transport, -1);
	buffer_init(&talk.in, ANSWER_BYTES_MAX);
	errno = 0;
	out->result = connect_to(target, &talk);
	if (out->result == RESULT_OK && target->is_tls)
		out->result = begin_tls(target, &talk, is_verified);
	if (out->result == RESULT_OK && target->is_tls)
		snprintf(out->tls_version, sizeof(out->tls_version), "%.*s", SPAN_ARG(transport_tls_version(&talk.transport)));
	if (out->result == RESULT_OK)
		out->result = send_all(&talk, bytes);
	out->has_asked = out->result == RESULT_OK;
	if (out->result == RESULT_OK)
		out->result = receive(&talk, &out->status);
	if (out->result != RESULT_OK)
		say_error(&talk, out->result, out);
	out->took_ms = clock_mono_ms() - begun_ms;
	transport_close(&talk.transport, false);
	if (talk.client)
		tls_client_free(talk.client);
	buffer_done(&talk.in);
}

void probe_get(const struct probe_target *target, struct probe_answer *out)
{
	struct buffer text;

	buffer_init(&text, 4096);
	*out = (struct probe_answer){ .result = RESULT_NO_MEMORY };
	if (buffer_print(&text, "GET / HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: bouclier-protect\r\nAccept: */*\r\nConnection: close\r\n\r\n",
	                 SPAN_ARG(target->host)) == RESULT_OK) {
		exchange(target, buffer_span(&text), target->is_tls, WAIT_MS, out);
		/* Not verified: asked again without, before anything was said. The origin still sees one GET /. */
		if (target->is_tls && out->result == RESULT_REFUSED)
			exchange(target, buffer_span(&text), false, WAIT_MS, out);
	}
	buffer_done(&text);
}

static enum result write_attack(const struct probe_target *target, enum probe_attack attack, struct buffer *out)
{
	enum result result = buffer_print(out, "%s / HTTP/1.1\r\nHost: %.*s\r\n" PROBE_HEADER ": %.*s\r\n",
	                                  attack == PROBE_SMUGGLING ? "POST" : "GET", SPAN_ARG(target->host), SPAN_ARG(target->key));

	switch (attack) {
	case PROBE_SMUGGLING:
		return result == RESULT_OK ? buffer_print(out, "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") : result;
	case PROBE_OVERSIZED:
		for (size_t i = 0; result == RESULT_OK && buffer_len(out) <= target->head_bytes; i++)
			result = buffer_print(out, "X-Long-%zu: %0900d\r\n", i, 0);
		break;
	case PROBE_SLOW:
		return result == RESULT_OK ? buffer_print(out, "X-Slow: ") : result;
	case PROBE_KEY: case PROBE_COUNT:
		break;
	}
	return result == RESULT_OK ? buffer_append(out, SPAN("\r\n")) : result;
}

void probe_attack(const struct probe_target *target, enum probe_attack attack, struct probe_answer *out)
{
	int wait_ms = attack == PROBE_SLOW ? (int)target->head_ms + 5000 : WAIT_MS;
	struct buffer text;

	buffer_init(&text, target->head_bytes + 8192);
	*out = (struct probe_answer){ .result = RESULT_NO_MEMORY };
	if (write_attack(target, attack, &text) == RESULT_OK)
		exchange(target, buffer_span(&text), false, wait_ms, out);
	buffer_done(&text);
}

const char *probe_name(enum probe_attack attack)
{
	static const char *const names[PROBE_COUNT] = {
		[PROBE_KEY] = "key", [PROBE_SMUGGLING] = "smuggling", [PROBE_OVERSIZED] = "oversized", [PROBE_SLOW] = "slow",
	};

	return names[attack];
}

bool probe_was_blocked(enum probe_attack attack, const struct probe_answer *answer)
{
	bool is_cut = answer->has_asked && (answer->result == RESULT_END || answer->result == RESULT_IO);

	switch (attack) {
	case PROBE_KEY: return answer->result == RESULT_OK && answer->status == 204;
	case PROBE_SMUGGLING: return answer->result == RESULT_OK && answer->status == 400;
	case PROBE_OVERSIZED: return is_cut || (answer->result == RESULT_OK && (answer->status == 431 || answer->status == 413));
	case PROBE_SLOW: return is_cut || (answer->result == RESULT_OK && answer->status == 408);
	case PROBE_COUNT: break;
	}
	return false;
}
