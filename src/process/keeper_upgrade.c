/* Becoming the new binary without letting go of anything: what is held is written into a memfd as numbers of descriptors,
 * which stay open across execve(2) of the path we were started by.
 *
 * Before that the new binary must show that it can run: it reads the configuration as `check`. If it does not, or if it
 * cannot be executed, this keeper goes on as if nothing had been asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/notify.h"
#include "process/role_wire.h"

#include "base/banned.h"

#define STATE_VARIABLE "BOUCLIER_KEEPER_STATE"
#define STATE_MAGIC "BOUCUPG"

struct kept_child {
	int64_t pid;  /* 0: none */
	int32_t channel_fd, resolve_fd;
	uint64_t deadline_at_ms, known_socket_id;
	uint32_t state, is_reduced, seat, unused;
};

struct kept_generation {
	uint64_t number, live_at_ms;
	int32_t image_fd, files_fd;
};

struct kept_socket {
	uint8_t address[16];
	uint32_t port, count;
	int32_t fds[IMAGE_WORKERS_MAX];
	uint64_t ids[IMAGE_WORKERS_MAX];
};

struct kept {
	char magic[8];
	uint32_t version, bytes;
	int32_t memory_fd, pid_fd, state_fd, admin_fd;
	char admin_path[PATH_MAX];
	struct kept_generation current, previous, before;
	uint64_t confirm_at_ms;
	uint64_t next_generation, next_socket_id;
	struct kept_child children[CHILD_SLOTS];
	uint32_t socket_count, is_reduced;
	struct kept_socket sockets[KEEPER_SOCKETS_MAX];
};

static const struct child no_child = { .channel = { -1 }, .resolve_fd = -1, .ask_fd = -1 };

/* -- giving -- */

void keeper_upgrade_begin(struct keeper *keeper)
{
	/* Between two states: later. */
	if (keeper->is_ending || keeper->reload != RELOAD_NONE || keeper->children[CHILD_NEXT].state != CHILD_NONE ||
	    keeper->children[CHILD_EDGE].state != CHILD_READY) {
		keeper->is_upgrade_wanted = !keeper->is_ending;
		return;
	}
	keeper->is_upgrade_wanted = false;
	keeper->reload = RELOAD_REHEARSING;
	notify_reloading();
	if (!keeper_start_check(keeper, keeper->program)) {
		keeper->reload = RELOAD_NONE;
		keeper_error(keeper, "upgrade: the new binary could not be tried; this one goes on");
	}
}

static struct kept_generation keep_generation(const struct generation *from)
{
	return (struct kept_generation){ from->number, from->live_at_ms, from->number ? from->image_fd : -1, from->number ? from->files_fd : -1 };
}

static void keep_children(const struct keeper *keeper, struct kept *kept)
{
	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		const struct child *child = &keeper->children[slot];

		kept->children[slot] = (struct kept_child){ .channel_fd = -1, .resolve_fd = -1 };
		if (child->state == CHILD_NONE)
			continue;
		kept->children[slot] = (struct kept_child){
			.pid = child->pid, .channel_fd = child->channel.fd, .resolve_fd = child->resolve_fd,
			.deadline_at_ms = child->deadline_at_ms, .known_socket_id = child->known_socket_id,
			.state = (uint32_t)child->state, .is_reduced = child->is_reduced, .seat = child->seat,
		};
	}
}

static void keep_sockets(const struct keeper *keeper, struct kept *kept)
{
	kept->socket_count = keeper->socket_count;
	for (unsigned i = 0; i < keeper->socket_count; i++) {
		const struct keeper_socket *from = &keeper->sockets[i];
		struct kept_socket *to = &kept->sockets[i];

		to->port = from->endpoint.port;
		to->count = from->count;
		memcpy(to->address, from->endpoint.address.bytes, sizeof(to->address));
		memcpy(to->fds, from->fds, sizeof(to->fds));
		memcpy(to->ids, from->ids, sizeof(to->ids));
	}
}

static void set_inherited(int fd, bool is_inherited)
{
	if (fd >= 0)
		(void)!fcntl(fd, F_SETFD, is_inherited ? 0 : FD_CLOEXEC);
}

