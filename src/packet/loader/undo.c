#include "packet/loader/undo.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "packet/control/publish.h"
#include "packet/egress/egress.h"
#include "packet/loader/nft.h"
#include "packet/loader/pins.h"

#include "base/banned.h"

#define LOOK_NS 100000000
#define LOCK_MS 30000
#define TRIES 13u
#define RETRY_NS 250000000

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

static void keep_ports(const __u64 now[PACKET_PORT_WORDS], const __u64 wanted[PACKET_PORT_WORDS], __u64 out[PACKET_PORT_WORDS])
{
	for (size_t i = 0; i < PACKET_PORT_WORDS; i++)
		out[i] |= now[i] & ~wanted[i];
}

void undo_settings(const struct pending *pending, const struct packet_settings *now, struct packet_settings *out)
{
	const struct packet_settings *wanted = &pending->wanted;

	*out = pending->settings;
	out->flags |= now->flags & ~wanted->flags & PACKET_OBSERVES;
	keep_ports(now->exposed_tcp, wanted->exposed_tcp, out->exposed_tcp);
	keep_ports(now->exposed_udp, wanted->exposed_udp, out->exposed_udp);
	keep_ports(now->protected_tcp, wanted->protected_tcp, out->protected_tcp);
}

static enum result restore_settings(const struct pending *pending)
{
	struct packet_settings settings;
	struct packet_maps maps;
	struct control *control;
	enum result result;

	packet_maps_init(&maps);
	result = packet_maps_open(PACKET_PIN_FOLDER, &maps);
	if (result != RESULT_OK)
		return result;
	result = control_new(&maps, &control);
	if (result == RESULT_OK) {
		if (pending->kind == PENDING_LISTS) {
			publish_flip(control, pending->settings.copy);  /* all that a list changes; what a reload let through meanwhile stays */
		} else {
			undo_settings(pending, control_settings(control), &settings);
			settings_store(control, &settings);
		}
		control_free(control);
	}
	packet_maps_close(&maps);
	return result;
}

static enum result update_link(unsigned index, int program)
{
	int link = pins_open_link(index);
	int error = link < 0 ? -1 : bpf_link_update(link, program, NULL);

	if (link >= 0)
		close(link);
	return error == 0 ? RESULT_OK : RESULT_IO;
}

/* The program before, back under the links that stay. Where there is none, it was not replaced yet, or is back already. */
static enum result restore_program(void)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	int program = pins_open("program_before");
	enum result result = RESULT_OK;

	if (program < 0)
		return errno == ENOENT ? RESULT_OK : RESULT_IO;
	for (unsigned i = 0; i < count; i++) {
		if (links[i].is_alive && update_link(links[i].index, program) != RESULT_OK)
			result = RESULT_IO;
	}
	close(program);
	return result == RESULT_OK ? pins_rename("program_before", "program") : result;
}

static bool is_linked(const struct pinned_link *links, unsigned count, unsigned index)
{
	for (unsigned i = 0; i < count; i++) {
		if (links[i].index == index && links[i].is_alive)
			return true;
	}
	return false;
}

/* The links that the change took away. An interface that is no more has none. */
static enum result restore_links(const struct pending *pending)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	int program = pins_open("program");
	enum result result = RESULT_OK;
	char name[IFNAMSIZ];

	for (unsigned i = 0; i < pending->index_count; i++) {
		unsigned index = pending->indexes[i];

		if (is_linked(links, count, index) || !if_indextoname(index, name))
			continue;
		pins_drop_link(index);
		if (program < 0 || (pins_attach_link(program, index, XDP_FLAGS_DRV_MODE) != RESULT_OK && pins_attach_link(program, index, XDP_FLAGS_SKB_MODE) != RESULT_OK))
			result = RESULT_IO;
	}
	if (program >= 0)
		close(program);
	return result;
}

/* Every pin is gone, and with the last of them what it pinned. */
static enum result drop_all(void)
{
	struct pinned_link links[PINS_LINKS_MAX];

	(void)pins_drop_all();
	return pins_links(links) ? RESULT_IO : RESULT_OK;
}

static enum result undo_attach(const struct pending *pending)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	enum result program, settings;

	if (!pending->was_attached)
		return drop_all();
	for (unsigned i = 0; i < count; i++) {
		if (!was_there(pending, links[i].index))
			pins_drop_link(links[i].index);
	}
	program = restore_program();
	if (program == RESULT_OK)
		program = restore_links(pending);
	settings = restore_settings(pending);
	return program != RESULT_OK ? program : settings;
}

static const char no_table[] = "add table netdev bouclier\ndelete table netdev bouclier\n";

/* Of nftables: the text that was there, as one transaction. There is such a file whenever our table was, or is about to be, there. */
static enum result restore_ruleset(void)
{
	struct buffer text, commands;
	enum result result;

	buffer_init(&text, PENDING_RULESET_BYTES);
	buffer_init(&commands, 2 * PENDING_RULESET_BYTES);
	result = pending_ruleset_read(&text);
	if (result == RESULT_OK) {
		result = buffer_append(&commands, SPAN(no_table));
		if (result == RESULT_OK)
			result = buffer_append(&commands, buffer_span(&text));
		if (result == RESULT_OK)
			result = buffer_append_byte(&commands, '\0');
		if (result == RESULT_OK)
			result = nft_run(buffer_span(&commands).at, false, NULL, NULL);
	} else if (result == RESULT_NOT_FOUND) {
		result = RESULT_OK;
	}
	buffer_done(&commands);
	buffer_done(&text);
	return result;
}

static enum result undo_once(const struct pending *pending)
{
	enum result maps = RESULT_OK, rules;

	if (pending->kind == PENDING_ATTACH)
		maps = undo_attach(pending);
	else if (pending->kind == PENDING_LISTS)
		maps = restore_settings(pending);
	else if (pending->kind == PENDING_EGRESS)
		egress_restore(pending->was_attached, (enum egress_mode)pending->egress_mode, pending->egress_generation);
	rules = restore_ruleset();
	return maps != RESULT_OK ? maps : rules;
}

/* Availability, fails open: no filter rather than one that keeps somebody out. */
static enum result detach(void)
{
	enum result links = drop_all(), rules = nft_run(no_table, false, NULL, NULL);

	return links != RESULT_OK ? links : rules == RESULT_NOT_FOUND ? RESULT_OK : rules;
}

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
	enum result result = undo_once(pending);
	bool is_whole;

	for (unsigned tries = 1; result != RESULT_OK && tries < TRIES; tries++) {
		nanosleep(&pause, NULL);
		result = undo_once(pending);
	}
	is_whole = result == RESULT_OK;
	if (!is_whole)
		result = detach();
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
