/* `continuity list [SITE]`, `pin SITE URL`, `drop SITE URL|PREFIX*|all`. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/order.h"
#include "cli/page.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("continuity"));
}

static unsigned long long number(const struct json *object, const char *name)
{
	return (unsigned long long)json_number_of(json_find(object, name));
}

/* -- lists -- */

static void print_totals(const struct json *site)
{
	printf("%llu copies, %s of %s, %llu pinned addresses, given %llu times", number(site, "copies"), short_bytes(number(site, "bytes")).text,
	       short_bytes(number(site, "limit")).text, number(site, "pins"), number(site, "given"));
	printf("%s\n", json_bool_of(json_find(site, "giving")) ? "; VISITORS GET THEM NOW" : "");
}

static void print_site(const struct json *site)
{
	printf("%-40.*s ", SPAN_ARG(json_text_of(json_find(site, "site"))));
	if (number(site, "limit"))
		print_totals(site);
	else
		printf("keeps none (continuity: off, or passed through)\n");
}

/* An Accept-Language, say: one line, and nothing that a terminal obeys. */
static void print_variant(struct span variant)
{
	if (!variant.len)
		return;
	printf("  [");
	for (size_t i = 0; i < variant.len; i++) {
		unsigned char c = (unsigned char)variant.at[i];

		if (c == '\n' && i + 1 < variant.len)
			printf("; ");
		else if (c >= 0x20 && c < 0x7f)
			putchar(c);
	}
	printf("]");
}

static void print_copy(const struct json *copy)
{
	struct span rank = json_text_of(json_find(copy, "rank")), made = json_text_of(json_find(copy, "made"));

	if (made.len)
		printf("%-8.*s  %-20.19s  %10s  ", SPAN_ARG(rank), made.at, short_bytes(number(copy, "bytes")).text);
	else
		printf("%-8.*s  %-20s  %10s  ", SPAN_ARG(rank), "no copy yet", "");
	printf("%.*s", SPAN_ARG(json_text_of(json_find(copy, "url"))));
	print_variant(json_text_of(json_find(copy, "variant")));
	printf("\n");
}

static void tell_site(const struct options *options, const struct json *answer)
{
	const struct json *list = json_find(answer, "list");

	(void)options;
	if (json_length(list))
		printf("%-8s  %-20s  %10s  %s\n", "RANK", "MADE (UTC)", "SIZE", "ADDRESS");
	for (size_t i = 0; i < json_length(list); i++)
		print_copy(json_item(list, i));
	if (number(answer, "more"))
		printf("and %llu more\n", number(answer, "more"));
	print_totals(answer);
}

/* -- orders -- */

static void write_site(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	json_put_text(json, SPAN("site"), span_of(options->arguments[1]));
}

static void write_pin(const struct order *order, const struct options *options, struct json_writer *json)
{
	write_site(order, options, json);
	json_put_text(json, SPAN("url"), span_of(options->arguments[2]));
}

static void tell_pin(const struct options *options, const struct json *answer)
{
	unsigned long long copies = number(answer, "copies");

	(void)options;
	if (copies)
		printf("pinned: %llu cop%s of it stay%s\n", copies, copies == 1 ? "y" : "ies", copies == 1 ? "s" : "");
	else
		printf("pinned; there is no copy yet: the next visitor without cookies who gets the page makes it\n");
}

static void write_drop(const struct order *order, const struct options *options, struct json_writer *json)
{
	struct span what = span_of(options->arguments[2]);

	write_site(order, options, json);
	if (span_equal(what, SPAN("all")))
		json_put_bool(json, SPAN("all"), true);
	else if (span_ends(what, SPAN("*")))
		json_put_text(json, SPAN("prefix"), span_take(what, what.len - 1));
	else
		json_put_text(json, SPAN("url"), what);
}

static void tell_drop(const struct options *options, const struct json *answer)
{
	(void)options;
	printf("%llu dropped\n", number(answer, "dropped"));
}

int continuity_command(const struct options *options)
{
	static const struct {
		const char *word;
		unsigned arguments;
		struct order order;
	} words[] = {
		{ "list", 1, { .method = "GET", .path = "/continuity", .print = print_site } },
		{ "list", 2, { .method = "POST", .path = "/continuity", .write = write_site, .tell = tell_site } },
		{ "pin", 3, { .method = "POST", .path = "/continuity/pin", .write = write_pin, .tell = tell_pin } },
		{ "drop", 3, { .method = "POST", .path = "/continuity/drop", .write = write_drop, .tell = tell_drop } },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(span_of(options->arguments[0]), span_of(words[i].word)) && options->argument_count == words[i].arguments)
			return order_send(&words[i].order, options);
	}
	return command_misused(self(), "wants list [SITE], pin SITE URL, or drop SITE URL|PREFIX*|all");
}
