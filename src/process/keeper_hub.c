/* The hub and its sender: a program of its own beside this one, restarted with a growing pause, told anew when its part of the configuration changes.
 *
 *   another image for it  -> it is asked to end (DRAIN), and a new one starts with the other image
 *   died                  -> again after a pause that doubles, from 200 ms to 30 s; at once if it lived ten seconds
 *   not installed         -> said once; looked for again at the next reload
 *
 * Availability: nothing here can fail a start, a reload or an upgrade of the shield, and no edge knows of it. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"

#include "base/banned.h"

#define PROGRAM "bouclier-hub"

static bool find_program(const struct keeper *keeper, char out[PATH_MAX])
{
	char link[PATH_MAX], self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *places[2] = { dirname(memcpy(link, keeper->program, sizeof(link))), NULL };

	if (len > 0) {
		self[len] = 0;
		places[1] = dirname(self);
	}
	for (size_t i = 0; i < 2 && places[i]; i++) {
		int written = snprintf(out, PATH_MAX, "%s/" PROGRAM, places[i]);

		if (written > 0 && written < PATH_MAX && access(out, X_OK) == 0)
			return true;
	}
	return false;
}

static uint64_t *again_of(struct keeper *keeper, enum child_slot slot)
{
	return &keeper->hub.again_at_ms[slot - CHILD_HUB];
}

static void wait_for(struct keeper *keeper, enum child_slot slot)
{
	uint64_t *backoff_ms = &keeper->hub.backoff_ms[slot - CHILD_HUB];

	*backoff_ms = *backoff_ms ? *backoff_ms : KEEPER_HUB_BACKOFF_MS;
	*again_of(keeper, slot) = clock_mono_ms() + *backoff_ms;
	*backoff_ms = *backoff_ms * 2 < KEEPER_HUB_BACKOFF_MAX_MS ? *backoff_ms * 2 : KEEPER_HUB_BACKOFF_MAX_MS;
	if (slot == CHILD_HUB)
		keeper->hub.facts->state = SHARED_HUB_RESTARTS;
}

static bool lives(const struct keeper *keeper, enum child_slot slot)
{
	return keeper->children[slot].state == CHILD_STARTING || keeper->children[slot].state == CHILD_READY;
}

/* Each gets its end of a new pair; what the one before was in the middle of, it says again. */
static void pair(struct keeper *keeper)
{
	int ends[2];

	if (!lives(keeper, CHILD_HUB) || !lives(keeper, CHILD_SEND) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return;
	for (enum child_slot slot = CHILD_HUB; slot <= CHILD_SEND; slot++) {
		(void)!channel_send(&keeper->children[slot].channel, CHANNEL_SERVE, 0, SPAN_NONE, &ends[slot - CHILD_HUB], 1, KEEPER_SEND_MS);
		close(ends[slot - CHILD_HUB]);
	}
}

static void start_send(struct keeper *keeper, const char *program)
{
	struct child *send = &keeper->children[CHILD_SEND];

	*again_of(keeper, CHILD_SEND) = 0;
	if (send->state != CHILD_NONE)
		return;
	if (!keeper_start_child(keeper, CHILD_SEND, program, "send")) {
		wait_for(keeper, CHILD_SEND);
		return;
	}
	send->state = CHILD_READY;  /* it is told nothing that it could refuse */
	keeper->hub.facts->send_pid = (uint64_t)send->pid;
	keeper->usage->send_started_wall_ns = clock_wall_ns();
	(void)!channel_send(&send->channel, CHANNEL_START, 0, SPAN_NONE, NULL, 0, KEEPER_SEND_MS);
}

static bool tell_start(struct keeper *keeper)
{
	const int fds[3] = { keeper->hub.image_fd, keeper->hub.socket_fd, keeper->hub.listen_fd };

	return channel_send(&keeper->children[CHILD_HUB].channel, CHANNEL_START, 0, SPAN_NONE, fds, fds[2] >= 0 ? 3 : 2, KEEPER_SEND_MS) == RESULT_OK;
}

static bool is_there(struct keeper *keeper, char program[PATH_MAX])
{
	if (find_program(keeper, program)) {
		keeper->hub.is_absent = false;
		return true;
	}
	if (!keeper->hub.is_absent)
		keeper_error(keeper, "the configuration wants a hub, and " PROGRAM " is not installed beside %s: the shield serves without it", keeper->program);
	keeper->hub.is_absent = true;
	keeper->hub.facts->state = SHARED_HUB_ABSENT;
	return false;
}

static void start_hub(struct keeper *keeper)
{
	struct child *hub = &keeper->children[CHILD_HUB];
	char program[PATH_MAX];

	*again_of(keeper, CHILD_HUB) = 0;
	if (hub->state != CHILD_NONE || keeper->hub.image_fd < 0 || !is_there(keeper, program))
		return;
	if (!keeper_hub_place(keeper)) {
		wait_for(keeper, CHILD_HUB);
		return;
	}
	keeper->hub.facts->is_deaf = !keeper_hub_listen(keeper);
	keeper_hub_open_admin(keeper);
	if (!keeper_start_child(keeper, CHILD_HUB, program, "hub")) {
		wait_for(keeper, CHILD_HUB);
		return;
	}
	hub->deadline_at_ms = hub->started_at_ms + KEEPER_START_MS;
	hub->may_change = true;  /* what people approve there is put in place by us, when check has read it */
	keeper->hub.facts->pid = (uint64_t)hub->pid;
	keeper->hub.facts->started_wall_ns = clock_wall_ns();
	keeper->hub.facts->state = SHARED_HUB_RESTARTS;  /* until it says that it is ready */
	if (!tell_start(keeper))
		keeper_kill(hub);  /* its end tells the rest */
	start_send(keeper, program);
	pair(keeper);
}

void keeper_hub_ready(struct keeper *keeper)
{
	keeper->hub.facts->state = SHARED_HUB_RUNS;
	keeper_note(keeper, "hub (pid %d) runs%s", (int)keeper->children[CHILD_HUB].pid,
	            keeper->hub.facts->is_of_edge ? ", as the edge's user, for want of its own" : "");
}

/* Asked to end, and killed if it does not. */
static void ask_end(struct keeper *keeper, enum child_slot slot)
{
	struct child *child = &keeper->children[slot];

	*again_of(keeper, slot) = 0;
	if (!lives(keeper, slot))
		return;
	child->state = CHILD_DRAINING;
	child->deadline_at_ms = clock_mono_ms() + KEEPER_HUB_END_MS;
	if (channel_send(&child->channel, CHANNEL_DRAIN, 0, SPAN_NONE, NULL, 0, KEEPER_SEND_MS) != RESULT_OK)
		keeper_kill(child);
}

static void forget_image(struct keeper *keeper)
{
	image_close(&keeper->hub.image);
	if (keeper->hub.image_fd >= 0)
		close(keeper->hub.image_fd);
	keeper->hub.image_fd = -1;
}

void keeper_hub_settle(struct keeper *keeper)
{
	int fd = keeper->is_ending ? -1 : keeper_hub_image(keeper, &keeper->current.image);
	struct image image = { 0 };

	if (fd >= 0 && image_open(fd, &image) == RESULT_OK && span_equal(image.bytes, keeper->hub.image.bytes)) {
		image_close(&image);
		close(fd);
		if (keeper->hub.facts->is_deaf && lives(keeper, CHILD_HUB) && keeper_hub_listen(keeper))
			ask_end(keeper, CHILD_HUB);  /* the next one has its address */
	} else {
		forget_image(keeper);
		keeper->hub.image = image;
		keeper->hub.image_fd = fd;
		ask_end(keeper, CHILD_HUB);
		if (fd < 0)
			ask_end(keeper, CHILD_SEND);
	}
	keeper->hub.facts->is_of_edge = keeper->hub.account.must_switch && keeper->hub.account.uid == keeper->account.uid;
	keeper->hub.backoff_ms[0] = keeper->hub.backoff_ms[1] = 0;
	if (fd < 0 && keeper->children[CHILD_HUB].state == CHILD_NONE)
		keeper->hub.facts->state = SHARED_HUB_NONE;
	else
		start_hub(keeper);
}

void keeper_hub_died(struct keeper *keeper, enum child_slot slot, bool was_asked, uint64_t lived_ms)
{
	struct shared_hub *facts = keeper->hub.facts;

	*(slot == CHILD_HUB ? &facts->pid : &facts->send_pid) = 0;
	if (!was_asked && slot == CHILD_HUB) {
		facts->deaths++;
		facts->died_wall_ns = clock_wall_ns();
	} else if (!was_asked) {
		facts->send_deaths++;
	}
	if (keeper->is_ending)
		return;
	if (keeper->hub.image_fd < 0) {
		facts->state = slot == CHILD_HUB ? SHARED_HUB_NONE : facts->state;
		return;
	}
	if (was_asked || lived_ms >= KEEPER_HUB_ALIVE_MS)
		keeper->hub.backoff_ms[slot - CHILD_HUB] = 0;
	wait_for(keeper, slot);
	if (was_asked || lived_ms >= KEEPER_HUB_ALIVE_MS)
		*again_of(keeper, slot) = clock_mono_ms();
}

void keeper_hub_tick(struct keeper *keeper, uint64_t now_ms)
{
	char program[PATH_MAX];

	if (*again_of(keeper, CHILD_HUB) && now_ms >= *again_of(keeper, CHILD_HUB))
		start_hub(keeper);
	if (!*again_of(keeper, CHILD_SEND) || now_ms < *again_of(keeper, CHILD_SEND))
		return;
	*again_of(keeper, CHILD_SEND) = 0;
	if (keeper->hub.image_fd >= 0 && is_there(keeper, program)) {
		start_send(keeper, program);
		pair(keeper);
	}
}

void keeper_hub_end(struct keeper *keeper)
{
	ask_end(keeper, CHILD_HUB);
	ask_end(keeper, CHILD_SEND);
}

void keeper_hub_done(struct keeper *keeper)
{
	forget_image(keeper);
	keeper_hub_unlisten(keeper);
}
