#include "cli/admin/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/head_writer.h"

#include "base/banned.h"

#define ACCEPTS_A_ROUND 16
#define REST_MS 200
#define BYPASS_LOOK_MS 1000

struct admin_listener {
	struct list node;
	struct watch watch;
	struct job freed;
	struct admin *admin;
	uint64_t id;
	bool is_local;
};

enum client_phase { CLIENT_HEAD, CLIENT_BODY, CLIENT_WAITS, CLIENT_WRITES };

struct admin_client {
	struct list node;
	struct watch watch;
	struct timer clock;
	struct job freed;
	struct admin *admin;
	enum client_phase phase;
	bool is_local, has_read_all;
	struct buffer in;
	struct head_reader reader;
	struct arena arena;
	struct request_head head;
	size_t head_bytes;
	struct admin_answer answer;       /* in CLIENT_WAITS: reload_id is set */
	struct buffer out;
};

/* -- the life of a client -- */

static void free_client(struct job *job)
{
	struct admin_client *client = list_entry(job, struct admin_client, freed);

	buffer_done(&client->in);
	buffer_done(&client->out);
	buffer_done(&client->answer.body);
	arena_done(&client->arena);
	free(client);
}

/* Memory goes a round later: an event of this one may still point to it. */
static void end_client(struct admin_client *client)
{
	struct loop *loop = &client->admin->state->loop;
	int fd = client->watch.fd;

	loop_forget(loop, &client->watch);
	close(fd);
	timer_cancel(&loop->timers, &client->clock);
	list_remove(&client->node);
	client->admin->client_count--;
	loop_later(loop, &client->freed);
}

static void client_expired(struct timer *timer)
{
	end_client(list_entry(timer, struct admin_client, clock));
}

