/* GET /level: the level of every site. POST /level {"site": NAME, "level": "attack"|"elevated"|"normal"|"auto"}: a person's word about how a site is, or, without
 * "level", the question; and what status says of it. */
#include "cli/admin/inner.h"

#include "cli/edge/level.h"

#include "base/banned.h"

void admin_put_level(struct json_writer *json, const struct edge_site *site)
{
	char reasons[LEVEL_REASONS_MAX];

	if (!site->meter)
		return;
	edge_level_reasons(site->meter->state.reasons, reasons);
	json_open(json, SPAN("level"), '{');
	json_put_text(json, SPAN("is"), span_of(level_name(meter_level(site->meter))));
	json_put_text(json, SPAN("for"), span_of(reasons));
	json_put_bool(json, SPAN("forced"), site->meter->state.is_forced);
	if (site->meter->state.least > LEVEL_NORMAL)
		json_put_text(json, SPAN("floor"), span_of(level_name((enum level)site->meter->state.least)));
	json_close(json, '}');
}

/* "auto" is LEVEL_COUNT. */
static bool read_level(struct span word, enum level *level)
{
	for (*level = LEVEL_NORMAL; *level < LEVEL_COUNT; (*level)++) {
		if (span_equal(word, span_of(level_name(*level))))
			return true;
	}
	return span_equal(word, SPAN("auto"));
}

static void put_site(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	(void)admin;
	json_put_text(json, SPAN("site"), site->site->name);
	admin_put_level(json, site);
}

void admin_answer_levels(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)request;
	admin_answer_sites(admin, put_site, answer);
}

static void answer_site(const struct admin *admin, const struct edge_site *site, struct admin_answer *answer)
{
	struct json_writer json;

	admin_begin_json(answer, &json);
	put_site(&json, admin, site);
	admin_finish_json(answer, &json);
}

static void obey(struct admin *admin, const struct edge_site *site, enum level level, struct admin_answer *answer)
{
	if (edge_level_order(admin->state, site, level == LEVEL_COUNT, level) != RESULT_OK) {
		admin_refuse(answer, 409, "the site %.*s has no level: it is passed through, or there is no memory for it", SPAN_ARG(site->site->name));
		return;
	}
	answer_site(admin, site, answer);
}

void admin_answer_level(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = admin_read_order(admin, request, answer);
	const struct edge_site *site;
	const struct json *word;
	enum level level = LEVEL_COUNT;

	if (!root)
		return;
	word = json_find(root, "level");
	if (word && !read_level(json_text_of(word), &level))
		admin_refuse(answer, 400, "\"level\" is normal, elevated, attack or auto");
	else if ((site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer)) && word)
		obey(admin, site, level, answer);
	else if (site)
		answer_site(admin, site, answer);
	json_drop(root);
}
