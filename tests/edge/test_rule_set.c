/* Rule sets from texts in memory, what a site's settings make of them, and how plans share both. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/rules/waf.h"
#include "message/head.h"

#define RULE "SecRule ARGS \"@rx evil\" \"id:10,phase:2,deny,tag:attack-x\"\n"
#define PLUGIN "SecRule TX:wordpress-rule-exclusions-plugin_enabled \"@eq 0\" \"id:9507,phase:1,deny,status:409\"\n"

struct desk {
	struct rule_files files;
	struct complaints complaints;
	struct rule_asker asker;
};

static void desk_init(struct desk *desk)
{
	rule_files_init(&desk->files, false);
	complaints_init(&desk->complaints);
	desk->asker = (struct rule_asker){ .files = &desk->files, .complaints = &desk->complaints };
}

static void desk_done(struct desk *desk)
{
	rule_files_done(&desk->files);
	complaints_done(&desk->complaints);
}

static void give(struct desk *desk, const char *owner, const char *path, const char *text)
{
	assert_ok(rule_files_give(&desk->files, span_of(owner), span_of(path), span_of(text)));
}

static struct rule_set *read_set(struct desk *desk, const char *ruleset)
{
	struct rule_set *set = NULL;
	enum result result = rule_set_read(&desk->asker, span_of(ruleset), &set);

	if (result != RESULT_OK)
		fail_msg("%.*s", SPAN_ARG(desk->complaints.list[0].text));
	return set;
}

static struct waf_settings settings_of(enum waf_mode mode)
{
	struct waf_settings settings;

	memset(&settings, 0, sizeof(settings));
	settings.mode = (int)mode;
	settings.upload_limit = settings.inspect_limit = 4096;
	return settings;
}

/* The status of a request with ?a=evil. */
static unsigned ask(const struct edge_waf *waf)
{
	struct operator_scratch *scratch = operator_scratch_new();
	struct waf_birth birth = { .rules = waf->rules, .overlay = waf->overlay, .scratch = scratch, .limit_bytes = 1 << 20 };
	struct request_head head = { .method_name = SPAN("GET"), .method = METHOD_GET, .version = HTTP_1_1, .path = SPAN("/"), .target = SPAN("/"),
		                     .query = SPAN("a=evil"), .has_query = true };
	struct waf_transaction *transaction;
	struct arena arena;
	enum waf_answer answer;
	unsigned status;

	assert_non_null(scratch);
	arena_init(&arena, 65536, 4096);
	fields_init(&head.fields, &arena, 4);
	transaction = waf_transaction_new(&birth);
	assert_non_null(transaction);
	answer = waf_request_head(transaction, &head);
	answer = answer == WAF_GO_ON ? waf_request_body_end(transaction) : answer;
	status = answer == WAF_STOP ? waf_verdict(transaction)->status : 0;
	waf_transaction_free(transaction);
	operator_scratch_free(scratch);
	arena_done(&arena);
	return status;
}

static void a_digest_is_of_every_byte(void **state)
{
	static const struct { const char *main, *included, *words; } texts[] = {
		{ "Include i.conf\n", RULE, "evil\n" },
		{ "Include i.conf\n", RULE, "evil\nworse\n" },
		{ "Include i.conf\n", RULE RULE, "evil\n" },
		{ "Include i.conf\n#\n", RULE, "evil\n" },
		{ "Include *.conf\n", RULE, "evil\n" },
	};
	enum { COUNT = sizeof(texts) / sizeof(*texts) };
	unsigned char digests[COUNT][DIGEST_LEN];

	(void)state;
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			struct desk desk;
			struct rule_set *set = NULL;
			char main_text[256];

			desk_init(&desk);
			snprintf(main_text, sizeof(main_text), "%sSecRule ARGS \"@pmFromFile ../d/words.data\" \"id:1,phase:2,deny\"\n", texts[i].main);
			give(&desk, "", "/r/s/own.conf.d", "nothing of it");
			give(&desk, "", "/r/s/a.start", main_text);
			give(&desk, "", "/r/s/start.conf", "Include a.start\n");
			give(&desk, "", "/r/s/i.conf", texts[i].included);
			give(&desk, "", "/r/d/words.data", texts[i].words);
			/* "*.conf" means start.conf too, which includes itself: that, and two rules of one id, are errors */
			if (i == 2 || i == 4) {
				assert_true(rule_set_read(&desk.asker, SPAN("/r/s/start.conf"), &set) != RESULT_OK);
				assert_null(set);
				assert_true(desk.complaints.errors > 0);
				memset(digests[i], (int)i, DIGEST_LEN);
			} else {
				set = read_set(&desk, "/r/s/start.conf");
				if (round)
					assert_memory_equal(digests[i], set->digest, DIGEST_LEN);
				memcpy(digests[i], set->digest, DIGEST_LEN);
				rule_set_drop(set);
			}
			desk_done(&desk);
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], DIGEST_LEN);
	}
}

