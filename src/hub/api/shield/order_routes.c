/* The routes that give orders: bans, levels, bypass, maintenance. Each reads what is asked, and makes of it the question that the admin socket knows. */
#include "config/value.h"
#include "hub/api/shield/orders.h"

#include "base/banned.h"

#define BODY_MAX 8192u
#define MS_MIN 1000u
#define DAY_MS ((uint64_t)86400000)
#define BAN_MS_MAX (366 * DAY_MS)
#define BYPASS_MS_MAX (7 * DAY_MS)
#define MAINTENANCE_MS_MAX (31 * DAY_MS)
#define MESSAGE_MAX 400u
#define ALLOW_MAX 16u

/* What an order of the path {name} begins with. */
static const struct hub_site *begin_site(struct api *api, struct web_request *request, struct web_answer *answer)
{
	const struct hub_site *site = api_find_site(api, &api_caller(api, request)->tenants, request->parts[0]);

	if (!site)
		answer_not_found(answer, "site");
	return site;
}

static bool may_all(struct api *api, struct web_request *request, struct web_answer *answer)
{
	if (api_caller(api, request)->tenants.is_all)
		return true;
	web_refuse(answer, 403, "forbidden", "a ban is of all administrations of this shield: it takes somebody who sees them all");
	return false;
}

static bool no_arguments(struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct arguments arguments;

	return arguments_begin(&arguments, request, answer, names);
}

/* {"site": NAME, ...}: the beginning of every body of the admin socket. */
static void begin_question(struct buffer *text, struct json_writer *json, struct span name, struct span value)
{
	buffer_init(text, BODY_MAX);
	json_writer_init(json, text);
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, name, value);
}

static void give(struct api *api, struct web_request *request, struct web_answer *answer, struct order_wish *wish, struct json_writer *json)
{
	json_close(json, '}');
	wish->body = buffer_span(json->out);
	if (json->result == RESULT_OK)
		order_give(api, request, answer, wish);
	else
		web_refuse(answer, 400, "bad-body", "that is more than the shield takes");
	buffer_done(json->out);
}

static struct span why_of(struct content *body)
{
	return content_text(body, "why", 1, API_WHY_MAX, false);
}

static bool is_network(struct span text)
{
	struct network network;

	return network_read(text, &network) == RESULT_OK;
}

void api_ban(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "network", "for", "why", NULL };
	struct order_wish wish = { .what = "ban.add", .method = SPAN("POST"), .path = SPAN("/ban") };
	struct json_writer json;
	struct buffer text;
	struct content body;

	if (!no_arguments(request, answer) || !may_all(context, request, answer) || !content_begin(&body, request, answer, members))
		return;
	wish.object = content_text(&body, "network", 1, NETWORK_TEXT_MAX, false);
	wish.for_ms = content_length(&body, "for", MS_MIN, BAN_MS_MAX);
	wish.why = why_of(&body);
	if (!body.is_bad && !is_network(wish.object)) {
		web_refuse(answer, 400, "bad-member", "\"network\": expected an address or a network (203.0.113.0/24), whose bits behind the prefix are zero");
	} else if (!body.is_bad) {
		begin_question(&text, &json, SPAN("network"), wish.object);
		if (wish.for_ms)
			json_put_number(&json, SPAN("for_ms"), wish.for_ms);
		json_put_text(&json, SPAN("reason"), wish.why);
		give(context, request, answer, &wish, &json);
	}
	content_end(&body);
}

void api_unban(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { "why", NULL };
	struct order_wish wish = { .what = "ban.lift", .method = SPAN("DELETE"), .path = SPAN("/ban"), .object = request->parts[0] };
	struct arguments arguments;
	struct json_writer json;
	struct buffer text;

	if (!arguments_begin(&arguments, request, answer, names) || !may_all(context, request, answer))
		return;
	wish.why = argument_why(&arguments);
	if (arguments.is_bad)
		return;
	if (!is_network(wish.object)) {
		answer_not_found(answer, "network");
		return;
	}
	begin_question(&text, &json, SPAN("network"), wish.object);
	give(context, request, answer, &wish, &json);
}

void api_set_level(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "level", "why", NULL };
	static const char *const levels[] = { "normal", "elevated", "attack", "auto", NULL };
	struct order_wish wish = { .what = "level.set", .method = SPAN("POST"), .path = SPAN("/level") };
	const struct hub_site *site;
	struct json_writer json;
	struct buffer text;
	struct content body;
	unsigned level;

	if (!no_arguments(request, answer) || !(site = begin_site(context, request, answer)) || !content_begin(&body, request, answer, members))
		return;
	level = content_word(&body, "level", levels);
	wish.object = site->name;
	wish.why = why_of(&body);
	if (!body.is_bad) {
		begin_question(&text, &json, SPAN("site"), site->name);
		json_put_text(&json, SPAN("level"), span_of(levels[level]));
		give(context, request, answer, &wish, &json);
	}
	content_end(&body);
}

