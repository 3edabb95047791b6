#include "packet/control/publish.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "packet/lists/array.h"
#include "packet/lists/carry.h"

#include "base/banned.h"

#define BATCH 4096u

/* -- arrays: made in memory of our own and written as they are, all in one go. To write them where they lie, through a mapping, takes a fault for
 * every page of it, and on virtual machines that is three times what the rest takes. -- */

#define CELLS_BYTES (TABLE_CELLS * sizeof(struct packet_cells))
#define COPY_BYTES (CELLS_BYTES + PACKET_GROUPS * sizeof(struct packet_group))

static enum result table_new(struct packet_table *out)
{
	char *bytes = mmap(NULL, COPY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return RESULT_NO_MEMORY;
	(void)madvise(bytes, COPY_BYTES, MADV_HUGEPAGE);  /* a wish */
	table_init(out, (struct packet_cells *)bytes, (struct packet_group *)(bytes + CELLS_BYTES));
	return RESULT_OK;
}

static void table_free(struct packet_table *table)
{
	munmap(table->cells, COPY_BYTES);
	table_done(table);
}

/* COUNT elements of BYTES each, from FIRST on. */
static enum result put_array(int fd, __u32 first, const void *elements, size_t bytes, __u32 count)
{
	__u32 keys[BATCH];

	for (__u32 done = 0; done < count;) {
		__u32 some = count - done < BATCH ? count - done : BATCH;

		for (__u32 i = 0; i < some; i++)
			keys[i] = first + done + i;
		if (bpf_map_update_batch(fd, keys, (const char *)elements + done * bytes, &some, NULL) != 0)
			return RESULT_IO;
		done += some;
	}
	return RESULT_OK;
}

static enum result get_array(int fd, __u32 first, void *elements, size_t bytes, __u32 count)
{
	for (__u32 i = 0; i < count; i++) {
		__u32 key = first + i;

		if (bpf_map_lookup_elem(fd, &key, (char *)elements + i * bytes) != 0)
			return RESULT_IO;
	}
	return RESULT_OK;
}

/* -- hashes: both copies in one map, so what a copy held goes key by key -- */

/* Calls EACH for every entry of FD, BATCH at a time. */
struct walk {
	int fd;
	size_t key_bytes;
	enum result (*each)(void *context, const void *key, __u32 value);
	void *context;
};

static enum result walk(const struct walk *walk)
{
	char *keys = malloc(BATCH * walk->key_bytes);
	__u32 *values = malloc(BATCH * sizeof(*values)), at = 0;
	enum result result = keys && values ? RESULT_OK : RESULT_NO_MEMORY;
	bool is_first = true, is_last = false;

	while (result == RESULT_OK && !is_last) {
		__u32 count = BATCH;

		is_last = bpf_map_lookup_batch(walk->fd, is_first ? NULL : &at, &at, keys, values, &count, NULL) != 0;
		if (is_last && errno != ENOENT)
			result = RESULT_IO;
		for (__u32 i = 0; i < count && result == RESULT_OK; i++)
			result = walk->each(walk->context, keys + i * walk->key_bytes, values[i]);
		is_first = false;
	}
	free(keys);
	free(values);
	return result;
}

struct stale {
	__u32 copy;
	size_t key_bytes, count, size;
	char *keys;
};

/* Both keys have their copy where packet_v6_key and packet_more_key say. */
static __u32 copy_of(const void *key, size_t key_bytes)
{
	return key_bytes == sizeof(struct packet_v6_key) ? ((const struct packet_v6_key *)key)->copy : ((const struct packet_more_key *)key)->copy;
}

static enum result note_stale(void *context, const void *key, __u32 value)
{
	struct stale *stale = context;
	char *keys;

