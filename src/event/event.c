#include "event/event.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/ring.h"
#include "event/sink.h"

#include "base/banned.h"

#define PAGE_BYTES 4096u
#define RING_BYTES (1u << 20)
#define MEMORY_MAGIC 0x746e6576656c6362u
#define SLOTS_MAX 1024u
#define REST_MS 700  /* the keeper kills an edge that drains a second after its time */

/* The first page of the memory; then a ring and a block of counts for each slot. */
struct event_page {
	uint64_t magic;
	struct hash_seed client_key;     /* of keyed addresses: as old as the memory, and never on a disk */
	_Alignas(64) struct tally tally;
	_Atomic uint8_t is_used[SLOTS_MAX];  /* slots that never had a worker are not touched: their pages cost nothing */
};

_Static_assert(sizeof(struct event_page) <= PAGE_BYTES, "one page");

struct event {
	struct event_page *page;
	unsigned workers;
	unsigned count;                  /* slots that had a worker, ours included */
	void **rings;
	struct counts_block **counts;
	struct event_sink *sinks;        /* of the workers, and one for notices */
	bool has_notices;
	int wake_fd;
	uint64_t start_wall_ns;
	struct journal *journal;         /* NULL once handed over */
	struct journal_birth birth;      /* of it, to carry what is left at the end */
	void **audit_rings;              /* as many as rings; NULL: no audit log */
	int audit_wake_fd;
	struct audit_log *audit;         /* NULL: none, or handed over */
	struct audit_log_birth audit_birth;
	struct log_settings settings;
	struct counts_view view;
};

