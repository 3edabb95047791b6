/* `bouclier rules enforce SITE RULE`. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/rules/tune.h"
#include "edge/rules/waf_settings.h"
#include "event/json.h"

#include "base/banned.h"

static int print_reply(const struct options *options, struct span reply)
{
	(void)reply;
	printf("rule %s of %s is in block again, and does not go back by itself for thirty days\n", options->arguments[2], options->arguments[1]);
	return EXIT_DONE;
}

int rules_enforce(const struct options *options)
{
	uint64_t rule = 0;
	struct json_writer json;
	struct buffer body;
	int code;

	if (options->argument_count != 3 || span_to_u64(span_of(options->arguments[2]), RULE_ID_MAX, &rule) != RESULT_OK || !rule)
		return command_misused(command_find(SPAN("rules")), "enforce wants a SITE and the id of a RULE");
	buffer_init(&body, 65536);
	json_writer_init(&json, &body);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("site"), span_of(options->arguments[1]));
	json_put_number(&json, SPAN("rule"), rule);
	json_close(&json, '}');
	code = rules_ask(options, "/enforce", &body, print_reply);
	buffer_done(&body);
	return code;
}
