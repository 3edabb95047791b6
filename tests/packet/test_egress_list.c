/* Rules as people write them, the list that they make, the ledger that is held against it, and what of it is an alarm: no kernel needed. */
#include "../base/check.h"

#include <stdlib.h>

#include "packet/egress/alarm.h"
#include "packet/egress/cgroup.h"
#include "packet/egress/watch.h"

#include "base/banned.h"

static struct egress_destination destination(const char *address, uint16_t port, uint8_t protocol)
{
	struct egress_destination to = { .port = port, .protocol = protocol };
	struct address bytes;

	assert_ok(address_read(span_of(address), &bytes));
	memcpy(to.bytes, bytes.bytes, sizeof(to.bytes));
	return to;
}

static void rules_are_read_and_written(void **state)
{
	static const struct { const char *text, *again; } good[] = {
		{ "10.0.0.0/8:443/tcp", NULL }, { "192.0.2.1", "192.0.2.1/32" }, { "192.0.2.1:53/udp", "192.0.2.1/32:53/udp" }, { "0.0.0.0/0:*/icmp", NULL },
		{ "2001:db8::/32", NULL }, { "[2001:db8::/32]:443/tcp", NULL }, { "[2001:db8::1]:*/icmpv6", "[2001:db8::1/128]:*/icmpv6" }, { "[::/0]:65535/udp", NULL },
		{ "10.0.0.0/8:7/132", NULL }, { "[2001:db8::/32]", "2001:db8::/32" }, { "10.0.0.0/8:*/6", "10.0.0.0/8:*/tcp" },
	};
	static const char *const bad[] = { "", ":", ":443/tcp", "10.0.0.0/8:443", "10.0.0.0/8:0/tcp", "10.0.0.0/8:65536/tcp", "10.0.0.0/8:443/", "10.0.0.0/8:443/0", "10.0.0.0/8:443/256",
	                                   "10.0.0.0/8:/tcp", "10.0.0.1/8:443/tcp", "10.0.0.0/33", "[10.0.0.1]:443/tcp", "[2001:db8::1:443/tcp", "2001:db8::1]:443/tcp", "[2001:db8::1]443/tcp",
	                                   "[]", "[", "[]:443/tcp", "10.0.0.0/8:8/icmp", "10.0.0.0/8:443/TCP", "10.0.0.0/8:443/tcp ", "example.org:443/tcp", "10.0.0.0/8:**/tcp", "10.0.0.0/8:443/tcp/tcp" };
	char text[EGRESS_RULE_TEXT];
	struct egress_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_ok(egress_rule_read(span_of(good[i].text), &rule));
		egress_rule_write(&rule, text);
		assert_string_equal(text, good[i].again ? good[i].again : good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (egress_rule_read(span_of(bad[i]), &rule) != RESULT_MALFORMED)
			fail_msg("\"%s\" was read", bad[i]);
	}
}

static void add(struct egress_list *list, const char *text, bool is_needed, const char *key)
{
	struct egress_rule rule;

	assert_ok(egress_rule_read(span_of(text), &rule));
	egress_list_add(list, &rule, is_needed, span_of(key));
}

static const char *key_of(const struct egress_list *list, const char *address, uint16_t port, uint8_t protocol)
{
	const struct egress_destination to = destination(address, port, protocol);
	const struct egress_rule *rule = egress_list_find(list, &to);

	return rule ? rule->key : "none";
}

static void the_narrowest_rule_names_it(void **state)
{
	struct egress_list list;

	(void)state;
	assert_ok(egress_list_init(&list));
	add(&list, "10.0.0.0/8:443/tcp", false, "wide");
	add(&list, "10.1.0.0/16:*/tcp", false, "narrow");
	add(&list, "10.1.0.0/16:443/tcp", false, "port");
	add(&list, "2001:db8::/32", false, "all");
	assert_string_equal(key_of(&list, "10.2.0.1", 443, IPPROTO_TCP), "wide");
	assert_string_equal(key_of(&list, "10.2.0.1", 80, IPPROTO_TCP), "none");
	assert_string_equal(key_of(&list, "10.2.0.1", 443, IPPROTO_UDP), "none");
	assert_string_equal(key_of(&list, "10.1.0.1", 443, IPPROTO_TCP), "port");
	assert_string_equal(key_of(&list, "10.1.0.1", 80, IPPROTO_TCP), "narrow");
	assert_string_equal(key_of(&list, "2001:db8:1::1", 0, IPPROTO_ICMPV6), "all");
	assert_string_equal(key_of(&list, "2001:db9::1", 443, IPPROTO_TCP), "none");
	add(&list, "10.0.0.0/8:443/tcp", true, "twice");
	assert_int_equal(list.count, 4);
	assert_true(list.rules[0].is_needed);
	egress_list_done(&list);
}

