#include "stage.h"

#include "base/clock.h"
#include "event/format.h"
#include "event/member.h"

static const struct log_client_ip privacy = { LOG_ADDRESS_TRUNCATED, LOG_ADDRESS_FULL };

/* The line of FACT, closed, in TEXT. Fails unless it is an object. */
static struct span line_of(struct log_client_ip kept, const struct request_fact *fact, char text[LINE_MAX_BYTES])
{
	struct format format;
	struct members members;
	struct member member;
	enum result result;
	size_t len;

	format_init(&format, SPAN("node \"one\""), (struct hash_seed){ 1, 2 });
	len = format_request(&format, kept, fact, text);
	assert_true(len <= FORMAT_MAX);
	text[len++] = '}';
	members_init(&members, span_make(text, len));
	while ((result = members_next(&members, &member)) == RESULT_OK)
		;
	assert_int_equal(result, RESULT_END);
	return span_make(text, len);
}

static void assert_member(struct span line, const char *name, const char *want)
{
	struct member member;

	if (member_find(line, span_of(name), &member) != RESULT_OK)
		fail_msg("no %s in %.*s", name, SPAN_ARG(line));
	assert_span(member.value, want);
}

static void assert_absent(struct span line, const char *name)
{
	struct member member;

	if (member_find(line, span_of(name), &member) != RESULT_NOT_FOUND)
		fail_msg("%s in %.*s", name, SPAN_ARG(line));
}

static void a_served_request(void **state)
{
	static const char *const members[][2] = {
		{ "@timestamp", "2026-01-02T00:04:05.123Z" }, { "event.dataset", "bouclier.request" },
		{ "bouclier.node", "node \\\"one\\\"" }, { "bouclier.tenant", "commune" }, { "bouclier.site", "www" },
		{ "bouclier.decision", "allow" }, { "source.ip", "192.0.2.0" }, { "bouclier.client_ip", "truncated" },
		{ "http.response.status_code", "200" }, { "http.response.body.bytes", "5120" }, { "event.duration", "1234000" },
		{ "bouclier.request_id", "0123456789abcdeffedcba9876543210" }, { "bouclier.worker", "3" },
		{ "bouclier.origin", "http://10.0.0.11:8080" }, { "bouclier.origin_status", "200" }, { "bouclier.cost_us", "1000" },
		{ "bouclier.wait_us", "10" }, { "bouclier.first_byte_us", "800" }, { "bouclier.reused", "true" },
		{ "url.scheme", "https" }, { "url.domain", "www.commune.example" }, { "url.path", "/nieuws" },
		{ "url.query", "q=*5&lang=*2" }, { "http.request.method", "GET" }, { "http.version", "1.1" },
		{ "user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)" }, { "tls.version", "1.3" },
		{ "tls.client.ja4", "t13d1516h2_8daaf6152771_b186095e22b6" },
	};
	static const char *const absent[] = { "source.port", "bouclier.reasons", "bouclier.fault", "bouclier.peer.ip",
		                              "bouclier.cut", "bouclier.retries", "bouclier.bypassed", "bouclier.kind", "bouclier.partner", "bouclier.bot", "bouclier.impostor",
		                              "bouclier.would", "bouclier.would_for" };
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct span line = line_of(privacy, stage_request(&stage), text);

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		assert_member(line, members[i][0], members[i][1]);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_absent(line, absent[i]);
}

static void what_would_have_been_done_is_told(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);

	(void)state;
	fact->would = DECISION_LIMIT;
	fact->would_reason = REASON_BUDGET;
	assert_member(line_of(privacy, fact, text), "bouclier.would", "limit");
	assert_member(line_of(privacy, fact, text), "bouclier.would_for", "budget");
}

static void a_kind_that_floods_is_named(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);

	(void)state;
	fact->kind = 0x00ab12cd;
	assert_member(line_of(privacy, fact, text), "bouclier.kind", "00ab12cd");
}

