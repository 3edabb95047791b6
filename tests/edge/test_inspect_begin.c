/* Where one rule has gone back to detect: a request's transaction is told of it only where its settings allow it. */
#include "../base/check.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "edge/hits/hits_inner.h"
#include "edge/inspect/inspect_inner.h"

#define SITE 11u
#define NOW 1800000000u
#define RULES "SecRule ARGS \"@rx evil\" \"id:942100,phase:2,pass,setvar:'tx.inbound_anomaly_score_pl1=+5'\"\n" \
	"SecRule TX:inbound_anomaly_score_pl1 \"@ge 5\" \"id:949110,phase:2,deny,status:403\"\n"

static struct hits_site *site_with_a_retreat(struct hits *hits)
{
	struct hits_site *site = hits_site_take(hits, SITE, 1, 1);

	assert_non_null(site);
	site->retreats[0] = (struct retreat){ .rule = 942100, .since_s = NOW, .until_s = NOW + RETREAT_S, .method = METHOD_POST, .path_len = 5,
		                              .target_len = 9, .path = "/form", .target = "ARGS:text" };
	site->has_retreats = 1;
	return site;
}

struct stage {
	struct edge_common common;
	struct worker worker;
	struct connection connection;
	struct request request;
	struct edge_settings settings[2];
	struct edge_route routes[2];
	struct site site;
	struct edge_site edge_site;
};

/* Do the rules refuse a POST to the place, or would they? */
static bool refuses(struct hits_site *hits, const struct edge_waf *rules, bool is_allowed, bool is_allowed_as_written)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct request *request;
	enum waf_answer answer;
	bool is_refused;

	assert_non_null(stage);
	stage->settings[0].waf.retreat = is_allowed;
	stage->settings[1].waf.retreat = is_allowed_as_written;
	stage->routes[0].settings = &stage->settings[0];
	stage->routes[1].settings = &stage->settings[1];
	stage->edge_site = (struct edge_site){ .site = &stage->site, .key = SITE, .hits = hits };
	stage->worker.common = &stage->common;
	stage->connection.worker = &stage->worker;
	stage->connection.reached.port = 443;
	request = &stage->request;
	*request = (struct request){ .connection = &stage->connection, .site = &stage->edge_site, .route = &stage->routes[0],
		                     .route_as_written = &stage->routes[1], .rules = rules, .wall_ns = (NOW + 5) * UINT64_C(1000000000),
		                     .head = { .method_name = SPAN("POST"), .method = METHOD_POST, .version = HTTP_1_1, .path = SPAN("/form"),
		                               .target = SPAN("/form?text=evil"), .query = SPAN("text=evil"), .has_query = true } };
	arena_init(&request->arena, 1 << 20, 4096);
	fields_init(&request->head.fields, &request->arena, 4);
	assert_ok(inspect_begin(request));
	answer = waf_request_head(request->waf, &request->head);
	if (answer == WAF_GO_ON)
		answer = waf_request_body_end(request->waf);
	is_refused = answer == WAF_STOP || edge_waf_refuses(request->waf);
	waf_transaction_free(request->waf);
	waf_spares_free(stage->worker.spares);
	operator_scratch_free(stage->worker.scratch);
	arena_done(&request->arena);
	free(stage);
	return is_refused;
}

static void what_is_written_is_obeyed(void **state)
{
	struct hits *hits = mmap(NULL, hits_memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct waf_settings settings = { .mode = WAF_MODE_BLOCK, .upload_limit = 4096, .inspect_limit = 4096 };
	struct edge_wafs *wafs = edge_wafs_new();
	const struct edge_waf *block, *detect;
	struct complaints complaints;
	struct rule_files files;
	struct rule_asker asker = { .files = &files, .complaints = &complaints };
	struct rule_set *set = NULL;
	struct hits_site *site;

	(void)state;
	assert_ptr_not_equal(hits, MAP_FAILED);
	assert_non_null(wafs);
	site = site_with_a_retreat(hits);
	complaints_init(&complaints);
	rule_files_init(&files, false);
	assert_ok(rule_files_give(&files, SPAN(""), SPAN("/a.conf"), SPAN(RULES)));
	assert_ok(rule_set_read(&asker, SPAN("/a.conf"), &set));
	assert_ok(edge_wafs_find(wafs, &settings, WAF_MODE_BLOCK, set, &block));
	assert_ok(edge_wafs_find(wafs, &settings, WAF_MODE_DETECT, set, &detect));
	assert_false(refuses(site, block, true, true));
	assert_true(refuses(site, block, false, true));
	assert_true(refuses(site, block, true, false));
	assert_true(refuses(site, detect, true, true));  /* what it would have been in block is what is observed */
	rule_set_drop(set);
	edge_wafs_free(wafs);
	rule_files_done(&files);
	complaints_done(&complaints);
	munmap(hits, hits_memory_bytes());
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_written_is_obeyed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
