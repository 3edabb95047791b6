#include "cli/order.h"

#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/loaded.h"

#include "base/banned.h"

static enum result write_body(const struct order *order, const struct options *options, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	order->write(order, options, &json);
	json_close(&json, '}');
	return json.result;
}

static void print_sites(const struct order *order, const struct json *answer)
{
	const struct json *sites = json_find(answer, "sites");

	for (size_t i = 0; i < json_length(sites); i++)
		order->print(json_item(sites, i));
	if (!sites)
		order->print(answer);
	else if (!json_length(sites))
		printf("there is no site\n");
}

static int print_reply(const struct order *order, const struct options *options, const struct admin_reply *reply)
{
	struct json *root = NULL;

	if (reply->status != 200)
		return admin_complain_reply(reply);
	if (options->is_json) {
		printf("%.*s", SPAN_ARG(reply->body));
		return EXIT_DONE;
	}
	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	if (order->tell)
		order->tell(options, root);
	else
		print_sites(order, root);
	json_drop(root);
	return EXIT_DONE;
}

int order_send(const struct order *order, const struct options *options)
{
	struct admin_question question = { .method = order->method, .path = order->path, .wait_ms = ADMIN_ASK_MS };
	char socket[PATH_TEXT_MAX];
	struct admin_reply reply;
	struct buffer body;
	enum result result;
	int code;

	find_socket(options, socket);
	question.socket = socket;
	buffer_init(&body, 65536);
	result = order->write ? write_body(order, options, &body) : RESULT_OK;
	question.body = buffer_span(&body);
	if (result == RESULT_OK)
		result = admin_ask(&question, &reply);
	if (result != RESULT_OK) {
		code = admin_complain(&question, result);
	} else {
		code = print_reply(order, options, &reply);
		admin_reply_done(&reply);
	}
	buffer_done(&body);
	return code;
}
