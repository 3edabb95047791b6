/* Starting the other processes, talking with them, burying them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/role_wire.h"

#include "base/banned.h"

/* A worker gives back the small blocks of all streams that one wake answered: hundreds, of a dozen sizes. glibc lets a thread
 * keep 7 of each. Another C library reads no such variable. */
#define ALLOCATOR_HABITS "glibc.malloc.tcache_count=256"

#define LISTENERS_A_MESSAGE (CHANNEL_FDS_MAX)

_Static_assert(LISTENERS_A_MESSAGE * sizeof(struct wire_listener) <= CHANNEL_BODY_MAX, "a message of listeners fits");

/* -- starting -- */

/* In the child: from the keeper's world into the role's. Does not return. */
static void become_role(const struct keeper *keeper, const char *program, const char *role, int channel_fd, pid_t parent)
{
	char flag[] = "--role", first[] = "bouclier", name[16];
	bool is_hub = strcmp(role, "hub") == 0 || strcmp(role, "send") == 0;
	char *const words[] = { first, flag, name, NULL };
	sigset_t none;
	int program_fd;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();  /* Ctrl-C on a terminal is the keeper's to hear */
	snprintf(name, sizeof(name), "%s", role);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	setenv("GLIBC_TUNABLES", ALLOCATOR_HABITS, 0);
	if (dup2(keeper->null_fd, 0) < 0 || dup2(channel_fd, CHANNEL_ROLE_FD) < 0)
		_exit(126);
	/* The rest is close-on-exec; whatever is not (a descriptor from whoever started us) goes here. */
	(void)!close_range(CHANNEL_ROLE_FD + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	if (channel_fd == CHANNEL_ROLE_FD)
		fcntl(CHANNEL_ROLE_FD, F_SETFD, 0);
	program_fd = open(program, O_PATH | O_CLOEXEC);
	account_take(is_hub ? &keeper->hub.account : &keeper->account);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)  /* the keeper died before the line above */
		_exit(126);
	execv(program, words);
	/* Below a folder that only root may enter; the program itself may be executed. */
	if (errno == EACCES && program_fd >= 0) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", program_fd);
		execv(path, words);
	}
	fprintf(stderr, "bouclier: cannot execute %s: %s\n", program, strerror(errno));
	_exit(127);
}

bool keeper_start_child(struct keeper *keeper, enum child_slot slot, const char *program, const char *role)
{
	struct child *child = &keeper->children[slot];
	struct channel ours, theirs;
	pid_t parent = getpid(), pid;

	if (channel_pair(&ours, &theirs) != RESULT_OK) {
		keeper_error(keeper, "cannot start %s: %s", role, strerror(errno));
		return false;
	}
	pid = fork();
	if (pid == 0)
		become_role(keeper, program, role, theirs.fd, parent);
	channel_close(&theirs);
	if (pid < 0) {
		keeper_error(keeper, "cannot start %s: %s", role, strerror(errno));
		channel_close(&ours);
		return false;
	}
	*child = (struct child){ .state = CHILD_STARTING, .pid = pid, .channel = ours, .resolve_fd = -1, .started_at_ms = clock_mono_ms() };
	return true;
}

void keeper_kill(struct child *child)
{
	if (child->state != CHILD_NONE && child->pid > 0)
		kill(child->pid, SIGKILL);
}

void child_done(struct child *child)
{
	if (child->state == CHILD_NONE)
		return;
	channel_close(&child->channel);
	if (child->resolve_fd >= 0)
		close(child->resolve_fd);
	*child = (struct child){ .channel = { -1 }, .resolve_fd = -1 };
}

static bool send_check_start(const struct keeper *keeper, const struct channel *channel, const int *fds, size_t fd_count)
{
	uint64_t rehearsed = keeper->reload == RELOAD_REHEARSING ? KEEPER_STATE_VERSION : 0;
	enum result result;
	struct buffer body;

	buffer_init(&body, CHANNEL_BODY_MAX);
	result = buffer_append(&body, span_make(keeper->config_path, strlen(keeper->config_path) + 1));
	if (result == RESULT_OK)
		result = buffer_append(&body, span_of(keeper->plan.options));
	if (result == RESULT_OK)
		result = buffer_append_byte(&body, 0);
	for (size_t i = 0; i < keeper->plan.root_count && result == RESULT_OK; i++)
		result = buffer_append(&body, span_make(keeper->plan.roots[i], strlen(keeper->plan.roots[i]) + 1));
	if (result == RESULT_OK)
		result = channel_send(channel, CHANNEL_START, rehearsed, buffer_span(&body), fds, fd_count, KEEPER_SEND_MS);
	buffer_done(&body);
	return result == RESULT_OK;
}

