/* Denied networks, a line "=", allowed ones, another "=", then addresses of four bytes: the table says what the networks say one by one. */
#include <assert.h>
#include <stdlib.h>

#include "packet/lists/file.h"
#include "packet/lists/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct packet_cells cells[TABLE_CELLS];
static struct packet_group groups[PACKET_GROUPS];

static void ask(const struct packet_table *table, const struct packet_prefixes *denied, const struct packet_prefixes *allowed, const struct address *address)
{
	bool is_allowed = prefixes_contain(allowed, address), is_denied = prefixes_contain(denied, address);

	assert(table_ask(table, address) == (is_allowed ? PACKET_ALLOW : is_denied ? PACKET_DENY : PACKET_NEITHER));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size), parts[2];
	struct packet_prefixes lists[2];
	struct complaints complaints;
	struct packet_table table;

	for (unsigned i = 0; i < 2; i++)
		parts[i] = span_cut(&rest, '=');
	complaints_init(&complaints);
	table_init(&table, cells, groups);
	for (unsigned i = 0; i < 2; i++) {
		prefixes_init(&lists[i]);
		if (prefix_text_read(SPAN("fuzz"), parts[i], &complaints, &lists[i]) != RESULT_OK)
			assert(complaints.errors && !lists[i].v4 && !lists[i].v6);
	}
	table.group_limit = rest.len & 7;
	if (table_build(&table, &lists[0], &lists[1], &complaints) == RESULT_OK) {
		for (; rest.len >= 4; rest = span_skip(rest, 1)) {
			struct address v4 = { { [10] = 0xff, [11] = 0xff } }, v6 = { { 0x20, 1, 0xd, 0xb8 } };

			memcpy(v4.bytes + 12, rest.at, 4);
			memcpy(v6.bytes + 4, rest.at, 4);
			ask(&table, &lists[0], &lists[1], &v4);
			ask(&table, &lists[0], &lists[1], &v6);
		}
		for (unsigned i = 0; i < 2; i++) {
			for (size_t j = 0; j < lists[i].v6_count; j++)
				ask(&table, &lists[0], &lists[1], &lists[i].v6[j].address);
		}
	}
	prefixes_done(&lists[0]);
	prefixes_done(&lists[1]);
	table_done(&table);
	complaints_done(&complaints);
	return 0;
}
