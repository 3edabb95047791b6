/* `packet egress observe|enforce|refresh|follow|off`, and the way to status and ledger. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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
	json_open(json, SPAN("answers"), '[');
	for (unsigned port = 1; port < 65536; port++) {
		if (egress_list_answers(list, (uint16_t)port))
			json_put_number(json, SPAN_NONE, port);
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
	printf("answered, whoever asks, from the TCP ports:");
	for (unsigned port = 1; port < 65536; port++) {
		if (egress_list_answers(list, (uint16_t)port))
			printf(" %u", port);
	}
	printf("\n");
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

struct change {
	const struct options *options;
	enum egress_mode wanted, mode;           /* wanted: EGRESS_OFF is that it is in already; mode: what it comes to */
	bool is_units;                           /* `follow`: nobody sits there, who could confirm or read */
	struct packet_asked asked;
	struct egress_state state;
	struct egress_list before, list;
};

/* What a refresh has mended was an alarm, and would end without a word. */
static void tell_mended(struct change *change)
{
	struct egress_ledger ledger = { .lines = NULL };
	struct egress_alarms alarms = { .count = 0 };

	if (change->state.mode == EGRESS_ENFORCE && egress_ledger_read(change->state.control, &ledger) == RESULT_OK)
		egress_alarms_find(&ledger, &change->before, change->state.published_ns, &change->list, &alarms);
	for (unsigned i = 0; i < alarms.count; i++) {
		char place[EGRESS_RULE_TEXT];

		if (alarms.list[i].kind != EGRESS_ALARM_MOVED)
			continue;
		egress_destination_write(&alarms.list[i].line->to, place);
		complain(&change->asked.complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, "%s was refused (%llu times) until now, and is in the list: %s leads there", place,
		         (unsigned long long)alarms.list[i].line->entry.refused, alarms.list[i].rule->key);
	}
	egress_ledger_done(&ledger);
}

static int change(struct change *change)
{
	const struct egress_wish wish = { &change->list, change->asked.wish.settings->egress.cgroup, change->asked.wish.undo_s, change->is_units };
	bool is_refresh = change->wanted == EGRESS_OFF && change->state.mode != EGRESS_OFF;
	bool is_undoable = change->mode == EGRESS_ENFORCE && !is_refresh && !change->is_units;
	enum result result;

	if (option_is_given(change->options, "dry-run")) {
		command_complain(&change->asked.complaints);
		return show(&change->asked, &change->list, change->mode, is_undoable, false, change->options);
	}
	result = is_refresh ? egress_refresh(&wish, &change->asked.complaints) : egress_apply(&wish, change->mode, &change->asked.complaints);
	if (is_refresh && result == RESULT_OK)
		tell_mended(change);
	command_complain(&change->asked.complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("egress was turned off meanwhile");
	if (result != RESULT_OK)
		return EXIT_FAILED;
	return change->is_units ? EXIT_DONE : show(&change->asked, &change->list, change->mode, is_undoable, true, change->options);
}

/* A machine that has just started has nothing pinned: what it is to be is in the configuration. */
static enum egress_mode refreshed_mode(const struct change *change)
{
	return change->state.mode != EGRESS_OFF ? change->state.mode : (enum egress_mode)change->asked.wish.settings->egress.mode;
}

/* Only a refresh keeps what was needed until now, and the ports: who types observe or enforce has the list that is shown. */
static int gather(struct change *change)
{
	if (egress_list_init(&change->list) != RESULT_OK || egress_list_init(&change->before) != RESULT_OK)
		return command_failed("no memory");
	if (change->state.control && egress_published(change->state.control, &change->before) != RESULT_OK)
		return command_failed("the list that is in force cannot be read");
	egress_gather(&change->asked, &change->before, &change->list);
	if (change->wanted == EGRESS_OFF)
		egress_list_keep(&change->list, &change->before, pending_now_ns());
	return EXIT_DONE;
}

/* A unit runs `follow` at every start: where nobody wants it, the kernel, which may not be asked here, is not. A reload begins nothing: a mode that was written into
 * the file was not confirmed by anybody, and what a person ended in an emergency stays so. */
static bool is_unwanted(const struct change *change)
{
	if (!change->is_units || access(EGRESS_PIN_FOLDER "/settings", F_OK) == 0)
		return false;
	if (errno == ENOENT && option_is_given(change->options, "attached"))
		return true;
	return change->asked.wish.settings->egress.mode == EGRESS_OFF || egress_is_held_off();
}

/* *IS_OVER: there is nothing to do. */
static int decide(struct change *change, bool *is_over)
{
	int code = packet_read(&change->asked, change->options);

	*is_over = code == EXIT_DONE && is_unwanted(change);
	if (code != EXIT_DONE || *is_over)
		return code;
	if (egress_look(&change->asked.complaints, &change->state) != RESULT_OK)
		return packet_end(RESULT_REFUSED, &change->asked.complaints);
	change->mode = change->wanted == EGRESS_OFF ? refreshed_mode(change) : change->wanted;
	if (change->mode == EGRESS_OFF)
		return command_failed("egress is off, and packet.egress.mode says nothing else: bouclier packet egress observe begins");
	if (change->wanted == EGRESS_ENFORCE && !option_is_given(change->options, "dry-run"))
		return advise(&change->state, change->options);
	return EXIT_DONE;
}

static int set(const struct options *options, enum egress_mode wanted, bool is_units)
{
	struct change one = { .options = options, .wanted = wanted, .is_units = is_units };
	bool is_over = false;
	int code = decide(&one, &is_over);

	if (code == EXIT_DONE && !is_over)
		code = gather(&one);
	if (code == EXIT_DONE && !is_over)
		code = change(&one);
	egress_control_free(one.state.control);
	egress_list_done(&one.before);
	egress_list_done(&one.list);
	packet_asked_done(&one.asked);
	return code;
}

static int observe(const struct options *options)
{
	return set(options, EGRESS_OBSERVE, false);
}

static int enforce(const struct options *options)
{
	return set(options, EGRESS_ENFORCE, false);
}

static int refresh(const struct options *options)
{
	return set(options, EGRESS_OFF, false);
}

static int follow(const struct options *options)
{
	return set(options, EGRESS_OFF, true);
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
		printf("Nobody's contacts are looked at any more, and the ledger is gone. So it stays until you type observe or enforce, or the machine starts anew.\n");
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
	} words[] = { { "status", egress_status }, { "observe", observe }, { "enforce", enforce }, { "refresh", refresh }, { "follow", follow }, { "off", off }, { "ledger", egress_ledger } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(span_of(options->arguments[1]), span_of(words[i].word)))
			return words[i].run(options);
	}
	return command_misused(command_find(SPAN("packet")), "wants egress status, observe, enforce, refresh, follow, off or ledger");
}