static void a_partner_is_named(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);

	(void)state;
	fact->partner = SPAN("region");
	assert_member(line_of(privacy, fact, text), "bouclier.partner", "region");
}

static void a_good_bot_is_named_and_an_impostor_too(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct span line;

	(void)state;
	fact->bot = SPAN("Googlebot");
	line = line_of(privacy, fact, text);
	assert_member(line, "bouclier.bot", "Googlebot");
	assert_absent(line, "bouclier.impostor");
	fact->bot = SPAN_NONE;
	fact->impostor_of = SPAN("Our \"search\"");
	line = line_of(privacy, fact, text);
	assert_member(line, "bouclier.impostor", "Our \\\"search\\\"");
	assert_absent(line, "bouclier.bot");
}

static void a_refused_request_says_why_and_by_whom(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct span line;

	(void)state;
	fact->decision = DECISION_BLOCK;
	fact->reason = REASON_FAULT;
	fact->fault = HTTP_FAULT_BARE_LF;
	fact->peer = stage_address("10.0.0.1");
	fact->head = NULL;
	line = line_of(privacy, fact, text);
	assert_member(line, "source.ip", "192.0.2.77");
	assert_member(line, "source.port", "40000");
	assert_member(line, "bouclier.reasons", "[\"http-fault\"]");
	assert_member(line, "bouclier.fault", "bare-lf");
	assert_member(line, "bouclier.peer.ip", "10.0.0.1");
	assert_absent(line, "url.path");
}

static void keyed_addresses_tell_clients_apart_and_no_more(void **state)
{
	static const struct log_client_ip keyed = { LOG_ADDRESS_KEYED, LOG_ADDRESS_KEYED };
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	char text[3][LINE_MAX_BYTES];
	struct member key[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fact->source = fact->peer = stage_address(i == 2 ? "192.0.2.78" : "192.0.2.77");
		struct span line = line_of(keyed, fact, text[i]);

		assert_absent(line, "source.ip");
		assert_absent(line, "source.port");
		assert_false(span_contains(line, SPAN("192.0.2.")));
		assert_int_equal(member_find(line, SPAN("bouclier.client_key"), &key[i]), RESULT_OK);
	}
	assert_true(span_equal(key[0].value, key[1].value));
	assert_false(span_equal(key[0].value, key[2].value));
}

static void an_unknown_privacy_keeps_less(void **state)
{
	char text[LINE_MAX_BYTES];
	struct stage_request stage;

	(void)state;
	assert_member(line_of((struct log_client_ip){ 77, 77 }, stage_request(&stage), text), "source.ip", "192.0.2.0");
}

