/* GET /guard: of every site whether guard/ acts or observes, and what it would have done in the last week. POST /guard {"site": NAME}: the same of one; and
 * what status says of it. */
#include "cli/admin/inner.h"

#include "base/clock.h"
#include "edge/observing/observed.h"

#include "base/banned.h"

static void put_total(struct json_writer *json, const struct observed_total *total)
{
	json_put_number(json, SPAN("requests"), total->requests);
	json_put_number(json, SPAN("sources"), total->sources);
	json_put_number(json, SPAN("known"), total->known);
}

static void put_would(struct json_writer *json, const struct observed_view *view)
{
	json_open(json, SPAN("would"), '[');
	for (unsigned kind = OBSERVED_ALL + 1; kind < OBSERVED_KINDS; kind++) {
		if (!view->kinds[kind].requests)
			continue;
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("action"), span_of(observed_action((enum observed_kind)kind)));
		json_put_text(json, SPAN("reason"), span_of(observed_reason((enum observed_kind)kind)));
		put_total(json, &view->kinds[kind]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_observed(struct json_writer *json, const struct observed_site *site)
{
	uint64_t now_ns = clock_wall_ns();
	char text[OBSERVED_SAYS_MAX];
	struct observed_view view;

	observed_read(site, now_ns / 1000000000u, &view);
	json_put_time(json, SPAN("since"), (uint64_t)view.since_s * 1000000000u);
	put_total(json, &view.kinds[OBSERVED_ALL]);
	put_would(json, &view);
	json_put_bool(json, SPAN("safe"), observed_say(&view, now_ns / 1000000000u, text) == OBSERVED_SAFE);
	json_put_text(json, SPAN("says"), span_of(text));
}

void admin_put_guard(struct json_writer *json, const struct edge_site *site)
{
	json_open(json, SPAN("guard"), '{');
	json_put_text(json, SPAN("mode"), site->observes ? SPAN("observe") : SPAN("on"));
	if (site->observed)
		put_observed(json, site->observed);
	json_close(json, '}');
}

static void put_site(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	(void)admin;
	json_put_text(json, SPAN("site"), site->site->name);
	admin_put_guard(json, site);
}

void admin_answer_guards(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)request;
	admin_answer_sites(admin, put_site, answer);
}

void admin_answer_guard(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct edge_site *site;
	struct json *root = admin_read_order(admin, request, answer);
	struct json_writer json;

	if (!root)
		return;
	site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer);
	if (site) {
		admin_begin_json(answer, &json);
		put_site(&json, admin, site);
		admin_finish_json(answer, &json);
	}
	json_drop(root);
}