static void equal_settings_share_one_overlay(void **state)
{
	struct waf_settings block = settings_of(WAF_MODE_BLOCK), same = settings_of(WAF_MODE_BLOCK), detect = settings_of(WAF_MODE_DETECT);
	const struct edge_waf *wafs[4];
	struct edge_wafs *all = edge_wafs_new();
	struct rule_set *set, *other;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	give(&desk, "", "/r/a.conf", RULE);
	give(&desk, "", "/r/b.conf", RULE "#\n");
	set = read_set(&desk, "/r/a.conf");
	other = read_set(&desk, "/r/b.conf");
	assert_ok(edge_wafs_find(all, &block, (enum waf_mode)block.mode, set, &wafs[0]));
	assert_ok(edge_wafs_find(all, &same, (enum waf_mode)same.mode, set, &wafs[1]));
	assert_ok(edge_wafs_find(all, &detect, (enum waf_mode)detect.mode, set, &wafs[2]));
	assert_ok(edge_wafs_find(all, &block, (enum waf_mode)block.mode, other, &wafs[3]));
	assert_ptr_equal(wafs[0], wafs[1]);
	assert_ptr_not_equal(wafs[0], wafs[2]);
	assert_ptr_not_equal(wafs[0], wafs[3]);
	assert_ptr_equal(wafs[0]->rules, wafs[2]->rules);
	rule_set_drop(set);  /* they hold it */
	rule_set_drop(other);
	desk_done(&desk);
	assert_int_equal(ask(wafs[0]), 403);
	assert_int_equal(ask(wafs[2]), 0);
	assert_int_equal(ask(wafs[3]), 403);
	edge_wafs_free(all);
}

/* A plugin of CRS 4 is on for the sites that name its application, and off for others. */
static void applications_of_crs_4(void **state)
{
	struct waf_settings without = settings_of(WAF_MODE_BLOCK), with = settings_of(WAF_MODE_BLOCK);
	struct edge_wafs *all = edge_wafs_new();
	const struct edge_waf *waf;
	struct rule_set *set;
	struct desk desk;
	int wordpress = 0;

	(void)state;
	while (strcmp(waf_applications[wordpress], "wordpress") != 0)
		wordpress++;
	with.application = (struct list_value){ &wordpress, 1 };
	desk_init(&desk);
	give(&desk, "", "/r/a.conf", PLUGIN);
	set = read_set(&desk, "/r/a.conf");
	assert_ok(edge_wafs_find(all, &without, (enum waf_mode)without.mode, set, &waf));
	assert_int_equal(ask(waf), 409);
	assert_ok(edge_wafs_find(all, &with, (enum waf_mode)with.mode, set, &waf));
	assert_int_equal(ask(waf), 0);
	rule_set_drop(set);
	edge_wafs_free(all);
	desk_done(&desk);
}

