#include "cli/probe/exchange.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/dial.h"
#include "http/body_reader.h"
#include "http/head_reader.h"

#include "base/banned.h"

#define REQUEST_BYTES_MAX ((size_t)1 << 20)

static const struct http_limits limits = { .head_bytes = 65536, .target_bytes = 8192, .fields = 200, .body_bytes = UINT64_MAX };

struct talk {
	const struct exchange *ask;
	struct exchange_answer *answer;
	struct dial dial;
	struct buffer in;
};

static enum result fail(struct talk *talk, enum probe_step step, enum result result, const char *why)
{
	if (talk->dial.is_stopped)
		return RESULT_END;
	talk->answer->step = result == RESULT_TIMEOUT ? PROBE_STEP_TIMEOUT : step;
	if (result == RESULT_TIMEOUT)
		snprintf(talk->answer->error, sizeof(talk->answer->error), "no answer in time (%s)", probe_step_name(step));
	else
		snprintf(talk->answer->error, sizeof(talk->answer->error), "%s", why);
	return result == RESULT_OK || result == RESULT_MORE || result == RESULT_END ? RESULT_IO : result;
}

bool exchange_pause(int stop_fd, uint64_t until_ms)
{
	for (uint64_t now_ms = clock_mono_ms(); now_ms < until_ms; now_ms = clock_mono_ms()) {
		struct pollfd fd = { .fd = stop_fd, .events = POLLIN };

		if (poll(&fd, 1, (int)(until_ms - now_ms)) > 0)
			return false;
	}
	return true;
}

/* -- a connection -- */

static enum result connect_to_any(struct talk *talk, const struct addrinfo *found)
{
	enum result result = RESULT_IO;
	unsigned tried = 0;

	for (; found && tried < EXCHANGE_ADDRESSES_MAX; found = found->ai_next, tried++) {
		uint64_t short_ms = clock_mono_ms() + EXCHANGE_CONNECT_MS;

		talk->dial.until_ms = found->ai_next && short_ms < talk->ask->until_ms ? short_ms : talk->ask->until_ms;
		result = dial_connect(&talk->dial, found->ai_addr, found->ai_addrlen);
		talk->dial.until_ms = talk->ask->until_ms;
		if (result == RESULT_OK || talk->dial.is_stopped)
			return result;
		transport_close(&talk->dial.transport, true);
	}
	return fail(talk, PROBE_STEP_CONNECT, result, strerror(errno));
}

static enum result resolve(struct talk *talk, struct addrinfo **found)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	char port[8];
	int error;

	snprintf(port, sizeof(port), "%u", talk->ask->url->port);
	error = getaddrinfo(talk->ask->url->host, port, &hints, found);
	if (error)
		return fail(talk, PROBE_STEP_DNS, RESULT_NOT_FOUND, gai_strerror(error));
	return clock_mono_ms() < talk->ask->until_ms ? RESULT_OK : fail(talk, PROBE_STEP_DNS, RESULT_TIMEOUT, "");
}

static enum result open_connection(struct talk *talk)
{
	struct addrinfo *found = NULL;
	enum result result = resolve(talk, &found);

	if (result == RESULT_OK)
		result = connect_to_any(talk, found);
	if (found)
		freeaddrinfo(found);
	return result;
}

static enum result begin_tls(struct talk *talk)
{
	struct tls_client_settings settings = { .host = span_of(talk->ask->url->host), .ca = talk->ask->ca };
	enum result result;

	if (!talk->ask->url->is_tls)
		return RESULT_OK;
	result = dial_begin_tls(&talk->dial, &settings);
	if (result != RESULT_OK && !talk->dial.client)
		return fail(talk, PROBE_STEP_TLS, result, "no certificate authorities to trust (package ca-certificates)");
	if (result != RESULT_OK)
		return fail(talk, PROBE_STEP_TLS, result, transport_error(&talk->dial.transport));
	talk->answer->certificate_until_ms = transport_peer_until_ms(&talk->dial.transport);
	return RESULT_OK;
}

/* -- the request -- */

static enum result write_request(const struct exchange *ask, struct buffer *out)
{
	enum result result = buffer_print(out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%.*s", ask->method == METHOD_POST ? "POST" : "GET", ask->url->target,
	                                  ask->url->authority, SPAN_ARG(ask->fields));

	if (result == RESULT_OK && ask->jar && ask->jar->text[0])
		result = buffer_print(out, "Cookie: %s\r\n", ask->jar->text);
	if (result == RESULT_OK && ask->method == METHOD_POST)
		result = buffer_print(out, "Content-Length: %zu\r\n", ask->body.len);
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN("\r\n"));
	return result == RESULT_OK ? buffer_append(out, ask->body) : result;
}

static enum result send_request(struct talk *talk)
{
	struct buffer request;
	enum result result;

	buffer_init(&request, REQUEST_BYTES_MAX);
	result = write_request(talk->ask, &request);
	if (result != RESULT_OK)
		result = fail(talk, PROBE_STEP_HTTP, result, "the request does not fit in memory");
	else if ((result = dial_send(&talk->dial, buffer_span(&request))) != RESULT_OK)
		result = fail(talk, PROBE_STEP_HTTP, result, transport_error(&talk->dial.transport));
	buffer_done(&request);
	return result;
}

