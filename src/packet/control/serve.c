#include "packet/control/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "packet/control/top.h"

#include "base/banned.h"

#define TICK_MS 1000u
#define SWEEP_TICKS 30u        /* bans that are over make room */
#define MESSAGES_A_ROUND 256u  /* 16,384 bans: other edges have their turn */

struct edge {
	struct watch watch;          /* fd -1: a free place */
	struct server *server;
	struct job job;              /* to go on reading */
	bool is_shield;              /* it has told of bans; else it only asks */
};

struct control_edges {
	struct edge list[CONTROL_EDGES_MAX];
};

struct server {
	const struct control_plan *plan;
	struct loop loop;
	struct watch listener, signals, events;
	struct timer tick;
	struct control_edges edges;
	nlink_t folders;
	struct top *top;
	uint64_t since_ns;
	unsigned ticks;
	enum control_end end;
};

/* -- what is told of single packets -- */

static void take_event(void *context, const struct packet_event *event)
{
	top_add(context, event);
}

static void events_ready(struct watch *watch, uint32_t events)
{
	struct server *server = list_entry(watch, struct server, events);

	(void)events;
	(void)control_events_read(server->plan->control, take_event, server->top);
}

static bool is_shield(const struct edge *edge)
{
	return edge->watch.fd >= 0 && edge->is_shield;
}

static unsigned shields_of(const struct server *server)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CONTROL_EDGES_MAX; i++)
		count += is_shield(&server->edges.list[i]);
	return count;
}

/* Who does not read what he asked for has no answer. */
static void answer_top(struct edge *edge)
{
	const struct server *server = edge->server;
	struct packet_count counts[PACKET_REASON_COUNT];
	struct packet_top top;

	if (control_count(server->plan->control, counts) != RESULT_OK)
		return;
	top_tell(server->top, clock_mono_ns(), counts, &top);
	top.since_ns = server->since_ns;
	top.shields = shields_of(server);
	(void)!send(edge->watch.fd, &top, sizeof(top), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* -- orders -- */

static void end_edge(struct edge *edge)
{
	int fd = edge->watch.fd;

	loop_forget(&edge->server->loop, &edge->watch);
	close(fd);
}

static void forget(void *context, packet_source source, const struct packet_ban *ban)
{
	(void)ban;
	(void)!control_unban(context, source);  /* over meanwhile: as well */
}

/* Security: answers to what this host asks of others come to such ports, and a protected one gets none: an edge that somebody took over is not to cut the host off. */
static bool is_ephemeral(const struct control_plan *plan, uint16_t port)
{
	return port >= plan->ephemeral_first && port <= plan->ephemeral_last;
}

/* Availability, fails open: a ban that the map has no room for is one that the edge makes alone, at accept. */
static void obey(struct edge *edge, const struct packet_order *order)
{
	struct control *control = edge->server->plan->control;
	const struct packet_ban ban = { .until_ns = order->until_ns, .reason = order->reason };

	edge->is_shield |= order->kind != PACKET_ORDER_TOP;
	if (!control) {
		if (order->kind == PACKET_ORDER_TOP)
			end_edge(edge);  /* there is nothing to answer */
		return;
	}
	switch ((enum packet_order_kind)order->kind) {
	case PACKET_ORDER_ANEW: (void)control_bans(control, forget, control); break;
	case PACKET_ORDER_BAN: (void)!control_ban(control, order->source, &ban); break;
	case PACKET_ORDER_LIFT: (void)!control_unban(control, order->source); break;
	case PACKET_ORDER_TOP: answer_top(edge); break;
	case PACKET_ORDER_SERVE:
		if (!is_ephemeral(edge->server->plan, (uint16_t)order->source))
			control_open_port(control, CONTROL_PROTECTED_TCP, (uint16_t)order->source);
		control_open_port(control, CONTROL_EXPOSED_TCP, (uint16_t)order->source);
		break;
	case PACKET_ORDER_EXPOSE_TCP: control_open_port(control, CONTROL_EXPOSED_TCP, (uint16_t)order->source); break;
	case PACKET_ORDER_EXPOSE_UDP: control_open_port(control, CONTROL_EXPOSED_UDP, (uint16_t)order->source); break;
	case PACKET_ORDER_OBSERVE: control_observe(control); break;
	case PACKET_ORDER_END: break;
	}
}

/* -- edges -- */

static void read_edge(struct edge *edge)
{
	for (unsigned i = 0; i < MESSAGES_A_ROUND; i++) {
		struct packet_order message[PACKET_ORDERS_MAX + 1], orders[PACKET_ORDERS_MAX];
		ssize_t len = recv(edge->watch.fd, message, sizeof(message), MSG_DONTWAIT);
		unsigned count;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return;
		if (len <= 0) {
			end_edge(edge);
			return;
		}
		if (packet_orders_read(message, (size_t)len, orders, &count) != RESULT_OK) {
			fprintf(stderr, "bouclier: an edge asked for something that this version does not know: its connection is ended\n");
			end_edge(edge);
			return;
		}
		for (unsigned k = 0; k < count && edge->watch.fd >= 0; k++)
			obey(edge, &orders[k]);
		if (edge->watch.fd < 0)
			return;
	}
	loop_later(&edge->server->loop, &edge->job);
}

static void edge_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	read_edge(list_entry(watch, struct edge, watch));
}

static void edge_goes_on(struct job *job)
{
	struct edge *edge = list_entry(job, struct edge, job);

	if (edge->watch.fd >= 0)
		read_edge(edge);
}

static bool is_known(const struct server *server, int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == 0 || who.uid == server->plan->edge_uid || who.uid == getuid());
}

