/* Overlays: one rule set, and what sites make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"
#include "waf/overlay.h"

#define ENOUGH (8 << 20)
#define PAST_MS 1000
#define FUTURE_MS INT64_C(32503680000000)  /* the year 3000 */

/* 3 is a chain whose second rule looks at parameters; 4 is what crs does with its options. */
static const char rules_text[] =
	"SecRequestBodyAccess On\n"
	"SecRule REQUEST_METHOD \"@streq DELETE\" \"id:3,phase:2,deny,status:405,chain\"\nSecRule ARGS \"@rx evil\"\n"
	"SecRule &TX:level \"@eq 0\" \"id:4,phase:1,pass,nolog,setvar:tx.level=1\"\n"
	"SecRule TX:level \"@ge 3\" \"id:5,phase:1,deny,status:503\"\n"
	"SecRule ARGS \"@rx evil\" \"id:10,phase:2,deny,status:406,tag:'attack-x',tag:'OWASP'\"\n"
	"SecRule ARGS_NAMES \"@rx ^sel\" \"id:11,phase:2,deny,status:407,tag:'attack-y'\"\n"
	"SecRule REQUEST_HEADERS:Referer \"@rx evil\" \"id:12,phase:1,deny,status:408\"\n";

struct scene {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	struct waf_overlay *overlay;
	size_t unknown;
};

static void setup(struct scene *scene)
{
	*scene = (struct scene){ .overlay = NULL };
	reading_good(&scene->reading, rules_text);
	assert_int_equal(waf_rules_new(scene->reading.ruleset, &scene->reading.complaints, &scene->rules), RESULT_OK);
	scene->reading.ruleset = NULL;
	scene->scratch = operator_scratch_new();
	assert_non_null(scene->scratch);
}

static void teardown(struct scene *scene)
{
	waf_rules_free(scene->rules);
	operator_scratch_free(scene->scratch);
	reading_done(&scene->reading);
}

static void count_unknown(void *context, size_t exclusion)
{
	struct scene *scene = context;

	(void)exclusion;
	scene->unknown++;
}

static void overlay(struct scene *scene, const struct waf_overlay_birth *given)
{
	const struct waf_overlay_ear ear = { scene, count_unknown };
	struct waf_overlay_birth birth = *given;

	birth.rules = scene->rules;
	birth.request_body_limit = 100000;
	scene->unknown = 0;
	assert_int_equal(waf_overlay_new(&birth, &ear, &scene->overlay), RESULT_OK);
}

struct request {
	const char *method, *path, *query, *form, *referer;
};

/* The status that it is refused with; 0: it passes. */
static unsigned ask_within(struct scene *scene, const struct request *request, size_t limit, unsigned *matches)
{
	struct waf_birth birth = { .rules = scene->rules, .overlay = scene->overlay, .scratch = scene->scratch, .limit_bytes = limit };
	struct waf_transaction *transaction = waf_transaction_new(&birth);
	struct request_head head = { .method_name = span_of(request->method), .version = HTTP_1_1, .path = span_of(request->path),
		                     .query = span_of(request->query), .has_query = request->query != NULL };
	struct arena arena;
	enum waf_answer answer;
	unsigned status;

	*matches = 0;
	if (!transaction)
		return 503;  /* not even begun: who asks refuses */
	arena_init(&arena, ENOUGH, 4096);
	fields_init(&head.fields, &arena, 10);
	head.method = method_of(head.method_name);
	head.target = head.path;
	if (request->form)
		assert_int_equal(fields_add(&head.fields, FIELD_CONTENT_TYPE, SPAN("Content-Type"), SPAN("application/x-www-form-urlencoded")), RESULT_OK);
	if (request->referer)
		assert_int_equal(fields_add(&head.fields, FIELD_REFERER, SPAN("Referer"), span_of(request->referer)), RESULT_OK);
	answer = waf_request_head(transaction, &head);
	if (answer == WAF_GO_ON && request->form)
		answer = waf_request_body(transaction, span_of(request->form));
	if (answer == WAF_GO_ON)
		answer = waf_request_body_end(transaction);
	status = answer == WAF_STOP ? waf_verdict(transaction)->status : 0;
	for (const struct waf_match *match = waf_matches(transaction); match; match = match->next)
		++*matches;
	waf_transaction_free(transaction);
	arena_done(&arena);
	return status;
}

