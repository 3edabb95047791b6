/* What of the configuration the shield tells: the texts that serve, and which ones served before. They are of all administrations at once, so of who sees all. */
#include <stdlib.h>

#include "hub/api/shield/orders.h"

#include "base/banned.h"

struct passing {
	struct web_request *request;     /* NULL: whoever asked has left */
	struct web_answer *answer;
	const char *name, *from;         /* a list that the shield calls FROM is NAME here; NULL: all as it stands */
};

static void leave(void *context, struct web_request *request)
{
	struct passing *passing = context;

	(void)request;
	passing->request = NULL;
}

static void put(const struct passing *passing, const struct json *root)
{
	struct json_writer json;

	if (!passing->name) {
		passing->answer->status = 200;
		passing->answer->type = SPAN("application/json");
		json_writer_init(&json, &passing->answer->body);
		json_put_value(&json, SPAN_NONE, root);
		if (json.result != RESULT_OK)
			answer_store_failed(passing->answer, json.result);
		return;
	}
	answer_begin(passing->answer, &json);
	json_put_value(&json, span_of(passing->name), json_find(root, passing->from));
	answer_end(passing->answer, &json);
}

static void told(void *context, const struct shield_answer *said)
{
	struct passing *passing = context;
	struct json *root = NULL;

	if (passing->request) {
		if (said->result == RESULT_OK && said->status == 200 && json_read(said->body, &root) == RESULT_OK)
			put(passing, root);
		else
			order_refuse(said, passing->answer);
		if (root)
			json_drop(root);
		web_finish(passing->request);
	}
	free(passing);
}

static bool may(struct api *api, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct arguments arguments;

	if (!arguments_begin(&arguments, request, answer, names))
		return false;
	if (!api_caller(api, request)->tenants.is_all)
		web_refuse(answer, 403, "forbidden", "the configuration is of all administrations of this shield: it takes somebody who sees them all");
	else if (!api->shield)
		web_refuse(answer, 503, "shield-away", "the shield has no admin socket");
	else
		return true;
	return false;
}

static void pass(struct api *api, struct web_request *request, struct web_answer *answer, struct span path, const char *name, const char *from)
{
	struct shield_question question = { .method = SPAN("GET"), .path = path, .wait_ms = SHIELD_ASK_MS, .done = told };
	struct passing *passing;

	if (!may(api, request, answer))
		return;
	passing = calloc(1, sizeof(*passing));
	if (!passing) {
		answer_store_failed(answer, RESULT_NO_MEMORY);
		return;
	}
	*passing = (struct passing){ request, answer, name, from };
	question.context = passing;
	if (shield_ask(api->shield, &question) == RESULT_OK) {
		web_wait(request, leave, passing);
		return;
	}
	web_refuse(answer, 503, "busy", "too many ask the shield just now");
	free(passing);
}

void api_get_config(void *context, struct web_request *request, struct web_answer *answer)
{
	pass(context, request, answer, SPAN("/config"), NULL, NULL);
}

/* What each key is. The key tables are the shield's: the one that runs says which it has. */
void api_get_config_schema(void *context, struct web_request *request, struct web_answer *answer)
{
	pass(context, request, answer, SPAN("/config/schema"), NULL, NULL);
}

void api_get_config_history(void *context, struct web_request *request, struct web_answer *answer)
{
	pass(context, request, answer, SPAN("/config/history"), "versions", "configurations");
}

/* A reload that waits to be confirmed stays. */
void api_confirm_config(void *context, struct web_request *request, struct web_answer *answer)
{
	struct order_wish wish = { .what = "config.confirm", .object = SPAN("configuration"), .method = SPAN("POST"), .path = SPAN("/reload/confirm") };
	struct json_writer json;
	struct buffer text;

	if (!may(context, request, answer))
		return;
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("who"), span_take(api_caller(context, request)->name, 127));
	json_close(&json, '}');
	wish.body = buffer_span(&text);
	if (json.result == RESULT_OK)
		order_give(context, request, answer, &wish);
	else
		answer_store_failed(answer, json.result);
	buffer_done(&text);
}