	(void)value;
	if (copy_of(key, stale->key_bytes) != stale->copy)
		return RESULT_OK;
	keys = array_grow(stale->keys, stale->count, &stale->size, stale->key_bytes);
	if (!keys)
		return RESULT_NO_MEMORY;
	stale->keys = keys;
	memcpy(keys + stale->count++ * stale->key_bytes, key, stale->key_bytes);
	return RESULT_OK;
}

static enum result forget(int fd, size_t key_bytes, __u32 copy)
{
	struct stale stale = { .copy = copy, .key_bytes = key_bytes };
	enum result result = walk(&(struct walk){ fd, key_bytes, note_stale, &stale });

	for (size_t done = 0; done < stale.count && result == RESULT_OK;) {
		__u32 count = stale.count - done < BATCH ? (__u32)(stale.count - done) : BATCH;

		if (bpf_map_delete_batch(fd, stale.keys + done * key_bytes, &count, NULL) != 0)
			result = RESULT_IO;
		done += count;
	}
	free(stale.keys);
	return result;
}

static enum result update(int fd, const void *keys, size_t key_bytes, const __u32 *values, size_t count)
{
	for (size_t done = 0; done < count;) {
		__u32 some = count - done < BATCH ? (__u32)(count - done) : BATCH;

		if (bpf_map_update_batch(fd, (const char *)keys + done * key_bytes, values + done, &some, NULL) != 0)
			return RESULT_IO;
		done += some;
	}
	return RESULT_OK;
}

static enum result put_more(const struct packet_table *table, __u32 copy, int fd)
{
	struct packet_more_key *keys = calloc(table->more_count + 1, sizeof(*keys));
	__u32 *values = calloc(table->more_count + 1, sizeof(*values));
	enum result result = keys && values ? RESULT_OK : RESULT_NO_MEMORY;

	for (size_t i = 0; i < table->more_count && result == RESULT_OK; i++) {
		keys[i] = (struct packet_more_key){ table->more[i].address, copy };
		values[i] = table->more[i].verdict;
	}
	if (result == RESULT_OK)
		result = update(fd, keys, sizeof(*keys), values, table->more_count);
	free(keys);
	free(values);
	return result;
}

static enum result put_v6(const struct packet_table *table, __u32 copy, int fd)
{
	struct packet_v6_key *keys = calloc(table->v6_count + 1, sizeof(*keys));
	__u32 *values = calloc(table->v6_count + 1, sizeof(*values));
	enum result result = keys && values ? RESULT_OK : RESULT_NO_MEMORY;

	for (size_t i = 0; i < table->v6_count && result == RESULT_OK; i++) {
		keys[i] = (struct packet_v6_key){ .copy = copy, .length = table->v6[i].length };
		memcpy(keys[i].bytes, table->v6[i].bytes, sizeof(keys[i].bytes));
		values[i] = table->v6[i].verdict;
	}
	if (result == RESULT_OK)
		result = update(fd, keys, sizeof(*keys), values, table->v6_count);
	free(keys);
	free(values);
	return result;
}

/* -- the flip -- */

void publish_flip(struct control *control, __u32 copy)
{
	__atomic_store_n(&control_settings(control)->copy, copy, __ATOMIC_RELEASE);
}

static enum result fill(struct control *control, const struct packet_table *table, __u32 copy)
{
	const struct packet_maps *maps = control_maps(control);
	struct packet_settings *settings = control_settings(control);
	enum result result = forget(maps->fds[PACKET_MAP_LISTS_MORE], sizeof(struct packet_more_key), copy);

