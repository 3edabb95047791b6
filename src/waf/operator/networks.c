#include "waf/operator/networks.h"

#include <stdlib.h>

#include "base/banned.h"

#define V4_PREFIX 96  /* bits before the IPv4 address in struct address */

typedef unsigned __int128 u128;

struct range4 { uint32_t from, to; };
struct range6 { u128 from, to; };

struct networks {
	struct range4 *list4;
	struct range6 *list6;
	size_t count4, count6;
};

static u128 number_of(const struct address *address)
{
	u128 number = 0;

	for (unsigned i = 0; i < sizeof(address->bytes); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

static u128 host_bits(unsigned prefix)
{
	return prefix ? ((u128)1 << (128 - prefix)) - 1 : ~(u128)0;
}

static void clear_host_bits(struct network *network)
{
	for (unsigned bit = network->prefix; bit < 128; bit++)
		network->address.bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
}

enum result networks_read_one(struct span text, struct network *out)
{
	struct span rest = text, part = span_cut(&rest, '/');
	bool is_v4 = span_find(part, ':') == part.len;
	unsigned most = is_v4 ? 32 : 128;
	uint64_t prefix = most;
	struct network network;

	if (span_find(part, '[') < part.len || address_read(part, &network.address) != RESULT_OK)
		return RESULT_MALFORMED;
	if (part.len < text.len && (rest.len > 3 || span_to_u64(rest, most, &prefix) != RESULT_OK))
		return RESULT_MALFORMED;
	network.prefix = (uint8_t)(prefix + (is_v4 ? V4_PREFIX : 0));
	clear_host_bits(&network);
	*out = network;
	return RESULT_OK;
}

static int compare4(const void *a, const void *b)
{
	const struct range4 *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static int compare6(const void *a, const void *b)
{
	const struct range6 *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static bool is_v4_network(const struct network *network)
{
	return network->prefix >= V4_PREFIX && address_is_v4(&network->address);
}

static size_t merge4(struct range4 *list, size_t count)
{
	size_t kept = 0;

	qsort(list, count, sizeof(*list), compare4);
	for (size_t i = 0; i < count; i++) {
		struct range4 *last = kept ? &list[kept - 1] : NULL;

		if (!last || (last->to != UINT32_MAX && list[i].from > last->to + 1))
			list[kept++] = list[i];
		else if (list[i].to > last->to)
			last->to = list[i].to;
	}
	return kept;
}

static size_t merge6(struct range6 *list, size_t count)
{
	size_t kept = 0;

	qsort(list, count, sizeof(*list), compare6);
	for (size_t i = 0; i < count; i++) {
		struct range6 *last = kept ? &list[kept - 1] : NULL;

		if (!last || (last->to != ~(u128)0 && list[i].from > last->to + 1))
			list[kept++] = list[i];
		else if (list[i].to > last->to)
			last->to = list[i].to;
	}
	return kept;
}

enum result networks_new(struct arena *arena, const struct network *list, size_t count, struct networks **out)
{
	struct networks *networks = arena_new(arena, struct networks);
	size_t count4 = 0;

	for (size_t i = 0; i < count; i++)
		count4 += is_v4_network(&list[i]);
	if (!networks)
		return RESULT_NO_MEMORY;
	networks->list4 = arena_new_array(arena, struct range4, count4);
	networks->list6 = arena_new_array(arena, struct range6, count - count4);
	if (!networks->list4 || !networks->list6)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		u128 from = number_of(&list[i].address), to = from | host_bits(list[i].prefix);

		if (is_v4_network(&list[i]))
			networks->list4[networks->count4++] = (struct range4){ (uint32_t)from, (uint32_t)to };
		else
			networks->list6[networks->count6++] = (struct range6){ from, to };
	}
	networks->count4 = merge4(networks->list4, networks->count4);
	networks->count6 = merge6(networks->list6, networks->count6);
	*out = networks;
	return RESULT_OK;
}

static bool contain4(const struct networks *networks, uint32_t number)
{
	size_t low = 0, high = networks->count4;

	while (low < high) {  /* the first range that begins behind it */
		size_t middle = low + (high - low) / 2;

		if (networks->list4[middle].from <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low && number <= networks->list4[low - 1].to;
}

static bool contain6(const struct networks *networks, u128 number)
{
	size_t low = 0, high = networks->count6;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (networks->list6[middle].from <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low && number <= networks->list6[low - 1].to;
}

bool networks_contain(const struct networks *networks, const struct address *address, bool as_v6)
{
	u128 number = number_of(address);
	bool is_v4 = address_is_v4(address);

	return (is_v4 && contain4(networks, (uint32_t)number)) || ((!is_v4 || as_v6) && contain6(networks, number));
}

size_t networks_ranges(const struct networks *networks)
{
	return networks->count4 + networks->count6;
}
