/* Lists asked: the narrowest decides, rules end, and a hundred thousand networks answer as one by one. */
#include "../base/check.h"

#include <stdlib.h>

#include "source/list.h"

#include "base/banned.h"

#define NOW 1000000
#define RULES_MAX 8

struct stage {
	struct arena arena;
	struct list_rule allow[RULES_MAX], deny[RULES_MAX];
	struct source_site_settings settings;
	struct lists *lists;
};

static void stage_start(struct stage *stage)
{
	*stage = (struct stage){ .settings = { .allowlist = { stage->allow, 0 }, .denylist = { stage->deny, 0 } } };
	arena_init(&stage->arena, (size_t)64 << 20, 65536);
}

static void *copy(struct stage *stage, const void *from, size_t size)
{
	void *to = arena_take(&stage->arena, size);

	assert_non_null(to);
	return memcpy(to, from, size);
}

static struct list_rule *add_rule(struct list_value *list)
{
	assert_true(list->count < RULES_MAX);
	return &((struct list_rule *)list->items)[list->count++];
}

/* One rule of one network, or (AS..) system, or country. */
static void add(struct stage *stage, struct list_value *list, const char *text, int64_t until_ms)
{
	struct list_rule *rule = add_rule(list);
	struct network network;
	struct span name = span_of(text);

	*rule = (struct list_rule){ .until_ms = until_ms, .reason = name };
	if (network_read(name, &network) == RESULT_OK)
		rule->networks = (struct list_value){ copy(stage, &network, sizeof(network)), 1 };
	else if (name.len == 2)
		rule->countries = (struct list_value){ copy(stage, &name, sizeof(name)), 1 };
	else
		rule->asns = (struct list_value){ copy(stage, &name, sizeof(name)), 1 };
}

static void ready(struct stage *stage)
{
	assert_ok(lists_new(&stage->arena, &stage->settings, &stage->lists));
}

/* "+rule", "-rule" or "". */
static void assert_verdict(struct stage *stage, const char *text, struct list_place place, int64_t now_ms, const char *expected)
{
	struct address address;
	struct list_verdict verdict;

	assert_ok(address_read(span_of(text), &address));
	verdict = lists_ask(stage->lists, &address, &place, now_ms);
	if (!expected[0]) {
		assert_true(verdict.action == LIST_NONE && !verdict.rule);
		return;
	}
	assert_int_equal(verdict.action, expected[0] == '+' ? LIST_ALLOW : LIST_DENY);
	if (!span_equal(verdict.rule->reason, span_of(expected + 1)))
		fail_msg("%s: %.*s, not %s", text, SPAN_ARG(verdict.rule->reason), expected);
}

static void the_narrowest_decides(void **state)
{
	static const struct { const char *address, *verdict; struct list_place place; } rows[] = {
		{ "10.1.2.3", "+10.1.2.3/32", { 64496, "BE" } },
		{ "10.1.2.4", "-10.1.2.0/24", { 0, "" } },
		{ "10.1.3.4", "+10.1.0.0/16", { 0, "" } },
		{ "10.2.3.4", "-10.0.0.0/8", { 64497, "BE" } },
		{ "11.0.0.0", "", { 0, "" } },
		{ "9.255.255.255", "", { 0, "" } },
		{ "11.0.0.0", "-AS64496", { 64496, "BE" } },
		{ "11.0.0.0", "+AS64497", { 64497, "RU" } },
		{ "11.0.0.0", "+BE", { 64498, "BE" } },
		{ "11.0.0.0", "-RU", { 0, "RU" } },
		{ "11.0.0.0", "", { 64498, "FR" } },
		{ "2001:db8::1", "-2001:db8::/32", { 0, "" } },
		{ "2001:db9::1", "-::/0", { 0, "BE" } },
		{ "::", "-::/0", { 0, "" } },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "-::/0", { 0, "" } },
		{ "255.255.255.255", "", { 0, "" } },   /* ::/0 is all of IPv6 */
	};
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, &stage.settings.denylist, "10.0.0.0/8", 0);
	add(&stage, &stage.settings.denylist, "10.1.2.0/24", 0);
	add(&stage, &stage.settings.denylist, "AS64496", 0);
	add(&stage, &stage.settings.denylist, "RU", 0);
	add(&stage, &stage.settings.denylist, "::/0", 0);
	add(&stage, &stage.settings.denylist, "2001:db8::/32", 0);
	add(&stage, &stage.settings.allowlist, "10.1.0.0/16", 0);
	add(&stage, &stage.settings.allowlist, "10.1.2.3/32", 0);
	add(&stage, &stage.settings.allowlist, "AS64497", 0);
	add(&stage, &stage.settings.allowlist, "BE", 0);
	ready(&stage);
	assert_true(lists_need_place(stage.lists));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_verdict(&stage, rows[i].address, rows[i].place, NOW, rows[i].verdict);
	arena_done(&stage.arena);
}

