#include "cli/drill/client.h"

#include "cli/drill/drill.h"
#include "cli/drill/socket.h"

#include "base/banned.h"

#define OUT_BYTES_MAX ((size_t)64 << 10)
#define IN_BYTES_MAX ((size_t)128 << 10)
#define READ_BYTES 16384u
#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP)

static const struct http_limits limits = { .head_bytes = 65536, .target_bytes = 8192, .fields = 100, .body_bytes = UINT64_MAX };

static void ready(struct watch *watch, uint32_t events);

void client_init(struct client *client, struct loop *loop, uint16_t port, void (*told)(struct client *client, enum client_news news))
{
	*client = (struct client){ .loop = loop, .port = port, .told = told, .watch = { -1, ready } };
	transport_init(&client->transport, -1);
	buffer_init(&client->out, OUT_BYTES_MAX);
	buffer_init(&client->in, IN_BYTES_MAX);
}

void client_close(struct client *client)
{
	if (client->is_open)
		loop_forget(client->loop, &client->watch);
	transport_close(&client->transport, true);
	buffer_reset(&client->out);
	buffer_reset(&client->in);
	client->is_open = client->is_asking = client->has_head = client->closes = false;
	client->asked = 0;
}

void client_done(struct client *client)
{
	client_close(client);
	buffer_done(&client->out);
	buffer_done(&client->in);
}

static enum result open_connection(struct client *client, uint32_t from)
{
	int fd = drill_connect(from, client->port);
	enum result result;

	if (fd < 0)
		return RESULT_IO;
	transport_init(&client->transport, fd);
	result = loop_watch(client->loop, &client->watch, fd, EVENTS);
	client->is_open = result == RESULT_OK;
	if (result != RESULT_OK)
		client_close(client);
	return result;
}

/* Sends what it can. The failure of a connection is told by reading it. */
static void flush(struct client *client)
{
	size_t sent = 0;

	while (buffer_len(&client->out) && transport_write(&client->transport, buffer_span(&client->out), &sent) == RESULT_OK)
		buffer_consume(&client->out, sent);
}

static void answer_reset(struct client *client)
{
	struct client_answer *answer = client->answer;

	head_reader_init(&client->reader);
	client->has_head = client->is_page = false;
	client->status = 0;
	if (!answer)
		return;
	answer->status = 0;
	answer->is_page = answer->is_kept = false;
	answer->location[0] = answer->cookie[0] = '\0';
	buffer_reset(&answer->page);
}

enum result client_drip(struct client *client, uint32_t from, struct span bytes)
{
	enum result result = client->is_open ? RESULT_OK : open_connection(client, from);

	if (result == RESULT_OK)
		result = buffer_append(&client->out, bytes);
	if (result != RESULT_OK)
		return result;
	if (!client->is_asking)
		answer_reset(client);
	client->is_asking = true;
	flush(client);
	return RESULT_OK;
}

enum result client_ask(struct client *client, uint32_t from, struct span request)
{
	enum result result = client_drip(client, from, request);

	if (result == RESULT_OK)
		client->asked++;
	return result;
}

/* Path and query of a reference to this very host; what leads elsewhere is not followed. */
static void take_location(struct span value, char out[CLIENT_TARGET_MAX])
{
	const struct span here = SPAN("http://" DRILL_HOST);

	if (span_starts(value, here))
		value = span_skip(value, here.len);
	if (value.len && value.at[0] == '/' && span_to_text(value, out, CLIENT_TARGET_MAX) != RESULT_OK)
		out[0] = '\0';
}

