/* `bypass SITE|--all --for 30m --reason R`, and --off. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

/* Also the marks of the terminal: red, and back. */
#define RED "\033[1;31m"
#define PLAIN "\033[0m"

static const struct command *self(void)
{
	return command_find(SPAN("bypass"));
}

static int misuse(const struct options *options, int64_t *for_ms)
{
	static const struct duration_limits limits = { 1000, 7LL * 86400000, "from 1s to 7d (30m)" };
	bool is_all = option_is_given(options, "all"), is_off = option_is_given(options, "off");
	const char *length = option_text(options, "for", NULL), *reason = option_text(options, "reason", NULL);

	*for_ms = 0;
	if (is_all == (options->argument_count == 1))
		return command_misused(self(), "wants a SITE, or --all");
	if (is_off && (length || reason))
		return command_misused(self(), "--off stands alone");
	if (!is_off && (!length || !reason || !*reason))
		return command_misused(self(), "wants --for DURATION and --reason TEXT: a bypass always ends, and says why");
	return command_duration(self(), options, "for", &limits, for_ms);
}

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	int64_t for_ms = *(const int64_t *)order->context;

	if (option_is_given(options, "all"))
		json_put_bool(json, SPAN("all"), true);
	else
		json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
	if (for_ms) {
		json_put_number(json, SPAN("for_ms"), (uint64_t)for_ms);
		json_put_text(json, SPAN("reason"), span_of(option_text(options, "reason", "")));
	}
}

static void tell(const struct options *options, const struct json *answer)
{
	struct span site = json_text_of(json_find(answer, "site")), until = json_text_of(json_find(answer, "until"));

	if (json_bool_of(json_find(answer, "bypassed")))
		printf("%s%.*s is bypassed until %.*s%s; end it with: bouclier bypass %s%.*s --off\n", options->has_color ? RED : "",
		       SPAN_ARG(site), SPAN_ARG(until), options->has_color ? PLAIN : "", span_equal(site, SPAN("all")) ? "--" : "", SPAN_ARG(site));
	else
		printf("%.*s is not bypassed any more\n", SPAN_ARG(site));
}

int bypass_command(const struct options *options)
{
	int64_t for_ms;
	const struct order order = { .method = option_is_given(options, "off") ? "DELETE" : "POST", .path = "/bypass", .write = write_wish, .tell = tell, .context = &for_ms };
	int code = misuse(options, &for_ms);

	return code == EXIT_DONE ? order_send(&order, options) : code;
}
