/* Who answers what on the admin socket, and the small answers. */
#include "cli/admin/inner.h"

#include <stdio.h>

#include "base/suggest.h"

#include "base/banned.h"

void admin_refuse(struct admin_answer *answer, unsigned status, const char *format, ...)
{
	struct buffer text;
	struct json_writer writer;
	enum result result;
	va_list list;

	buffer_init(&text, 4096);
	va_start(list, format);
	result = buffer_print_list(&text, format, list);
	va_end(list);
	buffer_reset(&answer->body);
	answer->status = status;
	answer->type = SPAN("application/json");
	json_writer_init(&writer, &answer->body);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("error"), result == RESULT_OK ? buffer_span(&text) : SPAN("this cannot be done"));
	json_close(&writer, '}');
	if (writer.result != RESULT_OK)
		buffer_reset(&answer->body);
	buffer_done(&text);
}

void admin_begin_json(struct admin_answer *answer, struct json_writer *writer)
{
	answer->status = 200;
	answer->type = SPAN("application/json");
	json_writer_init(writer, &answer->body);
	json_open(writer, SPAN_NONE, '{');
}

void admin_finish_json(struct admin_answer *answer, struct json_writer *writer)
{
	json_close(writer, '}');
	if (writer->result == RESULT_OK && buffer_append_byte(&answer->body, '\n') == RESULT_OK)
		return;
	buffer_reset(&answer->body);
	answer->status = 503;
	answer->type = SPAN("text/plain");
}

bool admin_is_printable(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	}
	return true;
}

static void answer_health(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)admin;
	(void)request;
	answer->status = buffer_append(&answer->body, SPAN("ok\n")) == RESULT_OK ? 200 : 503;
	answer->type = SPAN("text/plain");
}

/* What `bouclier backup` has to tell: a line of the journal, and an alert where it failed. */
static void admin_answer_backup(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct notice notice = { .wall_ns = admin->state->loop.wall_ns };
	struct json *root = admin_read_body(request, answer);
	char text[400];

	if (!root)
		return;
	if (!admin_is_printable(json_text_of(json_find(root, "path")))) {
		admin_refuse(answer, 400, "\"path\" has control characters");
	} else {
		bool is_made = json_bool_of(json_find(root, "ok"));

		snprintf(text, sizeof(text), is_made ? "%.*s" : "no backup was made: %.*s; who started it was told why", SPAN_ARG(span_take(json_text_of(json_find(root, "path")), 300)));
		notice.action = is_made ? SPAN("backup-made") : SPAN("backup-failed");
		notice.detail = span_of(text);
		event_notice(admin->state->event, &notice);
		answer_health(admin, request, answer);
	}
	json_drop(root);
}

