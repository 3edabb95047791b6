/* POST /graduate {"site": NAME, "do": "now"|"undo"|"again"}: a person's word about a site that moves from detect to block by itself; and what
 * status says of such a site. */
#include "cli/admin/inner.h"

#include "cli/edge/graduate.h"

#include "base/banned.h"

#define SECOND_NS ((uint64_t)1000000000)

static struct span state_name(const struct graduation *graduation)
{
	if (graduation->moved_s)
		return SPAN("blocking");
	if (graduation->undone_s)
		return SPAN("undone");
	return graduation->announced_s ? SPAN("announced") : SPAN("observing");
}

void admin_put_graduation(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	struct graduation_facts facts;
	const struct graduation *found;
	struct graduation graduation = { .since_s = 0 };

	if (!site->graduate_s)
		return;
	found = edge_graduates_find(admin->state->graduates, site, &facts);
	if (found)
		graduation = *found;
	json_open(json, SPAN("graduation"), '{');
	json_put_text(json, SPAN("state"), state_name(&graduation));
	json_put_time(json, SPAN("since"), graduation.since_s * SECOND_NS);
	json_put_time(json, SPAN("moves"), graduation_due_s(&graduation, &facts) * SECOND_NS);
	json_put_time(json, SPAN("earliest"), graduation_earliest_s(&graduation, &facts) * SECOND_NS);  /* once visitors have come, too */
	json_put_time(json, SPAN("moved"), graduation.moved_s * SECOND_NS);
	json_put_time(json, SPAN("undone"), graduation.undone_s * SECOND_NS);
	json_put_time(json, SPAN("held_up"), graduation.bad_s * SECOND_NS);  /* the last time that rules hit ordinary visitors */
	json_put_time(json, SPAN("few_refused"), (graduation_meets_few(&graduation, &facts) ? facts.few_s : 0) * SECOND_NS);
	json_put_number(json, SPAN("few_visitors"), graduation_meets_few(&graduation, &facts) ? facts.few : 0);
	json_put_number(json, SPAN("visitors"), graduation.visitors);
	json_put_number(json, SPAN("visitors_wanted"), GRADUATE_VISITORS);
	json_close(json, '}');
}

static bool read_order(struct span text, enum graduate_order *order)
{
	static const struct {
		struct span word;
		enum graduate_order order;
	} words[] = { { SPAN_INIT("now"), GRADUATE_NOW }, { SPAN_INIT("undo"), GRADUATE_UNDO }, { SPAN_INIT("again"), GRADUATE_AGAIN } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(words[i].word, text)) {
			*order = words[i].order;
			return true;
		}
	}
	return false;
}

static void answer_done(struct admin *admin, const struct edge_site *site, struct admin_answer *answer)
{
	const struct edge_waf *waf = edge_route_waf(site, &site->routes[site->site->route_count - 1]);
	struct json_writer json;

	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_put_text(&json, SPAN("mode"), waf_mode_name(waf ? waf->mode : WAF_MODE_OFF));
	admin_put_graduation(&json, admin, site);
	admin_finish_json(answer, &json);
}

static void obey(struct admin *admin, struct edge_site *site, enum graduate_order order, struct admin_answer *answer)
{
	enum result result = edge_graduates_order(admin->state->graduates, site, order);

	if (result == RESULT_REFUSED)
		admin_refuse(answer, 409, "the site %.*s does not move by itself: its file says no waf: { mode: detect, graduate: ... }",
		             SPAN_ARG(site->site->name));
	else if (result == RESULT_IO)
		admin_refuse(answer, 500, "done, but it cannot be kept in the state folder: it holds until this shield ends");
	else if (result != RESULT_OK)
		admin_refuse(answer, 503, "out of memory");
	else
		answer_done(admin, site, answer);
}

void admin_answer_graduate(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = admin_read_order(admin, request, answer);
	struct edge_site *site;
	enum graduate_order order;

	if (!root)
		return;
	if (!read_order(json_text_of(json_find(root, "do")), &order))
		admin_refuse(answer, 400, "say what to \"do\": now, undo or again");
	else if ((site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer)) != NULL)
		obey(admin, site, order, answer);
	json_drop(root);
}