static void send_out(struct admin_client *client)
{
	while (buffer_len(&client->out) || buffer_len(&client->answer.body)) {
		struct buffer *from = buffer_len(&client->out) ? &client->out : &client->answer.body;
		struct span bytes = buffer_span(from);
		ssize_t sent = send(client->watch.fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (sent > 0)
			buffer_consume(from, (size_t)sent);
		else if (sent < 0 && errno == EINTR)
			continue;
		else if (sent < 0 && errno == EAGAIN)
			return;
		else
			break;
	}
	end_client(client);
}

static enum result write_head(struct admin_client *client)
{
	struct admin_answer *answer = &client->answer;
	char length[24];
	struct buffer number;
	enum result result;

	buffer_init(&number, sizeof(length));
	result = buffer_append_u64(&number, buffer_len(&answer->body));
	if (result == RESULT_OK)
		result = status_line_write(answer->status, status_reason(answer->status), &client->out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Content-Type"), answer->type, &client->out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Content-Length"), buffer_span(&number), &client->out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Cache-Control"), SPAN("no-store"), &client->out);
	if (result == RESULT_OK)
		result = field_write(SPAN("Connection"), SPAN("close"), &client->out);
	if (result == RESULT_OK)
		result = head_end_write(&client->out);
	buffer_done(&number);
	return result;
}

static void send_answer(struct admin_client *client)
{
	struct loop *loop = &client->admin->state->loop;

	client->phase = CLIENT_WRITES;
	timer_set(&loop->timers, &client->clock, loop->now_ms + ADMIN_CLIENT_MS);
	if (write_head(client) != RESULT_OK) {
		end_client(client);
		return;
	}
	if (client->head.method == METHOD_HEAD)
		buffer_reset(&client->answer.body);
	send_out(client);
}

static void answer_request(struct admin_client *client)
{
	struct loop *loop = &client->admin->state->loop;
	struct admin_request request = {
		.method = client->head.method == METHOD_HEAD ? METHOD_GET : client->head.method, .path = client->head.path,
		.body = span_skip(buffer_span(&client->in), client->head_bytes), .is_local = client->is_local,
	};

	request.body = span_take(request.body, (size_t)client->head.body.bytes);
	admin_answer(client->admin, &request, &client->answer);
	if (!client->answer.reload_id && !client->answer.keeper_id) {
		send_answer(client);
		return;
	}
	client->phase = CLIENT_WAITS;
	timer_set(&loop->timers, &client->clock, loop->now_ms + ADMIN_RELOAD_MS);
}

static void refuse_client(struct admin_client *client, unsigned status, const char *why)
{
	admin_refuse(&client->answer, status, "%s", why);
	send_answer(client);
}

/* -- reading -- */

static void read_body(struct admin_client *client)
{
	if (buffer_len(&client->in) - client->head_bytes >= client->head.body.bytes)
		answer_request(client);
	else if (client->has_read_all)
		end_client(client);
}

static void take_head(struct admin_client *client)
{
	const struct body_size *body = &client->head.body;

	client->phase = CLIENT_BODY;
	if (body->framing != BODY_NONE && body->framing != BODY_LENGTH)
		refuse_client(client, 411, "a body needs its Content-Length here");
	else if (body->framing == BODY_LENGTH && body->bytes > ADMIN_BODY_BYTES_MAX)
		refuse_client(client, 413, "the body is too long");
	else
		read_body(client);
}

static void read_head(struct admin_client *client)
{
	static const struct http_limits limits = { .head_bytes = ADMIN_HEAD_BYTES_MAX, .target_bytes = 2048, .fields = 64,
		                                   .body_bytes = UINT64_MAX };
	enum http_fault fault = HTTP_FAULT_NONE;
	enum result result;

	/* A head that came in pieces is read from its front again: what the last attempt took is given back first. */
	arena_reset(&client->arena);
	fields_init(&client->head.fields, &client->arena, limits.fields);
	result = request_head_read(&client->reader, buffer_span(&client->in), &limits, &client->head, &client->head_bytes, &fault);
	if (result == RESULT_OK)
		take_head(client);
	else if (result == RESULT_MALFORMED)
		refuse_client(client, http_fault_status(fault), http_fault_text(fault));
	else if (client->has_read_all)
		end_client(client);
}

/* False: the client is gone. */
static bool receive(struct admin_client *client)
{
	for (;;) {
		char *room = buffer_reserve(&client->in, 4096);
		ssize_t got = room ? recv(client->watch.fd, room, 4096, 0) : 0;

		if (!room)
			return true;  /* more than any request here has: what is there decides */
		if (got > 0)
			buffer_commit(&client->in, (size_t)got);
		else if (got == 0)
			client->has_read_all = true;
		else if (errno == EINTR)
			continue;
		else if (errno != EAGAIN)
			return false;
		if (got <= 0)
			return true;
	}
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct admin_client *client = list_entry(watch, struct admin_client, watch);

	if (events & EPOLLERR || ((events & EPOLLHUP) && client->phase == CLIENT_WAITS)) {
		end_client(client);
		return;
	}
	if (client->phase == CLIENT_WRITES) {
		send_out(client);
	} else if (client->phase != CLIENT_WAITS && !receive(client)) {
		end_client(client);
	} else if (client->phase == CLIENT_HEAD) {
		read_head(client);
	} else if (client->phase == CLIENT_BODY) {
		read_body(client);
	}
}

/* -- accepting -- */

static struct admin_client *new_client(struct admin *admin, int fd, bool is_local)
{
	struct admin_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->admin = admin;
	client->is_local = is_local;
	client->watch.ready = client_ready;
	timer_init(&client->clock, client_expired);
	job_init(&client->freed, free_client);
	buffer_init(&client->in, ADMIN_HEAD_BYTES_MAX + ADMIN_BODY_BYTES_MAX + 4096);
	buffer_init(&client->out, 4096);
	buffer_init(&client->answer.body, ADMIN_ANSWER_BYTES_MAX);
	arena_init(&client->arena, 65536, 4096);
	head_reader_init(&client->reader);
	if (loop_watch(&admin->state->loop, &client->watch, fd, EPOLLIN | EPOLLOUT) != RESULT_OK) {
		free_client(&client->freed);
		return NULL;
	}
	return client;
}

/* Who came first has had most of its time: it makes room. But the port is everybody's on this machine: a crowd there takes no
 * place of those who may open the socket, and nobody takes that of one who waits for a reload. NULL: there is no room. */
static struct admin_client *find_victim(struct admin *admin, bool is_local)
{
	struct admin_client *local = NULL;

	list_each(node, &admin->clients) {
		struct admin_client *client = list_entry(node, struct admin_client, node);

		if (!client->is_local)
			return client;
		if (!local && is_local && client->phase != CLIENT_WAITS)
			local = client;
	}
	return local;
}

static void admit(struct admin *admin, int fd, bool is_local)
{
	struct loop *loop = &admin->state->loop;
	struct admin_client *client;

	if (admin->client_count == ADMIN_CLIENTS_MAX) {
		client = find_victim(admin, is_local);
		if (client)
			end_client(client);
	}
	client = admin->client_count < ADMIN_CLIENTS_MAX ? new_client(admin, fd, is_local) : NULL;
	if (!client) {
		close(fd);
		return;
	}
	list_add_last(&admin->clients, &client->node);
	admin->client_count++;
	timer_set(&loop->timers, &client->clock, loop->now_ms + ADMIN_CLIENT_MS);
}

/* Out of descriptors: a level-triggered watch would spin, so it is left alone for a moment. */
static void rest(struct admin *admin)
{
	struct loop *loop = &admin->state->loop;

	list_each(node, &admin->listeners) {
		struct admin_listener *listener = list_entry(node, struct admin_listener, node);
		int fd = listener->watch.fd;

		loop_forget(loop, &listener->watch);
		listener->watch.fd = fd;
	}
	admin->is_resting = true;
	timer_set(&loop->timers, &admin->accept_again, loop->now_ms + REST_MS);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct admin_listener *listener = list_entry(watch, struct admin_listener, watch);

	(void)events;
	for (unsigned i = 0; i < ACCEPTS_A_ROUND; i++) {
		int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			admit(listener->admin, fd, listener->is_local);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(listener->admin);
		if (fd < 0)
			return;
	}
}

static void accept_expired(struct timer *timer)
{
	struct admin *admin = list_entry(timer, struct admin, accept_again);

	admin->is_resting = false;
	list_each(node, &admin->listeners) {
		struct admin_listener *listener = list_entry(node, struct admin_listener, node);
		int fd = listener->watch.fd;

		loop_forget(&admin->state->loop, &listener->watch);
		listener->watch.fd = fd;
		if (loop_watch_level(&admin->state->loop, &listener->watch, fd, EPOLLIN) != RESULT_OK)
			rest(admin);
	}
}

static void free_listener(struct job *job)
{
	free(list_entry(job, struct admin_listener, freed));
}

static void end_listener(struct admin_listener *listener)
{
	struct loop *loop = &listener->admin->state->loop;
	int fd = listener->watch.fd;

	loop_forget(loop, &listener->watch);
	close(fd);
	list_remove(&listener->node);
	loop_later(loop, &listener->freed);
}

static enum result add_listener(struct admin *admin, int fd, uint64_t id, bool is_local)
{
	struct admin_listener *listener = calloc(1, sizeof(*listener));
	enum result result = RESULT_NO_MEMORY;

	if (listener) {
		*listener = (struct admin_listener){ .admin = admin, .id = id, .is_local = is_local,
			                             .watch = { .fd = -1, .ready = listener_ready } };
		job_init(&listener->freed, free_listener);
		listener->watch.fd = fd;
		result = admin->is_resting ? RESULT_OK : loop_watch_level(&admin->state->loop, &listener->watch, fd, EPOLLIN);
	}
	if (result != RESULT_OK) {
		free(listener);
		close(fd);
		return result;
	}
	list_add_last(&admin->listeners, &listener->node);
	return RESULT_OK;
}

/* Bypasses end by themselves, and some were there before this edge. */
static void bypass_expired(struct timer *timer)
{
	struct admin *admin = list_entry(timer, struct admin, bypass_ends);

	admin_count_bypasses(admin->state);
	timer_set(&admin->state->loop.timers, timer, admin->state->loop.now_ms + BYPASS_LOOK_MS);
}

/* -- what the life of an edge calls (cli/edge/) -- */

struct admin *admin_new(struct edge_state *state)
{
	struct admin *admin = calloc(1, sizeof(*admin));

	if (!admin)
		return NULL;
	admin->state = state;
	list_init(&admin->listeners);
	list_init(&admin->clients);
	timer_init(&admin->accept_again, accept_expired);
	timer_init(&admin->bypass_ends, bypass_expired);
	bypass_expired(&admin->bypass_ends);
	if (state->start.admin_fd >= 0 && add_listener(admin, state->start.admin_fd, 0, true) != RESULT_OK) {
		timer_cancel(&state->loop.timers, &admin->bypass_ends);
		free(admin);
		return NULL;
	}
	return admin;
}

enum result admin_add_listener(struct admin *admin, int fd, uint64_t id)
{
	list_each(node, &admin->listeners) {
		const struct admin_listener *listener = list_entry(node, struct admin_listener, node);

		if (!listener->is_local && listener->id == id) {
			close(fd);
			return RESULT_OK;
		}
	}
	return add_listener(admin, fd, id, false);
}

static bool is_kept(uint64_t id, const uint64_t *kept, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (kept[i] == id)
			return true;
	}
	return false;
}