static size_t slot_bytes(void)
{
	return RING_BYTES + (counts_memory_bytes() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

size_t event_memory_bytes(unsigned slots)
{
	return PAGE_BYTES + slots * slot_bytes();
}

size_t event_audit_bytes(unsigned slots)
{
	return (size_t)slots * AUDIT_RING_BYTES;
}

static char *slot_at(struct event *event, unsigned slot)
{
	return (char *)event->page + PAGE_BYTES + slot * slot_bytes();
}

static void adopt_page(struct event_page *page)
{
	bool is_new;

	if (page->magic != MEMORY_MAGIC) {
		random_fill(&page->client_key, sizeof(page->client_key));
		page->magic = MEMORY_MAGIC;
	}
	tally_adopt(&page->tally, &is_new);
}

static void *audit_ring(const struct event_birth *birth, unsigned slot)
{
	return birth->audit_memory ? (char *)birth->audit_memory + (size_t)slot * AUDIT_RING_BYTES : NULL;
}

/* Takes over what the memory holds, or makes it anew, part by part: what one part has lost does not cost the others. */
static enum result adopt(struct event *event, const struct event_birth *birth, unsigned slots)
{
	bool is_new;

	for (unsigned i = 0; i < slots; i++) {
		char *slot = slot_at(event, i);
		enum result result;

		if (!atomic_load(&event->page->is_used[i]))
			continue;
		result = ring_adopt(slot, RING_BYTES, &is_new);
		if (result != RESULT_OK)
			return result;
		event->rings[event->count] = slot;
		event->counts[event->count] = (struct counts_block *)(void *)(slot + RING_BYTES);
		counts_adopt(event->counts[event->count], &is_new);
		if (event->audit_rings) {
			event->audit_rings[event->count] = audit_ring(birth, i);
			result = ring_adopt(event->audit_rings[event->count], AUDIT_RING_BYTES, &is_new);
			if (result != RESULT_OK)
				return result;
		}
		event->count++;
	}
	return RESULT_OK;
}

static void open_sinks(struct event *event, const struct event_birth *birth)
{
	for (unsigned i = 0; i < event->workers + event->has_notices; i++) {
		char *slot = slot_at(event, birth->first_worker + i);
		struct event_sink_birth sink = {
			.ring_memory = slot,
			.counts_memory = slot + RING_BYTES,
			.audit_memory = audit_ring(birth, birth->first_worker + i),
			.audit_wake_fd = event->audit_wake_fd,
			.ring_bytes = RING_BYTES,
			.node = birth->node,
			.client_key = event->page->client_key,
			.wake_fd = event->wake_fd,
			.settings = birth->settings,
			.workers = birth->workers,
			.tenants = birth->tenants,
		};

		event_sink_init(&event->sinks[i], &sink);
	}
}

static void release(struct event *event)
{
	counts_view_done(&event->view);
	if (event->wake_fd >= 0)
		close(event->wake_fd);
	if (event->audit_wake_fd >= 0)
		close(event->audit_wake_fd);
	for (unsigned i = 0; event->sinks && i < event->workers + event->has_notices; i++)
		event_sink_done(&event->sinks[i]);
	free(event->sinks);
	free(event->audit_rings);
	free(event->counts);
	free(event->rings);
	free(event);
}

static enum result start_audit(struct event *event, const struct event_birth *birth)
{
	event->audit_birth = (struct audit_log_birth){ .folder_fd = birth->audit_fd, .wake_fd = event->audit_wake_fd, .rings = event->audit_rings,
		                                       .count = event->count, .settings = &event->settings };
	return audit_log_start(&event->audit_birth, &event->audit);
}

static enum result take_up(struct event *event, const struct event_birth *birth, unsigned slots)
{
	enum result result;

	event->rings = calloc(slots, sizeof(event->rings[0]));
	event->counts = calloc(slots, sizeof(event->counts[0]));
	event->sinks = calloc(event->workers + 1, sizeof(event->sinks[0]));
	if (birth->audit_memory)
		event->audit_rings = calloc(slots, sizeof(event->audit_rings[0]));
	if (!event->rings || !event->counts || !event->sinks || (birth->audit_memory && !event->audit_rings))
		return RESULT_NO_MEMORY;
	adopt_page(event->page);
	for (unsigned i = 0; i < event->workers + event->has_notices; i++)
		atomic_store(&event->page->is_used[birth->first_worker + i], 1);
	result = adopt(event, birth, slots);
	if (result == RESULT_OK)
		result = counts_view_init(&event->view, event->counts, event->count);
	if (result != RESULT_OK)
		return result;
	open_sinks(event, birth);
	event->settings = *birth->settings;
	event->birth = (struct journal_birth){
		.folder_fd = birth->folder_fd, .wake_fd = event->wake_fd, .node = birth->node, .rings = event->rings, .ring_bytes = RING_BYTES,
		.counts = event->counts, .count = event->count, .tally = &event->page->tally, .settings = &event->settings,
	};
	result = journal_start(&event->birth, &event->journal);
	return result == RESULT_OK && event->audit_rings ? start_audit(event, birth) : result;
}

enum result event_new(const struct event_birth *birth, struct event **out)
{
	size_t room = birth->memory_bytes < PAGE_BYTES ? 0 : (birth->memory_bytes - PAGE_BYTES) / slot_bytes();
	unsigned slots = room < SLOTS_MAX ? (unsigned)room : SLOTS_MAX;
	struct event *event;
	enum result result;

	if (birth->workers == 0 || birth->workers > slots || birth->first_worker > slots - birth->workers)
		return RESULT_LIMIT;
	event = calloc(1, sizeof(*event));
	if (!event)
		return RESULT_NO_MEMORY;
	event->page = birth->memory;
	event->workers = birth->workers;
	event->has_notices = birth->first_worker + birth->workers < slots;
	event->start_wall_ns = clock_wall_ns();
	event->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event->audit_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result = event->wake_fd < 0 || event->audit_wake_fd < 0 ? RESULT_IO : take_up(event, birth, slots);
	if (result != RESULT_OK) {
		event_hand_over(event);
		release(event);
		return result;
	}
	*out = event;
	return RESULT_OK;
}

struct fact_sink event_sink(struct event *event, unsigned worker)
{
	return event_sink_facts(&event->sinks[worker]);
}

void event_notice(struct event *event, const struct notice *notice)
{
	if (event->has_notices)
		event_sink_notice(&event->sinks[event->workers], notice);
}

void event_apply(struct event *event, const struct log_settings *settings, size_t tenants)
{
	for (unsigned i = 0; i < event->workers; i++)
		event_sink_apply(&event->sinks[i], settings, event->workers, tenants);
	event->settings = *settings;
	if (event->journal)
		journal_apply(event->journal, settings);
	if (event->audit)
		audit_log_apply(event->audit, settings);
}

void event_hand_over(struct event *event)
{
	if (event->journal)
		journal_stop(event->journal);
	event->journal = NULL;
	if (event->audit)
		audit_log_stop(event->audit);
	event->audit = NULL;
}

static bool has_audit_records(const struct event *event, unsigned sink)
{
	return event->sinks[sink].audit.is_open && ring_has_records(&event->sinks[sink].audit.ring);
}

static bool has_lines(const struct event *event)
{
	for (unsigned i = 0; i < event->workers + event->has_notices; i++) {
		if (ring_has_records(&event->sinks[i].ring) || has_audit_records(event, i))
			return true;
	}
	return false;
}

/* Usually the edge that this one was handed over to reads our rings within a moment. When all of them end, the one that has
 * nothing left to serve goes first, and the last lines of the others are theirs to write: once its lock is free. */
static void carry_rest(struct event *event)
{
	uint64_t end_ms = clock_mono_ms() + REST_MS;

	if (!has_lines(event) || journal_start(&event->birth, &event->journal) != RESULT_OK)
		return;
	if (event->audit_rings && audit_log_start(&event->audit_birth, &event->audit) != RESULT_OK)
		event->audit = NULL;  /* what is left of it stays in the rings, for the next edge */
	while (has_lines(event) && clock_mono_ms() < end_ms)
		usleep(10000);
}

void event_free(struct event *event)
{
	if (!event->journal)
		carry_rest(event);
	event_hand_over(event);
	release(event);
}

struct journal_state event_state(struct event *event)
{
	return event->journal ? journal_state(event->journal) : (struct journal_state){ .is_writing = false };
}

enum result event_audit_state(struct event *event, struct audit_state *out)
{
	if (!event->audit)
		return RESULT_NOT_FOUND;
	*out = audit_log_state(event->audit);
	for (unsigned i = 0; i < event->workers; i++)
		out->lost += atomic_load_explicit(&event->sinks[i].audit.failed, memory_order_relaxed);
	return RESULT_OK;
}

const struct counts_view *event_counts(struct event *event)
{
	return counts_view_update(&event->view) == RESULT_OK ? &event->view : NULL;
}

struct losses event_losses(struct event *event)
{
	return journal_losses(event->rings, event->count, &event->page->tally);
}

const struct tally *event_tally(const struct event *event)
{
	return &event->page->tally;
}

enum result event_metrics(struct event *event, const struct metric *more, size_t more_count, struct buffer *out)
{
	struct metrics_source source = {
		.view = &event->view,
		.tally = &event->page->tally,
		.losses = journal_losses(event->rings, event->count, &event->page->tally),
		.is_writing = event_state(event).is_writing,
		.start_wall_ns = event->start_wall_ns,
		.more = more,
		.more_count = more_count,
	};
	enum result result = counts_view_update(&event->view);

	return result == RESULT_OK ? metrics_write(&source, out) : result;
}