static void its_limits_are_counted(void **state)
{
	struct egress_list list;
	struct egress_rule rule = { .protocol = IPPROTO_TCP, .length = 128, .bytes = { 0x20 } };

	(void)state;
	assert_ok(egress_list_init(&list));
	for (unsigned i = 0; i < EGRESS_LENGTHS_MAX + 2; i++) {
		rule.length = (uint8_t)(128 - i);
		egress_list_add(&list, &rule, false, SPAN("length"));
	}
	assert_int_equal(list.count, EGRESS_LENGTHS_MAX);
	assert_int_equal(list.left_out, 2);
	rule.length = 128;
	for (unsigned i = 1; i <= EGRESS_RULES_MAX; i++) {
		rule.port = (uint16_t)i;
		egress_list_add(&list, &rule, false, SPAN("a key that is longer than what the map has room for, which is ninety-five bytes and a NUL, and so is cut"));
	}
	assert_int_equal(list.count, EGRESS_RULES_MAX);
	assert_int_equal(list.left_out, 2 + EGRESS_LENGTHS_MAX);
	assert_int_equal(strlen(list.rules[EGRESS_RULES_MAX - 1].key), EGRESS_KEY_BYTES - 1);
	egress_list_done(&list);
}

static void add_seen(struct egress_list *list, const char *text, bool is_needed, const char *key, uint64_t seen_ns)
{
	struct egress_rule rule;

	assert_ok(egress_rule_read(span_of(text), &rule));
	rule.seen_ns = seen_ns;
	egress_list_add(list, &rule, is_needed, span_of(key));
}

/* Availability: what was needed a moment ago, and what cannot be looked up now. What an administrator struck from `allow` is gone at once. */
static void what_was_needed_stays_for_an_hour(void **state)
{
	const uint64_t hour_ns = EGRESS_KEEP_NS;
	struct egress_list before, list;

	(void)state;
	assert_ok(egress_list_init(&before));
	assert_ok(egress_list_init(&list));
	add_seen(&before, "10.0.0.1:443/tcp", true, "turning", 10 * hour_ns);
	add_seen(&before, "10.0.0.2:443/tcp", true, "old", 9 * hour_ns);
	add_seen(&before, "10.0.0.3:443/tcp", false, "allow", 10 * hour_ns);
	add_seen(&before, "10.0.0.4:443/tcp", true, "stays", 5 * hour_ns);
	add_seen(&before, "10.0.0.5:443/tcp", true, "from a clock ahead", 20 * hour_ns);
	add_seen(&list, "10.0.0.4:443/tcp", true, "stays", 10 * hour_ns);
	egress_list_keep(&list, &before, 10 * hour_ns);
	assert_int_equal(list.count, 2);
	assert_string_equal(key_of(&list, "10.0.0.1", 443, IPPROTO_TCP), "turning");
	assert_true(list.rules[0].seen_ns == 10 * hour_ns && list.rules[1].seen_ns == 10 * hour_ns);
	egress_list_keep(&list, &before, 11 * hour_ns - 1);
	assert_int_equal(list.count, 2);
	list.count = 0;
	egress_list_keep(&list, &before, 11 * hour_ns);
	assert_int_equal(list.count, 0);
	assert_int_equal(egress_list_carry(&list, &before, SPAN("old"), 11 * hour_ns), 1);
	assert_int_equal(egress_list_carry(&list, &before, SPAN("nobody"), 11 * hour_ns), 0);
	assert_true(list.count == 1 && list.rules[0].seen_ns == 11 * hour_ns && list.rules[0].is_needed);
	egress_list_done(&before);
	egress_list_done(&list);
}

/* Availability: the file has another port, and the shield still listens where it did. */
static void ports_that_answered_go_on(void **state)
{
	struct egress_list before, list;

	(void)state;
	assert_ok(egress_list_init(&before));
	assert_ok(egress_list_init(&list));
	egress_list_answer(&before, 443);
	egress_list_answer(&list, 8443);
	egress_list_keep(&list, &before, 100 * EGRESS_KEEP_NS);
	assert_true(egress_list_answers(&list, 443) && egress_list_answers(&list, 8443) && !egress_list_answers(&list, 80));
	assert_int_equal(list.count, 0);
	egress_list_done(&before);
	egress_list_done(&list);
}

