/* `purge SITE URL|PREFIX*|tag:NAME`. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

#define TAG "tag:"

struct wish {
	struct span name, text;  /* "url", "prefix" or "tag" */
};

static int read_wish(const char *argument, struct wish *wish)
{
	struct span text = span_of(argument);

	*wish = (struct wish){ SPAN("url"), text };
	if (span_starts(text, SPAN(TAG)))
		*wish = (struct wish){ SPAN("tag"), span_skip(text, sizeof(TAG) - 1) };
	else if (span_ends(text, SPAN("*")))
		*wish = (struct wish){ SPAN("prefix"), span_take(text, text.len - 1) };
	if (!wish->text.len)
		return command_misused(command_find(SPAN("purge")), "wants URL, PREFIX* (everything: /*), or tag:NAME; not %s", argument);
	return EXIT_DONE;
}

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	const struct wish *wish = order->context;

	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
	json_put_text(json, wish->name, wish->text);
}

static void tell(const struct options *options, const struct json *answer)
{
	(void)options;
	printf("%llu forgotten\n", (unsigned long long)json_number_of(json_find(answer, "purged")));
}

int purge_command(const struct options *options)
{
	struct wish wish;
	const struct order order = { .method = "POST", .path = "/purge", .write = write_wish, .tell = tell, .context = &wish };
	int code = read_wish(options->arguments[1], &wish);

	return code == EXIT_DONE ? order_send(&order, options) : code;
}
