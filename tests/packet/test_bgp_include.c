/* The include file: what is written is read again, and nothing else is. */
#include "../base/check.h"

#include <stdlib.h>

#include "packet/carrier/bgp_include.h"

#include "base/banned.h"

static struct bgp_route route_of(const char *words, uint64_t until_ms, const char *by)
{
	struct bgp_route route = { .since_ms = 1000, .until_ms = until_ms };

	assert_ok(bgp_rule_read(span_of(words), &route.rule));
	assert_ok(span_to_text(span_of(by), route.by, sizeof(route.by)));
	return route;
}

static void add(struct bgp_include *include, const char *words, uint64_t until_ms, const char *by)
{
	struct bgp_route route = route_of(words, until_ms, by);
	uint32_t id;

	assert_ok(bgp_include_add(include, &route, &id));
}

static void fill(struct bgp_include *include)
{
	*include = (struct bgp_include){ .community = { 65535, 666 } };
	bgp_include_set_reboot(include, SPAN("2026-11-29 20:00:00.123"));
	add(include, "flow to=198.51.100.7/32 protocol=17 source-port=53", 5000, "");
	add(include, "flow to=2001:db8::7/128 protocol=17 source-port=53", 6000, "An Ä. Janssens");
	add(include, "unreachable to=198.51.100.7/32", 7000, "An Ä. Janssens");
	add(include, "unreachable to=2001:db8::7/128", 8000, "x");
}

static char *text_of(const struct bgp_include *include)
{
	struct buffer text;
	char *copy;

	buffer_init(&text, INCLUDE_BYTES_MAX);
	assert_ok(bgp_include_write(include, &text));
	assert_ok(buffer_append_byte(&text, 0));
	copy = strdup(text.bytes);
	buffer_done(&text);
	assert_non_null(copy);
	return copy;
}

static void both_ways(void **state)
{
	struct bgp_include include, again;
	char *text, *second;

	(void)state;
	fill(&include);
	text = text_of(&include);
	assert_non_null(strstr(text, "#! bouclier 1 community=65535:666 bird=2026-11-29_20:00:00.123\n#: id=1 since=1000 until=5000 by=\"\" flow to=198.51.100.7/32"));
	assert_non_null(strstr(text, "ipv4 table bouclier_rtbh4;\nprotocol static bouclier_rtbh4_static {\n\tipv4 { table bouclier_rtbh4; };\n\troute 198.51.100.7/32 blackhole"));
	assert_ok(bgp_include_read(span_of(text), &again));
	second = text_of(&again);
	assert_string_equal(text, second);
	assert_true(again.count == 4 && again.routes[1].id == 2 && again.routes[3].until_ms == 8000);
	assert_string_equal(again.routes[1].by, "An Ä. Janssens");
	for (unsigned table = 0; table < INCLUDE_TABLES; table++)
		assert_int_equal(bgp_include_count(&again, (enum bgp_include_table)table), 1);
	free(text);
	free(second);
}

static void empty(void **state)
{
	struct bgp_include include = { .count = 9 };
	char *text;

	(void)state;
	assert_ok(bgp_include_read(SPAN_NONE, &include));
	assert_int_equal(include.count, 0);
	text = text_of(&include);   /* tables that BIRD's configuration may name */
	assert_non_null(strstr(text, "flow4 table bouclier_flow4;\n"));
	assert_ok(bgp_include_read(span_of(text), &include));
	free(text);
}

/* Whatever is changed in it: each byte, each line left out, each line twice. */
static void changed_by_hand(void **state)
{
	struct bgp_include include, out;
	char *text, *other;
	size_t len;

	(void)state;
	fill(&include);
	text = text_of(&include);
	len = strlen(text);
	other = malloc(2 * len + 1);
	assert_non_null(other);
	for (size_t i = 0; i < len; i++) {
		size_t line = strcspn(text + i, "\n") + 1;

		memcpy(other, text, len);
		other[i] = other[i] == '\n' ? ' ' : '\n';
		assert_result(bgp_include_read(span_make(other, len), &out), RESULT_MALFORMED);
		assert_result(bgp_include_read(span_make(text, i ? i : 1), &out), RESULT_MALFORMED);
		if (i && text[i - 1] != '\n')
			continue;
		memcpy(other + i, text + i + line, len - i - line);
		if (text[i] != '\t' || strncmp(text + i + 1, "route", 5) == 0)
			assert_result(bgp_include_read(span_make(other, len - line), &out), RESULT_MALFORMED);
		memcpy(other, text, i + line);
		memcpy(other + i + line, text + i, len - i);
		assert_result(bgp_include_read(span_make(other, len + line), &out), RESULT_MALFORMED);
	}
	free(other);
	free(text);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"#! bouclier 1 community=1:2 bird=\n", "#! bouclier 2 community=1:2 bird=\n", "protocol static {}\n", "#: id=1 since=1 until=2 by=\"\" flow to=1.2.3.4/32 fragments\n",
	};
	struct bgp_include include;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_result(bgp_include_read(span_of(texts[i]), &include), RESULT_MALFORMED);
}

static void list(void **state)
{
	struct bgp_include include;
	struct bgp_route route = route_of("flow to=198.51.100.7/32 fragments", 9000, "");
	uint32_t id;

	(void)state;
	fill(&include);
	assert_non_null(bgp_include_find(&include, &include.routes[2].rule));
	assert_null(bgp_include_find(&include, &route.rule));
	assert_result(bgp_include_remove(&include, 9), RESULT_NOT_FOUND);
	assert_ok(bgp_include_remove(&include, 2));
	assert_true(include.count == 3 && include.routes[1].id == 3);
	assert_ok(bgp_include_add(&include, &route, &id));
	assert_int_equal(id, 5);  /* a number is not given twice while others stand */
	while (include.count < BGP_ROUTES_MAX)
		assert_ok(bgp_include_add(&include, &route, &id));
	assert_result(bgp_include_add(&include, &route, &id), RESULT_LIMIT);
	free(text_of(&include));
}

static void expiry(void **state)
{
	struct bgp_include include;

	(void)state;
	fill(&include);
	assert_int_equal(bgp_include_expire(&include, 4999), 0);
	assert_int_equal(bgp_include_expire(&include, 5000), 1);
	assert_int_equal(bgp_include_expire(&include, 6500), 1);
	assert_true(include.count == 2 && include.routes[0].id == 3);
	assert_int_equal(bgp_include_expire(&include, 999), 2);   /* before they began: the clock was set back */
	assert_int_equal(include.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways), cmocka_unit_test(empty), cmocka_unit_test(changed_by_hand), cmocka_unit_test(refused), cmocka_unit_test(list), cmocka_unit_test(expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
