/* `ban ADDRESS|NETWORK --for 1h --reason R`, and `unban ADDRESS|NETWORK`. */
#include <stdio.h>

#include "base/address.h"
#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

static int misuse(const struct options *options, const struct command *self)
{
	struct network network;

	if (network_read(span_of(options->arguments[0]), &network) != RESULT_OK)
		return command_misused(self, "wants an address or a network whose bits behind the prefix are zero (203.0.113.7, 203.0.113.0/24), not %s",
		                       options->arguments[0]);
	return EXIT_DONE;
}

struct wish {
	const char *reason;
	int64_t for_ms;
};

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	const struct wish *wish = order->context;

	json_put_text(json, SPAN("network"), span_of(options->arguments[0]));
	if (wish->for_ms)
		json_put_number(json, SPAN("for_ms"), (uint64_t)wish->for_ms);
	if (wish->reason)
		json_put_text(json, SPAN("reason"), span_of(wish->reason));
}

static void tell(const struct options *options, const struct json *answer)
{
	struct span network = json_text_of(json_find(answer, "network")), until = json_text_of(json_find(answer, "until"));

	(void)options;
	if (json_bool_of(json_find(answer, "banned")))
		printf("%.*s is banned until %.*s; end it with: bouclier unban %.*s\n", SPAN_ARG(network), SPAN_ARG(until), SPAN_ARG(network));
	else
		printf("%.*s is not banned any more\n", SPAN_ARG(network));
}

static int ask(const struct command *self, const struct options *options, const struct wish *wish)
{
	const struct order order = { .method = self->run == ban_command ? "POST" : "DELETE", .path = "/ban", .write = write_wish, .tell = tell, .context = wish };
	int code = misuse(options, self);

	return code == EXIT_DONE ? order_send(&order, options) : code;
}

int ban_command(const struct options *options)
{
	static const struct duration_limits limits = { 1000, 365LL * 86400000, "from 1s to 365d (30m)" };
	const struct command *self = command_find(SPAN("ban"));
	struct wish wish = { .reason = option_text(options, "reason", NULL) };
	int code = command_duration(self, options, "for", &limits, &wish.for_ms);

	return code == EXIT_DONE ? ask(self, options, &wish) : code;
}

int unban_command(const struct options *options)
{
	const struct wish nothing = { .reason = NULL };

	return ask(command_find(SPAN("unban")), options, &nothing);
}