bool keeper_start_check(struct keeper *keeper, const char *program)
{
	struct child *child = &keeper->children[CHILD_CHECK];
	int fds[3] = { memfd_create("bouclier-image", MFD_CLOEXEC | MFD_ALLOW_SEALING), keeper->current.image_fd, keeper->change.fd };
	size_t fd_count = !keeper->current.number ? 1 : keeper->change.asker ? 3 : 2;

	if (fds[0] < 0)
		return false;
	if (!keeper_start_child(keeper, CHILD_CHECK, program, "check")) {
		close(fds[0]);
		return false;
	}
	keeper->check_image_fd = fds[0];
	child->deadline_at_ms = child->started_at_ms + KEEPER_CHECK_MS;
	if (!send_check_start(keeper, &child->channel, fds, fd_count))
		keeper_kill(child);  /* its end tells the rest */
	return true;
}

bool keeper_start_resolve(struct keeper *keeper)
{
	struct child *resolve = &keeper->children[CHILD_RESOLVE];

	if (!keeper_start_child(keeper, CHILD_RESOLVE, "/proc/self/exe", "resolve"))
		return false;
	for (int slot = CHILD_EDGE; slot < CHILD_SLOTS; slot++) {
		int fd = keeper->children[slot].resolve_fd;

		if (keeper->children[slot].state != CHILD_NONE && fd >= 0)
			(void)!channel_send(&resolve->channel, CHANNEL_SERVE, 0, SPAN_NONE, &fd, 1, KEEPER_SEND_MS);
	}
	return true;
}

/* -- a plan for an edge -- */

struct batch {
	struct wire_listener listeners[LISTENERS_A_MESSAGE];
	int fds[LISTENERS_A_MESSAGE];
	size_t count, fd_count;
};

static enum result flush_batch(const struct child *edge, uint64_t generation, struct batch *batch)
{
	struct span body = span_make((const char *)batch->listeners, batch->count * sizeof(batch->listeners[0]));
	enum result result = RESULT_OK;

	if (batch->count)
		result = channel_send(&edge->channel, CHANNEL_LISTENERS, generation, body, batch->fds, batch->fd_count, KEEPER_SEND_MS);
	batch->count = batch->fd_count = 0;
	return result;
}

/* SENT_UP_TO: the edge has the sockets with ids up to this one. */
static enum result send_listeners(const struct keeper *keeper, const struct child *edge, const struct generation *generation,
                                  uint64_t sent_up_to)
{
	struct image_listener listener;
	struct batch batch = { 0 };
	enum result result = RESULT_OK;
	size_t at = 0;

	while (result == RESULT_OK && image_next_listener(&generation->image, &at, &listener)) {
		const struct keeper_socket *entry = keeper_find_socket(keeper, &listener.endpoint);

		for (unsigned i = 0; entry && i < entry->count && result == RESULT_OK; i++) {
			struct wire_listener *wire = &batch.listeners[batch.count++];

			*wire = (struct wire_listener){ .id = entry->ids[i], .worker = i, .flags = listener.flags, .port = listener.endpoint.port };
			memcpy(wire->address, listener.endpoint.address.bytes, sizeof(wire->address));
			wire->has_fd = entry->ids[i] > sent_up_to;
			if (wire->has_fd)
				batch.fds[batch.fd_count++] = entry->fds[i];
			if (batch.count == LISTENERS_A_MESSAGE)
				result = flush_batch(edge, generation->number, &batch);
		}
	}
	return result == RESULT_OK ? flush_batch(edge, generation->number, &batch) : result;
}

static uint32_t count_listeners(const struct keeper *keeper, const struct generation *generation)
{
	struct image_listener listener;
	uint32_t count = 0;
	size_t at = 0;

	while (image_next_listener(&generation->image, &at, &listener)) {
		const struct keeper_socket *entry = keeper_find_socket(keeper, &listener.endpoint);

		if (entry)
			count += entry->count;
	}
	return count;
}