static unsigned ask(struct scene *scene, const struct request *request)
{
	unsigned matches;

	return ask_within(scene, request, ENOUGH, &matches);
}

#define ID(number) .first = (number), .last = (number)
#define TAG(text) .tag = SPAN_INIT(text)
#define AT_PATH(text) .path = SPAN_INIT(text)
#define EXACTLY(text) .path = SPAN_INIT(text), .is_exact = true
#define OF(text) .parameter = SPAN_INIT(text)
#define BIT(method) ((uint64_t)1 << (method))

static const struct excused {
	struct waf_exclusion exclusion;
	struct request request;
	unsigned status;
} cases[] = {
	/* which rule */
	{ { ID(10) }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(11) }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { .first = 5, .last = 10 }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { .first = 11, .last = 99 }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { TAG("attack-x") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { TAG("owasp") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { TAG("attack") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(12) }, { "GET", "/", NULL, NULL, "evil" }, 0 },
	{ { ID(3) }, { "DELETE", "/", "a=evil", NULL, NULL }, 406 },
	/* where */
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/a/") }, { "GET", "/a", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a/b/c", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/ab", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/A", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a/b") }, { "GET", "/a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/") }, { "GET", "/x/y", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/w/*/edit") }, { "GET", "/w/page/edit", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/w/*/edit") }, { "GET", "/w/page/edit/more", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/w/*/edit") }, { "GET", "/w/page/sub/edit", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/w/*/edit") }, { "GET", "/w/edit", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/*") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	/* an encoded letter is a letter of a name */
	{ { ID(10), AT_PATH("/caf\xc3\xa9") }, { "GET", "/caf%C3%A9", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), AT_PATH("/caf%c3%a9") }, { "GET", "/caf%C3%A9/x%20y", "a=evil", NULL, NULL }, 0 },
	/* what origins may read in two ways excuses nothing, but from what holds everywhere */
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a/../b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/b/../a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "//a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a;x/b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a\\b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a/%2e%2e/b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a%2fb", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a/%252e", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/a") }, { "GET", "/a/%", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), AT_PATH("/") }, { "GET", "/a/../b", "a=evil", NULL, NULL }, 0 },
	{ { ID(10) }, { "GET", "/a/%2e%2e/b", "a=evil", NULL, NULL }, 0 },
	/* that very path */
	{ { ID(10), EXACTLY("/") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/x", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/index.php", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "//", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/.", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/x/..", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/x/../", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/;x", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/%2e", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/%2f", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "/%00x", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "\\", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/") }, { "GET", "*", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/*") }, { "GET", "*", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a/") }, { "GET", "/a/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/a/") }, { "GET", "/a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a/") }, { "GET", "/a/b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a/b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/ab", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/A", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/%61", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a//", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a/.", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/b/../a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a;b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a%00", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a") }, { "GET", "/a%3fb", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a/b") }, { "GET", "/a%2fb", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a/b") }, { "GET", "/a\\b", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a/b") }, { "GET", "/a", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/w/*/edit") }, { "GET", "/w/page/edit", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/w/*/edit") }, { "GET", "/w/page/edit/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/w/*/edit") }, { "GET", "/w/page/edit/more", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/w/*") }, { "GET", "/w/page", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/w/*") }, { "GET", "/w/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/w/*") }, { "GET", "/w/page/edit", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/caf\xc3\xa9") }, { "GET", "/caf%C3%A9", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/caf%c3%a9") }, { "GET", "/caf%C3%A9", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/caf%c3%a9") }, { "GET", "/caf%C3%A9/x", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/"), OF("a") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), EXACTLY("/"), OF("a") }, { "GET", "/x", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/"), OF("a") }, { "GET", "/x/..", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), EXACTLY("/a"), OF("f*") }, { "POST", "/a", NULL, "fa=evil", NULL }, 0 },
	{ { ID(10), EXACTLY("/a"), OF("f*") }, { "POST", "/a/b", NULL, "fa=evil", NULL }, 406 },
	{ { ID(10), EXACTLY("/a"), OF("f*") }, { "POST", "/a/", NULL, "fa=evil", NULL }, 406 },
	/* for whom */
	{ { ID(10), .methods = BIT(METHOD_POST) }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), .methods = BIT(METHOD_POST) | BIT(METHOD_GET) }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("a"), .methods = BIT(METHOD_POST) }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), .ends_ms = PAST_MS }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), .ends_ms = FUTURE_MS }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	/* of what */
	{ { ID(10), OF("a") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("A") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("a") }, { "GET", "/", "a=evil&b=evil", NULL, NULL }, 406 },
	{ { ID(10), OF("a") }, { "GET", "/", "a=evil&a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("b") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), OF("a"), AT_PATH("/x") }, { "GET", "/x/y", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("a"), AT_PATH("/x") }, { "GET", "/y", "a=evil", NULL, NULL }, 406 },
	{ { ID(10), OF("a") }, { "POST", "/", NULL, "a=evil", NULL }, 0 },
	{ { ID(10), OF("a") }, { "POST", "/", NULL, "a=good&b=evil", NULL }, 406 },
	{ { ID(10), OF("ARGS:a") }, { "GET", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("ARGS") }, { "GET", "/", "b=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("ARGS_GET:a") }, { "GET", "/", "a=evil", NULL, NULL }, 406 },
	{ { ID(11), OF("select") }, { "GET", "/", "select=1", NULL, NULL }, 0 },
	{ { ID(11), OF("selection") }, { "GET", "/", "select=1", NULL, NULL }, 407 },
	{ { ID(12), OF("REQUEST_HEADERS:referer") }, { "GET", "/", NULL, NULL, "evil" }, 0 },
	{ { ID(12), OF("referer") }, { "GET", "/", NULL, NULL, "evil" }, 408 },
	{ { ID(10), OF("a*") }, { "GET", "/", "abc[0][value]=evil&A=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("a*") }, { "GET", "/", "abc=evil&ba=evil", NULL, NULL }, 406 },
	{ { ID(10), OF("f[*") }, { "GET", "/", "F[0].x=evil&f[=evil", NULL, NULL }, 0 },
	{ { ID(10), OF("f[*") }, { "GET", "/", "f=evil", NULL, NULL }, 406 },
	{ { ID(10), OF(".*") }, { "GET", "/", "f=evil", NULL, NULL }, 406 },
	{ { ID(10), OF("*") }, { "POST", "/", "x=evil", "y=evil&=evil", NULL }, 0 },
	{ { ID(10), OF("a*"), AT_PATH("/x") }, { "POST", "/x/y", NULL, "ab=evil", NULL }, 0 },
	{ { ID(10), OF("a*"), AT_PATH("/x") }, { "POST", "/y", NULL, "ab=evil", NULL }, 406 },
	{ { ID(12), OF("REQUEST_HEADERS:ref*") }, { "GET", "/", NULL, NULL, "evil" }, 0 },
	{ { ID(12), OF("REQUEST_HEADERS:e*") }, { "GET", "/", NULL, NULL, "evil" }, 408 },
	{ { ID(11), OF("sel*") }, { "GET", "/", "select=1&selection=2", NULL, NULL }, 0 },
	{ { .first = 1, .last = 99, OF("a") }, { "DELETE", "/", "a=evil", NULL, NULL }, 0 },
	{ { ID(3), OF("a") }, { "DELETE", "/", "a=evil", NULL, NULL }, 406 },
};

static void exclusions_excuse_what_they_say(void **state)
{
	struct scene scene;

	(void)state;
	setup(&scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned found;

		overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .exclusions = &cases[i].exclusion, .exclusion_count = 1 });
		found = ask(&scene, &cases[i].request);
		if (found != cases[i].status)
			fail_msg("case %zu: %s %s?%s: %u, expected %u", i, cases[i].request.method, cases[i].request.path, cases[i].request.query, found,
			         cases[i].status);
		waf_overlay_free(scene.overlay);
	}
	teardown(&scene);
}

static void mode_and_tx_are_the_sites(void **state)
{
	static const struct request evil = { "GET", "/", "a=evil", NULL, NULL }, good = { "GET", "/", NULL, NULL, NULL };
	static const struct waf_tx high = { SPAN_INIT("Level"), SPAN_INIT("3") };
	struct scene scene;
	unsigned matches;

	(void)state;
	setup(&scene);
	assert_int_equal(ask(&scene, &evil), 0);  /* the rules themselves say nothing of an engine */
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON });
	assert_int_equal(ask(&scene, &evil), 406);
	assert_int_equal(ask(&scene, &good), 0);
	waf_overlay_free(scene.overlay);
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_DETECTION_ONLY });
	assert_int_equal(ask_within(&scene, &evil, ENOUGH, &matches), 0);
	assert_int_equal(matches, 1);
	waf_overlay_free(scene.overlay);
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .tx = &high, .tx_count = 1 });
	assert_int_equal(ask(&scene, &good), 503);
	waf_overlay_free(scene.overlay);
	teardown(&scene);
}

