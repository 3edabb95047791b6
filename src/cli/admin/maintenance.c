/* POST /maintenance {"site": NAME, "until_ms": when, "allow": ["192.0.2.0/24"...], "message": TEXT}, DELETE /maintenance {"site": NAME}, and
 * GET /maintenance, which lists: sites that a person closes until a time. */
#include "cli/admin/inner.h"

#include "base/clock.h"
#include "cli/edge/maintenance.h"
#include "config/value.h"

#include "base/banned.h"

static void put_one(struct json_writer *json, const struct maintenance *closed)
{
	char network[NETWORK_TEXT_MAX];

	json_put_time_ms(json, SPAN("until"), closed->until_ms);
	json_put_text(json, SPAN("message"), span_make(closed->message, closed->message_len));
	json_open(json, SPAN("allow"), '[');
	for (unsigned i = 0; i < closed->allow_count; i++) {
		network_write(&closed->allow[i], network);
		json_put_text(json, SPAN_NONE, span_of(network));
	}
	json_close(json, ']');
}

void admin_put_maintenance(struct json_writer *json, const struct admin *admin, const struct edge_site *site)
{
	struct maintenance closed;

	if (!maintenance_find(admin->state->maintenances, site->key, clock_wall_ns() / 1000000, &closed))
		return;
	json_open(json, SPAN("maintenance"), '{');
	put_one(json, &closed);
	json_close(json, '}');
}

/* -- orders -- */

/* False: answered. */
static bool read_until(const struct json *root, struct maintenance *wish, struct admin_answer *answer)
{
	uint64_t now_ms = clock_wall_ns() / 1000000;

	wish->until_ms = json_number_of(json_find(root, "until_ms"));
	if (wish->until_ms > now_ms && wish->until_ms <= now_ms + MAINTENANCE_MS_MAX)
		return true;
	admin_refuse(answer, 400, "\"until_ms\" is when it ends, in milliseconds since 1970: later than now, 31 days from now at most");
	return false;
}

static bool read_allow(const struct json *root, struct maintenance *wish, struct admin_answer *answer)
{
	const struct json *list = json_find(root, "allow");

	if (json_length(list) > MAINTENANCE_ALLOW_MAX) {
		admin_refuse(answer, 400, "\"allow\" has %zu networks, %u at most: use a wider one", json_length(list), MAINTENANCE_ALLOW_MAX);
		return false;
	}
	for (size_t i = 0; i < json_length(list); i++) {
		struct span text = json_text_of(json_item(list, i));

		if (network_read(text, &wish->allow[i]) != RESULT_OK) {
			admin_refuse(answer, 400, "\"allow\": found \"%.*s\", expected an address or a network whose bits behind the prefix are zero (192.0.2.0/24)",
			             SPAN_ARG(text));
			return false;
		}
	}
	wish->allow_count = (uint32_t)json_length(list);
	return true;
}

static bool read_message(const struct json *root, struct maintenance *wish, struct admin_answer *answer)
{
	struct span text = json_text_of(json_find(root, "message"));

	if (text.len > MAINTENANCE_MESSAGE_MAX) {
		admin_refuse(answer, 400, "\"message\" has %zu bytes, %u at most: it stands on a page, between other sentences", text.len, MAINTENANCE_MESSAGE_MAX);
		return false;
	}
	if (!text_is_plain(text)) {
		admin_refuse(answer, 400, "\"message\" has a control character, a line break, or is not UTF-8");
		return false;
	}
	if (text.len)
		memcpy(wish->message, text.at, text.len);
	wish->message_len = (uint32_t)text.len;
	return true;
}

static void answer_closed(const struct edge_site *site, const struct maintenance *closed, struct admin_answer *answer)
{
	struct json_writer json;

	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("site"), site->site->name);
	json_put_bool(&json, SPAN("maintenance"), closed != NULL);
	if (closed)
		put_one(&json, closed);
	admin_finish_json(answer, &json);
}

static void begin(struct admin *admin, const struct edge_site *site, const struct json *root, struct admin_answer *answer)
{
	struct maintenance wish = { .site = site->key };
	enum result result;

	if (!read_until(root, &wish, answer) || !read_allow(root, &wish, answer) || !read_message(root, &wish, answer))
		return;
	result = edge_maintenance_begin(admin->state, site, &wish);
	if (result == RESULT_OK)
		answer_closed(site, &wish, answer);
	else if (result == RESULT_LIMIT)
		admin_refuse(answer, 409, "%u sites are in maintenance already: end some of them", MAINTENANCES_MAX);
	else
		admin_refuse(answer, 503, "the memory for it is not there: restart the shield");
}

static void end(struct admin *admin, const struct edge_site *site, const struct json *root, struct admin_answer *answer)
{
	(void)root;
	if (edge_maintenance_end(admin->state, site) == RESULT_OK)
		answer_closed(site, NULL, answer);
	else if (edge_maintenance_is_on(admin->state, site))
		admin_refuse(answer, 409, "%.*s is in maintenance because its file says maintenance: true; change it there, and reload", SPAN_ARG(site->site->name));
	else
		admin_refuse(answer, 404, "%.*s is not in maintenance", SPAN_ARG(site->site->name));
}

static void obey(struct admin *admin, const struct admin_request *request, struct admin_answer *answer,
                 void (*order)(struct admin *, const struct edge_site *, const struct json *, struct admin_answer *))
{
	struct json *root = admin_read_order(admin, request, answer);
	const struct edge_site *site;

	if (!root)
		return;
	site = admin_find_site(admin, json_text_of(json_find(root, "site")), answer);
	if (site)
		order(admin, site, root, answer);
	json_drop(root);
}

void admin_answer_maintenance(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	obey(admin, request, answer, begin);
}

void admin_answer_maintenance_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	obey(admin, request, answer, end);
}

void admin_answer_maintenances(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct plan *plan = admin->state->snapshot ? plan_of(admin->state->snapshot) : NULL;
	struct maintenance closed;
	struct json_writer json;

	(void)request;
	admin_begin_json(answer, &json);
	json_open(&json, SPAN("sites"), '[');
	for (size_t i = 0; plan && i < plan->site_count; i++) {
		if (!maintenance_find(admin->state->maintenances, plan->sites[i].key, clock_wall_ns() / 1000000, &closed))
			continue;
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("site"), plan->sites[i].site->name);
		put_one(&json, &closed);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	admin_finish_json(answer, &json);
}