static struct edge *free_place(struct server *server)
{
	for (unsigned i = 0; i < CONTROL_EDGES_MAX; i++) {
		if (server->edges.list[i].watch.fd < 0)
			return &server->edges.list[i];
	}
	return NULL;
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct server *server = list_entry(watch, struct server, listener);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct edge *edge = free_place(server);

	(void)events;
	if (fd < 0)
		return;
	if (edge)
		edge->is_shield = false;
	if (!edge || !is_known(server, fd) || loop_watch(&server->loop, &edge->watch, fd, EPOLLIN) != RESULT_OK)
		close(fd);
}

/* -- each second -- */

void control_tell(const struct control_edges *edges, const void *message, size_t len)
{
	for (unsigned i = 0; i < CONTROL_EDGES_MAX; i++) {
		if (is_shield(&edges->list[i]))
			(void)!send(edges->list[i].watch.fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/* Who does not read loses a second, and has the sum with the next. */
static void tell(struct server *server)
{
	struct packet_news news = { .layout = PACKET_LAYOUT_VERSION, .reasons = PACKET_REASON_COUNT,
	                            .is_observing = (control_settings(server->plan->control)->flags & PACKET_OBSERVES) != 0 };

	if (control_count(server->plan->control, news.counts) != RESULT_OK)
		return;
	top_turn(server->top, clock_mono_ns(), news.counts);
	control_tell(&server->edges, &news, sizeof(news));
}

static void end(struct server *server, enum control_end how)
{
	server->end = how;
	loop_stop(&server->loop);
}

static bool is_pinned(const struct server *server)
{
	struct stat pin;

	return server->plan->control && fstat(server->plan->pin_fd, &pin) == 0 && pin.st_nlink > 0;
}

static nlink_t folders(const struct control_plan *plan)
{
	struct stat folder;

	return plan->folder_fd >= 0 && fstat(plan->folder_fd, &folder) == 0 ? folder.st_nlink : 0;
}

/* Is all that is served still there, and nothing else? */
static bool look_around(struct server *server)
{
	bool has_filter = is_pinned(server), has_more = server->plan->each_second && server->plan->each_second(server->plan->context, &server->edges);

	if (!has_filter && !has_more)
		end(server, CONTROL_TAKEN_OFF);
	else if (has_filter != (server->plan->control != NULL) || has_more != (server->plan->each_second != NULL) || folders(server->plan) != server->folders)
		end(server, CONTROL_CHANGED);
	else
		return true;
	return false;
}

static void control_filter(struct server *server)
{
	if (shields_of(server))  /* without one nobody would lift a ban */
		control_beat(server->plan->control);
	if (++server->ticks % SWEEP_TICKS == 0)
		control_sweep(server->plan->control);
	tell(server);
}

static void second_is_over(struct timer *timer)
{
	struct server *server = list_entry(timer, struct server, tick);

	if (!look_around(server))
		return;
	if (server->plan->control)
		control_filter(server);
	timer_set(&server->loop.timers, &server->tick, server->loop.now_ms + TICK_MS);
}

static void signals_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	end(list_entry(watch, struct server, signals), CONTROL_STOPPED);
}

/* -- its life -- */

static enum result open_server(struct server *server)
{
	enum result result = loop_init(&server->loop);
	sigset_t ends;
	int fd;

	if (result != RESULT_OK)
		return result;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	fd = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return RESULT_IO;
	result = loop_watch(&server->loop, &server->signals, fd, EPOLLIN);
	if (result == RESULT_OK)
		result = loop_watch_level(&server->loop, &server->listener, server->plan->listener_fd, EPOLLIN);
	fd = server->plan->control ? control_events_fd(server->plan->control) : -1;
	if (result == RESULT_OK && fd >= 0)
		result = loop_watch_level(&server->loop, &server->events, fd, EPOLLIN);
	return result;
}

/* RESULT_IO, RESULT_NO_MEMORY. */
static enum result open_top(struct server *server)
{
	struct packet_count counts[PACKET_REASON_COUNT];

	server->since_ns = clock_mono_ns();
	if (!server->plan->control)
		return RESULT_OK;
	if (control_count(server->plan->control, counts) != RESULT_OK)
		return RESULT_IO;
	server->top = top_new(server->since_ns, counts);
	return server->top ? RESULT_OK : RESULT_NO_MEMORY;
}

static void close_server(struct server *server)
{
	for (unsigned i = 0; i < CONTROL_EDGES_MAX; i++) {
		if (server->edges.list[i].watch.fd >= 0)
			end_edge(&server->edges.list[i]);
	}
	if (server->signals.fd >= 0)
		close(server->signals.fd);
	timer_cancel(&server->loop.timers, &server->tick);
	loop_done(&server->loop);
	top_free(server->top);
}

enum control_end control_serve(const struct control_plan *plan, void (*ready)(void))
{
	struct server server = { .plan = plan, .end = CONTROL_FAILED, .listener = { -1, listener_ready }, .signals = { -1, signals_ready },
	                         .events = { -1, events_ready } };

	for (unsigned i = 0; i < CONTROL_EDGES_MAX; i++) {
		server.edges.list[i] = (struct edge){ .watch = { -1, edge_ready }, .server = &server };
		job_init(&server.edges.list[i].job, edge_goes_on);
	}
	server.folders = folders(plan);
	timer_init(&server.tick, second_is_over);
	if (open_server(&server) == RESULT_OK && open_top(&server) == RESULT_OK) {
		second_is_over(&server.tick);
		ready();
		loop_run(&server.loop);
	}
	close_server(&server);
	return server.end;
}
