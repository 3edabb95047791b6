#include "packet/loader/undo.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "packet/egress/egress.h"
#include "packet/loader/nft.h"
#include "packet/loader/pins.h"

#include "base/banned.h"

#define LOOK_NS 100000000
#define LOCK_MS 30000

void settings_store(struct control *control, const struct packet_settings *wanted)
{
	struct packet_settings *settings = control_settings(control);
	const size_t rest = offsetof(struct packet_settings, copy);

	memcpy((char *)settings + rest, (const char *)wanted + rest, sizeof(*settings) - rest);
	__atomic_store_n(&settings->flags, wanted->flags, __ATOMIC_RELEASE);
}

/* -- undoing -- */

static bool was_there(const struct pending *pending, unsigned index)
{
	for (unsigned i = 0; i < pending->index_count; i++) {
		if (pending->indexes[i] == index)
			return true;
	}
	return false;
}

static void restore_settings(const struct pending *pending)
{
	struct packet_maps maps;
	struct control *control;

	packet_maps_init(&maps);
	if (packet_maps_open(PACKET_PIN_FOLDER, &maps) != RESULT_OK)
		return;
	if (control_new(&maps, &control) == RESULT_OK) {
		settings_store(control, &pending->settings);
		control_free(control);
	}
	packet_maps_close(&maps);
}

/* The program before, back under the links that stay. */
static void restore_program(void)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	int program = pins_open("program_before");

	if (program < 0)
		return;
	for (unsigned i = 0; i < count; i++) {
		int link = pins_open_link(links[i].index);

		if (link >= 0) {
			(void)bpf_link_update(link, program, NULL);
			close(link);
		}
	}
	close(program);
	if (pins_rename("program_before", "program") != RESULT_OK)
		pins_drop("program_before");  /* the links hold it all the same */
}

static void undo_attach(const struct pending *pending)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);

	if (!pending->was_attached) {
		(void)pins_drop_all();
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		if (!was_there(pending, links[i].index))
			pins_drop_link(links[i].index);
	}
	restore_program();
	restore_settings(pending);
}

/* Of nftables: the text that was there, as one transaction. There is such a file whenever our table was, or is about to be, there. */
static void restore_ruleset(void)
{
	static const char anew[] = "add table netdev bouclier\ndelete table netdev bouclier\n";
	enum result result;
	struct buffer text;

	buffer_init(&text, PENDING_RULESET_BYTES);
	if (pending_ruleset_read(&text) == RESULT_OK) {
		struct buffer commands;

		buffer_init(&commands, 2 * PENDING_RULESET_BYTES);
		result = buffer_append(&commands, SPAN(anew));
		if (result == RESULT_OK)
			result = buffer_append(&commands, buffer_span(&text));
		if (result == RESULT_OK)
			result = buffer_append_byte(&commands, '\0');
		if (result == RESULT_OK)
			result = nft_run(buffer_span(&commands).at, false, NULL, NULL);
		if (result != RESULT_OK)  /* availability: without its lists rather than as it is now */
			result = nft_run(anew, false, NULL, NULL);
		buffer_done(&commands);
	}
	buffer_done(&text);
}

void undo_now(const struct pending *pending, const char *why)
{
	static const char *const what[] = { [PENDING_ATTACH] = "attach", [PENDING_LISTS] = "deny load", [PENDING_NFT] = "a change of nftables", [PENDING_EGRESS] = "egress enforce" };
	char when[CLOCK_ISO_LEN + 1], sentence[256];

	if (pending->kind == PENDING_ATTACH)
		undo_attach(pending);
	else if (pending->kind == PENDING_LISTS)
		restore_settings(pending);
	else if (pending->kind == PENDING_EGRESS)
		egress_restore(pending->was_attached, (enum egress_mode)pending->egress_mode, pending->egress_generation);
	restore_ruleset();
	pending_remove();
	clock_write_iso(clock_wall_ns(), when);
	snprintf(sentence, sizeof(sentence), "%s was undone at %s: %s", what[pending->kind], when, why);
	pending_undone_write(span_of(sentence));
}

void undo_failed(void)
{
	struct pending pending;

	if (pending_read(&pending) == RESULT_OK)
		undo_now(&pending, "it failed half-way");
}

/* -- the process -- */

/* Until the change that is called ID is over, one way or the other. */
static void watch(uint64_t id)
{
	const struct timespec pause = { 0, LOOK_NS };
	struct pending pending;
	int lock;

	while (pending_read(&pending) == RESULT_OK && pending.id == id) {
		bool is_overdue = pending_now_ns() >= pending.deadline_ns;

		if (is_overdue && pending_lock(LOCK_MS, &lock) == RESULT_OK) {
			if (pending_read(&pending) == RESULT_OK && pending.id == id)
				undo_now(&pending, "nobody confirmed it");
			pending_unlock(lock);
		} else {
			nanosleep(&pause, NULL);
		}
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

static enum result start_watch(uint64_t id)
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
		watch(id);
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
		result = start_watch(pending->id);
	if (result == RESULT_OK)
		pending_undone_write(SPAN_NONE);
	else
		pending_remove();
	return result;
}

enum result undo_begin(enum pending_kind kind, const struct packet_settings *settings, bool was_attached, unsigned undo_s)
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