/* Every path, method and parameter that the table above has, in one overlay: none gets in another's way. */
static void many_exclusions_are_each_their_own(void **state)
{
	enum { COUNT = 3000 };
	static struct waf_exclusion list[COUNT];
	static char texts[COUNT][32];
	struct scene scene;

	(void)state;
	setup(&scene);
	for (int i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "/p%d/%s", i / 3, i % 3 == 2 ? "*/z" : "y");
		list[i] = (struct waf_exclusion){ ID(10), .path = span_of(texts[i]), .parameter = i % 3 == 1 ? span_of(texts[i] + 1) : SPAN_NONE };
		if (i % 3 == 0)
			list[i].methods = BIT(METHOD_POST);
	}
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .exclusions = list, .exclusion_count = COUNT });
	assert_int_equal(scene.unknown, 0);
	for (int i = 0; i < COUNT / 3; i += 97) {
		char path[32], deep[32], query[64];

		snprintf(path, sizeof(path), "/p%d/y", i);
		snprintf(deep, sizeof(deep), "/p%d/q/z", i);
		snprintf(query, sizeof(query), "p%d/y=evil", i);
		assert_int_equal(ask(&scene, &(struct request){ "POST", path, "a=evil", NULL, NULL }), 0);
		assert_int_equal(ask(&scene, &(struct request){ "GET", path, "a=evil", NULL, NULL }), 406);
		assert_int_equal(ask(&scene, &(struct request){ "GET", path, query, NULL, NULL }), 0);
		assert_int_equal(ask(&scene, &(struct request){ "GET", "/p/y", query, NULL, NULL }), 406);
		assert_int_equal(ask(&scene, &(struct request){ "GET", deep, "a=evil", NULL, NULL }), 0);
	}
	waf_overlay_free(scene.overlay);
	teardown(&scene);
}