static void take_head(struct client *client, const struct response_head *head)
{
	struct client_answer *answer = client->answer;
	const struct field *location = fields_find(&head->fields, FIELD_LOCATION), *cookie = fields_find(&head->fields, FIELD_SET_COOKIE),
	                   *kept = fields_find(&head->fields, FIELD_CACHE_STATUS);

	client->status = head->status;
	client->closes = head->wants_close;
	client->is_page = fields_find_name(&head->fields, SPAN(DRILL_MARK)) != NULL;
	if (!answer)
		return;
	answer->status = head->status;
	answer->is_page = client->is_page;
	answer->is_kept = kept && span_contains(kept->value, SPAN("; hit"));
	if (location)
		take_location(location->value, answer->location);
	if (cookie && span_to_text(span_take(cookie->value, span_find(cookie->value, ';')), answer->cookie, CLIENT_COOKIE_MAX) != RESULT_OK)
		answer->cookie[0] = '\0';
}

/* RESULT_OK: the head of the answer is read; RESULT_MORE; anything else: no HTTP. */
static enum result read_head(struct client *client)
{
	struct response_head head = { 0 };
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used = 0;

	arena_init(&arena, 1u << 16, 8192);
	fields_init(&head.fields, &arena, limits.fields);
	result = response_head_read(&client->reader, buffer_span(&client->in), &limits, METHOD_GET, &head, &used, &fault);
	if (result == RESULT_OK && head.status >= 200) {
		take_head(client, &head);
		body_reader_init(&client->body, head.body, limits.body_bytes, NULL);
		client->has_head = true;
	}
	if (result == RESULT_OK) {
		buffer_consume(&client->in, used);
		head_reader_init(&client->reader);
	}
	arena_done(&arena);
	return result;
}

/* RESULT_END: the body is over; RESULT_MORE; anything else: no HTTP. */
static enum result read_body(struct client *client)
{
	enum result result;

	do {
		struct span data = SPAN_NONE;
		enum http_fault fault;
		size_t used = 0;

		result = body_reader_next(&client->body, buffer_span(&client->in), &data, &used, &fault);
		/* A page that is too long for whom it is for is no page that he knows. */
		if (result == RESULT_OK && client->answer && buffer_append(&client->answer->page, data) != RESULT_OK)
			buffer_reset(&client->answer->page);
		if (result == RESULT_OK || result == RESULT_MORE || result == RESULT_END)
			buffer_consume(&client->in, used);
	} while (result == RESULT_OK && !body_reader_has_ended(&client->body));
	return result == RESULT_OK ? RESULT_END : result;
}

static enum result read_answer(struct client *client)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK && !client->has_head)
		result = buffer_len(&client->in) ? read_head(client) : RESULT_MORE;
	return result == RESULT_OK ? read_body(client) : result;
}

static void tell(struct client *client, enum client_news news)
{
	client->was_kept = client->asked > 1;
	if (news == CLIENT_BROKEN || client->closes)
		client_close(client);
	client->is_asking = false;
	client->told(client, news);
}

/* The other side has ended: that may be the end of the body. */
static void ended(struct client *client)
{
	enum http_fault fault;

	client->closes = true;
	tell(client, client->has_head && body_reader_finish(&client->body, &fault) == RESULT_OK ? CLIENT_ANSWERED : CLIENT_BROKEN);
}

/* One piece that came. RESULT_MORE: go on; RESULT_END: there is a whole answer; anything else: no HTTP. */
static enum result take_piece(struct client *client, size_t got)
{
	buffer_commit(&client->in, got);
	return read_answer(client);
}

/* Until the socket has no more, or is closed: an edge comes once. */
static void advance(struct client *client)
{
	while (client->is_open) {
		char *room = buffer_reserve(&client->in, READ_BYTES);
		size_t got = 0;
		enum result result = room ? transport_read(&client->transport, room, READ_BYTES, &got) : RESULT_LIMIT;

		if (result == RESULT_MORE)
			return;
		if (!client->is_asking)
			client_close(client);  /* what comes without having been asked for, or the end: a connection that rests is over */
		else if (result == RESULT_END)
			ended(client);
		else if (result == RESULT_OK && (result = take_piece(client, got)) == RESULT_END)
			tell(client, CLIENT_ANSWERED);
		else if (result != RESULT_MORE)
			tell(client, CLIENT_BROKEN);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	struct client *client = list_entry(watch, struct client, watch);

	(void)events;
	flush(client);
	advance(client);
}
