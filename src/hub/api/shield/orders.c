/* Orders, and the routes that give them. */
#include "hub/api/shield/orders.h"

#include <stdlib.h>

#include "config/value.h"

#include "base/banned.h"

#define DETAIL_MAX 512u
#define BODY_MAX 8192u
#define MS_MIN 1000u
#define DAY_MS ((uint64_t)86400000)
#define BAN_MS_MAX (366 * DAY_MS)
#define BYPASS_MS_MAX (7 * DAY_MS)
#define MAINTENANCE_MS_MAX (31 * DAY_MS)
#define MESSAGE_MAX 400u
#define ALLOW_MAX 16u

struct order {
	struct list node;              /* of api->orders, when the shield has answered */
	struct api *api;
	struct web_request *request;   /* NULL: whoever gave it has left */
	struct web_answer *answer;
	unsigned looks;                /* that must be over before it is answered: one that was under way saw less */
};

/* -- the life of one -- */

static void leave(void *context, struct web_request *request)
{
	struct order *order = context;

	(void)request;
	order->request = NULL;
}

static void finish(struct order *order)
{
	list_remove(&order->node);
	if (order->request)
		web_finish(order->request);
	free(order);
}

void order_refuse(const struct shield_answer *said, struct web_answer *answer)
{
	struct json *root = NULL;
	struct span text = SPAN_NONE;

	if (said->result != RESULT_OK) {
		web_refuse(answer, 503, "shield-away", "the shield does not answer at its admin socket: %s", result_name(said->result));
		return;
	}
	if (json_read(said->body, &root) == RESULT_OK)
		text = json_text_of(json_find(root, "error"));
	web_refuse(answer, said->status >= 500 ? 503 : 409, "shield-refused", "%.*s", SPAN_ARG(text.len ? text : SPAN("the shield refused it")));
	if (root)
		json_drop(root);
}

static void told(void *context, const struct shield_answer *said)
{
	struct order *order = context;
	struct web_answer *answer = order->answer;

	if (order->request && said->result == RESULT_OK && said->status < 300) {
		answer->status = 200;
		answer->type = SPAN("application/json");
		if (buffer_append(&answer->body, said->body) != RESULT_OK)
			web_refuse(answer, 503, "busy", "there is no memory");
	} else if (order->request) {
		order_refuse(said, answer);
	}
	if (!order->request || said->result != RESULT_OK || said->status >= 300) {
		finish(order);
		return;
	}
	order->looks = order->api->is_looking ? 2 : 1;
	list_add_last(&order->api->orders, &order->node);
	api_look_now(order->api);
}

void orders_looked(struct api *api)
{
	list_each_safe(node, following, &api->orders) {
		struct order *order = list_entry(node, struct order, node);

		if (--order->looks == 0)
			finish(order);
	}
}

void orders_free(struct api *api)
{
	while (!list_is_empty(&api->orders))
		finish(list_entry(api->orders.next, struct order, node));
}

static bool write_down(struct api *api, struct web_request *request, struct web_answer *answer, const struct order_wish *wish)
{
	struct buffer detail;
	enum result result;
	bool is_logged = false;

	buffer_init(&detail, DETAIL_MAX);
	result = buffer_append(&detail, wish->why);
	if (result == RESULT_OK && wish->for_ms) {
		result = buffer_append(&detail, SPAN(" ("));
		if (result == RESULT_OK)
			result = units_write(KEY_DURATION, (int64_t)wish->for_ms, &detail);
		if (result == RESULT_OK)
			result = buffer_append_byte(&detail, ')');
	}
	if (result == RESULT_OK)
		is_logged = api->birth.log(api->birth.context, request, answer, wish->what, wish->object, buffer_span(&detail));
	else
		web_refuse(answer, 503, "busy", "there is no memory");
	buffer_done(&detail);
	return is_logged;
}

void order_give(struct api *api, struct web_request *request, struct web_answer *answer, const struct order_wish *wish)
{
	struct shield_question question = { .method = wish->method, .path = wish->path, .body = wish->body, .wait_ms = SHIELD_ASK_MS, .done = told };
	struct order *order;
	enum result result;

	if (!api->shield) {
		web_refuse(answer, 503, "shield-away", "the shield has no admin socket");
		return;
	}
	if (!write_down(api, request, answer, wish))
		return;
	order = calloc(1, sizeof(*order));
	if (!order) {
		web_refuse(answer, 503, "busy", "there is no memory");
		return;
	}
	*order = (struct order){ .api = api, .request = request, .answer = answer };
	list_init(&order->node);
	question.context = order;
	result = shield_ask(api->shield, &question);
	if (result != RESULT_OK) {
		free(order);
		web_refuse(answer, 503, "busy", "too many ask the shield just now");
		return;
	}
	web_wait(request, leave, order);
}

/* -- routes -- */

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