/* An exact one beside one for all below, and both beside a parameter's: each holds where it says. */
static void exact_and_below_are_each_their_own(void **state)
{
	static const struct waf_exclusion list[] = { { ID(10), EXACTLY("/a") }, { ID(11), AT_PATH("/a") }, { ID(12), EXACTLY("/a/") }, { ID(10), EXACTLY("/a/b"), OF("a") } };
	static const struct { const char *path, *query, *referer; unsigned status; } rows[] = {
		{ "/a", "a=evil", NULL, 0 }, { "/a/", "a=evil", NULL, 406 }, { "/a/b", "a=evil", NULL, 0 }, { "/a/b", "c=evil", NULL, 406 }, { "/a/b/c", "a=evil", NULL, 406 },
		{ "/a", "select=1", NULL, 0 }, { "/a/", "select=1", NULL, 0 }, { "/a/b/c", "select=1", NULL, 0 }, { "/", "select=1", NULL, 407 },
		{ "/a", NULL, "evil", 408 }, { "/a/", NULL, "evil", 0 }, { "/a/b", NULL, "evil", 408 },
	};
	struct scene scene;

	(void)state;
	setup(&scene);
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .exclusions = list, .exclusion_count = sizeof(list) / sizeof(*list) });
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned found = ask(&scene, &(struct request){ "GET", rows[i].path, rows[i].query, NULL, rows[i].referer });

		if (found != rows[i].status)
			fail_msg("row %zu: %u, expected %u", i, found, rows[i].status);
	}
	waf_overlay_free(scene.overlay);
	teardown(&scene);
}

