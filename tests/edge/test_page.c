/* Pages: in whose language, what a program gets, and that nothing a visitor or a configuration says becomes markup. */
#include "../base/check.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"
#include "edge/page.h"
#include "edge/request.h"

struct scene {
	struct request request;
	struct edge_settings settings;
	struct edge_route route;
	struct page page;
	struct worker worker;
	struct connection connection;
	struct snapshot snapshot;
	struct binding binding;
};

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	arena_init(&scene->request.arena, 1 << 20, 4096);
	fields_init(&scene->request.head.fields, &scene->request.arena, 10);
	scene->route.settings = &scene->settings;
	scene->request.route = &scene->route;
	scene->snapshot.generation = 1;
	scene->binding.snapshot = &scene->snapshot;
	scene->connection.worker = &scene->worker;
	scene->request.binding = &scene->binding;
	scene->request.connection = &scene->connection;
	scene->request.id[0] = 0x0123456789abcdefu;
	return scene;
}

static void scene_done(struct scene *scene)
{
	worker_pages_reset(&scene->worker.pages);
	arena_done(&scene->request.arena);
	free(scene);
}

static void say(struct scene *scene, const char *name, const char *value)
{
	assert_ok(fields_add(&scene->request.head.fields, field_id_of(span_of(name)), span_of(name), span_of(value)));
}

static bool page_has(const struct scene *scene, const char *text)
{
	return span_contains(scene->page.body, span_of(text));
}

static void languages(void **state)
{
	static const struct { const char *said, *language; } table[] = {
		{ NULL, "en" }, { "", "en" }, { "*", "en" }, { "es", "en" }, { "nl", "nl" }, { "nl-BE", "nl" }, { "NL-be", "nl" }, { "fr", "fr" },
		{ "de-DE", "de" }, { "eng", "en" }, { "nld", "en" }, { "fry, de", "de" },
		{ "nl,fr", "nl" }, { "fr,nl", "fr" },                      /* a tie: the first */
		{ "nl;q=0.5,fr", "fr" }, { "nl;q=0.5, fr;q=0.51", "fr" }, { "nl;q=0.501,fr;q=0.5", "nl" }, { "fr;q=0.8,nl;q=0.9,en;q=0.7", "nl" },
		{ "nl ; q=0.1 , de ;q=0.2", "de" }, { "nl;Q=0.1,de;Q=0.9", "de" },
		{ "nl;q=0", "en" }, { "nl;q=0.000,fr;q=0.001", "fr" }, { "nl;q=0,*", "en" }, { "nl;q=1.000,fr;q=0.999", "nl" },
		{ "es,fr;q=0.3", "fr" }, { "nl-BE,nl;q=0.9,en-GB;q=0.8,en;q=0.7", "nl" },
		{ "de;q=", "en" }, { "de;q", "en" }, { "de;x=1", "en" }, { "de;", "en" }, { ";q=1,de", "de" }, { ",,,de", "de" },
		{ "de;q=-1,fr;q=0.1", "fr" }, { "de;q=abc,fr;q=0.1", "fr" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct scene *scene = scene_new();
		char expected[32];

		if (table[i].said)
			say(scene, "Accept-Language", table[i].said);
		page_make(&scene->request, 404, &scene->page);
		snprintf(expected, sizeof(expected), "<html lang=\"%s\">", table[i].language);
		if (!page_has(scene, expected))
			fail_msg("%s is not %s", table[i].said, table[i].language);
		scene_done(scene);
	}
}

static void a_long_wish_list_is_cut(void **state)
{
	struct scene *scene = scene_new();
	char list[4000] = "";
	size_t len = 0;

	(void)state;
	while (len < 3000)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "es,");
	snprintf(list + len, sizeof(list) - len, "nl");
	say(scene, "Accept-Language", list);
	page_make(&scene->request, 404, &scene->page);
	assert_true(page_has(scene, "<html lang=\"en\">"));
	scene_done(scene);
}

static void every_status_has_a_text_in_every_language(void **state)
{
	static const char *const languages_said[] = { "en", "nl", "fr", "de" };

	(void)state;
	for (unsigned status = 400; status < 600; status++) {
		for (unsigned l = 0; l < 4; l++) {
			struct scene *scene = scene_new();
			char number[16];

			say(scene, "Accept-Language", languages_said[l]);
			page_make(&scene->request, status, &scene->page);
			snprintf(number, sizeof(number), ": %u &middot;", status);
			assert_span(scene->page.type, "text/html; charset=utf-8");
			assert_true(page_has(scene, number) && page_has(scene, "<title>") && page_has(scene, "</html>\n"));
			assert_false(page_has(scene, "(null)"));
			/* A long address breaks: at 200 % text on 320 pixels nothing may run out of the screen (WCAG 2.2, 1.4.10). */
			assert_true(page_has(scene, "background:#fff;overflow-wrap:anywhere}h1"));
			assert_true(page_has(scene, "efcdab8967452301"));  /* the id, as head and log say it */
			scene_done(scene);
		}
	}
}