static void in_both_is_allowed(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, &stage.settings.denylist, "10.0.0.0/8", 0);
	add(&stage, &stage.settings.denylist, "AS1", 0);
	add(&stage, &stage.settings.denylist, "RU", 0);
	add(&stage, &stage.settings.allowlist, "10.0.0.0/8", NOW);
	add(&stage, &stage.settings.allowlist, "1", NOW);
	add(&stage, &stage.settings.allowlist, "RU", NOW);
	ready(&stage);
	assert_verdict(&stage, "10.0.0.1", (struct list_place){ 0, "" }, NOW - 1, "+10.0.0.0/8");
	assert_verdict(&stage, "192.0.2.1", (struct list_place){ 1, "RU" }, NOW - 1, "+1");
	assert_verdict(&stage, "192.0.2.1", (struct list_place){ 2, "RU" }, NOW - 1, "+RU");
	/* until it ends */
	assert_verdict(&stage, "10.0.0.1", (struct list_place){ 0, "" }, NOW, "-10.0.0.0/8");
	assert_verdict(&stage, "192.0.2.1", (struct list_place){ 1, "RU" }, NOW, "-AS1");
	assert_verdict(&stage, "192.0.2.1", (struct list_place){ 2, "RU" }, NOW, "-RU");
	arena_done(&stage.arena);
}

static void an_ended_rule_leaves_the_wider_one(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, &stage.settings.denylist, "10.0.0.0/8", 30);
	add(&stage, &stage.settings.allowlist, "10.1.0.0/16", 20);
	add(&stage, &stage.settings.denylist, "10.1.1.0/24", 10);
	ready(&stage);
	assert_false(lists_need_place(stage.lists));
	assert_verdict(&stage, "10.1.1.1", (struct list_place){ 0, "" }, 9, "-10.1.1.0/24");
	assert_verdict(&stage, "10.1.1.1", (struct list_place){ 0, "" }, 10, "+10.1.0.0/16");
	assert_verdict(&stage, "10.1.1.1", (struct list_place){ 0, "" }, 20, "-10.0.0.0/8");
	assert_verdict(&stage, "10.1.1.1", (struct list_place){ 0, "" }, 30, "");
	arena_done(&stage.arena);
}

