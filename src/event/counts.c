#include "event/counts.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

#include "base/banned.h"

#define COUNTS_MAGIC 0x73746e756f636c62u
/* Another set of numbers is another layout. */
#define COUNTS_VERSION (1u << 16 | COUNTS_NUMBERS)

/* Site names are the administrator's: nobody outside chooses them, so the seed may be fixed. */
static const struct hash_seed name_seed = { 1, 2 };

size_t counts_memory_bytes(void)
{
	return sizeof(struct counts_block);
}

void counts_adopt(void *memory, bool *is_new)
{
	struct counts_block *block = memory;
	uint32_t id, used;

	assert(((uintptr_t)memory & 63) == 0);
	used = atomic_load(&block->site_count);
	*is_new = block->magic != COUNTS_MAGIC || block->version != COUNTS_VERSION || used == 0 || used > COUNTS_SITES;
	if (!*is_new)
		return;
	/* Only what is in use is cleared: a block's memory is large, and zero when it is new. */
	block->magic = 0;
	random_fill(&id, sizeof(id));
	block->version = COUNTS_VERSION;
	block->id = id;
	atomic_store(&block->filtered, 0);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		atomic_store(&block->sampled[i], 0);
	memset(&block->sites[0], 0, sizeof(block->sites[0]));
	atomic_store(&block->site_count, 1);
	atomic_thread_fence(memory_order_release);
	block->magic = COUNTS_MAGIC;
}

static struct span site_name(const struct counts_site *site)
{
	return span_make(site->name, (unsigned char)site->name[COUNTS_NAME_MAX]);
}

/* The place in the map of NAME's slot, or the free place where it would go. */
static uint16_t *find_place(struct counts_writer *writer, struct span name)
{
	size_t mask = sizeof(writer->map) / sizeof(writer->map[0]) - 1;
	size_t at = hash_span(name_seed, name) & mask;

	while (writer->map[at] && !span_equal(site_name(&writer->block->sites[writer->map[at]]), name))
		at = (at + 1) & mask;
	return &writer->map[at];
}

void counts_writer_open(struct counts_writer *writer, void *memory)
{
	memset(writer, 0, sizeof(*writer));
	writer->block = memory;
	for (unsigned i = 1; i < atomic_load(&writer->block->site_count); i++) {
		uint16_t *place = find_place(writer, site_name(&writer->block->sites[i]));

		if (*place == 0)
			*place = (uint16_t)i;
	}
}

static struct counts_site *find_site(struct counts_writer *writer, struct span name)
{
	struct counts_block *block = writer->block;
	uint32_t used = atomic_load_explicit(&block->site_count, memory_order_relaxed);
	uint16_t *place;

	if (name.len == 0 || name.len >= COUNTS_NAME_MAX)
		return &block->sites[0];
	place = find_place(writer, name);
	if (*place)
		return &block->sites[*place];
	if (used >= COUNTS_SITES)
		return &block->sites[0];
	/* A slot killed before the last store is written again by the next one. */
	memset(&block->sites[used], 0, sizeof(block->sites[used]));
	memcpy(block->sites[used].name, name.at, name.len);
	block->sites[used].name[COUNTS_NAME_MAX] = (char)name.len;
	atomic_store_explicit(&block->site_count, used + 1, memory_order_release);
	*place = (uint16_t)used;
	return &block->sites[used];
}

void counts_request(struct counts_writer *writer, const struct request_fact *fact)
{
	_Atomic uint64_t *numbers = find_site(writer, fact->site_name)->numbers;
	unsigned class = fact->status >= 100 && fact->status < 600 ? fact->status / 100 : 0;

	counts_add(&numbers[COUNTS_EVENTS], 1);
	counts_add(&numbers[COUNTS_REQUEST_BYTES], fact->request_bytes);
	counts_add(&numbers[COUNTS_RESPONSE_BYTES], fact->response_bytes);
	counts_add(&numbers[COUNTS_TOTAL_US], fact->total_us);
	counts_add(&numbers[COUNTS_WAIT_US], fact->wait_us);
	counts_add(&numbers[COUNTS_DECISIONS + (unsigned)fact->decision % DECISION_COUNT * COUNTS_CLASSES + class], 1);
	counts_add(&numbers[COUNTS_REASONS + (unsigned)fact->reason % REASON_COUNT], 1);
	counts_add(&numbers[COUNTS_AFTER], fact->seen_after != SEEN_NOT);
	counts_add(&numbers[COUNTS_AFTER_ATTACKS], fact->seen_after == SEEN_ATTACK);
}

