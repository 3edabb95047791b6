#include "packet/lists/prefixes.h"

#include "packet/lists/array.h"

#include "base/banned.h"

#define V4_PREFIX 96u

void prefixes_init(struct packet_prefixes *prefixes)
{
	*prefixes = (struct packet_prefixes){ .v4 = NULL };
}

void prefixes_done(struct packet_prefixes *prefixes)
{
	free(prefixes->v4);
	free(prefixes->v6);
	prefixes_init(prefixes);
}

uint32_t address_v4(const struct address *address)
{
	const uint8_t *at = address->bytes + 12;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_v4(const struct network *network)
{
	return network->prefix >= V4_PREFIX && address_is_v4(&network->address);
}

enum result prefixes_add_range(struct packet_prefixes *prefixes, struct packet_range range)
{
	struct packet_range *list = array_grow(prefixes->v4, prefixes->v4_count, &prefixes->v4_size, sizeof(*list));

	if (!list)
		return RESULT_NO_MEMORY;
	prefixes->v4 = list;
	list[prefixes->v4_count++] = range;
	return RESULT_OK;
}

enum result prefixes_add(struct packet_prefixes *prefixes, const struct network *network)
{
	struct network *list;

	if (is_v4(network)) {
		uint32_t from = address_v4(&network->address);
		uint32_t hosts = (uint32_t)((1ull << (128u - network->prefix)) - 1);

		return prefixes_add_range(prefixes, (struct packet_range){ from, from | hosts });
	}
	list = array_grow(prefixes->v6, prefixes->v6_count, &prefixes->v6_size, sizeof(*list));
	if (!list)
		return RESULT_NO_MEMORY;
	prefixes->v6 = list;
	list[prefixes->v6_count++] = *network;
	return RESULT_OK;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct packet_range *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The wider first, so that it is there when what lies in it comes. */
static int compare_networks(const void *a, const void *b)
{
	const struct network *x = a, *y = b;
	int order = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));

	return order ? order : (int)x->prefix - (int)y->prefix;
}

/* Contains all of the other, both of IPv6; network_contains would leave out what IPv4 is written as. */
static bool covers(const struct network *wide, const struct network *narrow)
{
	unsigned whole = wide->prefix / 8, rest = wide->prefix % 8;

	if (wide->prefix > narrow->prefix || memcmp(wide->address.bytes, narrow->address.bytes, whole) != 0)
		return false;
	return !rest || ((wide->address.bytes[whole] ^ narrow->address.bytes[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

static void merge_v4(struct packet_prefixes *prefixes)
{
	struct packet_range *list = prefixes->v4;
	size_t kept = 0;

	if (prefixes->v4_count)
		qsort(list, prefixes->v4_count, sizeof(*list), compare_ranges);
	for (size_t i = 0; i < prefixes->v4_count; i++) {
		if (kept && (uint64_t)list[kept - 1].to + 1 >= list[i].from) {
			if (list[i].to > list[kept - 1].to)
				list[kept - 1].to = list[i].to;
		} else {
			list[kept++] = list[i];
		}
	}
	prefixes->v4_count = kept;
}

void prefixes_merge(struct packet_prefixes *prefixes)
{
	size_t kept = 0;

	merge_v4(prefixes);
	if (prefixes->v6_count)
		qsort(prefixes->v6, prefixes->v6_count, sizeof(*prefixes->v6), compare_networks);
	for (size_t i = 0; i < prefixes->v6_count; i++) {
		if (!kept || !covers(&prefixes->v6[kept - 1], &prefixes->v6[i]))
			prefixes->v6[kept++] = prefixes->v6[i];
	}
	prefixes->v6_count = kept;
}

bool prefixes_cover_v6(const struct packet_prefixes *prefixes, const struct network *network)
{
	size_t low = 0, high = prefixes->v6_count;

	while (low < high) {  /* the first that begins behind it */
		size_t middle = low + (high - low) / 2;

		if (compare_networks(&prefixes->v6[middle], network) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && covers(&prefixes->v6[low - 1], network);
}

static bool contain_v4(const struct packet_prefixes *prefixes, uint32_t number)
{
	size_t low = 0, high = prefixes->v4_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prefixes->v4[middle].from <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low && prefixes->v4[low - 1].to >= number;
}

bool prefixes_contain(const struct packet_prefixes *prefixes, const struct address *address)
{
	const struct network alone = { *address, 128 };

	return address_is_v4(address) ? contain_v4(prefixes, address_v4(address)) : prefixes_cover_v6(prefixes, &alone);
}

bool range_cut(struct packet_range *range, struct network *out)
{
	unsigned bits = range->from ? (unsigned)__builtin_ctz(range->from) : 32u;
	uint32_t from = range->from;

	while (bits && (uint64_t)from + (1ull << bits) - 1 > range->to)
		bits--;
	*out = (struct network){ .address.bytes = { [10] = 0xff, [11] = 0xff, [12] = (uint8_t)(from >> 24), [13] = (uint8_t)(from >> 16),
	                                            [14] = (uint8_t)(from >> 8), [15] = (uint8_t)from }, .prefix = (uint8_t)(128 - bits) };
	if ((uint64_t)from + (1ull << bits) - 1 == range->to)
		return false;
	range->from = from + (uint32_t)(1ull << bits);
	return true;
}
