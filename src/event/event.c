#include "event/event.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/sink.h"

#include "base/banned.h"

#define PAGE_BYTES 4096u
#define RING_BYTES (1u << 20)
#define MEMORY_MAGIC 0x746e6576656c6362u

/* The first page of the memory; then a ring and a block of counts for each slot. */
struct event_page {
	uint64_t magic;
	struct hash_seed client_key;     /* of keyed addresses: as old as the memory, and never on a disk */
	_Alignas(64) struct tally tally;
};

struct event {
	struct event_page *page;
	unsigned slots, workers;
	void **rings;
	struct counts_block **counts;
	struct event_sink *sinks;
	int wake_fd;
	uint64_t start_wall_ns;
	struct journal *journal;         /* NULL once handed over */
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

/* Takes over what the memory holds, or makes it anew, part by part: what one part has lost does not cost the others. */
static enum result adopt(struct event *event, void *memory)
{
	bool is_new;

	event->page = memory;
	if (event->page->magic != MEMORY_MAGIC) {
		random_fill(&event->page->client_key, sizeof(event->page->client_key));
		event->page->magic = MEMORY_MAGIC;
	}
	tally_adopt(&event->page->tally, &is_new);
	for (unsigned i = 0; i < event->slots; i++) {
		char *slot = (char *)memory + PAGE_BYTES + i * slot_bytes();
		enum result result = ring_adopt(slot, RING_BYTES, &is_new);

		if (result != RESULT_OK)
			return result;
		event->rings[i] = slot;
		event->counts[i] = (struct counts_block *)(void *)(slot + RING_BYTES);
		counts_adopt(event->counts[i], &is_new);
	}
	return RESULT_OK;
}

static void open_sinks(struct event *event, const struct event_birth *birth)
{
	for (unsigned i = 0; i < event->workers; i++) {
		struct event_sink_birth sink = {
			.ring_memory = event->rings[birth->first_worker + i],
			.counts_memory = event->counts[birth->first_worker + i],
			.ring_bytes = RING_BYTES,
			.node = birth->node,
			.client_key = event->page->client_key,
			.wake_fd = event->wake_fd,
			.settings = birth->settings,
			.workers = birth->workers,
		};

		event_sink_init(&event->sinks[i], &sink);
	}
}

static void release(struct event *event)
{
	counts_view_done(&event->view);
	if (event->wake_fd >= 0)
		close(event->wake_fd);
	free(event->sinks);
	free(event->counts);
	free(event->rings);
	free(event);
}

static enum result take_up(struct event *event, const struct event_birth *birth)
{
	struct journal_birth journal = {
		.folder_fd = birth->folder_fd,
		.wake_fd = event->wake_fd,
		.node = birth->node,
		.ring_bytes = RING_BYTES,
		.count = event->slots,
		.settings = birth->settings,
	};
	enum result result;

	event->rings = calloc(event->slots, sizeof(event->rings[0]));
	event->counts = calloc(event->slots, sizeof(event->counts[0]));
	event->sinks = calloc(event->workers, sizeof(event->sinks[0]));
	if (!event->rings || !event->counts || !event->sinks)
		return RESULT_NO_MEMORY;
	result = adopt(event, birth->memory);
	if (result == RESULT_OK)
		result = counts_view_init(&event->view, event->counts, event->slots);
	if (result != RESULT_OK)
		return result;
	open_sinks(event, birth);
	journal.rings = event->rings;
	journal.counts = event->counts;
	journal.tally = &event->page->tally;
	return journal_start(&journal, &event->journal);
}

enum result event_new(const struct event_birth *birth, struct event **out)
{
	unsigned slots = birth->memory_bytes < PAGE_BYTES ? 0 : (unsigned)((birth->memory_bytes - PAGE_BYTES) / slot_bytes());
	struct event *event;
	enum result result;

	if (birth->workers == 0 || birth->workers > slots || birth->first_worker > slots - birth->workers)
		return RESULT_LIMIT;
	event = calloc(1, sizeof(*event));
	if (!event)
		return RESULT_NO_MEMORY;
	event->slots = slots;
	event->workers = birth->workers;
	event->start_wall_ns = clock_wall_ns();
	event->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result = event->wake_fd < 0 ? RESULT_IO : take_up(event, birth);
	if (result != RESULT_OK) {
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

void event_apply(struct event *event, const struct log_settings *settings)
{
	for (unsigned i = 0; i < event->workers; i++)
		event_sink_apply(&event->sinks[i], settings, event->workers);
	if (event->journal)
		journal_apply(event->journal, settings);
}

void event_hand_over(struct event *event)
{
	if (event->journal)
		journal_stop(event->journal);
	event->journal = NULL;
}

void event_free(struct event *event)
{
	event_hand_over(event);
	release(event);
}

struct journal_state event_state(struct event *event)
{
	return event->journal ? journal_state(event->journal) : (struct journal_state){ .is_writing = false };
}

const struct counts_view *event_counts(struct event *event)
{
	return counts_view_update(&event->view) == RESULT_OK ? &event->view : NULL;
}

struct losses event_losses(struct event *event)
{
	return journal_losses(event->rings, event->slots, &event->page->tally);
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
		.losses = journal_losses(event->rings, event->slots, &event->page->tally),
		.is_writing = event_state(event).is_writing,
		.start_wall_ns = event->start_wall_ns,
		.more = more,
		.more_count = more_count,
	};
	enum result result = counts_view_update(&event->view);

	return result == RESULT_OK ? metrics_write(&source, out) : result;
}
