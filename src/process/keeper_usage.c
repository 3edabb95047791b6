/* What the keeper, the hub and send take of the machine's memory, for views of them: an edge sees nothing in /proc but itself. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"

#include "base/banned.h"

#define PAGES_SIZE 1u     /* fields of /proc/PID/statm, each a number of pages */
#define PAGES_RESIDENT 2u
#define PAGES_SHARED 3u

/* Availability, fails open: what cannot be read is 0, and nobody says a number then. */
static uint64_t bytes_of(pid_t pid)
{
	char path[64], text[256];
	uint64_t pages[PAGES_SHARED + 1] = { 0 };
	struct span rest;
	ssize_t got;
	int fd;

	if (pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text));
	close(fd);
	rest = span_make(text, got > 0 ? (size_t)got : 0);
	for (unsigned i = PAGES_SIZE; i <= PAGES_SHARED; i++) {
		if (span_to_u64(span_cut(&rest, ' '), UINT64_MAX >> 16, &pages[i]) != RESULT_OK)
			return 0;
	}
	return pages[PAGES_RESIDENT] > pages[PAGES_SHARED] ? (pages[PAGES_RESIDENT] - pages[PAGES_SHARED]) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void keeper_usage_tick(struct keeper *keeper, uint64_t now_ms)
{
	struct shared_usage *usage = keeper->usage;

	if (now_ms < keeper->usage_due_ms)
		return;
	keeper->usage_due_ms = now_ms + KEEPER_USAGE_MS;
	usage->keeper_bytes = bytes_of(getpid());
	usage->hub_bytes = bytes_of(keeper->children[CHILD_HUB].pid);
	usage->send_bytes = bytes_of(keeper->children[CHILD_SEND].pid);
}