/* Every descriptor that KEPT names stays open across execve, or no longer does. */
static void set_all_inherited(const struct kept *kept, bool is_inherited)
{
	const int32_t single[] = { kept->memory_fd, kept->pid_fd, kept->state_fd, kept->admin_fd, kept->current.image_fd,
	                           kept->current.files_fd, kept->previous.image_fd, kept->previous.files_fd, kept->before.image_fd };

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		set_inherited(single[i], is_inherited);
	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		set_inherited(kept->children[slot].channel_fd, is_inherited);
		set_inherited(kept->children[slot].resolve_fd, is_inherited);
	}
	for (uint32_t i = 0; i < kept->socket_count; i++) {
		for (uint32_t j = 0; j < kept->sockets[i].count; j++)
			set_inherited(kept->sockets[i].fds[j], is_inherited);
	}
}

static void fill_kept(const struct keeper *keeper, struct kept *kept)
{
	*kept = (struct kept){ .magic = STATE_MAGIC, .version = KEEPER_STATE_VERSION, .bytes = sizeof(*kept), .memory_fd = keeper->memory_fd,
	                       .pid_fd = keeper->pid_fd, .state_fd = keeper->state_fd, .admin_fd = keeper->admin_fd,
	                       .next_generation = keeper->next_generation, .next_socket_id = keeper->next_socket_id,
	                       .is_reduced = keeper->is_reduced };
	memcpy(kept->admin_path, keeper->admin_path, sizeof(kept->admin_path));
	kept->current = keep_generation(&keeper->current);
	kept->previous = keep_generation(&keeper->previous);
	kept->before = keep_generation(&keeper->before);
	kept->confirm_at_ms = keeper->confirm_at_ms;
	keep_children(keeper, kept);
	keep_sockets(keeper, kept);
}

static void execute(struct keeper *keeper, const struct kept *kept)
{
	char number[16];
	int fd = memfd_create("bouclier-upgrade", 0);

	if (fd < 0 || write(fd, kept, sizeof(*kept)) != (ssize_t)sizeof(*kept)) {
		keeper_error(keeper, "upgrade: no memory; this binary goes on");
	} else {
		snprintf(number, sizeof(number), "%d", fd);
		setenv(STATE_VARIABLE, number, 1);
		set_all_inherited(kept, true);
		execv(keeper->program, keeper->plan.argv);
		keeper_error(keeper, "upgrade: cannot execute %s: %s; this binary goes on", keeper->program, strerror(errno));
		set_all_inherited(kept, false);
		unsetenv(STATE_VARIABLE);
	}
	if (fd >= 0)
		close(fd);
}

void keeper_upgrade_rehearsed(struct keeper *keeper, int exit_status)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	keeper->reload = RELOAD_NONE;
	if (keeper->is_ending) {
		free(kept);
		return;
	}
	if (WIFEXITED(exit_status) && WEXITSTATUS(exit_status) == CHECK_OTHER_KEEPER) {
		keeper_error(keeper, "upgrade: %s cannot take over while this one runs; restart the service instead", keeper->program);
	} else if (!WIFEXITED(exit_status) || WEXITSTATUS(exit_status) != CHECK_OK) {
		keeper_error(keeper, "upgrade: %s does not accept the configuration, or does not run; this binary goes on", keeper->program);
	} else if (kept && keeper->children[CHILD_EDGE].state == CHILD_READY) {
		fill_kept(keeper, kept);
		execute(keeper, kept);
	} else {
		keeper_error(keeper, "upgrade: not now; this binary goes on");
	}
	free(kept);
	notify_send("READY=1\nSTATUS=serving; the upgrade failed");
	if (keeper->is_reload_wanted) {
		struct wish wish = keeper->next_wish;

		keeper->is_reload_wanted = false;
		keeper_reload_begin(keeper, &wish);
	}
}

/* -- taking -- */

/* An image that this binary does not understand (another version) counts as none: its own check writes a new one. */
static void adopt_generation(const struct kept_generation *kept, struct generation *out)
{
	struct generation generation = { .number = kept->number, .live_at_ms = kept->live_at_ms, .image_fd = kept->image_fd, .files_fd = kept->files_fd };

	*out = (struct generation){ .image_fd = -1, .files_fd = -1 };
	if (kept->number == 0)
		return;
	if (image_open(generation.image_fd, &generation.image) == RESULT_OK && image_open(generation.files_fd, &generation.files) == RESULT_OK)
		*out = generation;
	else
		generation_done(&generation);
}