	if (result == RESULT_OK)
		result = forget(maps->fds[PACKET_MAP_LISTS_V6], sizeof(struct packet_v6_key), copy);
	if (result == RESULT_OK)
		result = put_array(maps->fds[PACKET_MAP_GROUPS], copy * PACKET_GROUPS, table->groups, sizeof(*table->groups), table->group_count);
	if (result == RESULT_OK)
		result = put_array(maps->fds[PACKET_MAP_DIRECT], copy * TABLE_CELLS, table->cells, sizeof(*table->cells), TABLE_CELLS);
	if (result == RESULT_OK)
		result = put_more(table, copy, maps->fds[PACKET_MAP_LISTS_MORE]);
	if (result == RESULT_OK)
		result = put_v6(table, copy, maps->fds[PACKET_MAP_LISTS_V6]);
	if (result != RESULT_OK)
		return result;
	memcpy(settings->lengths[copy], table->lengths, sizeof(table->lengths));
	settings->length_count[copy] = (__u8)table->length_count;
	return RESULT_OK;
}

enum result publish_lists(struct control *control, const struct packet_prefixes *denied, const struct packet_prefixes *allowed,
                          struct complaints *complaints, struct published *out)
{
	__u32 copy = control_settings(control)->copy ? 0 : 1;
	uint64_t start_ns = clock_mono_ns();
	struct packet_table table;
	enum result result = table_new(&table);

	if (result != RESULT_OK)
		return result;
	result = table_build(&table, denied, allowed, complaints);
	if (result == RESULT_OK)
		result = fill(control, &table, copy);
	if (result == RESULT_OK) {
		publish_flip(control, copy);
		*out = (struct published){ clock_mono_ns() - start_ns, table.group_count, table.more_count, table.v6_count, table.length_count, copy };
	}
	table_free(&table);
	return result;
}

/* -- back -- */

struct carrying {
	struct packet_table table;
	__u32 copy;
};

static enum result take_more(void *context, const void *key, __u32 value)
{
	const struct packet_more_key *more = key;
	struct carrying *carrying = context;
	struct packet_table *table = &carrying->table;
	struct table_more *list = array_grow(table->more, table->more_count, &table->more_size, sizeof(*list));

	if (!list)
		return RESULT_NO_MEMORY;
	table->more = list;
	if (more->copy == carrying->copy)
		list[table->more_count++] = (struct table_more){ more->address, (enum packet_verdict)value };
	return RESULT_OK;
}

static enum result take_v6(void *context, const void *key, __u32 value)
{
	const struct packet_v6_key *v6 = key;
	struct carrying *carrying = context;
	struct packet_table *table = &carrying->table;
	struct table_v6 *list = array_grow(table->v6, table->v6_count, &table->v6_size, sizeof(*list));

	if (!list)
		return RESULT_NO_MEMORY;
	table->v6 = list;
	if (v6->copy == carrying->copy) {
		list += table->v6_count++;
		*list = (struct table_v6){ .length = (uint8_t)v6->length, .verdict = (enum packet_verdict)value };
		memcpy(list->bytes, v6->bytes, sizeof(list->bytes));
	}
	return RESULT_OK;
}

enum result publish_carry(struct control *control, struct packet_prefixes *out)
{
	const struct packet_maps *maps = control_maps(control);
	struct carrying carrying = { .copy = control_settings(control)->copy };
	enum result result = table_new(&carrying.table);

	if (result != RESULT_OK)
		return result;
	result = get_array(maps->fds[PACKET_MAP_DIRECT], carrying.copy * TABLE_CELLS, carrying.table.cells, sizeof(*carrying.table.cells), TABLE_CELLS);
	if (result == RESULT_OK)
		result = get_array(maps->fds[PACKET_MAP_GROUPS], carrying.copy * PACKET_GROUPS, carrying.table.groups, sizeof(*carrying.table.groups), PACKET_GROUPS);
	if (result == RESULT_OK)
		result = walk(&(struct walk){ maps->fds[PACKET_MAP_LISTS_MORE], sizeof(struct packet_more_key), take_more, &carrying });
	if (result == RESULT_OK)
		result = walk(&(struct walk){ maps->fds[PACKET_MAP_LISTS_V6], sizeof(struct packet_v6_key), take_v6, &carrying });
	if (result == RESULT_OK)
		result = table_carry(&carrying.table, out);
	table_free(&carrying.table);
	return result;
}