void admin_keep_listeners(struct admin *admin, const uint64_t *kept, size_t count)
{
	list_each_safe(node, following, &admin->listeners) {
		struct admin_listener *listener = list_entry(node, struct admin_listener, node);

		if (!listener->is_local && !is_kept(listener->id, kept, count))
			end_listener(listener);
	}
}

void admin_leave(struct admin *admin)
{
	list_each_safe(node, following, &admin->listeners)
		end_listener(list_entry(node, struct admin_listener, node));
	list_each_safe(node, following, &admin->clients) {
		struct admin_client *client = list_entry(node, struct admin_client, node);

		if (client->phase == CLIENT_WAITS)  /* the keeper that was asked is not the one that will be there */
			refuse_client(client, 503, "another edge takes over: ask again");
	}
}

void admin_reload_result(struct admin *admin, const struct edge_order *order, struct span text)
{
	list_each_safe(node, following, &admin->clients) {
		struct admin_client *client = list_entry(node, struct admin_client, node);
		struct json_writer writer;

		if (client->phase != CLIENT_WAITS || !client->answer.reload_id || client->answer.reload_id > order->id)
			continue;
		admin_begin_json(&client->answer, &writer);
		client->answer.status = order->is_ok ? 200 : 422;
		json_put_bool(&writer, SPAN("ok"), order->is_ok);
		json_put_number(&writer, SPAN("generation"), order->generation);
		json_put_text(&writer, SPAN("text"), text);
		admin_finish_json(&client->answer, &writer);
		send_answer(client);
	}
}

void admin_keeper_answer(struct admin *admin, const struct edge_order *order, struct span text)
{
	list_each_safe(node, following, &admin->clients) {
		struct admin_client *client = list_entry(node, struct admin_client, node);

		if (client->phase == CLIENT_WAITS && client->answer.keeper_id == order->id) {
			admin_say_outcome(&client->answer, order, text);
			send_answer(client);
		}
	}
}

/* The loop turns no more: what waits for a later round is freed here. */
void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	timer_cancel(&admin->state->loop.timers, &admin->accept_again);
	timer_cancel(&admin->state->loop.timers, &admin->bypass_ends);
	list_each_safe(node, following, &admin->clients) {
		struct admin_client *client = list_entry(node, struct admin_client, node);

		end_client(client);
		list_remove(&client->freed.node);
		free_client(&client->freed);
	}
	list_each_safe(node, following, &admin->listeners) {
		struct admin_listener *listener = list_entry(node, struct admin_listener, node);

		end_listener(listener);
		list_remove(&listener->freed.node);
		free_listener(&listener->freed);
	}
	free(admin->certificates);
	free(admin);
}