/* It has no files of its own. One that this binary does not understand cannot be gone back to: that it could be is forgotten, and said. */
static void adopt_before(struct keeper *keeper, const struct kept *kept)
{
	const struct generation before = { .number = kept->before.number, .image_fd = kept->before.image_fd, .files_fd = -1 };

	if (!before.number)
		return;
	if (generation_copy(&before, before.number, &keeper->before) == RESULT_OK)
		keeper->confirm_at_ms = kept->confirm_at_ms;
	else
		keeper_error(keeper, "ALERT: this binary cannot go back to configuration %llu: the one that waited to be confirmed stays", (unsigned long long)before.number);
	close(before.image_fd);
}

static void adopt_children(struct keeper *keeper, const struct kept *kept)
{
	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		const struct kept_child *from = &kept->children[slot];

		keeper->children[slot] = no_child;
		if (from->pid == 0)
			continue;
		keeper->children[slot] = (struct child){
			.state = (enum child_state)from->state, .pid = (pid_t)from->pid, .channel = { from->channel_fd }, .resolve_fd = from->resolve_fd,
			.ask_fd = -1, .started_at_ms = clock_mono_ms(), .ready_at_ms = clock_mono_ms(), .deadline_at_ms = from->deadline_at_ms,
			.is_reduced = from->is_reduced != 0, .seat = from->seat % ROLE_EDGES_MAX, .known_socket_id = from->known_socket_id,
		};
	}
	/* The old binary's resolve: the new one starts its own, which serves the old edge too. */
	keeper_kill(&keeper->children[CHILD_RESOLVE]);
	/* Its hub too: the new one is the new binary's, and begins when the old one's store is free. */
	for (enum child_slot slot = CHILD_HUB; slot <= CHILD_SEND; slot++) {
		keeper_kill(&keeper->children[slot]);
		if (keeper->children[slot].state != CHILD_NONE)
			keeper->children[slot].state = CHILD_DRAINING;
	}
}

static void adopt_sockets(struct keeper *keeper, const struct kept *kept)
{
	keeper->socket_count = kept->socket_count;
	for (uint32_t i = 0; i < kept->socket_count; i++) {
		const struct kept_socket *from = &kept->sockets[i];
		struct keeper_socket *to = &keeper->sockets[i];

		to->endpoint.port = (uint16_t)from->port;
		to->count = to->given = from->count;
		memcpy(to->endpoint.address.bytes, from->address, sizeof(from->address));
		memcpy(to->fds, from->fds, sizeof(to->fds));
		memcpy(to->ids, from->ids, sizeof(to->ids));
	}
}

static void adopt(struct keeper *keeper, const struct kept *kept)
{
	keeper->memory_fd = kept->memory_fd;
	keeper->pid_fd = kept->pid_fd;
	keeper->is_pid_ours = kept->pid_fd >= 0;
	keeper->state_fd = kept->state_fd;
	keeper->admin_fd = kept->admin_fd;
	memcpy(keeper->admin_path, kept->admin_path, sizeof(keeper->admin_path));
	keeper->next_generation = kept->next_generation;
	keeper->next_socket_id = kept->next_socket_id;
	keeper->is_reduced = kept->is_reduced != 0;
	adopt_generation(&kept->current, &keeper->current);
	adopt_generation(&kept->previous, &keeper->previous);
	adopt_before(keeper, kept);
	adopt_children(keeper, kept);
	adopt_sockets(keeper, kept);
	set_all_inherited(kept, false);
	keeper->wants_fresh_edge = true;
}

static bool is_sound(const struct kept *kept)
{
	return memcmp(kept->magic, STATE_MAGIC, sizeof(kept->magic)) == 0 && kept->version == KEEPER_STATE_VERSION &&
	       kept->bytes == sizeof(*kept) && kept->socket_count <= KEEPER_SOCKETS_MAX;
}

bool keeper_is_upgraded(void)
{
	return getenv(STATE_VARIABLE) != NULL;
}

enum result keeper_upgrade_adopt(struct keeper *keeper)
{
	const char *text = getenv(STATE_VARIABLE);
	enum result result = RESULT_MALFORMED;
	struct kept *kept;
	uint64_t fd;

	if (!text)
		return RESULT_NOT_FOUND;
	if (span_to_u64(span_of(text), INT_MAX, &fd) != RESULT_OK)
		return RESULT_MALFORMED;
	unsetenv(STATE_VARIABLE);
	kept = calloc(1, sizeof(*kept));
	if (kept && pread((int)fd, kept, sizeof(*kept), 0) == (ssize_t)sizeof(*kept) && is_sound(kept)) {
		adopt(keeper, kept);
		result = RESULT_OK;
	}
	close((int)fd);
	free(kept);
	return result;
}