static void where_files_are_not_judged(void **state)
{
	static struct span routes[] = { SPAN_INIT("/up/"), SPAN_INIT("/b/c") };
	static const struct { const char *path; bool is_upload; } paths[] = {
		{ "/up", true }, { "/up/x", true }, { "/upper", false }, { "/b", false }, { "/b/c", true }, { "/b/cd", false }, { "/", false },
		{ "/up/../b", false }, { "/up//x", false }, { "/up/%2e%2e/b", false }, { "/up;x", false }, { "/up/caf%C3%A9.pdf", true },
	};
	const struct edge_waf waf = { .upload_routes = { routes, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(edge_waf_is_upload(&waf, span_of(paths[i].path)), paths[i].is_upload);
}

/* A tenant's texts are found by that tenant alone, and only where it was granted folders. */
static void a_tenants_files_are_its_own(void **state)
{
	struct span granted[] = { SPAN_INIT("/tls/a") };
	const struct config_tenant tenant = { .name = SPAN("a"), .files = SPAN("/sites/a"), .certificates = { granted, 1 } };
	static const struct { const char *path; enum result result; } reads[] = {
		{ "/sites/a/x.conf", RESULT_OK }, { "/tls/a/x.conf", RESULT_OK }, { "/sites/a/none.conf", RESULT_NOT_FOUND },
		{ "/sites/b/x.conf", RESULT_REFUSED }, { "/sites/a/../b/x.conf", RESULT_REFUSED }, { "/sites/ab/x.conf", RESULT_REFUSED },
		{ "/etc/passwd", RESULT_REFUSED }, { CRS_RULES "/x.conf", RESULT_OK }, { CRS_RULES "/../../../etc/passwd", RESULT_REFUSED },
	};
	struct desk desk;
	struct span text;

	(void)state;
	desk_init(&desk);
	give(&desk, "a", "/sites/a/x.conf", "own");
	give(&desk, "a", "/tls/a/x.conf", "own");
	give(&desk, "", "/sites/a/x.conf", "another's");
	give(&desk, "", "/sites/b/x.conf", "another's");
	give(&desk, "", CRS_RULES "/x.conf", "own");
	desk.asker.tenant = &tenant;
	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		text = SPAN_NONE;
		assert_result(rule_file_read(&desk.asker, span_of(reads[i].path), &text), reads[i].result);
		if (reads[i].result == RESULT_OK)
			assert_span(text, "own");
	}
	assert_int_equal(desk.complaints.errors, 5);
	desk_done(&desk);
}

static void the_last_good_texts_come_back(void **state)
{
	const struct config_tenant tenant = { .name = SPAN("a"), .files = SPAN("/sites/a") };
	struct desk now, before;
	struct span text;

	(void)state;
	desk_init(&now);
	desk_init(&before);
	give(&now, "a", "/sites/a/x.conf", "broken");
	give(&before, "a", "/sites/a/x.conf", "good");
	give(&before, "a", "/sites/a/y.conf", "good too");
	now.asker.tenant = &tenant;
	assert_ok(rule_file_read(&now.asker, SPAN("/sites/a/x.conf"), &text));
	assert_ok(rule_files_go_back(&now.files, &before.files, SPAN("a")));
	assert_ok(rule_file_read(&now.asker, SPAN("/sites/a/x.conf"), &text));
	assert_span(text, "good");
	assert_ok(rule_file_read(&now.asker, SPAN("/sites/a/y.conf"), &text));
	desk_done(&now);
	desk_done(&before);
}

static void texts_have_a_limit(void **state)
{
	static char text[1 << 20];
	struct desk desk;
	struct span found;
	enum result result = RESULT_OK;
	unsigned count = 0;
	char path[32];

	(void)state;
	memset(text, '#', sizeof(text) - 1);
	desk_init(&desk);
	for (unsigned i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/r/%u.conf", i);
		give(&desk, "", path, text);
	}
	for (; count < 30 && result == RESULT_OK; count++) {
		snprintf(path, sizeof(path), "/r/%u.conf", count);
		result = rule_file_read(&desk.asker, span_of(path), &found);
	}
	assert_result(result, RESULT_LIMIT);
	assert_int_equal(count, RULE_FILES_BYTES_MAX / (sizeof(text) - 1) + 1);
	assert_true(span_contains(desk.complaints.list[0].text, SPAN("more than 24 MiB of rule files")));
	desk_done(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digest_is_of_every_byte),
		cmocka_unit_test(equal_settings_share_one_overlay),
		cmocka_unit_test(applications_of_crs_4),
		cmocka_unit_test(where_files_are_not_judged),
		cmocka_unit_test(a_tenants_files_are_its_own),
		cmocka_unit_test(the_last_good_texts_come_back),
		cmocka_unit_test(texts_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
