#include "source/list.h"

#include <stdlib.h>

#include "base/banned.h"

#define V4_PREFIX 96u
#define NOBODY UINT32_MAX

typedef unsigned __int128 u128;

struct member {
	u128 from, to;
	const struct list_rule *rule;
	uint32_t wider;              /* the next network around it; NOBODY */
	bool is_allowed, is_v4;
};

struct boundary {
	u128 from;
	uint32_t member;             /* the narrowest from here on; NOBODY */
};

struct numbered {
	uint32_t number;
	bool is_allowed;
	const struct list_rule *rule;
};

struct lists {
	struct member *members;
	struct boundary *boundaries;
	struct numbered *asns, *countries;
	size_t member_count, boundary_count, asn_count, country_count;
};

static u128 number_of(const struct address *address)
{
	u128 number = 0;

	for (unsigned i = 0; i < sizeof(address->bytes); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

static uint32_t country_number(const char code[3])
{
	return (uint32_t)(unsigned char)code[0] << 8 | (unsigned char)code[1];
}

/* The wider first; of the same network the denied first, so that the allowed lies within. */
static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return x->is_allowed - y->is_allowed;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return y->is_allowed - x->is_allowed;
}

static void add_networks(struct lists *lists, const struct list_rule *rule, bool is_allowed)
{
	const struct network *networks = rule->networks.items;

	for (size_t i = 0; i < rule->networks.count; i++) {
		u128 from = number_of(&networks[i].address);
		u128 hosts = networks[i].prefix ? ((u128)1 << (128 - networks[i].prefix)) - 1 : ~(u128)0;

		lists->members[lists->member_count++] = (struct member){ from, from | hosts, rule, NOBODY, is_allowed,
			networks[i].prefix >= V4_PREFIX && address_is_v4(&networks[i].address) };
	}
}

static enum result add_numbers(struct lists *lists, const struct list_rule *rule, bool is_allowed)
{
	const struct span *asns = rule->asns.items, *countries = rule->countries.items;

	for (size_t i = 0; i < rule->asns.count; i++) {
		struct numbered *one = &lists->asns[lists->asn_count++];

		*one = (struct numbered){ 0, is_allowed, rule };
		if (asn_read(asns[i], &one->number) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	for (size_t i = 0; i < rule->countries.count; i++) {
		char code[3];

		if (country_read(countries[i], code) != RESULT_OK)
			return RESULT_MALFORMED;
		lists->countries[lists->country_count++] = (struct numbered){ country_number(code), is_allowed, rule };
	}
	return RESULT_OK;
}

static void put_boundary(struct lists *lists, u128 from, uint32_t member)
{
	struct boundary *last = lists->boundary_count ? &lists->boundaries[lists->boundary_count - 1] : NULL;

	if (last && last->from == from)
		last->member = member;
	else
		lists->boundaries[lists->boundary_count++] = (struct boundary){ from, member };
}

/* Networks lie within one another or apart: a stack of those that are open at a place. */
static void draw_boundaries(struct lists *lists)
{
	uint32_t open = NOBODY;

	for (uint32_t i = 0; i <= lists->member_count; i++) {
		struct member *member = i < lists->member_count ? &lists->members[i] : NULL;

		while (open != NOBODY && (!member || lists->members[open].to < member->from)) {
			u128 to = lists->members[open].to;

			open = lists->members[open].wider;
			if (to != ~(u128)0)
				put_boundary(lists, to + 1, open);
		}
		if (!member)
			break;
		member->wider = open;
		open = i;
		put_boundary(lists, member->from, i);
	}
}

static enum result take_room(struct arena *arena, const struct source_site_settings *settings, struct lists *lists)
{
	const struct list_value *both[] = { &settings->allowlist, &settings->denylist };
	size_t networks = 0, asns = 0, countries = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct list_rule *rules = both[i]->items;

		for (size_t j = 0; j < both[i]->count; j++) {
			networks += rules[j].networks.count;
			asns += rules[j].asns.count;
			countries += rules[j].countries.count;
		}
	}
	if (networks > 2 * LIST_NETWORKS_MAX)
		return RESULT_MALFORMED;
	lists->members = arena_new_array(arena, struct member, networks);
	lists->boundaries = arena_new_array(arena, struct boundary, 2 * networks);
	lists->asns = arena_new_array(arena, struct numbered, asns);
	lists->countries = arena_new_array(arena, struct numbered, countries);
	return lists->members && lists->boundaries && lists->asns && lists->countries ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result lists_new(struct arena *arena, const struct source_site_settings *settings, struct lists **out)
{
	const struct list_value *both[] = { &settings->allowlist, &settings->denylist };
	struct lists *lists = arena_new(arena, struct lists);
	enum result result = lists ? take_room(arena, settings, lists) : RESULT_NO_MEMORY;

	for (unsigned i = 0; i < 2 && result == RESULT_OK; i++) {
		const struct list_rule *rules = both[i]->items;

		for (size_t j = 0; j < both[i]->count && result == RESULT_OK; j++) {
			add_networks(lists, &rules[j], i == 0);
			result = add_numbers(lists, &rules[j], i == 0);
		}
	}
	if (result != RESULT_OK)
		return result;
	if (lists->member_count)
		qsort(lists->members, lists->member_count, sizeof(*lists->members), compare_members);
	if (lists->asn_count)
		qsort(lists->asns, lists->asn_count, sizeof(*lists->asns), compare_numbers);
	if (lists->country_count)
		qsort(lists->countries, lists->country_count, sizeof(*lists->countries), compare_numbers);
	draw_boundaries(lists);
	*out = lists;
	return RESULT_OK;
}

static bool has_ended(const struct list_rule *rule, int64_t now_ms)
{
	return rule->until_ms && rule->until_ms <= now_ms;
}

static struct list_verdict verdict_of(bool is_allowed, const struct list_rule *rule)
{
	return (struct list_verdict){ is_allowed ? LIST_ALLOW : LIST_DENY, rule };
}

static struct list_verdict ask_networks(const struct lists *lists, const struct address *address, int64_t now_ms)
{
	u128 number = number_of(address);
	size_t low = 0, high = lists->boundary_count;
	uint32_t member;

	while (low < high) {  /* the first boundary behind it */
		size_t middle = low + (high - low) / 2;

		if (lists->boundaries[middle].from <= number)
			low = middle + 1;
		else
			high = middle;
	}
	member = low ? lists->boundaries[low - 1].member : NOBODY;
	/* ::/0 holds nothing of IPv4, although it holds ::ffff:0:0/96. */
	while (member != NOBODY && (has_ended(lists->members[member].rule, now_ms) || lists->members[member].is_v4 != address_is_v4(address)))
		member = lists->members[member].wider;
	return member == NOBODY ? (struct list_verdict){ LIST_NONE, NULL } : verdict_of(lists->members[member].is_allowed, lists->members[member].rule);
}

static struct list_verdict ask_numbers(const struct numbered *list, size_t count, uint32_t number, int64_t now_ms)
{
	size_t low = 0, high = count;

	while (low < high) {  /* the first that is not smaller */
		size_t middle = low + (high - low) / 2;

		if (list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && list[low].number == number; low++) {
		if (!has_ended(list[low].rule, now_ms))
			return verdict_of(list[low].is_allowed, list[low].rule);
	}
	return (struct list_verdict){ LIST_NONE, NULL };
}

struct list_verdict lists_ask(const struct lists *lists, const struct address *address, const struct list_place *place, int64_t now_ms)
{
	struct list_verdict verdict = ask_networks(lists, address, now_ms);

	if (verdict.action == LIST_NONE && place && place->asn)
		verdict = ask_numbers(lists->asns, lists->asn_count, place->asn, now_ms);
	if (verdict.action == LIST_NONE && place && place->country[0])
		verdict = ask_numbers(lists->countries, lists->country_count, country_number(place->country), now_ms);
	return verdict;
}

bool lists_need_place(const struct lists *lists)
{
	return lists->asn_count || lists->country_count;
}