enum result keeper_send_plan(struct keeper *keeper, struct child *edge, const struct generation *generation, bool is_start)
{
	struct wire_start wire = { .workers = image_settings(&generation->image).workers, .is_reduced = edge->is_reduced,
	                           .listener_count = count_listeners(keeper, generation), .seat = edge->seat };
	int ask_fd = edge->ask_fd;
	int fds[5] = { generation->image_fd, generation->files_fd, keeper->memory_fd, ask_fd, keeper->admin_fd };
	size_t fd_count = !is_start ? 2 : keeper->admin_fd >= 0 ? 5 : 4;
	enum result result;
	struct buffer body;

	buffer_init(&body, CHANNEL_BODY_MAX);
	result = buffer_append(&body, span_make((const char *)&wire, sizeof(wire)));
	if (result == RESULT_OK && is_start)
		result = buffer_append(&body, span_of(keeper->plan.options));
	if (result == RESULT_OK)
		result = channel_send(&edge->channel, is_start ? CHANNEL_START : CHANNEL_PREPARE, generation->number, buffer_span(&body),
		                      fds, fd_count, KEEPER_SEND_MS);
	if (result == RESULT_OK)
		result = send_listeners(keeper, edge, generation, is_start ? 0 : edge->known_socket_id);
	if (result == RESULT_OK)
		result = channel_send(&edge->channel, CHANNEL_GO, generation->number, SPAN_NONE, NULL, 0, KEEPER_SEND_MS);
	edge->known_socket_id = keeper->next_socket_id;
	buffer_done(&body);
	return result;
}

/* The pair through which this edge asks resolve; the edge's end only lives until it is sent. */
static bool pair_with_resolve(struct keeper *keeper, struct child *edge, struct channel *asking)
{
	struct child *resolve = &keeper->children[CHILD_RESOLVE];
	struct channel answering;

	if (channel_pair(asking, &answering) != RESULT_OK)
		return false;
	edge->resolve_fd = answering.fd;
	edge->ask_fd = asking->fd;
	if (resolve->state != CHILD_NONE)
		(void)!channel_send(&resolve->channel, CHANNEL_SERVE, 0, SPAN_NONE, &answering.fd, 1, KEEPER_SEND_MS);
	return true;
}

/* Not by turns: a draining edge may outlive the one after it, or a start may fail, and then two would write to one ring. */
static unsigned free_seat(const struct keeper *keeper)
{
	unsigned taken = 0, seat = 0;

	for (int slot = CHILD_EDGE; slot < CHILD_SLOTS; slot++) {
		if (keeper->children[slot].state != CHILD_NONE)
			taken |= 1u << keeper->children[slot].seat;
	}
	while (taken & 1u << seat)
		seat++;
	return seat;
}

bool keeper_start_edge(struct keeper *keeper, enum child_slot slot, const struct generation *generation, bool is_reduced)
{
	struct child *edge = &keeper->children[slot];
	struct channel asking = { -1 };
	unsigned seat = free_seat(keeper);

	if (!keeper_start_child(keeper, slot, "/proc/self/exe", "edge"))
		return false;
	edge->seat = seat;
	edge->may_change = keeper->plan.edges_may_change;
	edge->is_reduced = is_reduced;
	edge->deadline_at_ms = edge->started_at_ms + KEEPER_START_MS;
	keeper->facts->edge_starts++;
	if (!pair_with_resolve(keeper, edge, &asking) || keeper_send_plan(keeper, edge, generation, true) != RESULT_OK) {
		keeper_error(keeper, "the edge does not take its start");
		keeper_kill(edge);  /* its end tells the rest */
	}
	edge->ask_fd = -1;
	channel_close(&asking);
	return true;
}

void keeper_drain(struct keeper *keeper, enum child_slot slot, bool is_replaced)
{
	struct child *edge = &keeper->children[slot];
	struct wire_drain wire = { .drain_ms = image_settings(&keeper->current.image).drain_ms, .is_replaced = is_replaced };

	if (edge->state == CHILD_NONE)
		return;
	edge->deadline_at_ms = clock_mono_ms() + wire.drain_ms + 1000;
	if (edge->state == CHILD_STARTING ||
	    channel_send(&edge->channel, CHANNEL_DRAIN, 0, span_make((const char *)&wire, sizeof(wire)), NULL, 0, KEEPER_SEND_MS) != RESULT_OK)
		keeper_kill(edge);
	edge->state = CHILD_DRAINING;
}

