/* `ban ADDRESS|NETWORK --for 1h --reason R`, and `unban ADDRESS|NETWORK`. */
#include <stdio.h>

#include "base/address.h"
#include "base/clock.h"
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

/* The shield holds it either way; what the kernel's copy does not know, or does not forget yet, is said. */
static void tell_filter(const struct json *answer, bool is_banned)
{
	struct span lapses = json_text_of(json_find(answer, "filter_lapses"));
	char now[CLOCK_ISO_LEN + 1];

	if (!span_equal(json_text_of(json_find(answer, "filter")), SPAN("away")))
		return;
	clock_write_iso(clock_wall_ns(), now);
	fprintf(stderr, "bouclier: the kernel filter could not be told: its controller is away (bouclier packet status). ");
	if (is_banned)
		fprintf(stderr, "The shield refuses it at accept, and the filter has it when the controller is back\n");
	else if (lapses.len == CLOCK_ISO_LEN && memcmp(lapses.at, now, CLOCK_ISO_LEN) > 0)
		fprintf(stderr, "If it has this ban, it drops what comes from there until %.*s, when it asks for bans no more\n", SPAN_ARG(lapses));
	else
		fprintf(stderr, "It asks for no ban since %.*s\n", SPAN_ARG(lapses));
}

static void tell(const struct options *options, const struct json *answer)
{
	struct span network = json_text_of(json_find(answer, "network")), until = json_text_of(json_find(answer, "until"));

	(void)options;
	if (json_bool_of(json_find(answer, "banned")))
		printf("%.*s is banned until %.*s; end it with: bouclier unban %.*s\n", SPAN_ARG(network), SPAN_ARG(until), SPAN_ARG(network));
	else
		printf("%.*s is not banned any more\n", SPAN_ARG(network));
	tell_filter(answer, json_bool_of(json_find(answer, "banned")));
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
