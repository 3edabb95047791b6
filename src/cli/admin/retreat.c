/* POST /enforce {"site": NAME, "rule": ID}: a rule that went back to detect by itself is in block again; and what status says of such rules. */
#include "cli/admin/inner.h"

#include "cli/edge/retreat.h"

#include "base/banned.h"

#define SECOND_NS ((uint64_t)1000000000)

void admin_put_retreats(struct json_writer *json, const struct edge_site *site)
{
	struct retreat list[RETREATS_MAX];
	unsigned count = site->hits && retreat_is_any(site->hits) ? retreat_list(site->hits, site->key, list) : 0;

	json_open(json, SPAN("retreats"), '[');
	for (unsigned i = 0; i < count; i++) {
		if (list[i].is_enforced)
			continue;
		json_open(json, SPAN_NONE, '{');
		json_put_number(json, SPAN("rule"), list[i].rule);
		json_put_text(json, SPAN("path"), span_make(list[i].path, list[i].path_len));
		json_put_text(json, SPAN("method"), method_name((enum method)list[i].method));
		json_put_time(json, SPAN("since"), list[i].since_s * SECOND_NS);
		json_put_time(json, SPAN("until"), list[i].until_s * SECOND_NS);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void answer_done(const struct edge_site *site, uint32_t rule, struct admin_answer *answer)
{
	struct json_writer json;

	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_put_number(&json, SPAN("rule"), rule);
	admin_put_retreats(&json, site);
	admin_finish_json(answer, &json);
}

void admin_answer_enforce(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = NULL;
	struct edge_site *site;
	uint64_t rule = 0;

	if (!admin->state->snapshot) {
		admin_refuse(answer, 503, "no configuration is loaded");
		return;
	}
	if (json_read(request->body, &root) == RESULT_OK)
		rule = json_number_of(json_find(root, "rule"));
	if (!rule || rule > RULE_ID_MAX)
		admin_refuse(answer, 400, "say which \"rule\" of which \"site\"");
	else if ((site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer)) == NULL)
		;
	else if (edge_retreat_enforce(admin->state, site, (uint32_t)rule) != RESULT_OK)
		admin_refuse(answer, 409, "the rule %llu of %.*s has not gone back to detect", (unsigned long long)rule, SPAN_ARG(site->site->name));
	else
		answer_done(site, (uint32_t)rule, answer);
	if (root)
		json_drop(root);
}
