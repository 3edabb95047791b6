#include "packet/loader/undo.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "packet/loader/nft.h"
#include "packet/loader/pins.h"
#include "packet/loader/restore.h"

#include "base/banned.h"

#define LOOK_NS 100000000
#define LOCK_MS 30000
#define TRIES 13u
#define RETRY_NS 250000000

static void note_undone(const struct pending *pending, const char *why, bool is_whole)
{
	static const char *const what[] = { [PENDING_ATTACH] = "attach", [PENDING_LISTS] = "deny load", [PENDING_NFT] = "a change of nftables", [PENDING_EGRESS] = "egress enforce" };
	char when[CLOCK_ISO_LEN + 1], sentence[320];

	clock_write_iso(clock_wall_ns(), when);
	snprintf(sentence, sizeof(sentence), "%s was undone at %s: %s%s", what[pending->kind], when, why,
	         is_whole ? "" : "; what was before could not be brought back, so everything was taken off: bouclier packet attach begins anew");
	pending_undone_write(span_of(sentence));
}

enum result undo_now(const struct pending *pending, const char *why)
{
	const struct timespec pause = { 0, RETRY_NS };
	enum result result = restore_once(pending);
	bool is_whole;

	for (unsigned tries = 1; result != RESULT_OK && tries < TRIES; tries++) {
		nanosleep(&pause, NULL);
		result = restore_once(pending);
	}
	is_whole = result == RESULT_OK;
	if (!is_whole)
		result = restore_nothing();
	if (result != RESULT_OK)
		return result;
	pending_remove();
	note_undone(pending, why, is_whole);
	return RESULT_OK;
}

void undo_failed(void)
{
	struct pending pending;

	/* What is left waits for the process below, which tries again. */
	if (pending_read(&pending) == RESULT_OK && undo_now(&pending, "it failed half-way") != RESULT_OK)
		pending_undone_write(SPAN("a change failed half-way, and cannot be undone yet: it is tried again"));
}

/* -- the process -- */

/* What cannot be read now waits still: only what is read, or is not there, ends it. */
static bool is_over(uint64_t id, struct pending *pending)
{
	enum result result = pending_read(pending);

	return result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || (result == RESULT_OK && pending->id != id);
}

/* With the lock. False: it is to be tried again. */
static bool undo_overdue(uint64_t id)
{
	struct pending pending;
	enum result result = pending_read(&pending);

	if (result == RESULT_OK && pending.id == id)
		result = undo_now(&pending, "nobody confirmed it");
	return result == RESULT_OK;
}

/* Until the change that is called ID, and undone at DEADLINE_NS, is over, one way or the other. */
static void watch(uint64_t id, uint64_t deadline_ns)
{
	const struct timespec pause = { 0, LOOK_NS };
	struct pending pending;
	int lock;

	while (!is_over(id, &pending)) {
		bool is_done = false;

		if (pending_now_ns() >= deadline_ns && pending_lock(LOCK_MS, &lock) == RESULT_OK) {
			is_done = undo_overdue(id);
			pending_unlock(lock);
		}
		if (!is_done)
			nanosleep(&pause, NULL);
	}
}

/* Nothing of the terminal, the session or the caller's descriptors: the lock is one of them. */
static void leave_all(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		(void)dup2(null, fd);
	(void)close_range(3, ~0u, 0);
	if (chdir("/") < 0)
		_exit(1);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

static enum result start_watch(const struct pending *pending)
{
	pid_t child = fork();
	int status = 1;

	if (child < 0)
		return RESULT_IO;
	if (child == 0) {
		pid_t own;

		if (setsid() < 0 || (own = fork()) < 0)
			_exit(1);
		if (own > 0)
			_exit(0);
		leave_all();
		watch(pending->id, pending->deadline_ns);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	return status == 0 ? RESULT_OK : RESULT_IO;
}

/* What our table of nftables is now; where there is none, or no nftables, the file is empty, and undoing it leaves none. */
static enum result note_ruleset(bool is_nft)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, PENDING_RULESET_BYTES);
	result = nft_run("list table netdev bouclier", false, &text, NULL);
	if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY) {
		buffer_done(&text);
		return result;
	}
	result = is_nft || buffer_len(&text) ? pending_ruleset_write(buffer_span(&text)) : RESULT_OK;
	buffer_done(&text);
	return result;
}

/* On disk, then watched: of a process that dies in between, the next command finds what it left. */
static enum result begin(struct pending *pending, unsigned undo_s)
{
	enum result result;

	pending->version = PENDING_VERSION;
	if (getrandom(&pending->id, sizeof(pending->id), 0) != (ssize_t)sizeof(pending->id))
		return RESULT_IO;
	pending->deadline_ns = pending_now_ns() + undo_s * 1000000000ull;
	result = pending_write(pending);
	if (result == RESULT_OK)
		result = start_watch(pending);
	if (result == RESULT_OK)
		pending_undone_write(SPAN_NONE);
	else
		pending_remove();
	return result;
}

enum result undo_begin(enum pending_kind kind, const struct packet_settings *settings, const struct packet_settings *wanted, bool was_attached, unsigned undo_s)
{
	struct pending pending = { .kind = kind, .was_attached = was_attached };
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	enum result result;

	for (unsigned i = 0; i < count && was_attached; i++) {
		if (links[i].is_alive)
			pending.indexes[pending.index_count++] = links[i].index;
	}
	if (settings)
		pending.settings = *settings;
	if (wanted)
		pending.wanted = *wanted;
	result = note_ruleset(kind == PENDING_NFT);
	if (result == RESULT_OK)
		result = begin(&pending, undo_s);
	if (result != RESULT_OK)
		pending_remove();
	return result;
}

enum result undo_begin_egress(bool was_attached, uint32_t mode, uint32_t generation, unsigned undo_s)
{
	struct pending pending = { .kind = PENDING_EGRESS, .was_attached = was_attached, .egress_mode = mode, .egress_generation = generation };

	return begin(&pending, undo_s);
}
