#include "hub/api/shield/orders.h"

#include <stdlib.h>

#include "config/value.h"

#include "base/banned.h"

#define DETAIL_MAX 512u

struct order {
	struct list node;              /* of api->orders, when the shield has answered */
	struct api *api;
	struct web_request *request;   /* NULL: whoever gave it has left */
	struct web_answer *answer;
	unsigned looks;                /* that must be over before it is answered: one that was under way saw less */
};

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
