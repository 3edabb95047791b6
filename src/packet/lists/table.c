#include "packet/lists/table.h"

#include "packet/lists/array.h"

#include "base/banned.h"

#define WORD_ADDRESSES 32u

void table_init(struct packet_table *table, struct packet_cells *cells, struct packet_group *groups)
{
	*table = (struct packet_table){ .cells = cells, .groups = groups, .group_limit = PACKET_GROUPS };
}

void table_done(struct packet_table *table)
{
	free(table->more);
	free(table->v6);
	table->more = NULL;
	table->v6 = NULL;
}

/* -- IPv4 -- */

/* The bits of addresses FROM to TO of a word. */
static uint64_t bits_of(unsigned from, unsigned to)
{
	uint64_t upto = to == WORD_ADDRESSES - 1 ? ~0ull : (1ull << (2 * (to + 1))) - 1;

	return upto & ~((1ull << (2 * from)) - 1);
}

static void group_set(struct packet_group *group, unsigned from, unsigned to, enum packet_verdict verdict)
{
	const uint64_t all = verdict * 0x5555555555555555ull;

	for (unsigned word = from / WORD_ADDRESSES; word <= to / WORD_ADDRESSES; word++) {
		unsigned first = word * WORD_ADDRESSES < from ? from % WORD_ADDRESSES : 0;
		unsigned last = (word + 1) * WORD_ADDRESSES - 1 > to ? to % WORD_ADDRESSES : WORD_ADDRESSES - 1;
		uint64_t bits = bits_of(first, last);

		group->word[word] = (group->word[word] & ~bits) | (all & bits);
	}
}

static enum result add_more(struct packet_table *table, uint32_t from, uint32_t to, enum packet_verdict verdict)
{
	for (uint64_t address = from; address <= to; address++) {
		struct table_more *list = array_grow(table->more, table->more_count, &table->more_size, sizeof(*list));

		if (!list)
			return RESULT_NO_MEMORY;
		table->more = list;
		if (table->more_count == TABLE_MORE_MAX)
			return RESULT_LIMIT;
		list[table->more_count++] = (struct table_more){ (uint32_t)address, verdict };
	}
	return RESULT_OK;
}

/* A part of one /24. Without a group for it, its addresses stand one by one. */
static enum result paint_part(struct packet_table *table, uint32_t from, uint32_t to, enum packet_verdict verdict)
{
	uint16_t *cell = &table->cells[from >> 16].cell[(from >> 8) & 255];
	enum result result = RESULT_OK;

	if (*cell == verdict)
		return RESULT_OK;
	if (*cell < PACKET_CELL_MORE && table->group_count < table->group_limit) {
		group_set(&table->groups[table->group_count], 0, 255, (enum packet_verdict)*cell);
		*cell = (uint16_t)(PACKET_CELL_GROUPS + table->group_count++);
	}
	if (*cell >= PACKET_CELL_GROUPS) {
		group_set(&table->groups[*cell - PACKET_CELL_GROUPS], from & 255, to & 255, verdict);
		return RESULT_OK;
	}
	if (*cell == PACKET_DENY || *cell == PACKET_ALLOW)
		result = add_more(table, from & ~255u, from | 255u, (enum packet_verdict)*cell);
	if (result != RESULT_OK)
		return result;
	*cell = PACKET_CELL_MORE;
	return add_more(table, from, to, verdict);
}

/* Whole /24, from one up to another. */
static void paint_cells(struct packet_table *table, uint32_t from, uint32_t to, enum packet_verdict verdict)
{
	for (uint32_t number = from; number <= to; number++)
		table->cells[number >> 8].cell[number & 255] = (uint16_t)verdict;
}

static enum result paint(struct packet_table *table, struct packet_range range, enum packet_verdict verdict)
{
	uint32_t first = range.from >> 8, last = range.to >> 8;
	enum result result = RESULT_OK;

	if (first == last && ((range.from & 255) || (range.to & 255) != 255))
		return paint_part(table, range.from, range.to, verdict);
	if (range.from & 255)
		result = paint_part(table, range.from, (first++ << 8) | 255u, verdict);
	if ((range.to & 255) != 255 && result == RESULT_OK)
		result = paint_part(table, last-- << 8, range.to, verdict);
	if (result == RESULT_OK && first <= last)
		paint_cells(table, first, last, verdict);
	return result;
}

static enum result build_v4(struct packet_table *table, const struct packet_prefixes *prefixes, enum packet_verdict verdict)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < prefixes->v4_count && result == RESULT_OK; i++)
		result = paint(table, prefixes->v4[i], verdict);
	return result;
}

/* -- IPv6 -- */

static enum result add_v6(struct packet_table *table, const struct network *network, enum packet_verdict verdict)
{
	struct table_v6 *list = array_grow(table->v6, table->v6_count, &table->v6_size, sizeof(*list));

