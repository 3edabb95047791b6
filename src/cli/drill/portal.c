#include "cli/drill/portal.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/encode.h"
#include "base/loop.h"
#include "cli/drill/cast.h"
#include "http/body_reader.h"
#include "http/head_reader.h"
#include "http/head_writer.h"
#include "net/transport.h"

#include "base/banned.h"

#define IN_BYTES_MAX ((size_t)128 << 10)
#define OUT_BYTES_MAX ((size_t)64 << 10)
#define READ_BYTES 16384u
#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP)
#define KEPT_PATH "/news"     /* its pages say that they may be kept: citizens read them too */
#define KEPT_FOR "public, max-age=5"

static const struct http_limits limits = { .head_bytes = 65536, .target_bytes = 16384, .fields = 200, .body_bytes = UINT64_MAX };

struct visitor {
	struct list node;         /* of `waiting`, while it waits for a desk */
	struct job end;
	struct portal *portal;
	struct watch watch;
	struct transport transport;
	struct buffer in, out;
	struct head_reader reader;
	struct body_reader body;
	bool has_head, is_waiting, is_served, is_gone, wants_close, is_attacker;
	char path[256];           /* as far as it fits */
};

struct desk {
	struct timer timer;
	struct portal *portal;
	struct visitor *visitor;  /* NULL: free */
};

struct portal {
	struct loop loop;
	struct watch door;
	struct drill_tally *tally;
	struct list waiting;
	struct desk desks[DRILL_DESKS];
	unsigned visitors;
};

static void look_for_desk(struct portal *portal);

/* A job: an event of this round may still point to the visitor when he leaves. */
static void visitor_free(struct job *job)
{
	struct visitor *visitor = list_entry(job, struct visitor, end);

	visitor->portal->visitors--;
	buffer_done(&visitor->in);
	buffer_done(&visitor->out);
	free(visitor);
}

/* Whoever leaves while his page is waited for, or made, is served all the same: portals do not look. */
static void visitor_leave(struct visitor *visitor)
{
	if (visitor->is_gone)
		return;
	visitor->is_gone = true;
	loop_forget(&visitor->portal->loop, &visitor->watch);
	transport_close(&visitor->transport, false);
	if (!visitor->is_waiting && !visitor->is_served)
		loop_later(&visitor->portal->loop, &visitor->end);
}

static void flush(struct visitor *visitor)
{
	size_t sent = 0;

	while (buffer_len(&visitor->out) && transport_write(&visitor->transport, buffer_span(&visitor->out), &sent) == RESULT_OK)
		buffer_consume(&visitor->out, sent);
}

/* -- a request -- */

/* Who asks, in the shield's own words: the first address, of which it made sure. */
static bool is_attacker(const struct request_head *head)
{
	const struct field *field = fields_find(&head->fields, FIELD_X_FORWARDED_FOR);
	struct address address;
	struct span list = field ? field->value : SPAN_NONE;

	if (address_read(span_trim(span_cut(&list, ',')), &address) != RESULT_OK || !address_is_v4(&address))
		return false;
	return cast_is_attacker((uint32_t)address.bytes[12] << 24 | (uint32_t)address.bytes[13] << 16);
}

static enum result read_head(struct visitor *visitor)
{
	struct request_head head = { 0 };
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used = 0;

	arena_init(&arena, 1u << 16, 8192);
	fields_init(&head.fields, &arena, limits.fields);
	result = request_head_read(&visitor->reader, buffer_span(&visitor->in), &limits, &head, &used, &fault);
	if (result == RESULT_OK) {
		visitor->wants_close = head.wants_close;
		visitor->is_attacker = is_attacker(&head);
		if (span_to_text(span_take(head.path, sizeof(visitor->path) - 1), visitor->path, sizeof(visitor->path)) != RESULT_OK)
			visitor->path[0] = '\0';
		body_reader_init(&visitor->body, head.body, limits.body_bytes, NULL);
		visitor->has_head = true;
		buffer_consume(&visitor->in, used);
		head_reader_init(&visitor->reader);
	}
	arena_done(&arena);
	return result;
}

/* RESULT_END: the whole request is here. */
static enum result skip_body(struct visitor *visitor)
{
	enum result result;

	do {
		struct span data;
		enum http_fault fault;
		size_t used = 0;

		result = body_reader_next(&visitor->body, buffer_span(&visitor->in), &data, &used, &fault);
		if (result == RESULT_OK || result == RESULT_MORE || result == RESULT_END)
			buffer_consume(&visitor->in, used);
	} while (result == RESULT_OK && !body_reader_has_ended(&visitor->body));
	return result == RESULT_OK ? RESULT_END : result;
}

static enum result read_request(struct visitor *visitor)
{
	enum result result = visitor->has_head ? RESULT_OK : buffer_len(&visitor->in) ? read_head(visitor) : RESULT_MORE;

	return result == RESULT_OK ? skip_body(visitor) : result;
}

/* -- its page -- */

static enum result write_page(const struct visitor *visitor, struct buffer *out)
{
	struct buffer page;
	char length[DECIMAL_MAX];
	enum result result;

