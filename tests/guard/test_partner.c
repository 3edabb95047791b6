/* A partner's token: drawn, found by its hash, ended, and what he may take. */
#include "../config/site_reading.h"

#include <stdlib.h>

#include "guard/partner.h"
#include "guard/settings.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define START_US (1000 * S)
#define SITE 7u
#define NOW_MS INT64_C(1800000000000)
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ONE "name: region, until: 2099-01-01T00:00:00Z"

static struct config_section sections[2];

struct stage {
	char tokens[2][PARTNER_TOKEN_LEN], hashes[2][PARTNER_HASH_LEN];
	struct partner_settings list[2];
	struct list_value partners;
	struct rate_table *table;
	void *memory;
};

static struct stage *stage_start(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->memory = aligned_alloc(64, 1 << 16);
	assert_non_null(stage->memory);
	memset(stage->memory, 0, 1 << 16);
	assert_ok(rate_table_init(stage->memory, 1 << 16, (struct hash_seed){ 1, 2 }));
	stage->table = rate_table_open(stage->memory);
	for (unsigned i = 0; i < 2; i++) {
		partner_token_new(stage->tokens[i]);
		assert_ok(partner_hash(span_make(stage->tokens[i], PARTNER_TOKEN_LEN), stage->hashes[i]));
		stage->list[i] = (struct partner_settings){ .name = SPAN("region"), .token = span_make(stage->hashes[i], PARTNER_HASH_LEN), .until_ms = NOW_MS + 1000,
			                                    .requests = { 10, 1000 }, .requests_burst = 5, .cost_ms = 500, .cost_burst_ms = 3000 };
	}
	stage->partners = (struct list_value){ stage->list, 2 };
	return stage;
}

static void stage_end(struct stage *stage)
{
	free(stage->memory);
	free(stage);
}

static void found_by_its_hash(void **state)
{
	struct stage *stage = stage_start();
	struct span first = span_make(stage->tokens[0], PARTNER_TOKEN_LEN), second = span_make(stage->tokens[1], PARTNER_TOKEN_LEN);
	const struct list_value nobody = { NULL, 0 };
	char text[PARTNER_TOKEN_LEN + 1];

	(void)state;
	assert_true(partner_find(&stage->partners, first, NOW_MS) == &stage->list[0]);
	assert_true(partner_find(&stage->partners, second, NOW_MS + 999) == &stage->list[1]);
	assert_null(partner_find(&stage->partners, second, NOW_MS + 1000));
	assert_null(partner_find(&nobody, first, NOW_MS));
	for (size_t i = 0; i < PARTNER_TOKEN_LEN; i++) {
		memcpy(text, stage->tokens[0], PARTNER_TOKEN_LEN);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_null(partner_find(&stage->partners, span_make(text, PARTNER_TOKEN_LEN), NOW_MS));
		assert_null(partner_find(&stage->partners, span_take(first, i), NOW_MS));
	}
	memcpy(text, stage->tokens[0], PARTNER_TOKEN_LEN);
	text[PARTNER_TOKEN_LEN] = 'A';
	assert_null(partner_find(&stage->partners, span_make(text, sizeof(text)), NOW_MS));
	assert_null(partner_find(&stage->partners, span_make(stage->hashes[0], PARTNER_HASH_LEN), NOW_MS));
	stage_end(stage);
}