static void secrets_never_reach_the_line(void **state)
{
	static const struct { const char *path, *query, *want_path, *want_query; } cases[] = {
		{ "/a", "password=topsecret", "/a", "password=*9" },
		{ "/a", "topsecret", "/a", "*9" },
		{ "/a", "a=topsecret=topsecret&&b", "/a", "a=*19&&*1" },
		{ "/a", "", "/a", "" },
		{ "/a", "=topsecret", "/a", "=*9" },
		{ "/a;jsessionid=topsecret/b;topsecret", "x=", "/a;jsessionid=*9/b;*9", "x=*0" },
		{ "/;", "q\"=\x01", "/;", "*2=*1" },
		{ "/a;topsecret==/b", "topsecret==&{\"user\":\"topsecret=x\"}", "/a;*11/b", "*11&*18=*3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[LINE_MAX_BYTES];
		struct stage_request stage;
		struct request_fact *fact = stage_request(&stage);
		struct span line;

		stage.head.path = span_of(cases[i].path);
		stage.head.query = span_of(cases[i].query);
		line = line_of(privacy, fact, text);
		assert_false(span_contains(line, SPAN("topsecret")));
		assert_member(line, "url.path", cases[i].want_path);
		assert_member(line, "url.query", cases[i].want_query);
	}
}

/* Every text as long and as hostile as can be, at many lengths: an object within the limit, that says it was cut. */
static void hostile_lengths(void **state)
{
	static const char *const fills[] = { "a", "\x01", "\xff", "\"", "\xc3\xa9", "&", ";", "=", "/;", "&a=b" };
	static char big[20000];

	(void)state;
	for (size_t f = 0; f < sizeof(fills) / sizeof(fills[0]); f++) {
		size_t unit = strlen(fills[f]);

		for (size_t i = 0; i + unit <= sizeof(big); i += unit)
			memcpy(big + i, fills[f], unit);
		for (size_t len = 1; len < sizeof(big); len += 1 + len / 7) {
			char text[LINE_MAX_BYTES];
			struct stage_request stage;
			struct request_fact *fact = stage_request(&stage);
			struct span all = span_make(big, len), line;
			struct member member;

			stage.head.path = stage.head.query = stage.head.host = stage.head.method_name = all;
			stage.fields[2].value = fact->sni = fact->ja4 = fact->origin = fact->site_name = fact->tenant_name = all;
			line = line_of(privacy, fact, text);
			assert_true(len < 1500 || member_find(line, SPAN("bouclier.cut"), &member) == RESULT_OK);
			if (member_find(line, SPAN("user_agent.original"), &member) == RESULT_OK)
				assert_true(member.value.len <= 256);
		}
	}
}

static void a_connection(void **state)
{
	struct connection_fact fact = { .wall_ns = 1, .worker = 1, .decision = DECISION_DROP, .reason = REASON_HANDSHAKE,
		                        .peer = stage_address("2001:db8:1:2::3"), .sni = SPAN("x.example"), .detail = SPAN("no shared cipher") };
	struct format format;
	char text[LINE_MAX_BYTES];
	struct span line;

	(void)state;
	format_init(&format, SPAN("n"), (struct hash_seed){ 1, 2 });
	line = span_make(text, format_connection(&format, (struct log_client_ip){ 0, LOG_ADDRESS_TRUNCATED }, &fact, text));
	text[line.len++] = '}';
	assert_member(line, "event.dataset", "bouclier.connection");
	assert_member(line, "source.ip", "2001:db8:1::");
	assert_member(line, "bouclier.reasons", "[\"tls-handshake\"]");
	assert_member(line, "bouclier.detail", "no shared cipher");
	assert_absent(line, "bouclier.site");
}

static void names_never_end(void **state)
{
	(void)state;
	assert_span(format_decision((enum decision)99), "unknown");
	assert_span(format_reason((enum reason)999), "unknown");
	assert_span(format_fault((enum http_fault)999), "unknown");
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		assert_true(format_decision((enum decision)i).len > 0);
}

/* The bar is about a microsecond; under a sanitizer or a loaded machine, only that nothing is wildly wrong. */
static void fast_enough(void **state)
{
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct format format;
	char text[FORMAT_MAX];
	uint64_t best = UINT64_MAX;

	(void)state;
	format_init(&format, SPAN("node"), (struct hash_seed){ 1, 2 });
	for (int round = 0; round < 20; round++) {
		uint64_t before = clock_mono_ns();

		for (int i = 0; i < 1000; i++)
			format_request(&format, privacy, fact, text);
		uint64_t spent = (clock_mono_ns() - before) / 1000;

		best = spent < best ? spent : best;
	}
	print_message("a line in %u ns\n", (unsigned)best);
	assert_true(best < 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_served_request), cmocka_unit_test(a_kind_that_floods_is_named), cmocka_unit_test(a_partner_is_named), cmocka_unit_test(a_good_bot_is_named_and_an_impostor_too),
		cmocka_unit_test(what_would_have_been_done_is_told),
		cmocka_unit_test(a_refused_request_says_why_and_by_whom),
		cmocka_unit_test(keyed_addresses_tell_clients_apart_and_no_more), cmocka_unit_test(an_unknown_privacy_keeps_less),
		cmocka_unit_test(secrets_never_reach_the_line), cmocka_unit_test(hostile_lengths), cmocka_unit_test(a_connection),
		cmocka_unit_test(names_never_end), cmocka_unit_test(fast_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
