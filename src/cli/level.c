/* `level SITE attack|elevated|normal|auto`; `level [SITE]` says how it is. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
	if (options->argument_count > 1)
		json_put_text(json, SPAN("level"), span_of(options->arguments[1]));
}

/* Why it is not lower than it is. */
static void print_floor(const struct json *level)
{
	struct span floor = json_text_of(json_find(level, "floor"));

	if (floor.len)
		printf(" (never under %.*s: level_floor in its file)", SPAN_ARG(floor));
}

static void tell_order(const struct options *options, const struct json *answer)
{
	struct span site = json_text_of(json_find(answer, "site"));
	const struct json *level = json_find(answer, "level");
	struct span is = json_text_of(json_find(level, "is"));

	(void)options;
	printf("%.*s is at level %.*s", SPAN_ARG(site), SPAN_ARG(is));
	print_floor(level);
	if (json_bool_of(json_find(level, "forced")))
		printf(", and stays there; leave it to the detector with: bouclier level %.*s auto\n", SPAN_ARG(site));
	else
		printf(", and the detector decides\n");
}

static void print_site(const struct json *site)
{
	const struct json *level = json_find(site, "level");
	struct span name = json_text_of(json_find(site, "site")), is = json_text_of(json_find(level, "is")), reasons = json_text_of(json_find(level, "for"));

	printf("%-40.*s ", SPAN_ARG(name));
	if (!level) {
		printf("has no level: it is passed through, or there is no memory for it\n");
		return;
	}
	printf("%.*s%s%.*s", SPAN_ARG(is), reasons.len ? ": " : "", SPAN_ARG(reasons));
	if (json_bool_of(json_find(level, "forced")))
		printf(", until a person says auto");
	print_floor(level);
	printf("\n");
}

int level_command(const struct options *options)
{
	static const struct order orders[] = {
		{ .method = "GET", .path = "/level", .print = print_site },
		{ .method = "POST", .path = "/level", .write = write_wish, .print = print_site },
		{ .method = "POST", .path = "/level", .write = write_wish, .tell = tell_order },
	};

	return order_send(&orders[options->argument_count], options);
}