void keeper_retire_edge(struct keeper *keeper)
{
	enum child_slot slot = CHILD_OLD;

	if (keeper->children[CHILD_EDGE].state == CHILD_NONE)
		return;
	for (enum child_slot i = CHILD_OLD; i < CHILD_SLOTS && keeper->children[slot].state != CHILD_NONE; i++) {
		if (keeper->children[i].state == CHILD_NONE || keeper->children[i].deadline_at_ms < keeper->children[slot].deadline_at_ms)
			slot = i;
	}
	if (keeper->children[slot].state != CHILD_NONE) {  /* four drain already: the first of them has had its time */
		keeper_kill(&keeper->children[slot]);
		waitpid(keeper->children[slot].pid, NULL, 0);
		child_done(&keeper->children[slot]);
	}
	keeper->children[slot] = keeper->children[CHILD_EDGE];
	keeper->children[CHILD_EDGE] = (struct child){ .channel = { -1 }, .resolve_fd = -1 };
	keeper_drain(keeper, slot, true);
}

/* -- listening to them -- */

static void read_ready(struct keeper *keeper, enum child_slot slot)
{
	struct child *child = &keeper->children[slot];

	if (child->state != CHILD_STARTING)
		return;
	child->state = CHILD_READY;
	child->ready_at_ms = clock_mono_ms();
	child->deadline_at_ms = 0;
	if (slot == CHILD_NEXT)
		keeper_next_ready(keeper);
	else if (slot == CHILD_EDGE)
		keeper_go_live(keeper);
	else if (slot == CHILD_HUB)
		keeper_hub_ready(keeper);
}

static void read_failed(struct keeper *keeper, enum child_slot slot, struct channel_message *message)
{
	struct child *child = &keeper->children[slot];
	char text[4096];
	size_t len = message->fd_count ? channel_text_read(message->fds[0], text, sizeof(text) - 1) : 0;

	text[len] = 0;
	if (slot == CHILD_EDGE && child->state == CHILD_READY)
		keeper_reload_refused(keeper, message->id, text);
	else
		snprintf(child->why, sizeof(child->why), "%.500s", text);
}

/* Too long a note is none; an edge of an older binary has none. */
static void read_reload(struct keeper *keeper, const struct channel_message *message)
{
	struct wire_reload wire = { 0 };
	struct wish wish = { 0 };

	if (message->id > keeper->asked_id)
		keeper->asked_id = message->id;
	if (message->len >= sizeof(wire)) {
		memcpy(&wire, message->body, sizeof(wire));
		wish.confirm_ms = wire.confirm_ms;
		wish.note_len = message->len - sizeof(wire) <= sizeof(wish.note) ? message->len - sizeof(wire) : 0;
		memcpy(wish.note, message->body + sizeof(wire), wish.note_len);
	}
	keeper_reload_begin(keeper, &wish);
}

static void read_confirm(struct keeper *keeper, struct child *edge, const struct channel_message *message)
{
	enum change_outcome outcome = keeper_back_confirm(keeper) ? CHANGE_DONE : CHANGE_NOTHING;

	keeper_answer(keeper, edge, message->id, outcome, SPAN_NONE);
}

/* Answered before it begins: what goes back may replace the edge that asked. */
static void read_back(struct keeper *keeper, struct child *edge, const struct channel_message *message)
{
	enum change_outcome outcome = !keeper->before.number ? CHANGE_NOTHING : keeper->reload != RELOAD_NONE ? CHANGE_BUSY : CHANGE_DONE;

	keeper_answer(keeper, edge, message->id, outcome, SPAN_NONE);
	if (outcome == CHANGE_DONE)
		(void)keeper_back_begin(keeper, span_make(message->body, message->len));
}

static void take_message(struct keeper *keeper, enum child_slot slot, struct channel_message *message)
{
	bool is_live = slot == CHILD_EDGE && keeper->children[slot].state == CHILD_READY;

	if (message->kind == CHANNEL_READY)
		read_ready(keeper, slot);
	else if (message->kind == CHANNEL_FAILED)
		read_failed(keeper, slot, message);
	else if (message->kind == CHANNEL_BUILT && is_live)
		keeper_reload_built(keeper, message->id);
	else if (message->kind == CHANNEL_REPLACE && is_live)
		keeper_reload_replace(keeper, message->id);
	else if (message->kind == CHANNEL_RELOAD && is_live)
		read_reload(keeper, message);
	else if (message->kind == CHANNEL_CONFIRM && is_live)
		read_confirm(keeper, &keeper->children[slot], message);
	else if (message->kind == CHANNEL_BACK && is_live)
		read_back(keeper, &keeper->children[slot], message);
	else if (message->kind == CHANNEL_CHANGE && keeper->children[slot].state == CHILD_READY)
		keeper_change_begin(keeper, &keeper->children[slot], message);
}

