/* `bouclier incident list | show ID | acknowledge ID | note ID TEXT | contain ID | close ID | reopen ID | owner ID NAME`. */
#include "cli/incident/incident.h"

#include <stdio.h>

#include "base/banned.h"

#define PATH_BYTES 512u
#define PAGE_BYTES_MAX ((size_t)8 << 20)
#define BODY_BYTES 8192u
#define COUNT_DEFAULT "50"

static const struct command *self(void)
{
	return command_find(SPAN("incident"));
}

static int print(const struct options *options, const struct hub_answer *answer, void (*tell)(struct page *page, const struct json *answer))
{
	struct page page = { .has_color = options->has_color, .result = RESULT_OK };
	struct buffer text;
	int code = EXIT_DONE;

	if (options->is_json) {
		command_print(stdout, answer->reply.body);
		printf("\n");
		return EXIT_DONE;
	}
	buffer_init(&text, PAGE_BYTES_MAX);
	page.out = &text;
	tell(&page, answer->root);
	if (page.result == RESULT_OK)
		command_print(stdout, buffer_span(&text));
	else
		code = command_failed("the hub's answer cannot be shown");
	buffer_done(&text);
	return code;
}

static bool is_word(const char *text)
{
	for (; *text; text++) {
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') || strchr("-._", *text)))
			return false;
	}
	return true;
}

/* &NAME=VALUE of what is given. Names of sites and tenants are words that need no escape. EXIT_USAGE: it was said. */
static int add_filter(const struct options *options, const char *name, char path[PATH_BYTES])
{
	const char *value = option_text(options, name, NULL);
	size_t len = strlen(path);

	if (!value)
		return EXIT_DONE;
	if (!is_word(value) || strlen(value) > 128)
		return command_misused(self(), "--%s wants a name, not %s", name, value);
	snprintf(path + len, PATH_BYTES - len, "&%s=%s", name, value);
	return EXIT_DONE;
}

static int list(const struct options *options)
{
	static const char *const filters[] = { "status", "site", "tenant" };
	const char *count = option_text(options, "count", COUNT_DEFAULT);
	struct hub_answer answer;
	char path[PATH_BYTES];
	uint64_t wanted;
	int code = EXIT_DONE;

	if (span_to_u64(span_of(count), 1000, &wanted) != RESULT_OK || wanted == 0)
		return command_misused(self(), "--count is a number from 1 to 1000, not %s", count);
	snprintf(path, sizeof(path), "/api/v1/incidents?count=%llu", (unsigned long long)wanted);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters) && code == EXIT_DONE; i++)
		code = add_filter(options, filters[i], path);
	if (code == EXIT_DONE)
		code = hub_ask(options, "GET", path, SPAN_NONE, &answer);
	if (code != EXIT_DONE)
		return code;
	code = print(options, &answer, incident_print_list);
	hub_answer_done(&answer);
	return code;
}

static int read_id(const struct options *options, uint64_t *out)
{
	if (span_to_u64(span_of(options->arguments[1]), INT64_MAX, out) == RESULT_OK && *out)
		return EXIT_DONE;
	return command_misused(self(), "%s wants the number of an incident (bouclier incident list), not %s", options->arguments[0], options->arguments[1]);
}

static int show(const struct options *options)
{
	struct hub_answer answer;
	char path[PATH_BYTES];
	uint64_t id;
	int code = read_id(options, &id);

	if (code != EXIT_DONE)
		return code;
	snprintf(path, sizeof(path), "/api/v1/incidents/%llu", (unsigned long long)id);
	code = hub_ask(options, "GET", path, SPAN_NONE, &answer);
	if (code != EXIT_DONE)
		return code;
	code = print(options, &answer, incident_print);
	hub_answer_done(&answer);
	return code;
}

static enum result write_body(const struct options *options, uint64_t version, struct buffer *out)
{
	struct span word = span_of(options->arguments[0]);
	const char *note = option_text(options, "note", NULL);
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	if (span_equal(word, SPAN("note"))) {
		json_put_text(&json, SPAN("text"), span_of(options->arguments[2]));
	} else {
		json_put_number(&json, SPAN("version"), version);
		if (span_equal(word, SPAN("owner")))
			json_put_text(&json, SPAN("owner"), span_of(options->arguments[2]));
		else if (note)
			json_put_text(&json, SPAN("note"), span_of(note));
	}
	json_close(&json, '}');
	return json.result;
}

static void tell_done(struct page *page, const struct json *answer)
{
	const struct json *incident = json_find(answer, "incident");
	struct span owner = json_text_of(json_find(incident, "owner"));

	page_print(page, "incident %llu is %.*s", (unsigned long long)json_number_of(json_find(incident, "id")),
	           SPAN_ARG(json_text_of(json_find(incident, "status"))));
	if (owner.len) {
		page_print(page, "; its owner is ");
		page_text(page, owner, 0);
	}
	page_print(page, "\n");
}

/* The version that is changed is the one that is there now: a person who types this has just read it. */
static int act(const struct options *options)
{
	struct hub_answer answer;
	struct buffer body;
	char path[PATH_BYTES];
	uint64_t id, version;
	int code = read_id(options, &id);

	if (code != EXIT_DONE)
		return code;
	snprintf(path, sizeof(path), "/api/v1/incidents/%llu", (unsigned long long)id);
	code = hub_ask(options, "GET", path, SPAN_NONE, &answer);
	if (code != EXIT_DONE)
		return code;
	version = json_number_of(json_find(answer.root, "version"));
	hub_answer_done(&answer);
	buffer_init(&body, BODY_BYTES);
	if (write_body(options, version, &body) != RESULT_OK) {
		code = command_failed("that is too long to be kept with an incident");
	} else {
		snprintf(path, sizeof(path), "/api/v1/incidents/%llu/%s", (unsigned long long)id, options->arguments[0]);
		code = hub_ask(options, "POST", path, buffer_span(&body), &answer);
		if (code == EXIT_DONE) {
			code = print(options, &answer, tell_done);
			hub_answer_done(&answer);
		}
	}
	buffer_done(&body);
	return code;
}

struct deed {
	const char *name;
	unsigned arguments;          /* its word among them */
	const char *wants;
	int (*run)(const struct options *options);
};

static const struct deed deeds[] = {
	{ "list", 1, "nothing more", list },
	{ "show", 2, "the number of an incident", show },
	{ "acknowledge", 2, "the number of an incident", act },
	{ "contain", 2, "the number of an incident", act },
	{ "close", 2, "the number of an incident", act },
	{ "reopen", 2, "the number of an incident", act },
	{ "note", 3, "the number of an incident, and a text in quotes", act },
	{ "owner", 3, "the number of an incident, and a name", act },
};

int incident_command(const struct options *options)
{
	struct span word = span_of(options->arguments[0]);

	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		if (!span_equal(word, span_of(deeds[i].name)))
			continue;
		if (options->argument_count != deeds[i].arguments)
			return command_misused(self(), "%s wants %s", deeds[i].name, deeds[i].wants);
		return deeds[i].run(options);
	}
	return command_misused(self(), "wants list, show, acknowledge, note, contain, close, reopen or owner, not %s", options->arguments[0]);
}
