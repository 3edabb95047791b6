/* `bypass SITE|--all --for 30m --reason R`, and --off. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"
#include "config/value.h"

#include "base/banned.h"

/* Also the marks of the terminal: red, and back. */
#define RED "\033[1;31m"
#define PLAIN "\033[0m"

static const struct command *self(void)
{
	return command_find(SPAN("bypass"));
}

/* "30m" as milliseconds, by the same reader as the configuration's. */
static enum result read_duration(const char *text, int64_t *out)
{
	static const struct key key = { .name = "for", .type = KEY_DURATION, .min = 1000, .max = 7LL * 86400000 };
	char words[96];

	return units_read(&key, span_of(text), words, out);
}

static int misuse(const struct options *options, int64_t *for_ms)
{
	bool is_all = option_is_given(options, "all"), is_off = option_is_given(options, "off");
	const char *length = option_text(options, "for", NULL), *reason = option_text(options, "reason", NULL);

	*for_ms = 0;
	if (is_all == (options->argument_count == 1))
		return command_misused(self(), "wants a SITE, or --all");
	if (is_off && (length || reason))
		return command_misused(self(), "--off stands alone");
	if (!is_off && (!length || !reason || !*reason))
		return command_misused(self(), "wants --for DURATION and --reason TEXT: a bypass always ends, and says why");
	if (!is_off && read_duration(length, for_ms) != RESULT_OK)
		return command_misused(self(), "--for is a duration with its unit, from 1s to 7d (30m), not %s", length);
	return EXIT_DONE;
}

static enum result write_body(const struct options *options, int64_t for_ms, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	if (option_is_given(options, "all"))
		json_put_bool(&json, SPAN("all"), true);
	else
		json_put_text(&json, SPAN("site"), span_of(options->arguments[0]));
	if (for_ms) {
		json_put_number(&json, SPAN("for_ms"), (uint64_t)for_ms);
		json_put_text(&json, SPAN("reason"), span_of(option_text(options, "reason", "")));
	}
	json_close(&json, '}');
	return json.result;
}

static int print_reply(const struct options *options, const struct admin_reply *reply)
{
	struct json *root = NULL;
	struct span site, until;

	if (reply->status != 200)
		return admin_complain_reply(reply);
	if (options->is_json) {
		printf("%.*s", SPAN_ARG(reply->body));
		return EXIT_DONE;
	}
	if (json_read(reply->body, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	site = json_text_of(json_find(root, "site"));
	until = json_text_of(json_find(root, "until"));
	if (json_bool_of(json_find(root, "bypassed")))
		printf("%s%.*s is bypassed until %.*s%s; end it with: bouclier bypass %s%.*s --off\n", options->has_color ? RED : "",
		       SPAN_ARG(site), SPAN_ARG(until), options->has_color ? PLAIN : "", span_equal(site, SPAN("all")) ? "--" : "", SPAN_ARG(site));
	else
		printf("%.*s is not bypassed any more\n", SPAN_ARG(site));
	json_drop(root);
	return EXIT_DONE;
}

int bypass_command(const struct options *options)
{
	struct admin_question question = { .method = option_is_given(options, "off") ? "DELETE" : "POST", .path = "/bypass",
		                           .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	char socket[PATH_TEXT_MAX];
	struct buffer body;
	int64_t for_ms;
	int code = misuse(options, &for_ms);
	enum result result;

	if (code != EXIT_DONE)
		return code;
	find_socket(options, socket);
	question.socket = socket;
	buffer_init(&body, 65536);
	result = write_body(options, for_ms, &body);
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
