/* A route, told: to programs, to people, and to the journal of the running shield. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/bgp/inner.h"
#include "cli/loaded.h"
#include "cli/settings.h"

#include "base/banned.h"

void bgp_put_route(struct json_writer *json, const struct bgp_route *route, bool makes_unreachable)
{
	struct buffer text;

	buffer_init(&text, 1024);
	if (bgp_rule_write(&route->rule, &text) != RESULT_OK)
		json->result = RESULT_NO_MEMORY;
	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("number"), route->id);
	json_put_text(json, SPAN("rule"), buffer_span(&text));
	json_put_time_ms(json, SPAN("since"), route->since_ms);
	json_put_time_ms(json, SPAN("until"), route->until_ms);
	json_put_text(json, SPAN("by"), span_of(route->by));
	json_put_bool(json, SPAN("unreachable"), makes_unreachable);
	json_close(json, '}');
	buffer_done(&text);
}

void bgp_print_route(const struct bgp_route *route, bool makes_unreachable)
{
	char until[CLOCK_ISO_LEN + 1];
	struct buffer text;

	buffer_init(&text, 1024);
	clock_write_iso_ms(route->until_ms < CLOCK_ISO_MS_MAX ? route->until_ms : CLOCK_ISO_MS_MAX, until);
	if (bgp_rule_write(&route->rule, &text) == RESULT_OK)
		printf("%-4u until %.19sZ  %.*s%s%s%s\n", route->id, until, SPAN_ARG(buffer_span(&text)), route->by[0] ? "  by " : "", route->by,
		       makes_unreachable ? "  (the portal is unreachable there)" : "");
	buffer_done(&text);
}

static enum result write_body(const struct bgp_route *route, const char *why, struct buffer *out)
{
	struct json_writer json;
	struct buffer rule;

	buffer_init(&rule, 1024);
	json_writer_init(&json, out);
	if (bgp_rule_write(&route->rule, &rule) != RESULT_OK)
		json.result = RESULT_NO_MEMORY;
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("number"), route->id);
	json_put_text(&json, SPAN("rule"), buffer_span(&rule));
	json_put_number(&json, SPAN("until_ms"), route->until_ms);
	json_put_text(&json, SPAN("by"), span_of(route->by));
	if (why)
		json_put_text(&json, SPAN("withdrawn"), span_of(why));
	json_close(&json, '}');
	buffer_done(&rule);
	return json.result;
}

bool bgp_write_down(const struct options *options, const struct bgp_route *route, const char *why, int wait_ms)
{
	char socket[PATH_TEXT_MAX];
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/bgp", .wait_ms = wait_ms };
	struct admin_reply reply;
	struct buffer body;
	bool is_told = false;

	config_peek(options, "admin", "socket", ADMIN_SOCKET_DEFAULT, socket);
	buffer_init(&body, 4096);
	if (write_body(route, why, &body) == RESULT_OK) {
		question.body = buffer_span(&body);
		is_told = admin_ask(&question, &reply) == RESULT_OK;
	}
	if (is_told) {
		is_told = reply.status == 200;
		admin_reply_done(&reply);
	}
	buffer_done(&body);
	return is_told;
}