void counts_audit_lost(struct counts_writer *writer, struct span site_name)
{
	counts_add(&find_site(writer, site_name)->numbers[COUNTS_AUDIT_LOST], 1);
}

void counts_connection(struct counts_writer *writer, const struct connection_fact *fact)
{
	_Atomic uint64_t *numbers = find_site(writer, fact->site_name)->numbers;

	counts_add(&numbers[COUNTS_EVENTS], 1);
	counts_add(&numbers[COUNTS_CONNECTIONS + (unsigned)fact->decision % DECISION_COUNT], 1);
	counts_add(&numbers[COUNTS_REASONS + (unsigned)fact->reason % REASON_COUNT], 1);
}

unsigned counts_site_group(struct span name, unsigned groups)
{
	return (unsigned)(hash_span(name_seed, name) >> 32) % groups;
}

enum result counts_view_init(struct counts_view *view, struct counts_block **blocks, unsigned count)
{
	*view = (struct counts_view){ .blocks = blocks, .block_count = count, .count = 1, .size = 16 };
	view->totals = calloc(view->size, sizeof(view->totals[0]));
	view->maps = calloc((size_t)count * COUNTS_SITES, sizeof(view->maps[0]));
	if (view->totals && view->maps)
		return RESULT_OK;
	counts_view_done(view);
	return RESULT_NO_MEMORY;
}

void counts_view_done(struct counts_view *view)
{
	free(view->totals);
	free(view->maps);
	*view = (struct counts_view){ .blocks = NULL };
}

static enum result find_total(struct counts_view *view, struct span name, uint32_t *out)
{
	for (size_t i = 1; i < view->count; i++) {  /* once for each new slot: not worth a table */
		if (span_equal(view->totals[i].name, name)) {
			*out = (uint32_t)i;
			return RESULT_OK;
		}
	}
	if (view->count == view->size) {
		struct counts_total *more = reallocarray(view->totals, view->size * 2, sizeof(more[0]));

		if (!more)
			return RESULT_NO_MEMORY;
		view->totals = more;
		view->size *= 2;
	}
	view->totals[view->count] = (struct counts_total){ .name = name };
	*out = (uint32_t)view->count++;
	return RESULT_OK;
}

static enum result find_new_sites(struct counts_view *view)
{
	for (unsigned b = 0; b < view->block_count; b++) {
		uint32_t used = atomic_load_explicit(&view->blocks[b]->site_count, memory_order_acquire);

		for (uint32_t slot = 1; slot < used && slot < COUNTS_SITES; slot++) {
			uint32_t *index = &view->maps[(size_t)b * COUNTS_SITES + slot];

			if (*index == 0 && find_total(view, site_name(&view->blocks[b]->sites[slot]), index) != RESULT_OK)
				return RESULT_NO_MEMORY;
		}
	}
	return RESULT_OK;
}

static void add_block(struct counts_view *view, unsigned b)
{
	struct counts_block *block = view->blocks[b];
	uint32_t used = atomic_load_explicit(&block->site_count, memory_order_acquire);

	view->filtered += atomic_load_explicit(&block->filtered, memory_order_relaxed);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		view->sampled[i] += atomic_load_explicit(&block->sampled[i], memory_order_relaxed);
	for (uint32_t slot = 0; slot < used && slot < COUNTS_SITES; slot++) {
		uint32_t index = view->maps[(size_t)b * COUNTS_SITES + slot];
		struct counts_total *total = &view->totals[index];

		if (slot && !index)  /* came since find_new_sites: the next update */
			continue;
		for (unsigned i = 0; i < COUNTS_NUMBERS; i++)
			total->numbers[i] += atomic_load_explicit(&block->sites[slot].numbers[i], memory_order_relaxed);
	}
}

enum result counts_view_update(struct counts_view *view)
{
	if (find_new_sites(view) != RESULT_OK)
		return RESULT_NO_MEMORY;
	view->filtered = 0;
	view->since = view->block_count ? view->blocks[0]->id : 0;
	memset(view->sampled, 0, sizeof(view->sampled));
	for (size_t i = 0; i < view->count; i++)
		memset(view->totals[i].numbers, 0, sizeof(view->totals[i].numbers));
	for (unsigned b = 0; b < view->block_count; b++)
		add_block(view, b);
	return RESULT_OK;
}
