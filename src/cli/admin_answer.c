/* Who answers what on the admin socket, and the small answers. */
#include "cli/admin_inner.h"

#include "base/encode.h"
#include "base/hash.h"

#include "base/banned.h"

#define PROBE_KEY_MS 60000

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

void admin_finish_json(struct admin_answer *answer, const struct json_writer *writer)
{
	if (writer->result == RESULT_OK && buffer_append_byte(&answer->body, '\n') == RESULT_OK)
		return;
	buffer_reset(&answer->body);
	answer->status = 503;
	answer->type = SPAN("text/plain");
}

static void answer_health(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	(void)admin;
	(void)request;
	answer->status = buffer_append(&answer->body, SPAN("ok\n")) == RESULT_OK ? 200 : 503;
	answer->type = SPAN("text/plain");
}

static void answer_reload(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;

	(void)request;
	if (state->is_draining)
		admin_refuse(answer, 503, "the shield is ending");
	else if (role_ask_reload(state->link, ++state->reload_id) != RESULT_OK)
		admin_refuse(answer, 503, "the keeper does not listen");
	else
		answer->reload_id = state->reload_id;
}

/* A key for a minute: requests that carry it end before an origin. */
static void answer_probe(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_common *common = &admin->state->common;
	char text[2 * sizeof(common->probe_key)];
	struct json_writer json;

	(void)request;
	__atomic_store_n(&common->probe_until_ms, 0, __ATOMIC_RELEASE);
	random_fill(common->probe_key, sizeof(common->probe_key));
	__atomic_store_n(&common->probe_until_ms, admin->state->loop.now_ms + PROBE_KEY_MS, __ATOMIC_RELEASE);
	hex_write(common->probe_key, sizeof(common->probe_key), text);
	answer->status = 200;
	answer->type = SPAN("application/json");
	json_writer_init(&json, &answer->body);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("key"), span_make(text, sizeof(text)));
	json_close(&json, '}');
	admin_finish_json(answer, &json);
}

static const struct admin_route routes[] = {
	{ SPAN_INIT("/healthz"), METHOD_GET, false, answer_health },
	{ SPAN_INIT("/readyz"), METHOD_GET, false, admin_answer_ready },
	{ SPAN_INIT("/metrics"), METHOD_GET, false, admin_answer_metrics },
	{ SPAN_INIT("/status"), METHOD_GET, true, admin_answer_status },
	{ SPAN_INIT("/reload"), METHOD_POST, true, answer_reload },
	{ SPAN_INIT("/probe"), METHOD_POST, true, answer_probe },
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
