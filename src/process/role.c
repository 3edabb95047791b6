#include "process/role.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/keeper.h"
#include "process/resolve.h"
#include "process/role_wire.h"

#include "base/banned.h"

#define SEND_MS 5000

/* -- check -- */

static enum result confine_check(const struct check_start *start)
{
	struct sandbox_view views[KEEPER_ROOTS_MAX + 2] = { 0 };
	struct sandbox_report report;
	char path[PATH_MAX], real[PATH_MAX];
	size_t count = 0;

	/* The folder where the file seems to be, and the one where a symbolic link puts it. */
	if (span_to_text(start->config_path, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	if (realpath(path, real))
		views[count++].path = span_of(dirname(real));
	views[count++].path = span_of(dirname(path));
	for (size_t i = 0; i < start->root_count; i++)
		views[count++].path = start->roots[i];
	return sandbox_enter(SANDBOX_CHECK, views, count, &report);
}

/* The strings of the body; ROOTS has room for KEEPER_ROOTS_MAX. */
static enum result read_check_start(struct channel_message *message, struct span *roots, struct check_start *out)
{
	struct span rest = span_make(message->body, message->len);

	*out = (struct check_start){ .config_path = span_cut(&rest, 0), .options = span_cut(&rest, 0), .roots = roots };
	while (rest.len && out->root_count < KEEPER_ROOTS_MAX)
		roots[out->root_count++] = span_cut(&rest, 0);
	if (message->fd_count == 0 || out->config_path.len == 0)
		return RESULT_MALFORMED;
	/* A previous image of another version is as good as none. */
	if (message->fd_count > 1 && image_open(message->fds[1], &out->previous) != RESULT_OK)
		out->previous = (struct image){ 0 };
	/* Fails closed: a change that cannot be read is not one that was found good. */
	if (message->fd_count > 2 && image_open(message->fds[2], &out->overlay) != RESULT_OK)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static int check_run(const struct channel *keeper, const struct role_table *table)
{
	struct span roots[KEEPER_ROOTS_MAX];
	struct channel_message message;
	struct image_writer writer;
	struct check_start start;
	enum result result;
	int code;

	if (channel_wait(keeper, WIRE_START_MS, &message) != RESULT_OK || message.kind != CHANNEL_START ||
	    read_check_start(&message, roots, &start) != RESULT_OK)
		return CHECK_NO_IMAGE;
	if (message.id != 0 && message.id != KEEPER_STATE_VERSION)
		return CHECK_OTHER_KEEPER;
	if (confine_check(&start) != RESULT_OK)
		return CHECK_NO_SANDBOX;
	image_writer_init(&writer);
	result = table->check(&start, &writer);
	code = image_finish(&writer, message.fds[0]) != RESULT_OK ? CHECK_NO_IMAGE : result == RESULT_OK ? CHECK_OK : CHECK_REFUSED;
	image_writer_done(&writer);
	image_close(&start.previous);
	image_close(&start.overlay);
	channel_drop(&message);
	return code;
}

int role_run(const char *name, const struct role_table *table)
{
	struct role_link link = { .channel = { CHANNEL_ROLE_FD } };

	if (fcntl(CHANNEL_ROLE_FD, F_SETFD, FD_CLOEXEC) != 0) {
		fputs("bouclier: --role is for the keeper's own use\n", stderr);
		return 2;
	}
	if (strcmp(name, "check") == 0)
		return check_run(&link.channel, table);
	if (strcmp(name, "edge") == 0)
		return table->edge(&link);
	if (strcmp(name, "resolve") == 0)
		return resolve_run(&link.channel);
	fprintf(stderr, "bouclier: no role %s\n", name);
	return 2;
}

/* -- edge: a plan arrives -- */

void edge_plan_done(struct edge_plan *plan)
{
	image_close(&plan->image);
	image_close(&plan->files);
	free(plan->listeners);
	*plan = (struct edge_plan){ 0 };
}

/* The part that START and PREPARE have in common. */
static enum result read_plan(const struct channel_message *message, struct wire_start *wire, struct edge_plan *out)
{
	struct edge_plan plan = { .generation = message->id };
	enum result result;

	if (message->len < sizeof(*wire) || message->fd_count < 2)
		return RESULT_MALFORMED;
	memcpy(wire, message->body, sizeof(*wire));
	if (wire->listener_count > WIRE_LISTENERS_MAX || wire->workers < 1 || wire->workers > IMAGE_WORKERS_MAX || wire->seat >= ROLE_EDGES_MAX)
		return RESULT_MALFORMED;
	result = image_open(message->fds[0], &plan.image);
	if (result == RESULT_OK)
		result = image_open(message->fds[1], &plan.files);
	if (result == RESULT_OK) {
		plan.listeners = calloc(wire->listener_count ? wire->listener_count : 1, sizeof(*plan.listeners));
		if (!plan.listeners)
			result = RESULT_NO_MEMORY;
	}
	if (result != RESULT_OK)
		edge_plan_done(&plan);
	else
		*out = plan;
	return result;
}

static void add_listeners(struct edge_plan *plan, size_t room, struct channel_message *message)
{
	size_t next_fd = 0;

	for (size_t at = 0; at + sizeof(struct wire_listener) <= message->len && plan->listener_count < room;
	     at += sizeof(struct wire_listener)) {
		struct edge_listener *listener = &plan->listeners[plan->listener_count++];
		struct wire_listener wire;

		memcpy(&wire, message->body + at, sizeof(wire));
		*listener = (struct edge_listener){ .id = wire.id, .fd = -1, .worker = wire.worker, .flags = wire.flags };
		listener->endpoint.port = wire.port;
		memcpy(listener->endpoint.address.bytes, wire.address, sizeof(wire.address));
		if (wire.has_fd)
			listener->fd = channel_take(message, next_fd++);
	}
}

static enum result receive_listeners(struct role_link *link, size_t room, struct edge_plan *plan)
{
	for (;;) {
		struct channel_message message;
		enum result result = channel_wait(&link->channel, WIRE_START_MS, &message);
		bool is_go = result == RESULT_OK && message.kind == CHANNEL_GO;

		if (result != RESULT_OK)
			return result;
		if (message.kind == CHANNEL_LISTENERS)
			add_listeners(plan, room, &message);
		channel_drop(&message);
		if (is_go)
			return RESULT_OK;
	}
}

enum result role_receive_start(struct role_link *link, struct edge_start *out)
{
	struct edge_start start = { .admin_fd = -1, .resolve_fd = -1 };
	struct channel_message message;
	struct wire_start wire;
	enum result result = channel_wait(&link->channel, WIRE_START_MS, &message);
	struct span options;

	if (result != RESULT_OK)
		return result;
	if (message.kind != CHANNEL_START || message.fd_count < 4)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = read_plan(&message, &wire, &start.plan);
	if (result == RESULT_OK)
		result = shared_map(message.fds[2], &start.shared);
	if (result == RESULT_OK) {
		options = span_make(message.body + sizeof(wire), message.len - sizeof(wire));
		result = span_to_text(options, link->options, sizeof(link->options));
		start.options = span_of(link->options);
		start.workers = wire.workers;
		start.seat = wire.seat;
		start.is_reduced = wire.is_reduced != 0;
		start.resolve_fd = channel_take(&message, 3);
		start.admin_fd = channel_take(&message, 4);
	}
	channel_drop(&message);
	if (result == RESULT_OK)
		result = receive_listeners(link, wire.listener_count, &start.plan);
	if (result == RESULT_OK)
		*out = start;
	return result;
}

/* -- edge: confinement -- */

enum result role_confine(struct role_link *link, const struct edge_start *start)
{
	struct sandbox_view views[SANDBOX_VIEWS_MAX];
	struct sandbox_report report;
	struct image_record record;
	enum result result;
	size_t at = 0, count = 0;

	(void)link;
	views[count] = (struct sandbox_view){ .path = image_settings(&start->plan.image).state_folder, .may_write = true };
	count += views[0].path.len != 0;
	while (image_next(&start->plan.image, IMAGE_VIEW, &at, &record)) {
		if (count == SANDBOX_VIEWS_MAX)
			return RESULT_LIMIT;
		views[count++] = (struct sandbox_view){ .path = record.name, .may_write = record.number != 0 };
	}
	result = sandbox_enter(SANDBOX_EDGE, views, count, &report);
	if (result == RESULT_OK && report.landlock == 0)
		fputs("bouclier: this kernel has no Landlock: the edge is confined by seccomp and its user alone\n", stderr);
	return result;
}

/* -- edge: talking -- */

static enum result tell(struct role_link *link, enum channel_kind kind, uint64_t id)
{
	return channel_send(&link->channel, kind, id, SPAN_NONE, NULL, 0, SEND_MS);
}

static enum result tell_failed(struct role_link *link, uint64_t generation, struct span text)
{
	int fd = channel_text_fd(text);
	enum result result = channel_send(&link->channel, CHANNEL_FAILED, generation, SPAN_NONE, &fd, fd >= 0, SEND_MS);

	if (fd >= 0)
		close(fd);
	return result;
}

enum result role_ready(struct role_link *link)
{
	return tell(link, CHANNEL_READY, 0);
}

void role_failed(struct role_link *link, struct span text)
{
	(void)!tell_failed(link, 0, text);  /* the caller exits, which says as much */
}

enum result role_built(struct role_link *link, uint64_t generation)
{
	return tell(link, CHANNEL_BUILT, generation);
}

enum result role_build_failed(struct role_link *link, uint64_t generation, struct span text)
{
	return tell_failed(link, generation, text);
}

enum result role_ask_replacement(struct role_link *link, uint64_t generation)
{
	return tell(link, CHANNEL_REPLACE, generation);
}

/* HEAD, then the note. */
static enum result ask(const struct channel *channel, enum channel_kind kind, uint64_t id, struct span head, struct span note, const int *fd)
{
	enum result result = note.len > IMAGE_NOTE_MAX ? RESULT_LIMIT : RESULT_OK;
	struct buffer body;

	buffer_init(&body, CHANNEL_BODY_MAX);
	if (result == RESULT_OK)
		result = buffer_append(&body, head);
	if (result == RESULT_OK)
		result = buffer_append(&body, note);
	if (result == RESULT_OK)
		result = channel_send(channel, kind, id, buffer_span(&body), fd, fd != NULL, SEND_MS);
	buffer_done(&body);
	return result;
}

enum result role_ask_reload(struct role_link *link, uint64_t id, const struct reload_wish *wish)
{
	struct wire_reload wire = { .confirm_ms = wish->confirm_ms };

	return ask(&link->channel, CHANNEL_RELOAD, id, span_make((const char *)&wire, sizeof(wire)), wish->note, NULL);
}

enum result role_ask_confirm(struct role_link *link, uint64_t id)
{
	return tell(link, CHANNEL_CONFIRM, id);
}

enum result role_ask_back(struct role_link *link, uint64_t id, struct span note)
{
	return ask(&link->channel, CHANNEL_BACK, id, SPAN_NONE, note, NULL);
}

enum result role_change_texts(const struct change_text *list, size_t count, int *out_fd)
{
	struct image_writer writer;
	enum result result;
	int fd;

	if (!count || count > CHANGE_FILES_MAX)
		return RESULT_LIMIT;
	fd = memfd_create("bouclier-change", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	image_writer_init(&writer);
	for (size_t i = 0; i < count; i++) {
		image_write_text(&writer, list[i].path, list[i].text);
		image_write_base(&writer, list[i].path, list[i].base);
	}
	result = fd < 0 ? RESULT_IO : image_finish(&writer, fd);
	image_writer_done(&writer);
	if (result == RESULT_OK)
		*out_fd = fd;
	else if (fd >= 0)
		close(fd);
	return result;
}

enum result role_ask_change(const struct channel *keeper, uint64_t id, const struct role_change *change)
{
	struct wire_change wire = { .confirm_ms = change->wish.confirm_ms, .is_trial = change->is_trial };

	return ask(keeper, CHANNEL_CHANGE, id, span_make((const char *)&wire, sizeof(wire)), change->wish.note, &change->texts_fd);
}

enum result role_read_answer(struct channel_message *message, struct edge_order *out)
{
	struct wire_answer wire;

	if (message->kind != CHANNEL_ANSWER || message->len < sizeof(wire))
		return RESULT_MALFORMED;
	memcpy(&wire, message->body, sizeof(wire));
	if (wire.outcome > CHANGE_NOTHING)
		return RESULT_MALFORMED;
	*out = (struct edge_order){ .kind = ORDER_ANSWER, .id = message->id, .generation = wire.generation, .outcome = (enum change_outcome)wire.outcome,
	                            .is_ok = wire.outcome == CHANGE_DONE, .text_fd = channel_take(message, 0) };
	return RESULT_OK;
}

/* -- edge: orders -- */

static void begin_prepare(struct role_link *link, const struct channel_message *message)
{
	struct wire_start wire;

	if (link->is_pending)
		edge_plan_done(&link->pending);
	link->is_pending = read_plan(message, &wire, &link->pending) == RESULT_OK;
	if (link->is_pending)
		link->pending_room = wire.listener_count;
	else
		(void)!role_build_failed(link, message->id, SPAN("the edge could not read what the keeper sent"));
}

static enum result read_drain(const struct channel_message *message, struct edge_order *out)
{
	struct wire_drain wire = { 0 };

	if (message->len >= sizeof(wire))
		memcpy(&wire, message->body, sizeof(wire));
	*out = (struct edge_order){ .kind = ORDER_DRAIN, .drain_ms = wire.drain_ms, .is_replaced = wire.is_replaced != 0, .text_fd = -1 };
	return RESULT_OK;
}

static enum result read_reload_result(struct channel_message *message, struct edge_order *out)
{
	struct wire_reload_result wire = { 0 };

	if (message->len >= sizeof(wire))
		memcpy(&wire, message->body, sizeof(wire));
	*out = (struct edge_order){ .kind = ORDER_RELOAD_RESULT, .id = message->id, .generation = wire.generation, .is_ok = wire.is_ok != 0,
	                            .text_fd = channel_take(message, 0) };
	return RESULT_OK;
}

/* RESULT_OK when MESSAGE completes an order. */
static enum result take_message(struct role_link *link, struct channel_message *message, struct edge_order *out)
{
	if (message->kind == CHANNEL_PREPARE)
		begin_prepare(link, message);
	if (message->kind == CHANNEL_DRAIN)
		return read_drain(message, out);
	if (message->kind == CHANNEL_RELOAD_RESULT)
		return read_reload_result(message, out);
	if (message->kind == CHANNEL_ANSWER)
		return role_read_answer(message, out) == RESULT_OK ? RESULT_OK : RESULT_MORE;
	if (message->kind == CHANNEL_LISTENERS && link->is_pending)
		add_listeners(&link->pending, link->pending_room, message);
	if (message->kind == CHANNEL_GO && link->is_pending) {
		*out = (struct edge_order){ .kind = ORDER_PREPARE, .plan = link->pending, .text_fd = -1 };
		link->pending = (struct edge_plan){ 0 };
		link->is_pending = false;
		return RESULT_OK;
	}
	return RESULT_MORE;
}

enum result role_receive(struct role_link *link, struct edge_order *out)
{
	for (;;) {
		struct channel_message message;
		enum result result = channel_receive(&link->channel, &message);
		bool is_whole;

		if (result != RESULT_OK)
			return result;
		is_whole = take_message(link, &message, out) == RESULT_OK;
		channel_drop(&message);
		if (is_whole)
			return RESULT_OK;
	}
}
