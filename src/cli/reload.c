/* `bouclier reload`: says everything that is wrong first; then the keeper checks again, in its own sandbox. */
#include <stdio.h>

#include "cli/admin/admin.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/reload.h"
#include "event/json.h"

#include "base/banned.h"

static int print_result(const struct admin_reply *reply, enum reload_report report)
{
	struct json *root = NULL;
	struct span text;
	bool is_ok;

	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	is_ok = json_bool_of(json_find(root, "ok"));
	text = json_text_of(json_find(root, "text"));
	if (report == RELOAD_JSON)
		printf("%.*s", SPAN_ARG(reply->body));
	if (report != RELOAD_JSON && text.len)
		fprintf(stderr, "%.*s%s", SPAN_ARG(text), text.at[text.len - 1] == '\n' ? "" : "\n");
	if (report == RELOAD_HUMAN && is_ok)
		printf("reloaded: configuration %llu is in force\n", (unsigned long long)json_number_of(json_find(root, "generation")));
	if (!is_ok && report != RELOAD_JSON)
		command_failed("not reloaded: the shield keeps the configuration it has");
	json_drop(root);
	return is_ok ? EXIT_DONE : EXIT_FAILED;
}

int reload_ask(const char *socket, enum reload_report report)
{
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/reload", .wait_ms = ADMIN_RELOAD_MS };
	struct admin_reply reply;
	enum result result = admin_ask(&question, &reply);
	int code;

	if (result != RESULT_OK)
		return admin_complain(&question, result);
	code = reply.status == 200 || reply.status == 422 ? print_result(&reply, report) : admin_complain_reply(&reply);
	admin_reply_done(&reply);
	return code;
}

int reload_command(const struct options *options)
{
	char socket[PATH_TEXT_MAX];
	struct loaded loaded;
	enum result result;

	find_socket(options, socket);
	result = loaded_read(&loaded, options, LOAD_RULES);
	loaded_complain(&loaded);
	if (result == RESULT_OK)
		reload_prepare(config_path(options), loaded.snapshot);
	loaded_done(&loaded);
	if (result != RESULT_OK)
		return command_failed("not reloaded: the shield keeps the configuration it has");
	return reload_ask(socket, options->is_json ? RELOAD_JSON : RELOAD_HUMAN);
}
