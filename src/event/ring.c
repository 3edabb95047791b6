#include "event/ring.h"

#include <assert.h>

#include "base/hash.h"
#include "event/crc32c.h"

#include "base/banned.h"

#define RING_MAGIC 0x676e6972636c6f62u
#define RING_VERSION 1u

struct geometry {
	uint32_t slots, bytes;
};

/* One slot for each 512 bytes, a power of two of them; the rest is bytes. */
static struct geometry geometry_of(size_t size)
{
	struct geometry g = { .slots = 4 };

	if (size > UINT32_MAX)
		size = UINT32_MAX;
	while ((size_t)g.slots * 2 * 512 <= size)
		g.slots *= 2;
	g.bytes = (uint32_t)(size - sizeof(struct ring_header) - g.slots * sizeof(struct ring_slot));
	return g;
}

static struct ring_slot *slots_of(struct ring_header *header)
{
	return (struct ring_slot *)(void *)(header + 1);
}

/* Both ends may be moving in another process: a tail read before the head is never past it, and one read after it never
 * leaves more records between them than there are slots. */
static bool is_valid(struct ring_header *header, struct geometry g)
{
	uint64_t before, head, after;

	if (header->magic != RING_MAGIC || header->version != RING_VERSION || header->slots != g.slots || header->bytes != g.bytes)
		return false;
	before = atomic_load(&header->tail);
	head = atomic_load(&header->head);
	after = atomic_load(&header->tail);
	return before <= head && (head <= after || head - after <= g.slots);
}

enum result ring_adopt(void *memory, size_t size, bool *is_new)
{
	struct ring_header *header = memory;
	struct geometry g;
	uint32_t id;

	assert(((uintptr_t)memory & 63) == 0);
	if (size < RING_MIN_BYTES)
		return RESULT_LIMIT;
	g = geometry_of(size);
	*is_new = !is_valid(header, g);
	if (!*is_new)
		return RESULT_OK;
	header->magic = 0;
	random_fill(&id, sizeof(id));
	header->version = RING_VERSION;
	header->id = id;
	header->slots = g.slots;
	header->bytes = g.bytes;
	atomic_store(&header->head, 0);
	atomic_store(&header->tail, 0);
	atomic_store(&header->refused, 0);
	atomic_store(&header->corrupt, 0);
	atomic_thread_fence(memory_order_release);  /* the magic last: a birth cut short is not a ring */
	header->magic = RING_MAGIC;
	return RESULT_OK;
}

void ring_writer_open(struct ring_writer *writer, void *memory, size_t size)
{
	struct geometry g = geometry_of(size);

	writer->shared = memory;
	writer->slots = slots_of(memory);
	writer->bytes = (char *)(writer->slots + g.slots);
	writer->slot_mask = g.slots - 1;
	writer->byte_count = g.bytes;
}

void ring_reader_open(struct ring_reader *reader, void *memory, size_t size)
{
	struct geometry g = geometry_of(size);

	reader->shared = memory;
	reader->slots = slots_of(memory);
	reader->bytes = (char *)(reader->slots + g.slots);
	reader->slot_mask = g.slots - 1;
	reader->byte_count = g.bytes;
	reader->corrupt = 0;
	ring_rewind(reader);
}

/* Where NEED bytes in one piece are free, given the oldest record's start and the newest one's end; byte_count: nowhere.
 * The used part is [oldest, newest) or, once it went round, everything but [newest, oldest). */
static uint32_t find_room(const struct ring_writer *writer, uint32_t oldest, uint32_t newest, uint32_t need)
{
	if (newest <= oldest)
		return oldest - newest >= need ? newest : writer->byte_count;
	if (writer->byte_count - newest >= need)
		return newest;
	return oldest >= need ? 0 : writer->byte_count;
}

void ring_refuse(struct ring_writer *writer)
{
	uint64_t refused = atomic_load_explicit(&writer->shared->refused, memory_order_relaxed);

	atomic_store_explicit(&writer->shared->refused, refused + 1, memory_order_relaxed);
}

static bool refuse(struct ring_writer *writer)
{
	ring_refuse(writer);
	return false;
}

bool ring_write(struct ring_writer *writer, struct span record, uint32_t crc)
{
	uint64_t head = atomic_load_explicit(&writer->shared->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&writer->shared->tail, memory_order_acquire);
	struct ring_slot *slot = &writer->slots[head & writer->slot_mask];
	uint32_t start = 0;

	if (record.len == 0 || record.len > writer->byte_count || head - tail > writer->slot_mask)
		return refuse(writer);
	if (head != tail) {
		const struct ring_slot *oldest = &writer->slots[tail & writer->slot_mask];
		const struct ring_slot *newest = &writer->slots[(head - 1) & writer->slot_mask];

		start = find_room(writer, oldest->start, newest->start + newest->len, (uint32_t)record.len);
		/* Also when the memory was damaged: nothing is written outside it. */
		if (start >= writer->byte_count || writer->byte_count - start < record.len)
			return refuse(writer);
	}
	memcpy(writer->bytes + start, record.at, record.len);
	*slot = (struct ring_slot){ .number = head + 1, .start = start, .len = (uint32_t)record.len, .crc = crc };
	atomic_store_explicit(&writer->shared->head, head + 1, memory_order_release);
	return true;
}

bool ring_is_half_full(const struct ring_writer *writer)
{
	uint64_t head = atomic_load_explicit(&writer->shared->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&writer->shared->tail, memory_order_relaxed);

	return (head - tail) * 2 > writer->slot_mask;
}

bool ring_has_records(const struct ring_writer *writer)
{
	return atomic_load_explicit(&writer->shared->head, memory_order_relaxed) !=
	       atomic_load_explicit(&writer->shared->tail, memory_order_acquire);
}

enum result ring_read(struct ring_reader *reader, struct ring_record *out)
{
	uint64_t head = atomic_load_explicit(&reader->shared->head, memory_order_acquire);
	const struct ring_slot *slot = &reader->slots[reader->next & reader->slot_mask];
	struct ring_record record = { .number = reader->next + 1, .crc = slot->crc };

	if (reader->next >= head)
		return RESULT_MORE;
	reader->next++;
	if (slot->number == record.number && slot->start <= reader->byte_count && slot->len <= reader->byte_count - slot->start) {
		record.bytes = span_make(reader->bytes + slot->start, slot->len);
		if (crc32c_more(0, record.bytes) == record.crc) {
			*out = record;
			return RESULT_OK;
		}
	}
	reader->corrupt++;
	return RESULT_MALFORMED;
}

void ring_commit(struct ring_reader *reader)
{
	uint64_t corrupt = atomic_load_explicit(&reader->shared->corrupt, memory_order_relaxed);

	if (reader->corrupt)
		atomic_store_explicit(&reader->shared->corrupt, corrupt + reader->corrupt, memory_order_relaxed);
	reader->corrupt = 0;
	atomic_store_explicit(&reader->shared->tail, reader->next, memory_order_release);
}

void ring_rewind(struct ring_reader *reader)
{
	reader->corrupt = 0;
	reader->next = atomic_load_explicit(&reader->shared->tail, memory_order_relaxed);
}

void ring_skip(struct ring_reader *reader, uint64_t number)
{
	uint64_t head = atomic_load_explicit(&reader->shared->head, memory_order_acquire);

	if (number > reader->next && number <= head) {
		reader->next = number;
		ring_commit(reader);
	}
}
