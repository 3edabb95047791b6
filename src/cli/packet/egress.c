/* `packet egress observe|enforce|refresh|off`, and the way to status and ledger. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/packet/egress.h"
#include "cli/page.h"

#include "base/banned.h"

#define MS_PER_DAY 86400000u

static struct span mode_name(enum egress_mode mode)
{
	return mode == EGRESS_ENFORCE ? SPAN("enforce") : mode == EGRESS_OBSERVE ? SPAN("observe") : SPAN("off");
}

static void put_rules(struct json_writer *json, const struct egress_list *list)
{
	json_open(json, SPAN("allowed"), '[');
	for (unsigned i = 0; i < list->count; i++) {
		char text[EGRESS_RULE_TEXT];

		egress_rule_write(&list->rules[i], text);
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("destination"), span_of(text));
		json_put_text(json, SPAN("key"), span_of(list->rules[i].key));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void print_rules(const struct egress_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		char text[EGRESS_RULE_TEXT];

		egress_rule_write(&list->rules[i], text);
		printf("  %-40s %s\n", text, list->rules[i].key);
	}
}

/* IS_DONE: it was, and not only said. */
static int show(const struct packet_asked *asked, const struct egress_list *list, enum egress_mode mode, bool is_undoable, bool is_done, const struct options *options)
{
	struct packet_page page;

	if (options->is_json) {
		packet_page_open(&page);
		json_put_text(&page.json, SPAN("mode"), mode_name(mode));
		json_put_bool(&page.json, SPAN("dry_run"), !is_done);
		if (is_done && is_undoable)
			json_put_number(&page.json, SPAN("undone_in_s"), asked->wish.undo_s);
		put_rules(&page.json, list);
		return packet_page_close(&page);
	}
	printf(is_done ? "egress: %.*s\n" : "egress would be: %.*s\n", SPAN_ARG(mode_name(mode)));
	print_rules(list);
	if (!is_done)
		printf("Nothing was changed.\n");
	else if (is_undoable)
		packet_print_undo(&asked->wish);
	return EXIT_DONE;
}

/* -- whether it is wise -- */

/* EXIT_DONE: it may be tried. */
static int advise(const struct egress_state *state, const struct options *options)
{
	uint64_t wall_ms = clock_wall_ns() / 1000000;

	if (state->mode == EGRESS_ENFORCE || egress_is_advised(state, wall_ms) || option_is_given(options, "anyway"))
		return EXIT_DONE;
	if (!state->observing_since_ms)
		return command_failed("nothing was observed yet: 14 days of bouclier packet egress observe show whom the shield contacts in a normal fortnight; --anyway does without them");
	return command_failed("only %llu of 14 days were observed: what happens once a week would be refused; --anyway does without the rest",
	                      (unsigned long long)((wall_ms - state->observing_since_ms) / MS_PER_DAY));
}

/* -- changes -- */

static int change(struct packet_asked *asked, const struct egress_list *list, const struct egress_state *state, enum egress_mode mode, const struct options *options)
{
	const struct egress_wish wish = { list, asked->wish.settings->egress.cgroup, asked->wish.undo_s };
	bool is_refresh = span_equal(span_of(options->arguments[1]), SPAN("refresh"));
	bool is_undoable = mode == EGRESS_ENFORCE && !(is_refresh && state->mode == EGRESS_ENFORCE);
	enum result result;

	if (option_is_given(options, "dry-run")) {
		command_complain(&asked->complaints);
		return show(asked, list, mode, is_undoable, false, options);
	}
	result = is_refresh && state->mode != EGRESS_OFF ? egress_refresh(&wish, &asked->complaints) : egress_apply(&wish, mode, &asked->complaints);
	command_complain(&asked->complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("egress was turned off meanwhile");
	return result == RESULT_OK ? show(asked, list, mode, is_undoable, true, options) : EXIT_FAILED;
}

/* A machine that has just started has nothing pinned: what it is to be is in the configuration. */
static enum egress_mode refreshed_mode(const struct packet_asked *asked, const struct egress_state *state)
{
	return state->mode != EGRESS_OFF ? state->mode : (enum egress_mode)asked->wish.settings->egress.mode;
}

static int prepare(struct packet_asked *asked, struct egress_list *list, struct egress_state *state, const struct options *options)
{
	int code = packet_ask(asked, options);

	if (code != EXIT_DONE)
		return code;
	if (egress_list_init(list) != RESULT_OK)
		return command_failed("no memory");
	if (egress_look(&asked->complaints, state) != RESULT_OK)
		return packet_end(RESULT_REFUSED, &asked->complaints);
	egress_gather(asked, list);
	return EXIT_DONE;
}

static int set(const struct options *options, enum egress_mode wanted)
{
	struct egress_state state = { .control = NULL };
	struct egress_list list = { .rules = NULL };
	enum egress_mode mode = wanted;
	struct packet_asked asked;
	int code = prepare(&asked, &list, &state, options);

	if (code == EXIT_DONE && wanted == EGRESS_OFF)
		mode = refreshed_mode(&asked, &state);
	if (code == EXIT_DONE && mode == EGRESS_OFF)
		code = command_failed("egress is off, and packet.egress.mode says nothing else: bouclier packet egress observe begins");
	if (code == EXIT_DONE && wanted == EGRESS_ENFORCE && !option_is_given(options, "dry-run"))
		code = advise(&state, options);
	if (code == EXIT_DONE)
		code = change(&asked, &list, &state, mode, options);
	egress_control_free(state.control);
	egress_list_done(&list);
	packet_asked_done(&asked);
	return code;
}

static int observe(const struct options *options)
{
	return set(options, EGRESS_OBSERVE);
}

static int enforce(const struct options *options)
{
	return set(options, EGRESS_ENFORCE);
}

static int refresh(const struct options *options)
{
	return set(options, EGRESS_OFF);
}

static int off(const struct options *options)
{
	struct complaints complaints;
	struct packet_page page;
	enum result result;
	int code;

	if (option_is_given(options, "dry-run"))
		return command_misused(command_find(SPAN("packet")), "egress off has no --dry-run: egress status says what is there");
	complaints_init(&complaints);
	result = egress_remove(&complaints);
	code = packet_end(result, &complaints);
	complaints_done(&complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("egress is off already");
	if (result != RESULT_OK)
		return code;
	if (!options->is_json) {
		printf("Nobody's contacts are looked at any more, and the ledger is gone.\n");
		return EXIT_DONE;
	}
	packet_page_open(&page);
	json_put_text(&page.json, SPAN("mode"), mode_name(EGRESS_OFF));
	return packet_page_close(&page);
}

int packet_egress(const struct options *options)
{
	static const struct {
		const char *word;
		int (*run)(const struct options *options);
	} words[] = { { "status", egress_status }, { "observe", observe }, { "enforce", enforce }, { "refresh", refresh }, { "off", off }, { "ledger", egress_ledger } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(span_of(options->arguments[1]), span_of(words[i].word)))
			return words[i].run(options);
	}
	return command_misused(command_find(SPAN("packet")), "wants egress status, observe, enforce, refresh, off or ledger");
}
