/* `bouclier reload [confirm|back]`: says everything that is wrong first; then the keeper checks again, in its own sandbox. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/admin/admin.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/order.h"
#include "cli/reload.h"
#include "event/history/history.h"
#include "event/json.h"

#include "base/banned.h"

const struct duration_limits reload_confirm_limits = { 1000, 86400000, "from 1s to 24h (5m)" };

static int print_result(const struct admin_reply *reply, enum reload_report report, const struct reload_words *words)
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
	if (report != RELOAD_JSON && is_ok && words->confirm_ms)
		printf("it stays if you say so within %lld s: bouclier reload confirm. Otherwise what was before comes back, files and all\n",
		       (long long)(words->confirm_ms / 1000));
	if (!is_ok && report != RELOAD_JSON)
		command_failed("not reloaded: the shield keeps the configuration it has");
	json_drop(root);
	return is_ok ? EXIT_DONE : EXIT_FAILED;
}

/* For people to read, and no proof: whoever may open the admin socket may write anything here. */
static struct span who_asks(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *entry = sudo && *sudo ? NULL : getpwuid(getuid());

	return sudo && *sudo ? span_of(sudo) : entry ? span_of(entry->pw_name) : SPAN("");
}

static enum result write_words(const struct reload_words *words, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("who"), span_take(who_asks(), HISTORY_WHO_MAX));
	if (words->why)
		json_put_text(&json, SPAN("why"), span_of(words->why));
	if (words->how)
		json_put_text(&json, SPAN("how"), span_of(words->how));
	if (words->confirm_ms)
		json_put_number(&json, SPAN("confirm_ms"), (uint64_t)words->confirm_ms);
	json_close(&json, '}');
	return json.result;
}

int reload_ask(const char *socket, enum reload_report report, const struct reload_words *words)
{
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/reload", .wait_ms = ADMIN_RELOAD_MS };
	struct admin_reply reply;
	struct buffer body;
	enum result result;
	int code;

	buffer_init(&body, 8192);
	result = write_words(words, &body);
	question.body = buffer_span(&body);
	if (result == RESULT_OK)
		result = admin_ask(&question, &reply);
	if (result != RESULT_OK) {
		code = admin_complain(&question, result);
	} else {
		code = reply.status == 200 || reply.status == 422 ? print_result(&reply, report, words) : admin_complain_reply(&reply);
		admin_reply_done(&reply);
	}
	buffer_done(&body);
	return code;
}

/* -- the command -- */

static void tell_confirmed(const struct options *options, const struct json *answer)
{
	(void)options;
	printf("confirmed: configuration %llu stays\n", (unsigned long long)json_number_of(json_find(answer, "generation")));
}

static void tell_back(const struct options *options, const struct json *answer)
{
	(void)options;
	(void)answer;
	printf("going back: what served before comes back, files and all\n");
}

static void write_who(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	(void)options;
	json_put_text(json, SPAN("who"), span_take(who_asks(), HISTORY_WHO_MAX));
}

static void write_back(const struct order *order, const struct options *options, struct json_writer *json)
{
	write_who(order, options, json);
	json_put_text(json, SPAN("why"), span_of(option_text(options, "why", "")));
}

static const struct order confirm_order = { .method = "POST", .path = "/reload/confirm", .write = write_who, .tell = tell_confirmed };
static const struct order back_order = { .method = "POST", .path = "/reload/back", .write = write_back, .tell = tell_back };

int reload_confirm(const struct options *options)
{
	return order_send(&confirm_order, options);
}

static int reload(const struct options *options, const struct reload_words *words)
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
	return reload_ask(socket, options->is_json ? RELOAD_JSON : RELOAD_HUMAN, words);
}

int reload_command(const struct options *options)
{
	const struct command *self = command_find(SPAN("reload"));
	struct reload_words words = { .why = option_text(options, "why", NULL) };
	struct span word = options->argument_count ? span_of(options->arguments[0]) : SPAN_NONE;
	int code = command_duration(self, options, "confirm", &reload_confirm_limits, &words.confirm_ms);

	if (code != EXIT_DONE)
		return code;
	if (!word.len)
		return reload(options, &words);
	if (words.confirm_ms || (!span_equal(word, SPAN("confirm")) && !span_equal(word, SPAN("back"))))
		return command_misused(self, "wants nothing more, or confirm, or back");
	return order_send(span_equal(word, SPAN("back")) ? &back_order : &confirm_order, options);
}