static void what_means_nothing_is_told(void **state)
{
	static const struct waf_exclusion list[] = { { ID(6) }, { TAG("attack-z") }, { ID(10) }, { .first = 20, .last = 30 } };
	static char deep[2 * OVERLAY_DEPTH_MAX + 3];
	const struct waf_exclusion too_deep = { ID(10), .path = { deep, sizeof(deep) - 1 } };
	struct waf_overlay *out = NULL;
	struct scene scene;

	(void)state;
	setup(&scene);
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .exclusions = list, .exclusion_count = 4 });
	assert_int_equal(scene.unknown, 3);
	waf_overlay_free(scene.overlay);
	for (size_t i = 0; i + 1 < sizeof(deep); i++)
		deep[i] = i % 2 ? 'a' : '/';
	assert_int_equal(waf_overlay_new(&(struct waf_overlay_birth){ .rules = scene.rules, .exclusions = &too_deep, .exclusion_count = 1 }, NULL, &out),
	                 RESULT_LIMIT);
	assert_null(out);
	teardown(&scene);
}

static void rules_tell_which_options_they_have(void **state)
{
	struct scene scene;

	(void)state;
	setup(&scene);
	assert_true(waf_rules_ask_tx(scene.rules, SPAN("LEVEL")));
	assert_false(waf_rules_ask_tx(scene.rules, SPAN("levels")));
	assert_null(waf_rules_set_tx(scene.rules, SPAN("level")));  /* only where it is not set yet */
	teardown(&scene);
}

/* An exclusion for which there is no memory excuses nothing: the request is refused. */
static void without_memory_it_is_closed(void **state)
{
	static const struct waf_exclusion list[] = { { ID(10), OF("a") }, { ID(11), AT_PATH("/*") } };
	struct scene scene;
	unsigned refused = 0, passed = 0;

	(void)state;
	setup(&scene);
	overlay(&scene, &(struct waf_overlay_birth){ .engine = ENGINE_ON, .exclusions = list, .exclusion_count = 2 });
	for (size_t limit = 1024; limit < 32768; limit += 256) {
		unsigned matches, status = ask_within(&scene, &(struct request){ "GET", "/x", "a=evil&b=good", NULL, NULL }, limit, &matches);

		assert_true(status == 503 || status == 0);
		assert_true(!passed || !status);  /* from one limit on, it is enough */
		refused += status == 503;
		passed += status == 0;
	}
	assert_true(refused > 0 && passed > 0);
	waf_overlay_free(scene.overlay);
	teardown(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exclusions_excuse_what_they_say),
		cmocka_unit_test(mode_and_tx_are_the_sites),
		cmocka_unit_test(exact_and_below_are_each_their_own), cmocka_unit_test(many_exclusions_are_each_their_own),
		cmocka_unit_test(what_means_nothing_is_told),
		cmocka_unit_test(rules_tell_which_options_they_have),
		cmocka_unit_test(without_memory_it_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