/* Two lists asked as one: who is let in somewhere. */
static void let_in_somewhere(void **state)
{
	static const struct { const char *address; struct list_place place; int64_t now_ms; bool is_named; } rows[] = {
		{ "10.1.2.3", { 0, "" }, NOW, true },
		{ "10.1.3.3", { 0, "" }, NOW, false },        /* within what the first lets in it denies this; to the second it is nobody */
		{ "192.0.2.1", { 0, "" }, NOW, true },        /* the first denies it, the second lets it in */
		{ "198.51.100.1", { 0, "" }, NOW - 1, true },
		{ "198.51.100.1", { 0, "" }, NOW, false },    /* over */
		{ "203.0.113.1", { 64496, "" }, NOW, true },
		{ "203.0.113.1", { 64497, "" }, NOW, false },
		{ "203.0.113.1", { 64497, "BE" }, NOW, true },
		{ "10.1.3.3", { 0, "BE" }, NOW, true },       /* the second lets in all of a country, the first does not */
		{ "203.0.113.1", { 0, "FR" }, NOW, false },
	};
	struct stage first, second;
	struct lists *all;

	(void)state;
	stage_start(&first);
	stage_start(&second);
	add(&first, &first.settings.allowlist, "10.1.0.0/16", 0);
	add(&first, &first.settings.denylist, "10.1.3.0/24", 0);
	add(&first, &first.settings.denylist, "192.0.2.0/24", 0);
	add(&first, &first.settings.denylist, "BE", 0);
	add(&first, &first.settings.allowlist, "AS64496", 0);
	add(&second, &second.settings.allowlist, "192.0.2.0/24", 0);
	add(&second, &second.settings.allowlist, "198.51.100.0/24", NOW);
	add(&second, &second.settings.allowlist, "BE", 0);
	add(&second, &second.settings.denylist, "FR", 0);
	ready(&first);
	ready(&second);
	assert_ok(lists_join(&first.arena, (const struct lists *const[]){ first.lists, second.lists }, 2, &all));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address address;

		assert_ok(address_read(span_of(rows[i].address), &address));
		if (lists_name(all, &address, &rows[i].place, rows[i].now_ms) != rows[i].is_named)
			fail_msg("row %zu: %s", i, rows[i].address);
	}
	arena_done(&second.arena);
	arena_done(&first.arena);
}

/* A thousand sites let a network in, all but one of them no more: that one is found at the first look. And where they deny him within it, not all of them
 * are asked: the one that would let him in, and for a shorter time than the others, is not found. */
static void of_a_thousand_lists(void **state)
{
	static struct lists *each[1000];
	struct stage stage, keeper;
	struct lists *all;
	struct address partner, denied;

	(void)state;
	stage_start(&keeper);
	for (unsigned i = 0; i < 1000; i++) {
		stage_start(&stage);
		stage.arena = keeper.arena;
		stage.settings.allowlist.items = arena_new_array(&stage.arena, struct list_rule, 2);
		stage.settings.denylist.items = arena_new_array(&stage.arena, struct list_rule, 1);
		assert_true(stage.settings.allowlist.items && stage.settings.denylist.items);
		add(&stage, &stage.settings.allowlist, "172.16.0.0/12", i == 500 ? 0 : NOW - i);
		add(&stage, &stage.settings.allowlist, "10.0.0.0/8", i == 500 ? NOW + 1 : 0);
		if (i != 500)
			add(&stage, &stage.settings.denylist, "10.1.0.0/16", 0);
		ready(&stage);
		each[i] = stage.lists;
		keeper.arena = stage.arena;
	}
	assert_ok(lists_join(&keeper.arena, (const struct lists *const *)each, 1000, &all));
	assert_ok(address_read(SPAN("172.16.0.1"), &partner));
	assert_ok(address_read(SPAN("10.1.0.1"), &denied));
	assert_true(lists_name(all, &partner, &(struct list_place){ 0, "" }, NOW));
	assert_false(lists_name(all, &denied, &(struct list_place){ 0, "" }, NOW));
	arena_done(&keeper.arena);
}

static void nothing_is_listed(void **state)
{
	struct stage stage;
	struct address address = { { 0 } };

	(void)state;
	stage_start(&stage);
	ready(&stage);
	assert_verdict(&stage, "10.0.0.1", (struct list_place){ 1, "BE" }, NOW, "");
	assert_int_equal(lists_ask(stage.lists, &address, NULL, NOW).action, LIST_NONE);
	arena_done(&stage.arena);
}

