/* POST /tune {"site": NAME} or {"all": true}, and "visitors": N: which rules hit which parameters of which paths for how many ordinary visitors, and what
 * would excuse just that. `bouclier rules tune` shows it. */
#include "cli/admin/inner.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/admin/propose.h"

#include "base/banned.h"

#define ANSWER_ENOUGH ((size_t)16 << 20)  /* of all sites: then the rest is asked for by name */
#define MANY_MAX 1000u           /* crowds count to about that */

/* What is asked for, and room for what is told of one site. */
struct tuning {
	unsigned many;
	int64_t now_ms;
	struct hits_view view;
	struct proposal list[HITS_ENTRIES];
};

/* What would excuse it, when it is a habit of the portal and not one visitor's. */
static void put_proposal(struct json_writer *json, const struct proposal *proposal)
{
	if (proposal->why) {
		json_put_text(json, SPAN("no_exclusion"), span_of(proposal->why));
		return;
	}
	exclusion_put(&proposal->exclusion, json);
	if (proposal->is_excused)
		json_put_bool(json, SPAN("excused"), true);
}

static void put_entry(struct json_writer *json, const struct proposal *proposal)
{
	const struct hits_told *told = proposal->told;
	const struct rule *rule = proposal->rule.rule;

	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("rule"), told->rule);
	if (rule && rule->msg.text.len)
		json_put_text(json, SPAN("msg"), rule->msg.text);
	json_put_text(json, SPAN("path"), span_make(told->path, told->path_len));
	json_put_text(json, SPAN("method"), method_name(told->method));
	json_put_text(json, SPAN("target"), proposal->rule.target);
	json_put_number(json, SPAN("clients"), told->clients);
	json_put_number(json, SPAN("clients_refused"), told->refused);
	json_put_number(json, SPAN("clients_known"), told->known);
	json_put_number(json, SPAN("hits"), told->hits);
	json_put_number(json, SPAN("refusals"), told->refusals);
	json_put_time(json, SPAN("first"), told->first_s * (uint64_t)1000000000);
	json_put_time(json, SPAN("last"), told->last_s * (uint64_t)1000000000);
	if (proposal->is_wanted)
		put_proposal(json, proposal);
	json_close(json, '}');
}

static void put_hits(struct json_writer *json, const struct edge_site *site, struct tuning *tuning)
{
	const struct hits_view *view = &tuning->view;
	struct buffer yaml;

	buffer_init(&yaml, (size_t)1 << 20);
	propose(site, view, tuning->many, tuning->now_ms, tuning->list);
	json_put_time(json, SPAN("since"), view->glance.since_s * (uint64_t)1000000000);
	json_put_number(json, SPAN("visitors"), view->glance.visitors);
	json_open(json, SPAN("hits"), '[');
	for (unsigned i = 0; i < view->count; i++)
		put_entry(json, &tuning->list[i]);
	json_close(json, ']');
	if (propose_write(site, tuning->list, view->count, tuning->now_ms, &yaml) != RESULT_OK)
		json->result = RESULT_NO_MEMORY;
	json_put_text(json, SPAN("yaml"), buffer_span(&yaml));
	buffer_done(&yaml);
}

static void put_site(struct json_writer *json, const struct edge_site *site, struct tuning *tuning)
{
	const struct edge_waf *waf = edge_route_waf(site, &site->routes[site->site->route_count - 1]);
	bool is_counted = site->hits && hits_read(site->hits, site->key, (uint32_t)(tuning->now_ms / 1000), &tuning->view) == RESULT_OK;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site->site->name);
	json_put_text(json, SPAN("mode"), waf_mode_name(waf ? waf->mode : WAF_MODE_OFF));
	json_put_bool(json, SPAN("counted"), is_counted);
	if (is_counted)
		put_hits(json, site, tuning);
	json_close(json, '}');
}

/* Of sites without rules there is nothing to say. IS_CUT: there are more. */
static void put_all(struct json_writer *json, const struct plan *plan, struct tuning *tuning, bool *is_cut)
{
	for (size_t i = 0; i < plan->site_count && json->result == RESULT_OK && !*is_cut; i++) {
		if (!edge_site_has_rules(&plan->sites[i]))
			continue;
		*is_cut = buffer_len(json->out) > ANSWER_ENOUGH;
		if (!*is_cut)
			put_site(json, &plan->sites[i], tuning);
	}
}

static void answer_sites(struct admin *admin, const struct edge_site *site, unsigned many, struct admin_answer *answer)
{
	struct tuning *tuning = malloc(sizeof(*tuning));
	struct json_writer json;
	bool is_cut = false;

	if (!tuning) {
		admin_refuse(answer, 503, "out of memory");
		return;
	}
	tuning->many = many;
	tuning->now_ms = (int64_t)(clock_wall_ns() / 1000000);
	admin_begin_json(answer, &json);
	json_put_number(&json, SPAN("many"), many);
	json_open(&json, SPAN("sites"), '[');
	if (site)
		put_site(&json, site, tuning);
	else
		put_all(&json, plan_of(admin->state->snapshot), tuning, &is_cut);
	json_close(&json, ']');
	json_put_bool(&json, SPAN("cut"), is_cut);
	admin_finish_json(answer, &json);
	free(tuning);
}

/* From how many different visitors on there is a proposal. False: what stands there is no such number. */
static bool read_many(const struct json *root, unsigned *many)
{
	const struct json *said = json_find(root, "visitors");
	uint64_t number = json_number_of(said);

	*many = said ? (unsigned)(number <= MANY_MAX ? number : 0) : HITS_MANY;
	return !said || (json_has_number(said) && *many);
}

void admin_answer_tune(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct edge_site *site = NULL;
	struct json *root = admin_read_order(admin, request, answer);
	unsigned many;

	if (!root)
		return;
	if (json_bool_of(json_find(root, "all")) == json_has_text(json_find(root, "site")))
		admin_refuse(answer, 400, "say \"site\" or \"all\": true");
	else if (!read_many(root, &many))
		admin_refuse(answer, 400, "\"visitors\" is a number from 1 to %u", MANY_MAX);
	else if (json_bool_of(json_find(root, "all")) || (site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer)) != NULL)
		answer_sites(admin, site, many, answer);
	json_drop(root);
}