void admin_answer_sites(struct admin *admin, void (*put)(struct json_writer *json, const struct admin *admin, const struct edge_site *site), struct admin_answer *answer)
{
	const struct plan *plan = admin->state->snapshot ? plan_of(admin->state->snapshot) : NULL;
	struct json_writer json;

	admin_begin_json(answer, &json);
	json_open(&json, SPAN("sites"), '[');
	for (size_t i = 0; plan && i < plan->site_count; i++) {
		json_open(&json, SPAN_NONE, '{');
		put(&json, admin, &plan->sites[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	admin_finish_json(answer, &json);
}

struct json *admin_read_body(const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = NULL;

	if (json_read(request->body, &root) == RESULT_OK)
		return root;
	admin_refuse(answer, 400, "the body is not JSON");
	return NULL;
}

struct json *admin_read_order(const struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	if (admin->state->snapshot)
		return admin_read_body(request, answer);
	admin_refuse(answer, 503, "no configuration is loaded");
	return NULL;
}

struct edge_site *admin_find_site(struct admin *admin, struct span name, struct admin_answer *answer)
{
	const struct plan *plan = plan_of(admin->state->snapshot);
	struct suggestion suggestion;
	struct span meant;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < plan->site_count; i++) {
		if (span_equal(plan->sites[i].site->name, name))
			return &plan->sites[i];
		suggestion_offer(&suggestion, plan->sites[i].site->name);
	}
	meant = suggestion_sentence(&suggestion);
	admin_refuse(answer, 404, "there is no site %.*s%s%.*s%s", SPAN_ARG(name), meant.len ? " (" : "", SPAN_ARG(meant), meant.len ? ")" : "");
	return NULL;
}

static const struct admin_route routes[] = {
	{ SPAN_INIT("/healthz"), METHOD_GET, false, answer_health },
	{ SPAN_INIT("/readyz"), METHOD_GET, false, admin_answer_ready },
	{ SPAN_INIT("/metrics"), METHOD_GET, false, admin_answer_metrics },
	{ SPAN_INIT("/status"), METHOD_GET, true, admin_answer_status },
	{ SPAN_INIT("/reload"), METHOD_POST, true, admin_answer_reload },
	{ SPAN_INIT("/reload/confirm"), METHOD_POST, true, admin_answer_confirm },
	{ SPAN_INIT("/reload/back"), METHOD_POST, true, admin_answer_back },
	{ SPAN_INIT("/config"), METHOD_GET, true, admin_answer_config },
	{ SPAN_INIT("/config/schema"), METHOD_GET, true, admin_answer_schema },
	{ SPAN_INIT("/config/history"), METHOD_GET, true, admin_answer_history },
	{ SPAN_INIT("/config/history"), METHOD_POST, true, admin_answer_history_one },
	{ SPAN_INIT("/backup"), METHOD_POST, true, admin_answer_backup },
	{ SPAN_INIT("/alerts"), METHOD_POST, true, admin_answer_alerts },
	{ SPAN_INIT("/tune"), METHOD_POST, true, admin_answer_tune },
	{ SPAN_INIT("/enforce"), METHOD_POST, true, admin_answer_enforce },
	{ SPAN_INIT("/graduate"), METHOD_POST, true, admin_answer_graduate },
	{ SPAN_INIT("/guard"), METHOD_GET, true, admin_answer_guards },
	{ SPAN_INIT("/guard"), METHOD_POST, true, admin_answer_guard },
	{ SPAN_INIT("/level"), METHOD_GET, true, admin_answer_levels },
	{ SPAN_INIT("/level"), METHOD_POST, true, admin_answer_level },
	{ SPAN_INIT("/maintenance"), METHOD_GET, true, admin_answer_maintenances },
	{ SPAN_INIT("/maintenance"), METHOD_POST, true, admin_answer_maintenance },
	{ SPAN_INIT("/maintenance"), METHOD_DELETE, true, admin_answer_maintenance_end },
	{ SPAN_INIT("/probe"), METHOD_POST, true, admin_answer_probe },
	{ SPAN_INIT("/probe/reports"), METHOD_POST, true, admin_answer_reports },
	{ SPAN_INIT("/ban"), METHOD_POST, true, admin_answer_ban },
	{ SPAN_INIT("/ban"), METHOD_DELETE, true, admin_answer_unban },
	{ SPAN_INIT("/admit"), METHOD_GET, true, admin_answer_admitted },
	{ SPAN_INIT("/admit"), METHOD_POST, true, admin_answer_admit },
	{ SPAN_INIT("/admit"), METHOD_DELETE, true, admin_answer_admit_end },
	{ SPAN_INIT("/bgp"), METHOD_POST, true, admin_answer_bgp },
	{ SPAN_INIT("/bans"), METHOD_GET, true, admin_answer_bans },
	{ SPAN_INIT("/purge"), METHOD_POST, true, admin_answer_purge },
	{ SPAN_INIT("/continuity"), METHOD_GET, true, admin_answer_continuities },
	{ SPAN_INIT("/continuity"), METHOD_POST, true, admin_answer_continuity },
	{ SPAN_INIT("/continuity/pin"), METHOD_POST, true, admin_answer_pin },
	{ SPAN_INIT("/continuity/drop"), METHOD_POST, true, admin_answer_drop },
	{ SPAN_INIT("/bypass"), METHOD_POST, true, admin_answer_bypass },
	{ SPAN_INIT("/bypass"), METHOD_DELETE, true, admin_answer_bypass_end },
};

void admin_answer(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	bool is_known = false;

	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (!span_equal(routes[i].path, request->path))
			continue;
		is_known = true;
		if (routes[i].method != request->method)
			continue;
		/* Fails closed: the port answers everybody on this machine, the socket only who may open it. */
		if (routes[i].is_local_only && !request->is_local)
			admin_refuse(answer, 403, "%.*s is answered on the admin socket only", SPAN_ARG(request->path));
		else
			routes[i].answer(admin, request, answer);
		return;
	}
	if (is_known)
		admin_refuse(answer, 405, "%.*s does not take that method", SPAN_ARG(request->path));
	else
		admin_refuse(answer, 404, "there is no %.*s here", SPAN_ARG(request->path));
}