	if (!list)
		return RESULT_NO_MEMORY;
	table->v6 = list;
	if (table->v6_count == TABLE_V6_MAX)
		return RESULT_LIMIT;
	list += table->v6_count++;
	*list = (struct table_v6){ .length = network->prefix, .verdict = verdict };
	memcpy(list->bytes, network->address.bytes, sizeof(list->bytes));
	return RESULT_OK;
}

static enum result build_v6(struct packet_table *table, const struct packet_prefixes *denied, const struct packet_prefixes *allowed)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < allowed->v6_count && result == RESULT_OK; i++)
		result = add_v6(table, &allowed->v6[i], PACKET_ALLOW);
	for (size_t i = 0; i < denied->v6_count && result == RESULT_OK; i++) {
		if (!prefixes_cover_v6(allowed, &denied->v6[i]))
			result = add_v6(table, &denied->v6[i], PACKET_DENY);
	}
	return result;
}

/* The lengths in use, the longest first. How many there are, which may be more than fit. */
static unsigned find_lengths(struct packet_table *table)
{
	bool is_used[129] = { false };
	unsigned count = 0;

	for (size_t i = 0; i < table->v6_count; i++)
		is_used[table->v6[i].length] = true;
	for (unsigned length = 129; length-- > 0;) {
		if (is_used[length] && count++ < PACKET_PREFIX_LENGTHS_MAX)
			table->lengths[count - 1] = (uint8_t)length;
	}
	table->length_count = count < PACKET_PREFIX_LENGTHS_MAX ? count : PACKET_PREFIX_LENGTHS_MAX;
	return count;
}

/* -- both -- */

#define COMPLAIN(complaints, suggestion, ...) complain(complaints, COMPLAINT_ERROR, (struct place){ .line = 0 }, SPAN(suggestion), __VA_ARGS__)

enum result table_build(struct packet_table *table, const struct packet_prefixes *denied, const struct packet_prefixes *allowed,
                        struct complaints *complaints)
{
	enum result result;
	unsigned lengths;

	memset(table->cells, 0, TABLE_CELLS * sizeof(*table->cells));
	table->group_count = table->length_count = 0;
	table->more_count = table->v6_count = 0;
	result = build_v4(table, denied, PACKET_DENY);
	if (result == RESULT_OK)
		result = build_v4(table, allowed, PACKET_ALLOW);
	if (result == RESULT_LIMIT)
		COMPLAIN(complaints, "write whole /24 where much of one is meant", "parts of more than %u different /24, and more than %u addresses beside them",
		         PACKET_GROUPS, TABLE_MORE_MAX);
	if (result != RESULT_OK)
		return result;
	result = build_v6(table, denied, allowed);
	if (result == RESULT_LIMIT)
		COMPLAIN(complaints, "write wider ones", "more than %u networks of IPv6", TABLE_V6_MAX);
	lengths = find_lengths(table);
	if (result == RESULT_OK && lengths > PACKET_PREFIX_LENGTHS_MAX) {
		COMPLAIN(complaints, "write a /45 as eight /48, say: each length costs every packet of IPv6 a look",
		         "networks of IPv6 of %u different lengths, expected at most %u", lengths, PACKET_PREFIX_LENGTHS_MAX);
		result = RESULT_LIMIT;
	}
	return result;
}

static enum packet_verdict ask_v4(const struct packet_table *table, uint32_t number)
{
	uint16_t cell = table->cells[number >> 16].cell[(number >> 8) & 255];

	if (cell >= PACKET_CELL_GROUPS) {
		const struct packet_group *group = &table->groups[cell - PACKET_CELL_GROUPS];

		return (enum packet_verdict)(group->word[(number & 255) / WORD_ADDRESSES] >> (2 * (number % WORD_ADDRESSES)) & 3);
	}
	for (size_t i = table->more_count; cell == PACKET_CELL_MORE && i-- > 0;) {
		if (table->more[i].address == number)
			return table->more[i].verdict;
	}
	return cell == PACKET_CELL_MORE ? PACKET_NEITHER : (enum packet_verdict)cell;
}

enum packet_verdict table_ask(const struct packet_table *table, const struct address *address)
{
	enum packet_verdict verdict = PACKET_NEITHER;
	unsigned length = 0;

	if (address_is_v4(address))
		return ask_v4(table, address_v4(address));
	for (size_t i = 0; i < table->v6_count; i++) {
		struct network network = { .prefix = table->v6[i].length };

		memcpy(network.address.bytes, table->v6[i].bytes, sizeof(network.address.bytes));
		if (network.prefix >= length && network_contains(&network, address)) {
			length = network.prefix;
			verdict = table->v6[i].verdict;
		}
	}
	return verdict;
}
