/* `bans`: who is banned now. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

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

static void tell(const struct options *options, const struct json *answer)
{
	const struct json *bans = json_find(answer, "bans");
	uint64_t more = json_number_of(json_find(answer, "more"));

	(void)options;
	for (size_t i = 0; i < json_length(bans); i++)
		print_ban(json_item(bans, i));
	if (more)
		printf("and %llu more\n", (unsigned long long)more);
	if (!json_length(bans))
		printf("nobody is banned\n");
}

int bans_command(const struct options *options)
{
	return order_send(&(struct order){ .method = "GET", .path = "/bans", .tell = tell }, options);
}