void keeper_read_child(struct keeper *keeper, enum child_slot slot)
{
	pid_t pid = keeper->children[slot].pid;

	/* A message may move the child to another slot, or bury it: then its next ones are read there, next round. */
	while (keeper->children[slot].state != CHILD_NONE && keeper->children[slot].pid == pid) {
		struct channel_message message;
		enum result result = channel_receive(&keeper->children[slot].channel, &message);

		if (result == RESULT_MORE)
			return;
		if (result == RESULT_END || result == RESULT_IO) {  /* no more words; SIGCHLD tells when it has ended */
			channel_close(&keeper->children[slot].channel);
			return;
		}
		if (result == RESULT_OK) {
			take_message(keeper, slot, &message);
			channel_drop(&message);
		}
	}
}

/* -- their ends -- */

static const char *const slot_names[CHILD_SLOTS] = {
	[CHILD_CHECK] = "check", [CHILD_RESOLVE] = "resolve", [CHILD_HUB] = "hub", [CHILD_SEND] = "send", [CHILD_EDGE] = "edge", [CHILD_NEXT] = "new edge",
	[CHILD_OLD ... CHILD_SLOTS - 1] = "old edge",
};

static bool is_hub_slot(enum child_slot slot)
{
	return slot == CHILD_HUB || slot == CHILD_SEND;
}

static void say_end(const struct keeper *keeper, enum child_slot slot, int status)
{
	const struct child *child = &keeper->children[slot];

	if (slot == CHILD_NEXT && keeper->reload == RELOAD_REPLACING && child->why[0])
		return;  /* its words are the end of the reload, and are said there */
	if (is_hub_slot(slot) && child->state == CHILD_DRAINING)
		return;  /* it was asked to */
	if (slot == CHILD_CHECK || keeper->is_ending || (slot >= CHILD_OLD && WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return;
	if (WIFSIGNALED(status))
		keeper_error(keeper, "%s (pid %d) was killed by signal %d (%s)", slot_names[slot], (int)child->pid, WTERMSIG(status),
		             strsignal(WTERMSIG(status)));
	else
		keeper_error(keeper, "%s (pid %d) ended with code %d%s%s", slot_names[slot], (int)child->pid, WEXITSTATUS(status),
		             child->why[0] ? ": " : "", child->why);
}

static void resolve_died(struct keeper *keeper, uint64_t lived_ms)
{
	uint64_t wait_ms = lived_ms > KEEPER_BACKOFF_MAX_MS ? 0 : keeper->resolve_backoff_ms;

	keeper->resolve_backoff_ms = wait_ms ? (wait_ms * 2 < KEEPER_BACKOFF_MAX_MS ? wait_ms * 2 : KEEPER_BACKOFF_MAX_MS) : KEEPER_BACKOFF_MS;
	keeper->resolve_at_ms = clock_mono_ms() + wait_ms + 1;
}

static void bury(struct keeper *keeper, enum child_slot slot, int status)
{
	struct child *child = &keeper->children[slot];
	uint64_t now_ms = clock_mono_ms();
	uint64_t lived_ms = now_ms - child->started_at_ms;
	bool was_asked = child->state == CHILD_DRAINING;
	uint64_t served_ms = child->state == CHILD_READY ? now_ms - child->ready_at_ms : 0;

	say_end(keeper, slot, status);
	if (slot == CHILD_NEXT) {
		keeper_next_dead(keeper);
		return;
	}
	child_done(child);
	if (slot == CHILD_CHECK)
		keeper_reload_checked(keeper, status);
	else if (slot == CHILD_RESOLVE)
		resolve_died(keeper, lived_ms);
	else if (is_hub_slot(slot))
		keeper_hub_died(keeper, slot, was_asked, lived_ms);
	else if (slot == CHILD_EDGE)
		keeper_edge_died(keeper, served_ms);
}

static int find_pid(const struct keeper *keeper, pid_t pid)
{
	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		if (keeper->children[slot].state != CHILD_NONE && keeper->children[slot].pid == pid)
			return slot;
	}
	return -1;
}

void keeper_reap(struct keeper *keeper)
{
	int status, slot;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		slot = find_pid(keeper, pid);
		if (slot >= 0)
			keeper_read_child(keeper, (enum child_slot)slot);  /* its last words; they may move it */
		slot = find_pid(keeper, pid);
		if (slot >= 0)
			bury(keeper, (enum child_slot)slot, status);
	}
}
