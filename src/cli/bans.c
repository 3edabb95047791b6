/* `bans`: who is banned now. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"

#include "base/banned.h"

static void print_ban(const struct json *ban)
{
	uint64_t times = json_number_of(json_find(ban, "times"));
	struct span network = json_text_of(json_find(ban, "network"));
	struct span until = json_text_of(json_find(ban, "until")), reason = json_text_of(json_find(ban, "reason"));

	printf("%-44.*s until %.*s  %.*s", SPAN_ARG(network), SPAN_ARG(until), SPAN_ARG(reason));
	if (times > 1)
		printf(" (ban number %llu)", (unsigned long long)times);
	printf("%s\n", json_bool_of(json_find(ban, "cut")) ? "" : "  (is shown a page)");
}

static int print_bans(const struct options *options, const struct admin_reply *reply)
{
	struct json *root = NULL;
	const struct json *bans;
	uint64_t more;

	if (reply->status != 200)
		return admin_complain_reply(reply);
	if (options->is_json) {
		printf("%.*s", SPAN_ARG(reply->body));
		return EXIT_DONE;
	}
	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	bans = json_find(root, "bans");
	more = json_number_of(json_find(root, "more"));
	for (size_t i = 0; i < json_length(bans); i++)
		print_ban(json_item(bans, i));
	if (more)
		printf("and %llu more\n", (unsigned long long)more);
	if (!json_length(bans))
		printf("nobody is banned\n");
	json_drop(root);
	return EXIT_DONE;
}

int bans_command(const struct options *options)
{
	struct admin_question question = { .method = "GET", .path = "/bans", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	char socket[PATH_TEXT_MAX];
	enum result result;
	int code;

	find_socket(options, socket);
	question.socket = socket;
	result = admin_ask(&question, &reply);
	if (result != RESULT_OK)
		return admin_complain(&question, result);
	code = print_bans(options, &reply);
	admin_reply_done(&reply);
	return code;
}