static void programs_get_problems(void **state)
{
	static const struct { const char *accept; bool is_problem; } table[] = {
		{ "application/json", true }, { "application/problem+json", true }, { "application/vnd.api+json;q=0.9, */*;q=0.1", true },
		{ "text/html,application/json", false }, { "*/*", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (unsigned status = 400; status < 510; status++) {
			struct scene *scene = scene_new();
			json_t *problem;

			say(scene, "Accept", table[i].accept);
			scene->request.reason = REASON_LOOP;
			page_make(&scene->request, status, &scene->page);
			assert_int_equal(span_equal(scene->page.type, SPAN("application/problem+json")), table[i].is_problem);
			if (table[i].is_problem) {
				problem = json_loadb(scene->page.body.at, scene->page.body.len, 0, NULL);
				assert_non_null(problem);
				assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
				assert_string_equal(json_string_value(json_object_get(problem, "reason")), "loop");
				json_decref(problem);
			}
			scene_done(scene);
		}
	}
}

static void contacts(void **state)
{
	static const struct { const char *contact, *shown; } table[] = {
		{ "mailto:help@commune.example", "<a href=\"mailto:help@commune.example\">help@commune.example</a>" },
		{ "tel:+3212345678", "<a href=\"tel:+3212345678\">+3212345678</a>" },
		{ "https://commune.example/help", "<a href=\"https://commune.example/help\">https://commune.example/help</a>" },
		{ "Loket 3, 9-12 h", "Loket 3, 9-12 h</p>" },
		{ "javascript:alert(1)", "javascript:alert(1)</p>" },
		{ "mailto:\"><script>", "<a href=\"mailto:&quot;&gt;&lt;script&gt;\">&quot;&gt;&lt;script&gt;</a>" },
		{ "<b>'&", "&lt;b&gt;&#39;&amp;</p>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct scene *scene = scene_new();

		scene->settings.contact = span_of(table[i].contact);
		page_make(&scene->request, 502, &scene->page);
		if (!page_has(scene, table[i].shown))
			fail_msg("%s: %.*s", table[i].contact, SPAN_ARG(scene->page.body));
		assert_false(page_has(scene, "<script"));
		scene_done(scene);
	}
}

static void maintenance_says_so_and_a_site_less_request_gets_a_page(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	scene->request.reason = REASON_MAINTENANCE;
	say(scene, "Accept-Language", "nl");
	page_make(&scene->request, 503, &scene->page);
	assert_true(page_has(scene, "<title>Onderhoud</title>"));
	scene->request.route = NULL;
	scene->request.reason = REASON_NO_SITE;
	page_make(&scene->request, 421, &scene->page);
	assert_true(page_has(scene, "Deze site wordt hier niet aangeboden"));
	scene_done(scene);
}

/* Who is refused reads for how long, whom to call, and what to say there. */
static void refusals_are_complete(void **state)
{
	static const struct { enum reason reason; unsigned status, retry_s; const char *wait; } table[] = {
		{ REASON_BANNED, 403, 60, "over 60 seconden" }, { REASON_RATE_LIMIT, 429, 9, "over 10 seconden" }, { REASON_BUDGET, 429, 3, "over 3 seconden" },
		{ REASON_CHALLENGED, 429, 5, "over 5 seconden" }, { REASON_QUEUE_FULL, 503, 0, "over 5 seconden" }, { REASON_QUEUE_LATE, 503, 0, "over 5 seconden" },
		{ REASON_QUEUE_LATE, 503, 30, "over 30 seconden" }, { REASON_MAINTENANCE, 503, 7200, "over 2 uur" }, { REASON_MAINTENANCE, 503, 500000, "over 7 dagen" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct scene *scene = scene_new();

		scene->settings.contact = SPAN("tel:+3225550100");
		scene->request.reason = table[i].reason;
		scene->request.retry_s = table[i].retry_s;
		say(scene, "Accept-Language", "nl");
		page_make(&scene->request, table[i].status, &scene->page);
		if (!page_has(scene, table[i].wait))
			fail_msg("%s: %.*s", reason_name(table[i].reason), SPAN_ARG(scene->page.body));
		assert_true(page_has(scene, "<html lang=\"nl\">") && page_has(scene, "href=\"tel:+3225550100\"") && page_has(scene, "Referentie"));
		assert_true(page_has(scene, "<code>efcdab8967452301"));
		scene_done(scene);
	}
}

/* What the administrator says is text, and other words are another page, also when the first one is kept. */
static void a_notice(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	scene->request.reason = REASON_MAINTENANCE;
	scene->request.notice = SPAN("<script>alert(1)</script> & \"more\"");
	page_make(&scene->request, 503, &scene->page);
	assert_true(page_has(scene, "<p dir=\"auto\">&lt;script&gt;") && !page_has(scene, "<script"));
	scene->request.notice = SPAN("Nouveau guichet");
	page_make(&scene->request, 503, &scene->page);
	assert_true(page_has(scene, "Nouveau guichet") && !page_has(scene, "script"));
	scene->request.notice = SPAN_NONE;
	page_make(&scene->request, 503, &scene->page);
	assert_false(page_has(scene, "dir=\"auto\""));
	scene_done(scene);
}

/* Refused by rules: the reader's own language says that it may be our mistake, and with which reference to come. The same status for another
 * reason, and an answer that was held back, are other pages, also when one of them is kept. */
static void rules_have_words_of_their_own(void **state)
{
	static const struct { const char *said, *title; } table[] = {
		{ "en", "<title>This request looked like an attack" }, { "nl", "<title>Deze aanvraag leek op een aanval" },
		{ "fr", "<title>Cette demande ressemblait à une attaque" }, { "de", "<title>Diese Anfrage sah wie ein Angriff aus" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct scene *scene = scene_new();

		say(scene, "Accept-Language", table[i].said);
		scene->settings.contact = SPAN("mailto:help@commune.example");
		for (unsigned again = 0; again < 2; again++) {
			scene->request.reason = REASON_RULES;
			scene->request.origin_status = 0;
			page_make(&scene->request, 403, &scene->page);
			assert_true(page_has(scene, table[i].title) && page_has(scene, "help@commune.example") && page_has(scene, "efcdab8967452301"));
			scene->request.origin_status = 200;
			page_make(&scene->request, 403, &scene->page);
			assert_false(page_has(scene, table[i].title));
			scene->request.reason = REASON_ALLOW_FROM;
			page_make(&scene->request, 403, &scene->page);
			assert_false(page_has(scene, table[i].title));
		}
		scene_done(scene);
	}
}

/* A page that was made before is only copied: with the id of this request, and only for what is the same in all else. */
static void kept_pages_are_each_requests_own(void **state)
{
	static const char *const said[] = { "nl", "fr" };
	struct scene *scene = scene_new();
	struct edge_settings other = { .contact = SPAN("Loket 7") };
	struct edge_route route = { .settings = &other };

	(void)state;
	scene->settings.contact = SPAN("Loket 3");
	for (unsigned round = 0; round < 200; round++) {
		unsigned status = 400 + round % 7, l = round / 2 % 2;
		bool is_other = round % 3 == 0;
		char id[32], number[16];

		scene->request.id[1] = round * 0x0101010101010101u;
		scene->request.route = is_other ? &route : &scene->route;
		scene->request.reason = round % 5 == 0 ? REASON_MAINTENANCE : REASON_NONE;
		scene->request.head.fields.count = 0;
		say(scene, "Accept-Language", said[l]);
		page_make(&scene->request, status, &scene->page);
		hex_write(scene->request.id, sizeof(scene->request.id), id);
		snprintf(number, sizeof(number), ": %u &middot;", status);
		assert_true(span_contains(scene->page.body, span_make(id, sizeof(id))));
		assert_true(page_has(scene, number));
		assert_true(page_has(scene, l ? "lang=\"fr\"" : "lang=\"nl\""));
		assert_int_equal(page_has(scene, "Loket 7"), is_other);
		assert_int_equal(page_has(scene, "Onderhoud") || page_has(scene, "<title>Maintenance"), round % 5 == 0);
	}
	/* A reload: the same place in memory says something else now. */
	scene->settings.contact = SPAN("Loket 9");
	scene->request.route = &scene->route;
	scene->snapshot.generation++;
	page_make(&scene->request, 400, &scene->page);
	assert_true(page_has(scene, "Loket 9"));
	scene_done(scene);
}

static void without_memory_there_is_a_status_and_no_body(void **state)
{
	struct scene *scene = scene_new();

	(void)state;
	scene->request.arena.limit_bytes = scene->request.arena.used_bytes + 64;
	page_make(&scene->request, 503, &scene->page);
	assert_int_equal(scene->page.body.len, 0);
	scene_done(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages), cmocka_unit_test(a_long_wish_list_is_cut), cmocka_unit_test(every_status_has_a_text_in_every_language),
		cmocka_unit_test(programs_get_problems), cmocka_unit_test(contacts), cmocka_unit_test(maintenance_says_so_and_a_site_less_request_gets_a_page),
		cmocka_unit_test(refusals_are_complete), cmocka_unit_test(a_notice),
		cmocka_unit_test(rules_have_words_of_their_own), cmocka_unit_test(kept_pages_are_each_requests_own), cmocka_unit_test(without_memory_there_is_a_status_and_no_body),
	};

	return cmocka_run_group_tests_name("edge/page", tests, NULL, NULL);
}