/* -- the answer -- */

/* RESULT_OK: there is more in `in`, or the other side HAS_ENDED. */
static enum result read_more(struct talk *talk, bool *has_ended)
{
	enum result result = dial_receive(&talk->dial, &talk->in);

	*has_ended = result == RESULT_END && !talk->dial.is_stopped;
	if (result == RESULT_OK || *has_ended)
		return RESULT_OK;
	return fail(talk, PROBE_STEP_HTTP, result, result == RESULT_LIMIT ? "an answer that is too long" : transport_error(&talk->dial.transport));
}

static void take_head(struct talk *talk, const struct response_head *head)
{
	const struct field *location = fields_find(&head->fields, FIELD_LOCATION);
	struct exchange_answer *answer = talk->answer;

	answer->status = head->status;
	if (!location || span_to_text(location->value, answer->location, sizeof(answer->location)) != RESULT_OK)
		answer->location[0] = '\0';
	for (size_t i = 0; talk->ask->jar && i < head->fields.count; i++) {
		if (head->fields.list[i].id == FIELD_SET_COOKIE)
			jar_put(talk->ask->jar, head->fields.list[i].value);
	}
}

/* RESULT_OK: BODY is begun; RESULT_MORE. */
static enum result read_head(struct talk *talk, struct body_reader *body)
{
	struct response_head head = { 0 };
	struct head_reader reader;
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used = 0;

	arena_init(&arena, 1u << 18, 8192);
	fields_init(&head.fields, &arena, limits.fields);
	head_reader_init(&reader);
	result = response_head_read(&reader, buffer_span(&talk->in), &limits, talk->ask->method, &head, &used, &fault);
	if (result == RESULT_OK) {
		buffer_consume(&talk->in, used);
		if (head.status >= 200) {
			take_head(talk, &head);
			body_reader_init(body, head.body, limits.body_bytes, NULL);
		}
	}
	arena_done(&arena);
	return result;
}

static enum result receive_head(struct talk *talk, struct body_reader *body)
{
	enum result result = RESULT_MORE;
	bool has_ended = false;

	while (!talk->answer->status) {
		result = buffer_len(&talk->in) ? read_head(talk, body) : RESULT_MORE;
		if (result == RESULT_MORE && has_ended)
			return fail(talk, PROBE_STEP_HTTP, RESULT_IO, "the connection was closed without an answer");
		if (result == RESULT_MORE)
			result = read_more(talk, &has_ended);
		else if (result != RESULT_OK)
			return fail(talk, PROBE_STEP_HTTP, result, "what came is not HTTP");
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

/* RESULT_END: the body is over, or long enough; RESULT_MORE. */
static enum result take_body(struct talk *talk, struct body_reader *body)
{
	struct exchange_answer *answer = talk->answer;
	enum result result;

	do {
		struct span data = SPAN_NONE;
		enum http_fault fault;
		size_t used = 0;

		result = body_reader_next(body, buffer_span(&talk->in), &data, &used, &fault);
		answer->bytes += data.len;
		if (buffer_append(&answer->page, span_take(data, buffer_room(&answer->page))) != RESULT_OK)
			return RESULT_NO_MEMORY;
		if (result == RESULT_OK || result == RESULT_MORE || result == RESULT_END)
			buffer_consume(&talk->in, used);
	} while (result == RESULT_OK && !body_reader_has_ended(body) && answer->bytes < EXCHANGE_BODY_MAX);
	return result == RESULT_OK ? RESULT_END : result;
}

static enum result receive_body(struct talk *talk, struct body_reader *body)
{
	bool has_ended = false;

	for (;;) {
		enum result result = take_body(talk, body);
		enum http_fault fault;

		if (result == RESULT_END)
			return RESULT_OK;
		if (result != RESULT_MORE)
			return fail(talk, PROBE_STEP_HTTP, result, "the answer's body is not HTTP");
		if (has_ended)
			return body_reader_finish(body, &fault) == RESULT_OK ? RESULT_OK : fail(talk, PROBE_STEP_HTTP, RESULT_IO, "the answer was cut off");
		result = read_more(talk, &has_ended);
		if (result != RESULT_OK)
			return result;
	}
}

static enum result receive(struct talk *talk)
{
	struct body_reader body = { 0 };
	enum result result = receive_head(talk, &body);

	return result == RESULT_OK ? receive_body(talk, &body) : result;
}

enum result exchange(const struct exchange *ask, struct exchange_answer *answer)
{
	struct talk talk = { .ask = ask, .answer = answer };
	enum result result;

	*answer = (struct exchange_answer){ 0 };
	buffer_init(&answer->page, EXCHANGE_PAGE_MAX);
	buffer_init(&talk.in, (size_t)1 << 18);
	dial_init(&talk.dial, ask->stop_fd);
	talk.dial.until_ms = ask->until_ms;
	result = open_connection(&talk);
	if (result == RESULT_OK)
		result = begin_tls(&talk);
	if (result == RESULT_OK)
		result = send_request(&talk);
	if (result == RESULT_OK)
		result = receive(&talk);
	dial_close(&talk.dial);
	buffer_done(&talk.in);
	return result;
}

void exchange_done(struct exchange_answer *answer)
{
	buffer_done(&answer->page);
}
