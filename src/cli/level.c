/* `level SITE attack|elevated|normal|auto` */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("level"));
}

static enum result write_body(const struct options *options, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("site"), span_of(options->arguments[0]));
	json_put_text(&json, SPAN("level"), span_of(options->arguments[1]));
	json_close(&json, '}');
	return json.result;
}

static int print_reply(const struct options *options, const struct admin_reply *reply)
{
	struct json *root = NULL;
	const struct json *level;
	struct span site, is;

	if (reply->status != 200)
		return admin_complain_reply(reply);
	if (options->is_json) {
		printf("%.*s", SPAN_ARG(reply->body));
		return EXIT_DONE;
	}
	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	site = json_text_of(json_find(root, "site"));
	level = json_find(root, "level");
	is = json_text_of(json_find(level, "is"));
	if (json_bool_of(json_find(level, "forced")))
		printf("%.*s is at level %.*s, and stays there; leave it to the detector with: bouclier level %.*s auto\n", SPAN_ARG(site), SPAN_ARG(is), SPAN_ARG(site));
	else
		printf("%.*s is at level %.*s, and the detector decides\n", SPAN_ARG(site), SPAN_ARG(is));
	json_drop(root);
	return EXIT_DONE;
}

int level_command(const struct options *options)
{
	struct admin_question question = { .method = "POST", .path = "/level", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	char socket[PATH_TEXT_MAX];
	struct buffer body;
	enum result result;
	int code;

	if (options->argument_count != 2)
		return command_misused(self(), "wants a SITE, and normal, elevated, attack or auto");
	find_socket(options, socket);
	question.socket = socket;
	buffer_init(&body, 65536);
	result = write_body(options, &body);
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
