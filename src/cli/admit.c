/* `admit REFERENCE [--for 1h]`, `admit REFERENCE --off`, and `admit`, which lists. */
#include <stdio.h>

#include "base/encode.h"
#include "cli/command.h"
#include "cli/order.h"
#include "guard/admitted.h"

#include "base/banned.h"

#define FOR_MS_DEFAULT 3600000

static const struct command *self(void)
{
	return command_find(SPAN("admit"));
}

static int misuse(const struct options *options, int64_t *for_ms)
{
	static const struct duration_limits limits = { 1000, (int64_t)ADMITTED_S_MAX * 1000, "from 1s to 24h (30m)" };
	uint64_t id[2];

	*for_ms = FOR_MS_DEFAULT;
	if (!options->argument_count)
		return option_is_given(options, "for") || option_is_given(options, "off") ? command_misused(self(), "--for and --off go with a REFERENCE") : EXIT_DONE;
	if (hex_read(span_of(options->arguments[0]), id, sizeof(id)) != RESULT_OK)
		return command_misused(self(), "a reference is the %zu hexadecimal digits at the foot of the page, not %s", 2 * sizeof(id), options->arguments[0]);
	if (option_is_given(options, "off") && option_is_given(options, "for"))
		return command_misused(self(), "--off stands alone");
	return command_duration(self(), options, "for", &limits, for_ms);
}

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	json_put_text(json, SPAN("reference"), span_of(options->arguments[0]));
	if (!option_is_given(options, "off"))
		json_put_number(json, SPAN("for_ms"), (uint64_t)*(const int64_t *)order->context);
}

static void tell(const struct options *options, const struct json *answer)
{
	struct span reference = json_text_of(json_find(answer, "reference")), site = json_text_of(json_find(answer, "site"));

	(void)options;
	if (!json_bool_of(json_find(answer, "admitted"))) {
		printf("who was refused under %.*s is not let in any more\n", SPAN_ARG(reference));
		return;
	}
	printf("refused at %.*s", SPAN_ARG(json_text_of(json_find(answer, "refused"))));
	if (site.len)
		printf(" by %.*s", SPAN_ARG(site));
	printf(" (%.*s): let in until %.*s; end it before with: bouclier admit %.*s --off\n", SPAN_ARG(json_text_of(json_find(answer, "reason"))),
	       SPAN_ARG(json_text_of(json_find(answer, "until"))), SPAN_ARG(reference));
}

static void tell_list(const struct options *options, const struct json *answer)
{
	const struct json *list = json_find(answer, "admitted");

	(void)options;
	for (size_t i = 0; i < json_length(list); i++)
		printf("%.*s until %.*s\n", SPAN_ARG(json_text_of(json_find(json_item(list, i), "reference"))), SPAN_ARG(json_text_of(json_find(json_item(list, i), "until"))));
	if (!json_length(list))
		printf("nobody is let in by a reference\n");
}

int admit_command(const struct options *options)
{
	int64_t for_ms = 0;
	const struct order list = { .method = "GET", .path = "/admit", .tell = tell_list };
	const struct order order = { .method = option_is_given(options, "off") ? "DELETE" : "POST", .path = "/admit", .write = write_wish, .tell = tell, .context = &for_ms };
	int code = misuse(options, &for_ms);

	return code == EXIT_DONE ? order_send(options->argument_count ? &order : &list, options) : code;
}
