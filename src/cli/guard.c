/* `guard [SITE]`: does what guard/ decides of a site happen, or is it only observed? Then: what would have been done in the last week, and is it
 * safe to turn on? */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
}

static unsigned long long number(const struct json *object, const char *name)
{
	return (unsigned long long)json_number_of(json_find(object, name));
}

static void print_row(const struct json *row, struct span action, struct span reason)
{
	printf("  %-10.*s %-18.*s %12llu requests %9llu sources %9llu known citizens\n", SPAN_ARG(action), SPAN_ARG(reason), number(row, "requests"),
	       number(row, "sources"), number(row, "known"));
}

static void print_site(const struct json *site)
{
	const struct json *guard = json_find(site, "guard"), *would = json_find(guard, "would");
	struct span mode = json_text_of(json_find(guard, "mode"));

	printf("%-40.*s %.*s", SPAN_ARG(json_text_of(json_find(site, "site"))), SPAN_ARG(mode));
	if (!would) {
		printf("%s\n", span_equal(mode, SPAN("observe")) ? ", and there is no memory to count what would have been done" : "");
		return;
	}
	printf(" since %.*s; in the last week it would have\n", SPAN_ARG(json_text_of(json_find(guard, "since"))));
	for (size_t i = 0; i < json_length(would); i++) {
		const struct json *row = json_item(would, i);

		print_row(row, json_text_of(json_find(row, "action")), json_text_of(json_find(row, "reason")));
	}
	print_row(guard, SPAN("of all"), SPAN_NONE);
	printf("  %.*s\n", SPAN_ARG(json_text_of(json_find(guard, "says"))));
}

int guard_command(const struct options *options)
{
	static const struct order orders[] = {
		{ .method = "GET", .path = "/guard", .print = print_site },
		{ .method = "POST", .path = "/guard", .write = write_wish, .print = print_site },
	};

	return order_send(&orders[options->argument_count], options);
}
