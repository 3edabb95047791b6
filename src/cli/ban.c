/* `ban ADDRESS|NETWORK --for 1h --reason R`, and `unban ADDRESS|NETWORK`. */
#include <stdio.h>

#include "base/address.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"
#include "config/value.h"

#include "base/banned.h"

/* By the same reader as the configuration's. */
static enum result read_duration(const char *text, int64_t *out)
{
	static const struct key key = { .name = "for", .type = KEY_DURATION, .min = 1000, .max = 365LL * 86400000 };
	char words[96];

	return units_read(&key, span_of(text), words, out);
}

static int misuse(const struct command *self, const struct options *options, const char *length, int64_t *for_ms)
{
	struct network network;

	*for_ms = 0;
	if (network_read(span_of(options->arguments[0]), &network) != RESULT_OK)
		return command_misused(self, "wants an address or a network whose bits behind the prefix are zero (203.0.113.7, 203.0.113.0/24), not %s",
		                       options->arguments[0]);
	if (length && read_duration(length, for_ms) != RESULT_OK)
		return command_misused(self, "--for is a duration with its unit, from 1s to 365d (30m), not %s", length);
	return EXIT_DONE;
}

static enum result write_body(const struct options *options, const char *reason, int64_t for_ms, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("network"), span_of(options->arguments[0]));
	if (for_ms)
		json_put_number(&json, SPAN("for_ms"), (uint64_t)for_ms);
	if (reason)
		json_put_text(&json, SPAN("reason"), span_of(reason));
	json_close(&json, '}');
	return json.result;
}

static int print_reply(const struct options *options, const struct admin_reply *reply)
{
	struct json *root = NULL;
	struct span network, until;

	if (reply->status != 200)
		return admin_complain_reply(reply);
	if (options->is_json) {
		printf("%.*s", SPAN_ARG(reply->body));
		return EXIT_DONE;
	}
	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	network = json_text_of(json_find(root, "network"));
	until = json_text_of(json_find(root, "until"));
	if (json_bool_of(json_find(root, "banned")))
		printf("%.*s is banned until %.*s; end it with: bouclier unban %.*s\n", SPAN_ARG(network), SPAN_ARG(until), SPAN_ARG(network));
	else
		printf("%.*s is not banned any more\n", SPAN_ARG(network));
	json_drop(root);
	return EXIT_DONE;
}

/* LENGTH and REASON of a ban, as they were given; NULL: they were not. */
static int ask(const struct command *self, const struct options *options, const char *length, const char *reason)
{
	bool is_ban = self->run == ban_command;
	struct admin_question question = { .method = is_ban ? "POST" : "DELETE", .path = "/ban", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	char socket[PATH_TEXT_MAX];
	struct buffer body;
	int64_t for_ms;
	int code = misuse(self, options, length, &for_ms);
	enum result result;

	if (code != EXIT_DONE)
		return code;
	find_socket(options, socket);
	question.socket = socket;
	buffer_init(&body, 65536);
	result = write_body(options, reason, for_ms, &body);
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

int ban_command(const struct options *options)
{
	return ask(command_find(SPAN("ban")), options, option_text(options, "for", NULL), option_text(options, "reason", NULL));
}

int unban_command(const struct options *options)
{
	return ask(command_find(SPAN("unban")), options, NULL, NULL);
}
