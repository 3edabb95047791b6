#include "packet/lists/carry.h"

#include "base/banned.h"

static enum result add_range(struct packet_prefixes *out, uint32_t from, uint32_t to)
{
	struct packet_range *last = out->v4_count ? &out->v4[out->v4_count - 1] : NULL;

	if (last && (uint64_t)last->to + 1 == from) {
		last->to = to;
		return RESULT_OK;
	}
	return prefixes_add_range(out, (struct packet_range){ from, to });
}

static enum result carry_group(const struct packet_group *group, uint32_t first, struct packet_prefixes *out)
{
	enum result result = RESULT_OK;

	for (uint32_t i = 0; i < 256 && result == RESULT_OK; i++) {
		if ((group->word[i / 32] >> (2 * (i % 32)) & 3) == PACKET_DENY)
			result = add_range(out, first | i, first | i);
	}
	return result;
}

static enum result carry_cells(const struct packet_table *table, struct packet_prefixes *out)
{
	enum result result = RESULT_OK;

	for (uint32_t number = 0; number < 256 * TABLE_CELLS && result == RESULT_OK; number++) {
		uint16_t cell = table->cells[number >> 8].cell[number & 255];

		if (cell == PACKET_DENY)
			result = add_range(out, number << 8, number << 8 | 255u);
		else if (cell >= PACKET_CELL_GROUPS)
			result = carry_group(&table->groups[cell - PACKET_CELL_GROUPS], number << 8, out);
	}
	return result;
}

enum result table_carry(const struct packet_table *table, struct packet_prefixes *out)
{
	enum result result = carry_cells(table, out);

	for (size_t i = 0; i < table->more_count && result == RESULT_OK; i++) {
		uint32_t address = table->more[i].address;

		if (table->more[i].verdict == PACKET_DENY)
			result = add_range(out, address, address);
	}
	for (size_t i = 0; i < table->v6_count && result == RESULT_OK; i++) {
		struct network network = { .prefix = table->v6[i].length };

		memcpy(network.address.bytes, table->v6[i].bytes, sizeof(network.address.bytes));
		if (table->v6[i].verdict == PACKET_DENY)
			result = prefixes_add(out, &network);
	}
	if (result == RESULT_OK)
		prefixes_merge(out);
	return result;
}