void api_begin_bypass(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "for", "why", NULL };
	struct order_wish wish = { .what = "bypass.begin", .method = SPAN("POST"), .path = SPAN("/bypass") };
	const struct hub_site *site;
	struct json_writer json;
	struct buffer text;
	struct content body;

	if (!no_arguments(request, answer) || !(site = begin_site(context, request, answer)) || !content_begin(&body, request, answer, members))
		return;
	wish.object = site->name;
	wish.for_ms = content_length(&body, "for", MS_MIN, BYPASS_MS_MAX);
	wish.why = why_of(&body);
	if (!body.is_bad && !wish.for_ms) {
		web_refuse(answer, 400, "bad-member", "\"for\": expected how long");
	} else if (!body.is_bad) {
		begin_question(&text, &json, SPAN("site"), site->name);
		json_put_number(&json, SPAN("for_ms"), wish.for_ms);
		json_put_text(&json, SPAN("reason"), wish.why);
		give(context, request, answer, &wish, &json);
	}
	content_end(&body);
}

/* DELETE of a site's bypass, or maintenance. */
static void end_of_site(struct api *api, struct web_request *request, struct web_answer *answer, struct order_wish *wish)
{
	static const char *const names[] = { "why", NULL };
	const struct hub_site *site;
	struct arguments arguments;
	struct json_writer json;
	struct buffer text;

	if (!arguments_begin(&arguments, request, answer, names) || !(site = begin_site(api, request, answer)))
		return;
	wish->method = SPAN("DELETE");
	wish->object = site->name;
	wish->why = argument_why(&arguments);
	if (arguments.is_bad)
		return;
	begin_question(&text, &json, SPAN("site"), site->name);
	give(api, request, answer, wish, &json);
}

void api_end_bypass(void *context, struct web_request *request, struct web_answer *answer)
{
	struct order_wish wish = { .what = "bypass.end", .path = SPAN("/bypass") };

	end_of_site(context, request, answer, &wish);
}

/* False: answered. */
static bool put_allow(struct content *body, struct json_writer *json)
{
	const struct json *list = content_list(body, "allow", ALLOW_MAX);

	json_open(json, SPAN("allow"), '[');
	for (size_t i = 0; i < json_length(list) && !body->is_bad; i++) {
		struct span text = json_text_of(json_item(list, i));

		if (!is_network(text)) {
			web_refuse(body->answer, 400, "bad-member", "\"allow\": expected addresses or networks (192.0.2.0/24), whose bits behind the prefix are zero");
			body->is_bad = true;
		}
		json_put_text(json, SPAN_NONE, text);
	}
	json_close(json, ']');
	return !body->is_bad;
}

void api_begin_maintenance(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "for", "why", "message", "allow", NULL };
	struct order_wish wish = { .what = "maintenance.begin", .method = SPAN("POST"), .path = SPAN("/maintenance") };
	struct api *api = context;
	const struct hub_site *site;
	struct json_writer json;
	struct span message;
	struct buffer text;
	struct content body;

	if (!no_arguments(request, answer) || !(site = begin_site(api, request, answer)) || !content_begin(&body, request, answer, members))
		return;
	wish.object = site->name;
	wish.for_ms = content_length(&body, "for", MS_MIN, MAINTENANCE_MS_MAX - 60000);  /* the shield's clock may be a little behind */
	wish.why = why_of(&body);
	message = content_text(&body, "message", 0, MESSAGE_MAX, false);
	if (!body.is_bad && !wish.for_ms) {
		web_refuse(answer, 400, "bad-member", "\"for\": expected how long");
	} else if (!body.is_bad) {
		begin_question(&text, &json, SPAN("site"), site->name);
		json_put_number(&json, SPAN("until_ms"), api_wall_ns(api) / 1000000u + wish.for_ms);
		json_put_text(&json, SPAN("message"), message);
		if (put_allow(&body, &json))
			give(api, request, answer, &wish, &json);
		else
			buffer_done(&text);
	}
	content_end(&body);
}

void api_end_maintenance(void *context, struct web_request *request, struct web_answer *answer)
{
	struct order_wish wish = { .what = "maintenance.end", .path = SPAN("/maintenance") };

	end_of_site(context, request, answer, &wish);
}