static struct network draw_network(struct draws *draws)
{
	bool is_v4 = draw(draws) & 1;
	unsigned most = is_v4 ? 32 : 128, prefix = (unsigned)draw_below(draws, most + 1);
	struct network network = { .prefix = (uint8_t)(is_v4 ? 96 + prefix : prefix) };
	uint8_t *bytes = network.address.bytes;

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(draw_below(draws, 3) ? draw_below(draws, 2) : draw(draws));
	if (is_v4) {
		memset(bytes, 0, 10);
		memset(bytes + 10, 0xff, 2);
	}
	for (unsigned bit = network.prefix; bit < 128; bit++)
		bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	if (!is_v4 && address_is_v4(&network.address) && network.prefix >= 96)
		bytes[0] = 0x20;
	return network;
}

/* The most that a list may have, asked for addresses in and around them: as if each were asked in turn. */
static void as_one_by_one(void **state)
{
	static const unsigned counts[] = { 1, 2, 10, 500, LIST_NETWORKS_MAX };
	struct draws draws = { 6 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
		struct network *networks = calloc(counts[c], sizeof(*networks));
		struct stage stage;
		unsigned half = counts[c] / 2, found = 0, asked = counts[c] > 1000 ? 100 : 2000;

		assert_non_null(networks);
		for (unsigned i = 0; i < counts[c]; i++)
			networks[i] = draw_network(&draws);
		stage_start(&stage);
		add_rule(&stage.settings.allowlist)->networks = (struct list_value){ networks, half };
		add_rule(&stage.settings.denylist)->networks = (struct list_value){ networks + half, counts[c] - half };
		ready(&stage);
		for (unsigned i = 0; i < asked; i++) {
			struct address address = i % 3 ? networks[draw_below(&draws, counts[c])].address : draw_network(&draws).address;
			enum list_action expected = LIST_NONE;
			int longest = -1;

			if (i % 2)
				address.bytes[15 - draw_below(&draws, 4)] ^= (uint8_t)(1u << draw_below(&draws, 8));
			for (unsigned j = 0; j < counts[c]; j++) {
				if (!network_contains(&networks[j], &address) || networks[j].prefix < longest)
					continue;
				if (networks[j].prefix > longest || j < half)
					expected = j < half ? LIST_ALLOW : LIST_DENY;
				longest = networks[j].prefix;
			}
			found += expected != LIST_NONE;
			assert_int_equal(lists_ask(stage.lists, &address, NULL, NOW).action, expected);
		}
		assert_true(found > asked / 20);
		arena_done(&stage.arena);
		free(networks);
	}
}

static void memory_runs_out(void **state)
{
	struct stage stage;
	struct network network;
	struct span name = SPAN("BE");
	enum result result = RESULT_NO_MEMORY;

	(void)state;
	stage_start(&stage);
	assert_ok(network_read(SPAN("10.0.0.0/8"), &network));
	*add_rule(&stage.settings.denylist) = (struct list_rule){ .networks = { &network, 1 }, .countries = { &name, 1 } };
	for (size_t bytes = 0; result != RESULT_OK; bytes += 16) {
		arena_done(&stage.arena);
		arena_init(&stage.arena, bytes, 4096);
		result = lists_new(&stage.arena, &stage.settings, &stage.lists);
		assert_true((result == RESULT_OK || result == RESULT_NO_MEMORY) && bytes < 4096);
	}
	name = SPAN("UK");
	assert_result(lists_new(&stage.arena, &stage.settings, &stage.lists), RESULT_NO_MEMORY);
	arena_reset(&stage.arena);
	assert_result(lists_new(&stage.arena, &stage.settings, &stage.lists), RESULT_MALFORMED);
	arena_done(&stage.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_narrowest_decides),
		cmocka_unit_test(in_both_is_allowed),
		cmocka_unit_test(an_ended_rule_leaves_the_wider_one),
		cmocka_unit_test(let_in_somewhere),
		cmocka_unit_test(of_a_thousand_lists),
		cmocka_unit_test(nothing_is_listed),
		cmocka_unit_test(as_one_by_one),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
