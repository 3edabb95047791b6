/* `purge SITE URL|PREFIX*|tag:NAME`. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"

#include "base/banned.h"

#define TAG "tag:"

struct wish {
	struct span name, text;  /* "url", "prefix" or "tag" */
};

static int read_wish(const char *argument, struct wish *wish)
{
	struct span text = span_of(argument);

	*wish = (struct wish){ SPAN("url"), text };
	if (span_starts(text, SPAN(TAG)))
		*wish = (struct wish){ SPAN("tag"), span_skip(text, sizeof(TAG) - 1) };
	else if (span_ends(text, SPAN("*")))
		*wish = (struct wish){ SPAN("prefix"), span_take(text, text.len - 1) };
	if (!wish->text.len)
		return command_misused(command_find(SPAN("purge")), "wants URL, PREFIX* (everything: /*), or tag:NAME; not %s", argument);
	return EXIT_DONE;
}

static enum result write_body(const char *site, const struct wish *wish, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("site"), span_of(site));
	json_put_text(&json, wish->name, wish->text);
	json_close(&json, '}');
	return json.result;
}

static int print_reply(const struct options *options, const struct admin_reply *reply)
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
	printf("%llu forgotten\n", (unsigned long long)json_number_of(json_find(root, "purged")));
	json_drop(root);
	return EXIT_DONE;
}

int purge_command(const struct options *options)
{
	struct admin_question question = { .method = "POST", .path = "/purge", .wait_ms = ADMIN_ASK_MS };
	char socket[PATH_TEXT_MAX];
	struct admin_reply reply;
	struct buffer body;
	struct wish wish;
	int code = read_wish(options->arguments[1], &wish);
	enum result result;

	if (code != EXIT_DONE)
		return code;
	find_socket(options, socket);
	question.socket = socket;
	buffer_init(&body, 65536);
	result = write_body(options->arguments[0], &wish, &body);
	question.body = buffer_span(&body);
	if (result == RESULT_OK)
		result = admin_ask(&question, &reply);
	if (result != RESULT_OK) {
		code = admin_complain(&question, result);
	} else {
		code = print_reply(options, &reply);
		admin_reply_done(&reply);
	}
	buffer_done(&body);
	return code;
}