static void known_hash(void **state)
{
	char hash[PARTNER_HASH_LEN];

	(void)state;
	assert_ok(partner_hash(SPAN("partner-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash));
	/* printf partner-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA | sha256sum */
	assert_memory_equal(hash, "27889c57114961d343340fe371d600caf19ca440304c4e9f51ff25682a40c3f9", sizeof(hash));
	assert_result(partner_hash(SPAN("Partner-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash), RESULT_MALFORMED);
	assert_result(partner_hash(SPAN("partner-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), hash), RESULT_MALFORMED);
	assert_result(partner_hash(SPAN(""), hash), RESULT_MALFORMED);
}

static void budgets_of_his_own(void **state)
{
	struct stage *stage = stage_start();
	const struct partner_settings *partner = &stage->list[0];

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_true(partner_is_within(partner, stage->table, SITE, START_US));
	assert_false(partner_is_within(partner, stage->table, SITE, START_US));
	assert_true(partner_is_within(partner, stage->table, SITE + 1, START_US));
	assert_true(partner_is_within(&stage->list[1], stage->table, SITE, START_US));
	assert_true(partner_is_within(partner, stage->table, SITE, START_US + S / 10));
	/* Of time: up to a burst, and another one that takes so long to earn. */
	partner_charge(partner, stage->table, SITE, 3 * S, START_US + S);
	assert_true(partner_is_within(partner, stage->table, SITE, START_US + S));
	partner_charge(partner, stage->table, SITE, 1000, START_US + S);
	assert_false(partner_is_within(partner, stage->table, SITE, START_US + S));
	assert_true(partner_is_within(&stage->list[1], stage->table, SITE, START_US + S));
	assert_true(partner_is_within(partner, stage->table, SITE, START_US + S + 2000));
	partner_charge(partner, stage->table, SITE, 1000 * S, START_US + S);
	assert_false(partner_is_within(partner, stage->table, SITE, START_US + 7 * S - 1));
	assert_true(partner_is_within(partner, stage->table, SITE, START_US + 7 * S));
	stage_end(stage);
}

static void names(void **state)
{
	static const struct { const char *name; bool is_good; } table[] = {
		{ "region", true }, { "a", true }, { "Region-2.north_x", true }, { "7", true }, { "", false }, { "-a", false }, { "a.", false }, { "a b", false },
		{ "r\xc3\xa9gion", false }, { "a\"b", false }, { "a\nb", false }, { A64, true }, { A64 "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(partner_name_is_good(span_of(table[i].name)), table[i].is_good);
}

static void refused(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ "    partners: [{ " ONE " }]\n", "partner: \"token\" is missing" },
		{ "    partners: [{ name: region, token: " A64 " }]\n", "partner: \"until\" is missing" },
		{ "    partners: [{ token: " A64 ", until: 2099-01-01T00:00:00Z }]\n", "partner: \"name\" is missing" },
		{ "    partners: [{ " ONE ", token: " A64 "a }]\n", "token: expected the 64 hexadecimal digits, in lower case" },
		{ "    partners: [{ " ONE ", token: partner-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA }]\n", "token: this looks like a token itself, which belongs in no file" },
		{ "    partners: [{ name: \"a b\", until: 2099-01-01T00:00:00Z, token: " A64 " }]\n", "name: found \"a b\", expected letters" },
		{ "    partners: [{ name: a, until: 2099, token: " A64 " }]\n", "until: found \"2099\"" },
		{ "    partners: [{ " ONE ", token: " A64 ", requests: 5 }]\n", "(did you mean 5/s?)" },
		{ "    partners: [{ " ONE ", token: " A64 ", requests: 1/h, requests_burst: 25 }]\n", "a burst that takes more than a day to earn at its rate" },
		{ "    partners: [{ " ONE ", token: " A64 ", cost: 1ms, cost_burst: 44s }]\n", "a burst that takes more than half a day to earn at its rate" },
		{ "    partners: [{ " ONE ", token: " A64 " }, { " ONE ", token: " B64 " }]\n", "partners: there is one of the name region already" },
		{ "    partners: [{ " ONE ", token: " A64 " }, { name: other, until: 2099-01-01T00:00:00Z, token: " A64 " }]\n", "partners: other has the token of region" },
		{ "    partners: region\n", "partners" },
		{ "    partner: []\n", "(did you mean partners?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, "", table[i].lines, table[i].sentence);
}

static void taken(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "", "    partners: [{ " ONE ", token: " A64 " }, { name: b, until: 2001-01-01T00:00:00Z, token: " B64 ", requests: 1/m }]\n");
	const struct list_value *partners = &guard_site_settings(&snapshot->sites[0])->partners;
	const struct partner_settings *list = partners->items;

	(void)state;
	assert_int_equal(partners->count, 2);
	assert_span(list[0].name, "region");
	assert_true(list[0].requests.count == 50 && list[0].requests_burst == 300 && list[0].cost_ms == 2000 && list[0].cost_burst_ms == 60000);
	assert_true(list[1].requests.per_ms == 60000 && list[1].until_ms < NOW_MS);
	snapshot_drop(snapshot);
}

static void too_many(void **state)
{
	struct buffer lines;

	(void)state;
	buffer_init(&lines, 1 << 20);
	assert_ok(buffer_print(&lines, "    partners:\n"));
	for (unsigned i = 0; i <= PARTNERS_MAX; i++)
		assert_ok(buffer_print(&lines, "      - { name: p%u, until: 2099-01-01T00:00:00Z, token: %064x }\n", i, i));
	assert_ok(buffer_append_byte(&lines, 0));
	assert_refused(sections, "", lines.bytes, "partners: found 65, expected at most 64");
	buffer_done(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_its_hash), cmocka_unit_test(known_hash), cmocka_unit_test(budgets_of_his_own), cmocka_unit_test(names),
		cmocka_unit_test(refused), cmocka_unit_test(taken), cmocka_unit_test(too_many),
	};

	sections[0] = guard_site_section;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