static void the_same_list_is_known(void **state)
{
	struct egress_list one, other;

	(void)state;
	assert_ok(egress_list_init(&one));
	assert_ok(egress_list_init(&other));
	add_seen(&one, "10.0.0.1:443/tcp", true, "a", 1);
	add_seen(&one, "10.0.0.0/8:443/tcp", false, "b", 1);
	add_seen(&other, "10.0.0.0/8:443/tcp", false, "b", 9);
	add_seen(&other, "10.0.0.1:443/tcp", true, "a", 9);
	assert_true(egress_list_is_same(&one, &other));
	egress_list_answer(&one, 443);
	assert_false(egress_list_is_same(&one, &other));
	egress_list_answer(&other, 443);
	assert_true(egress_list_is_same(&one, &other) && egress_list_answers(&one, 443) && !egress_list_answers(&one, 442));
	other.rules[0].is_needed = true;
	assert_false(egress_list_is_same(&one, &other));
	other.rules[0].is_needed = false;
	other.rules[0].key[0] = 'c';
	assert_false(egress_list_is_same(&one, &other));
	other.rules[0].key[0] = 'b';
	other.rules[0].port = 444;
	assert_false(egress_list_is_same(&one, &other));
	other.rules[0].port = 443;
	add_seen(&other, "10.0.0.2:443/tcp", true, "a", 9);
	assert_false(egress_list_is_same(&one, &other));
	egress_list_done(&one);
	egress_list_done(&other);
}

static void news_of_others_are_passed_over(void **state)
{
	struct egress_news news = { .kind = EGRESS_NEWS, .text = "text" }, out;

	(void)state;
	assert_ok(egress_news_read(&news, sizeof(news), &out));
	assert_string_equal(out.text, "text");
	assert_result(egress_news_read(&news, sizeof(news) - 1, &out), RESULT_MALFORMED);
	assert_result(egress_news_read(&news, 0, &out), RESULT_MALFORMED);
	memset(news.text, 'x', sizeof(news.text));
	assert_result(egress_news_read(&news, sizeof(news), &out), RESULT_MALFORMED);
	news.text[0] = '\0';
	news.kind = 1;
	assert_result(egress_news_read(&news, sizeof(news), &out), RESULT_MALFORMED);
}

static struct egress_line line(const char *address, uint16_t port, uint8_t protocol, enum egress_verdict verdict, uint64_t packets, uint64_t refused_ns)
{
	return (struct egress_line){ destination(address, port, protocol),
		                     { .packets = packets, .refused = refused_ns ? 3 : 0, .refused_ns = refused_ns, .judged = egress_judged(7, verdict) } };
}

static void the_ledger_begins_with_what_is_not_listed(void **state)
{
	struct egress_line lines[] = { line("10.0.0.1", 1, 6, EGRESS_LISTED, 9, 0), line("10.0.0.2", 1, 6, EGRESS_UNLISTED, 1, 0), line("10.0.0.3", 1, 6, EGRESS_SPARED, 99, 0),
		                       line("10.0.0.4", 1, 6, EGRESS_LISTED, 10, 0), line("10.0.0.5", 1, 6, EGRESS_UNLISTED, 2, 0) };
	struct egress_ledger ledger = { .lines = lines, .count = 5 };
	static const uint8_t last[] = { 5, 2, 4, 1, 3 };

	(void)state;
	egress_ledger_sort(&ledger);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(lines[i].to.bytes[15], last[i]);
	lines[0].entry.judged = 200;
	assert_int_equal(egress_line_verdict(&lines[0]), EGRESS_UNJUDGED);
	assert_true(egress_wall_ns(90, 100, 1000) == 990 && egress_wall_ns(0, 100, 1000) == 0 && egress_wall_ns(200, 100, 1000) == 1000 && egress_wall_ns(1, 5000, 1000) == 1);
}

