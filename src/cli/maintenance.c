/* `maintenance SITE on --until T [--allow NETWORK]... [--message TEXT]`, `maintenance SITE off`, and `maintenance`, which lists. */
#include <stdio.h>
#include <time.h>

#include "base/address.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/order.h"
#include "config/value.h"
#include "edge/sites/maintenance.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("maintenance"));
}

/* "2026-12-01 06:00", as the clock on the wall of this machine shows it. A date and an hour that are read as UTC first: what is no time is none. */
static bool read_local(struct span text, int64_t *out)
{
	char full[32];
	struct tm parts;
	time_t moment;
	int64_t utc_ms;

	if (text.len != 16 || (text.at[10] != ' ' && text.at[10] != 'T'))
		return false;
	snprintf(full, sizeof(full), "%.10sT%.5s:00Z", text.at, text.at + 11);
	if (time_read(span_of(full), &utc_ms) != RESULT_OK)
		return false;
	moment = (time_t)(utc_ms / 1000);
	if (!gmtime_r(&moment, &parts))
		return false;
	parts.tm_isdst = -1;
	*out = (int64_t)mktime(&parts) * 1000;
	return true;
}

/* "2h", RFC 3339, or local time: when it ends. */
static int read_until(const char *text, uint64_t *until_ms)
{
	static const struct key key = { .name = "until", .type = KEY_DURATION, .min = MAINTENANCE_MS_MIN, .max = MAINTENANCE_MS_MAX };
	int64_t now_ms = (int64_t)(clock_wall_ns() / 1000000), at_ms;
	char words[96];

	if (units_read(&key, span_of(text), words, &at_ms) == RESULT_OK)
		at_ms += now_ms;
	else if (time_read(span_of(text), &at_ms) != RESULT_OK && !read_local(span_of(text), &at_ms))
		return command_misused(self(), "--until is a duration from 1s to 31d (2h), or a time (\"2026-12-01 06:00\" here, 2026-12-01T06:00:00+01:00), not %s", text);
	if (at_ms <= now_ms)
		return command_misused(self(), "--until %s has gone by already", text);
	if (at_ms > now_ms + (int64_t)MAINTENANCE_MS_MAX)
		return command_misused(self(), "--until %s is more than 31 days from now; for longer, write maintenance: true in the file", text);
	*until_ms = (uint64_t)at_ms;
	return EXIT_DONE;
}

static int check_allow(const struct options *options)
{
	struct network network;
	const char *text;
	unsigned at = 0, count = 0;

	while ((text = option_next(options, "allow", &at))) {
		if (network_read(span_of(text), &network) != RESULT_OK)
			return command_misused(self(), "--allow wants an address or a network whose bits behind the prefix are zero (192.0.2.0/24), not %s", text);
		if (++count > MAINTENANCE_ALLOW_MAX)
			return command_misused(self(), "--allow is given more than %u times: use a wider network", MAINTENANCE_ALLOW_MAX);
	}
	return EXIT_DONE;
}

static void write_end(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
}

static void write_begin(const struct order *order, const struct options *options, struct json_writer *json)
{
	const char *network, *message = option_text(options, "message", NULL);
	unsigned at = 0;

	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
	json_put_number(json, SPAN("until_ms"), *(const uint64_t *)order->context);
	json_open(json, SPAN("allow"), '[');
	while ((network = option_next(options, "allow", &at)))
		json_put_text(json, SPAN_NONE, span_of(network));
	json_close(json, ']');
	if (message)
		json_put_text(json, SPAN("message"), span_of(message));
}

static void tell_order(const struct options *options, const struct json *answer)
{
	struct span site = json_text_of(json_find(answer, "site")), until = json_text_of(json_find(answer, "until"));
	size_t allowed = json_length(json_find(answer, "allow"));

	(void)options;
	if (!json_bool_of(json_find(answer, "maintenance"))) {
		printf("%.*s is open again\n", SPAN_ARG(site));
		return;
	}
	printf("%.*s is in maintenance until %.*s; ", SPAN_ARG(site), SPAN_ARG(until));
	if (allowed)
		printf("let in: %zu network%s; ", allowed, allowed == 1 ? "" : "s");
	printf("end it before with: bouclier maintenance %.*s off\n", SPAN_ARG(site));
}

static void tell_list(const struct options *options, const struct json *answer)
{
	const struct json *sites = json_find(answer, "sites");

	(void)options;
	for (size_t i = 0; i < json_length(sites); i++) {
		const struct json *site = json_item(sites, i), *allow = json_find(site, "allow");
		struct span message = json_text_of(json_find(site, "message"));

		printf("%-40.*s until %.*s", SPAN_ARG(json_text_of(json_find(site, "site"))), SPAN_ARG(json_text_of(json_find(site, "until"))));
		for (size_t k = 0; k < json_length(allow); k++)
			printf("%s%.*s", k ? ", " : "  lets in ", SPAN_ARG(json_text_of(json_item(allow, k))));
		printf("%s%.*s\n", message.len ? "  " : "", SPAN_ARG(message));
	}
	if (!json_length(sites))
		printf("no site is in maintenance by a command\n");
}

static bool has_terms(const struct options *options)
{
	return option_is_given(options, "until") || option_is_given(options, "allow") || option_is_given(options, "message");
}

static int begin(const struct options *options)
{
	uint64_t until_ms;
	const struct order order = { .method = "POST", .path = "/maintenance", .write = write_begin, .tell = tell_order, .context = &until_ms };
	const char *until = option_text(options, "until", NULL);
	int code;

	if (!until)
		return command_misused(self(), "on wants --until T: a maintenance always ends");
	code = read_until(until, &until_ms);
	if (code == EXIT_DONE)
		code = check_allow(options);
	return code == EXIT_DONE ? order_send(&order, options) : code;
}

int maintenance_command(const struct options *options)
{
	struct span word = options->argument_count == 2 ? span_of(options->arguments[1]) : SPAN_NONE;

	if (span_equal(word, SPAN("on")))
		return begin(options);
	if (has_terms(options))
		return command_misused(self(), "--until, --allow and --message go with SITE on");
	if (span_equal(word, SPAN("off")))
		return order_send(&(struct order){ .method = "DELETE", .path = "/maintenance", .write = write_end, .tell = tell_order }, options);
	if (options->argument_count)
		return command_misused(self(), "wants SITE on, SITE off, or nothing at all, to list");
	return order_send(&(struct order){ .method = "GET", .path = "/maintenance", .tell = tell_list }, options);
}
