#include "source/list.h"

#include <stdlib.h>

#include "base/banned.h"

#define V4_PREFIX 96u
#define NOBODY UINT32_MAX
#define JOINED_LOOKS 16u      /* at rules of other lists, for one answer */

typedef unsigned __int128 u128;

struct member {
	u128 from, to;
	const struct list_rule *rule;
	const struct lists *owner;   /* of lists_join: whose rule it is */
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
	const struct lists *owner;
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

/* Which of them counts for longer: positive when it is X. */
static int compare_ends(const struct list_rule *x, const struct list_rule *y)
{
	if (x->until_ms == y->until_ms)
		return 0;
	return !x->until_ms || (y->until_ms && x->until_ms > y->until_ms) ? 1 : -1;
}

/* The wider first; of the same network the denied first, so that the allowed lies within, and within it the one that counts for longest. */
static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	if (x->is_allowed != y->is_allowed)
		return x->is_allowed - y->is_allowed;
	return compare_ends(x->rule, y->rule);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->is_allowed != y->is_allowed)
		return y->is_allowed - x->is_allowed;
	return compare_ends(y->rule, x->rule);
}

static void add_networks(struct lists *lists, const struct list_rule *rule, bool is_allowed)
{
	const struct network *networks = rule->networks.items;

	for (size_t i = 0; i < rule->networks.count; i++) {
		u128 from = number_of(&networks[i].address);
		u128 hosts = networks[i].prefix ? ((u128)1 << (128 - networks[i].prefix)) - 1 : ~(u128)0;

		lists->members[lists->member_count++] = (struct member){ from, from | hosts, rule, lists, NOBODY, is_allowed,
			networks[i].prefix >= V4_PREFIX && address_is_v4(&networks[i].address) };
	}
}

static enum result add_numbers(struct lists *lists, const struct list_rule *rule, bool is_allowed)
{
	const struct span *asns = rule->asns.items, *countries = rule->countries.items;

	for (size_t i = 0; i < rule->asns.count; i++) {
		struct numbered *one = &lists->asns[lists->asn_count++];

		*one = (struct numbered){ 0, is_allowed, rule, lists };
		if (asn_read(asns[i], &one->number) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	for (size_t i = 0; i < rule->countries.count; i++) {
		char code[3];

		if (country_read(countries[i], code) != RESULT_OK)
			return RESULT_MALFORMED;
		lists->countries[lists->country_count++] = (struct numbered){ country_number(code), is_allowed, rule, lists };
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

static enum result take_arrays(struct arena *arena, struct lists *lists, size_t networks, size_t asns, size_t countries)
{
	lists->members = arena_new_array(arena, struct member, networks);
	lists->boundaries = arena_new_array(arena, struct boundary, 2 * networks);
	lists->asns = arena_new_array(arena, struct numbered, asns);
	lists->countries = arena_new_array(arena, struct numbered, countries);
	return lists->members && lists->boundaries && lists->asns && lists->countries ? RESULT_OK : RESULT_NO_MEMORY;
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
	return take_arrays(arena, lists, networks, asns, countries);
}

static void put_in_order(struct lists *lists)
{
	if (lists->member_count)
		qsort(lists->members, lists->member_count, sizeof(*lists->members), compare_members);
	if (lists->asn_count)
		qsort(lists->asns, lists->asn_count, sizeof(*lists->asns), compare_numbers);
	if (lists->country_count)
		qsort(lists->countries, lists->country_count, sizeof(*lists->countries), compare_numbers);
	draw_boundaries(lists);
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
	put_in_order(lists);
	*out = lists;
	return RESULT_OK;
}

static size_t append_allowed(const struct numbered *from, size_t from_count, struct numbered *to, size_t count)
{
	for (size_t i = 0; i < from_count; i++) {
		if (from[i].is_allowed)
			to[count++] = from[i];
	}
	return count;
}

/* Arrays as long as all that is in LIST: what denies is left out, and its room lost. */
enum result lists_join(struct arena *arena, const struct lists *const *list, size_t count, struct lists **out)
{
	struct lists *all = arena_new(arena, struct lists);
	size_t networks = 0, asns = 0, countries = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < list[i]->member_count; j++)
			networks += list[i]->members[j].is_allowed;
		asns += list[i]->asn_count;
		countries += list[i]->country_count;
	}
	if (!all || networks >= NOBODY || take_arrays(arena, all, networks, asns, countries) != RESULT_OK)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < list[i]->member_count; j++) {
			if (list[i]->members[j].is_allowed)
				all->members[all->member_count++] = list[i]->members[j];
		}
		all->asn_count = append_allowed(list[i]->asns, list[i]->asn_count, all->asns, all->asn_count);
		all->country_count = append_allowed(list[i]->countries, list[i]->country_count, all->countries, all->country_count);
	}
	put_in_order(all);
	*out = all;
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

/* The narrowest that NUMBER is in. */
static uint32_t find_member(const struct lists *lists, u128 number)
{
	size_t low = 0, high = lists->boundary_count;

	while (low < high) {  /* the first boundary behind it */
		size_t middle = low + (high - low) / 2;

		if (lists->boundaries[middle].from <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? lists->boundaries[low - 1].member : NOBODY;
}

static struct list_verdict ask_networks(const struct lists *lists, const struct address *address, int64_t now_ms)
{
	uint32_t member = find_member(lists, number_of(address));

	/* ::/0 holds nothing of IPv4, although it holds ::ffff:0:0/96. */
	while (member != NOBODY && (has_ended(lists->members[member].rule, now_ms) || lists->members[member].is_v4 != address_is_v4(address)))
		member = lists->members[member].wider;
	return member == NOBODY ? (struct list_verdict){ LIST_NONE, NULL } : verdict_of(lists->members[member].is_allowed, lists->members[member].rule);
}

/* The first that is not smaller. */
static size_t find_number(const struct numbered *list, size_t count, uint32_t number)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct list_verdict ask_numbers(const struct numbered *list, size_t count, uint32_t number, int64_t now_ms)
{
	for (size_t i = find_number(list, count, number); i < count && list[i].number == number; i++) {
		if (!has_ended(list[i].rule, now_ms))
			return verdict_of(list[i].is_allowed, list[i].rule);
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

/* Who asks, of lists_join, and at how many rules may still be looked. */
struct question {
	const struct address *address;
	const struct list_place *place;
	int64_t now_ms;
	unsigned looks;
};

static bool is_let_in(struct question *question, const struct lists *owner, const struct list_rule *rule)
{
	question->looks--;
	return !has_ended(rule, question->now_ms) && lists_ask(owner, question->address, question->place, question->now_ms).action == LIST_ALLOW;
}

static bool names_number(struct question *question, const struct numbered *list, size_t count, uint32_t number)
{
	for (size_t i = find_number(list, count, number); i < count && list[i].number == number && question->looks; i++) {
		if (is_let_in(question, list[i].owner, list[i].rule))
			return true;
	}
	return false;
}

bool lists_name(const struct lists *all, const struct address *address, const struct list_place *place, int64_t now_ms)
{
	struct question question = { address, place, now_ms, JOINED_LOOKS };

	for (uint32_t i = find_member(all, number_of(address)); i != NOBODY && question.looks; i = all->members[i].wider) {
		if (is_let_in(&question, all->members[i].owner, all->members[i].rule))
			return true;
	}
	return (place->asn && names_number(&question, all->asns, all->asn_count, place->asn)) ||
	       (place->country[0] && names_number(&question, all->countries, all->country_count, country_number(place->country)));
}

bool lists_need_place(const struct lists *lists)
{
	return lists->asn_count || lists->country_count;
}