static void what_is_needed_and_refused_is_an_alarm(void **state)
{
	struct egress_line lines[] = { line("10.0.0.1", 443, 6, EGRESS_UNLISTED, 0, 50), line("10.0.0.1", 80, 6, EGRESS_UNLISTED, 0, 150), line("10.0.0.2", 443, 6, EGRESS_UNLISTED, 0, 150),
		                       line("10.0.0.9", 443, 6, EGRESS_UNLISTED, 0, 150), line("10.0.0.1", 443, 6, EGRESS_UNLISTED, 0, 150), line("::", 8443, 6, EGRESS_UNLISTED, 0, 150),
		                       line("10.0.0.3", 80, 6, EGRESS_UNLISTED, 0, 150) };
	static const struct { enum egress_alarm_kind kind; size_t line; const char *text; } expected[] = {
		{ EGRESS_ALARM_HOST, 1, "10.0.0.1:80/tcp was refused (3 times); of that host the list has 10.0.0.1/32:443/tcp (origin)" },
		{ EGRESS_ALARM_MOVED, 2, "10.0.0.2:443/tcp was refused (3 times), and origin leads there now" },
		{ EGRESS_ALARM_LISTED, 4, "although 10.0.0.1/32:443/tcp (origin) is in the list" },
		{ EGRESS_ALARM_ANSWERS, 5, "who came to port 8443 was not answered (3 times)" },
	};
	struct egress_ledger ledger = { .lines = lines, .count = sizeof(lines) / sizeof(*lines) };
	struct egress_list published, needed;
	struct egress_alarms alarms;
	char text[EGRESS_ALARM_TEXT];

	(void)state;
	lines[5].to.kind = EGRESS_ANSWER;
	assert_ok(egress_list_init(&published));
	assert_ok(egress_list_init(&needed));
	add(&published, "10.0.0.1:443/tcp", true, "origin");
	add(&published, "10.0.0.3:443/tcp", false, "allow");
	add(&needed, "10.0.0.2:443/tcp", true, "origin");
	add(&needed, "10.0.0.9:443/tcp", false, "allow");
	egress_alarms_find(&ledger, &published, 100, &needed, &alarms);
	assert_int_equal(alarms.count, 4);
	for (unsigned i = 0; i < alarms.count; i++) {
		assert_int_equal(alarms.list[i].kind, expected[i].kind);
		assert_ptr_equal(alarms.list[i].line, &lines[expected[i].line]);
		egress_alarm_write(&alarms.list[i], text);
		if (!span_contains(span_of(text), span_of(expected[i].text)))
			fail_msg("%s", text);
	}
	egress_alarms_find(&ledger, &published, 100, NULL, &alarms);
	assert_int_equal(alarms.count, 3);
	egress_alarms_find(&ledger, &published, 150, &needed, &alarms);
	assert_int_equal(alarms.count, 0);
	egress_list_done(&published);
	egress_list_done(&needed);
}

static void cgroup2_is_found_among_mounts(void **state)
{
	static const struct { const char *mounts, *found; } rows[] = {
		{ "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "/sys/fs/cgroup" },
		{ "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", "/sys/fs/cgroup/unified" },
		{ "none /a cgroup2", "/a" }, { "cgroup2 /sys/fs/cgroup tmpfs rw 0 0\n", NULL }, { "", NULL }, { "cgroup2", NULL }, { "\n\n", NULL },
	};
	char folder[CGROUP_PATH_BYTES], *wide = malloc(2 * CGROUP_PATH_BYTES);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_result(cgroup_mount_read(span_of(rows[i].mounts), folder), rows[i].found ? RESULT_OK : RESULT_NOT_FOUND);
		if (rows[i].found)
			assert_string_equal(folder, rows[i].found);
	}
	assert_non_null(wide);
	snprintf(wide, 2 * CGROUP_PATH_BYTES, "c /%0*u cgroup2 rw 0 0\n", (int)CGROUP_PATH_BYTES, 0u);
	assert_result(cgroup_mount_read(span_of(wide), folder), RESULT_LIMIT);
	free(wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_and_written),
		cmocka_unit_test(the_narrowest_rule_names_it),
		cmocka_unit_test(its_limits_are_counted),
		cmocka_unit_test(the_same_list_is_known),
		cmocka_unit_test(news_of_others_are_passed_over),
		cmocka_unit_test(what_was_needed_stays_for_an_hour),
		cmocka_unit_test(ports_that_answered_go_on),
		cmocka_unit_test(the_ledger_begins_with_what_is_not_listed),
		cmocka_unit_test(what_is_needed_and_refused_is_an_alarm),
		cmocka_unit_test(cgroup2_is_found_among_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