	buffer_init(&page, 4096);
	result = buffer_append(&page, SPAN("<!doctype html><html lang=\"en\"><title>Drill</title><p>You asked for "));
	if (result == RESULT_OK)
		result = html_write(span_of(visitor->path), &page);
	if (result == RESULT_OK)
		result = buffer_append(&page, SPAN("</p></html>\n"));
	if (result == RESULT_OK)
		result = status_line_write(200, status_reason(200), out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Content-Type"), SPAN("text/html; charset=utf-8"), out);
	if (result == RESULT_OK)
		result = field_write(SPAN(DRILL_MARK), SPAN("1"), out);
	if (result == RESULT_OK && span_starts(span_of(visitor->path), SPAN(KEPT_PATH)))
		result = field_write(SPAN("Cache-Control"), SPAN(KEPT_FOR), out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Content-Length"), span_make(length, decimal_write(buffer_len(&page), length)), out);
	if (result == RESULT_OK)
		result = head_end_write(out);
	if (result == RESULT_OK)
		result = buffer_append(out, buffer_span(&page));
	buffer_done(&page);
	return result;
}

static void count(struct portal *portal, const struct visitor *visitor)
{
	struct drill_work *work = &portal->tally->work[visitor->is_attacker][drill_window_at(&portal->tally->acts, portal->loop.now_ms)];

	work->pages++;
	work->ms += DRILL_PAGE_MS;
}

static void advance(struct visitor *visitor);

static void served(struct timer *timer)
{
	struct desk *desk = list_entry(timer, struct desk, timer);
	struct portal *portal = desk->portal;
	struct visitor *visitor = desk->visitor;

	count(portal, visitor);
	desk->visitor = NULL;
	visitor->is_served = visitor->has_head = false;
	if (visitor->is_gone) {
		loop_later(&portal->loop, &visitor->end);
	} else if (write_page(visitor, &visitor->out) != RESULT_OK) {
		visitor_leave(visitor);
	} else {
		flush(visitor);
		if (visitor->wants_close)
			visitor_leave(visitor);
		else
			advance(visitor);
	}
	look_for_desk(portal);
}

static void look_for_desk(struct portal *portal)
{
	for (unsigned i = 0; i < DRILL_DESKS && !list_is_empty(&portal->waiting); i++) {
		struct desk *desk = &portal->desks[i];

		if (desk->visitor)
			continue;
		desk->visitor = list_entry(portal->waiting.next, struct visitor, node);
		list_remove(&desk->visitor->node);
		desk->visitor->is_waiting = false;
		desk->visitor->is_served = true;
		timer_set(&portal->loop.timers, &desk->timer, portal->loop.now_ms + DRILL_PAGE_MS);
	}
}

static void stand_in_line(struct visitor *visitor)
{
	visitor->is_waiting = true;
	list_add_last(&visitor->portal->waiting, &visitor->node);
	look_for_desk(visitor->portal);
}

/* -- connections -- */

/* Until the socket has no more, or a whole request is here. While one is served, the next one stays where it is, and only its end is seen. */
static void advance(struct visitor *visitor)
{
	enum result result = RESULT_OK;

	while (result == RESULT_OK) {
		char *room;
		size_t got = 0;

		if (!visitor->is_waiting && !visitor->is_served && (result = read_request(visitor)) == RESULT_END)
			stand_in_line(visitor);
		else if (result != RESULT_OK && result != RESULT_MORE)
			break;
		room = buffer_reserve(&visitor->in, READ_BYTES);
		result = room ? transport_read(&visitor->transport, room, READ_BYTES, &got) : RESULT_LIMIT;
		if (result == RESULT_OK)
			buffer_commit(&visitor->in, got);
	}
	if (result != RESULT_MORE)
		visitor_leave(visitor);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct visitor *visitor = list_entry(watch, struct visitor, watch);

	(void)events;
	flush(visitor);
	advance(visitor);
}

static void welcome(struct portal *portal, int fd)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));
	struct transport closed;

	transport_init(visitor ? &visitor->transport : &closed, fd);
	if (!visitor) {
		transport_close(&closed, true);
		return;
	}
	visitor->portal = portal;
	visitor->watch = (struct watch){ -1, ready };
	list_init(&visitor->node);
	job_init(&visitor->end, visitor_free);
	buffer_init(&visitor->in, IN_BYTES_MAX);
	buffer_init(&visitor->out, OUT_BYTES_MAX);
	head_reader_init(&visitor->reader);
	portal->visitors++;
	if (portal->visitors > PORTAL_CONNECTIONS_MAX || loop_watch(&portal->loop, &visitor->watch, fd, EVENTS) != RESULT_OK) {
		transport_close(&visitor->transport, true);
		loop_later(&portal->loop, &visitor->end);
	}
}

static void knocked(struct watch *watch, uint32_t events)
{
	struct portal *portal = list_entry(watch, struct portal, door);
	int fd;

	(void)events;
	while ((fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		welcome(portal, fd);
}

int portal_run(int listener, struct drill_tally *tally)
{
	static struct portal portal;

	portal.door = (struct watch){ -1, knocked };
	portal.tally = tally;
	list_init(&portal.waiting);
	if (loop_init(&portal.loop) != RESULT_OK)
		return 1;
	for (unsigned i = 0; i < DRILL_DESKS; i++) {
		portal.desks[i].portal = &portal;
		timer_init(&portal.desks[i].timer, served);
	}
	if (loop_watch_level(&portal.loop, &portal.door, listener, EPOLLIN) == RESULT_OK)
		loop_run(&portal.loop);
	loop_done(&portal.loop);
	return 1;
}
