/* `bouclier rules graduate SITE [--undo | --again]`. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/rules/tune.h"
#include "event/json.h"

#include "base/banned.h"

static int print_reply(const struct options *options, struct span reply)
{
	struct json *root = NULL;
	struct span site, state, moves;

	(void)options;
	if (json_read(reply, &root) != RESULT_OK)
		return command_failed("the shield's answer is not JSON");
	site = json_text_of(json_find(root, "site"));
	state = json_text_of(json_find(json_find(root, "graduation"), "state"));
	moves = json_text_of(json_find(json_find(root, "graduation"), "moves"));
	if (span_equal(state, SPAN("blocking")))
		printf("%.*s is in block now; take it back with: bouclier rules graduate %.*s --undo\n", SPAN_ARG(site), SPAN_ARG(site));
	else if (span_equal(state, SPAN("undone")))
		printf("%.*s is in detect, and stays there; have it observed anew with: bouclier rules graduate %.*s --again\n", SPAN_ARG(site),
		       SPAN_ARG(site));
	else if (moves.len)
		printf("%.*s is in detect, and moves to block on %.*s if nothing comes between\n", SPAN_ARG(site), SPAN_ARG(moves));
	else
		printf("%.*s is in detect, and observed anew\n", SPAN_ARG(site));
	json_drop(root);
	return EXIT_DONE;
}

int rules_graduate(const struct options *options)
{
	bool is_undo = option_is_given(options, "undo"), is_again = option_is_given(options, "again");
	struct json_writer json;
	struct buffer body;
	int code;

	if (options->argument_count != 2 || (is_undo && is_again))
		return command_misused(command_find(SPAN("rules")), "graduate wants a SITE, and --undo or --again or nothing");
	buffer_init(&body, 65536);
	json_writer_init(&json, &body);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("site"), span_of(options->arguments[1]));
	json_put_text(&json, SPAN("do"), is_undo ? SPAN("undo") : is_again ? SPAN("again") : SPAN("now"));
	json_close(&json, '}');
	code = rules_ask(options, "/graduate", &body, print_reply);
	buffer_done(&body);
	return code;
}
