/* `partner add NAME`, `partner end NAME`, and `partner`, which lists. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/protect/site_edit.h"
#include "cli/reload.h"
#include "config/edit.h"
#include "event/json.h"
#include "guard/partner.h"
#include "guard/settings.h"

#include "base/banned.h"

#define FOR_MS_DEFAULT (90LL * 86400000)
#define TIME_LEN 20u       /* 2027-01-31T00:00:00Z */

struct partner_order {
	const struct options *options;
	struct site_edit edit;
	struct span site, name;
	char token[PARTNER_TOKEN_LEN], hash[PARTNER_HASH_LEN];
	char until[TIME_LEN + 1];
};

static const struct command *self(void)
{
	return command_find(SPAN("partner"));
}

/* -- the list -- */

static uint64_t wall_ms(void)
{
	return clock_wall_ns() / 1000000;
}

static void write_time(int64_t at_ms, char out[TIME_LEN + 1])
{
	char iso[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms((uint64_t)at_ms, iso);
	snprintf(out, TIME_LEN + 1, "%.19sZ", iso);
}

static void put_partner(struct json_writer *json, const struct site *site, const struct partner_settings *partner)
{
	char until[TIME_LEN + 1];

	write_time(partner->until_ms, until);
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("partner"), partner->name);
	json_put_text(json, SPAN("site"), site->name);
	json_put_text(json, SPAN("until"), span_of(until));
	json_put_bool(json, SPAN("over"), wall_ms() >= (uint64_t)partner->until_ms);
	json_close(json, '}');
}

static void print_partner(const struct site *site, const struct partner_settings *partner)
{
	char until[TIME_LEN + 1];

	write_time(partner->until_ms, until);
	printf("%.*s %.*s %s %s\n", SPAN_ARG(site->name), SPAN_ARG(partner->name), wall_ms() >= (uint64_t)partner->until_ms ? "over since" : "until", until);
}

static size_t list_site(const struct site *site, struct json_writer *json)
{
	const struct list_value *partners = &guard_site_settings(site)->partners;
	const struct partner_settings *list = partners->items;

	for (size_t i = 0; i < partners->count; i++) {
		if (json)
			put_partner(json, site, &list[i]);
		else
			print_partner(site, &list[i]);
	}
	return partners->count;
}

static int list_json(const struct snapshot *snapshot)
{
	struct json_writer json;
	struct buffer text;
	int code = EXIT_DONE;

	buffer_init(&text, TEXT_MAX_BYTES);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("partners"), '[');
	for (size_t i = 0; i < snapshot->site_count; i++)
		(void)list_site(&snapshot->sites[i], &json);
	json_close(&json, ']');
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	else
		code = command_failed("there is no memory for it");
	buffer_done(&text);
	return code;
}

static int list(const struct options *options)
{
	struct loaded loaded;
	size_t count = 0;
	int code = EXIT_FAILED;

	if (loaded_read(&loaded, options, LOAD_STRICT) == RESULT_OK && options->is_json) {
		code = list_json(loaded.snapshot);
	} else if (loaded.snapshot) {
		for (size_t i = 0; i < loaded.snapshot->site_count; i++)
			count += list_site(&loaded.snapshot->sites[i], NULL);
		if (!count)
			printf("no partner has a token\n");
		code = EXIT_DONE;
	}
	loaded_complain(&loaded);
	loaded_done(&loaded);
	return code;
}

/* -- changes -- */

static int misuse(struct partner_order *order)
{
	static const struct duration_limits limits = { 3600000, 731LL * 86400000, "from 1h to 731d (90d)" };
	const struct options *options = order->options;
	const char *site = option_text(options, "site", NULL);
	struct span verb = span_of(options->arguments[0]);
	int64_t for_ms = FOR_MS_DEFAULT;
	int code;

	if (!span_equal(verb, SPAN("add")) && !span_equal(verb, SPAN("end")))
		return command_misused(self(), "add or end, not %s", options->arguments[0]);
	if (options->argument_count != 2 || !site)
		return command_misused(self(), "%s wants a NAME and --site SITE", options->arguments[0]);
	order->site = span_of(site);
	order->name = span_of(options->arguments[1]);
	if (!partner_name_is_good(order->name))
		return command_misused(self(), "a name is of letters, digits, and . _ - between them, not %s", options->arguments[1]);
	if (span_equal(verb, SPAN("end")) && option_is_given(options, "for"))
		return command_misused(self(), "--for goes with add");
	code = command_duration(self(), options, "for", &limits, &for_ms);
	write_time((int64_t)wall_ms() + for_ms, order->until);
	return code;
}

static int say(const struct partner_order *order, enum result result)
{
	command_complain(&order->edit.complaints);
	if (result == RESULT_NOT_FOUND)
		return command_failed("there is no site %.*s in %s, or no partner %.*s of it", SPAN_ARG(order->site), order->edit.path, SPAN_ARG(order->name));
	return command_failed("%s cannot be changed: %s", order->edit.path, result_name(result));
}

static int add_line(struct partner_order *order)
{
	struct site_edit *edit = &order->edit;
	const struct edit_pair pairs[] = {
		{ "name", order->name }, { "token", span_make(order->hash, sizeof(order->hash)) }, { "until", span_of(order->until) },
	};
	const struct edit_item item = { order->site, SPAN("partners"), pairs, sizeof(pairs) / sizeof(*pairs) };
	enum result result;

	partner_token_new(order->token);
	result = partner_hash(span_make(order->token, sizeof(order->token)), order->hash);
	if (result == RESULT_OK)
		result = config_edit_add_item(edit->source.path, buffer_span(&edit->before), &item, &edit->complaints, &edit->after);
	return result == RESULT_OK ? EXIT_DONE : say(order, result);
}

static int take_line_out(struct partner_order *order)
{
	struct site_edit *edit = &order->edit;
	const struct edit_pair name = { "name", order->name };
	const struct edit_item item = { order->site, SPAN("partners"), &name, 1 };
	enum result result = config_edit_remove_item(edit->source.path, buffer_span(&edit->before), &item, &edit->complaints, &edit->after);

	return result == RESULT_OK ? EXIT_DONE : say(order, result);
}

/* Of a token that is new. What was written serves nobody if the shield does not take it over: kept, it would stand in the way of the next attempt. Security,
 * fails closed: what was taken out stays out, whatever becomes of the reload. */
static int give_up(const struct partner_order *order, bool is_new, int code)
{
	if (is_new)
		site_edit_undo(&order->edit);
	else
		fprintf(stderr, "the token is out of %s, and holds until a shield has taken that over\n", order->edit.path);
	return code;
}

static int write_out(const struct partner_order *order, bool is_new)
{
	char socket[PATH_TEXT_MAX];
	int code = site_edit_write(&order->edit);
	enum result result;

	find_socket(order->options, socket);
	if (code != EXIT_DONE)
		return code;
	result = admin_reach(socket);
	if (result == RESULT_NOT_FOUND) {
		fprintf(stderr, "no shield answers at %s: nothing to reload; one that has another socket goes on as it was\n", socket);
		return EXIT_DONE;
	}
	code = result == RESULT_OK ? reload_ask(socket, RELOAD_ERRORS, &(struct reload_words){ .why = "bouclier partner" }) : admin_complain(&(struct admin_question){ .socket = socket }, result);
	return code == EXIT_DONE ? code : give_up(order, is_new, code);
}

/* The only time that anybody is told the token. */
static int tell_token(const struct partner_order *order)
{
	struct json_writer json;
	struct buffer text;

	if (!order->options->is_json) {
		printf("%.*s: %.*s until %s\nIts token, which is said this once and written nowhere:\n\n  %.*s\n\n"
		       "It belongs in the field Bouclier-Partner of each request, over TLS. It ends before with: bouclier partner end %.*s --site %.*s\n",
		       SPAN_ARG(order->site), SPAN_ARG(order->name), order->until, (int)sizeof(order->token), order->token, SPAN_ARG(order->name), SPAN_ARG(order->site));
		return EXIT_DONE;
	}
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("partner"), order->name);
	json_put_text(&json, SPAN("site"), order->site);
	json_put_text(&json, SPAN("until"), span_of(order->until));
	json_put_text(&json, SPAN("token"), span_make(order->token, sizeof(order->token)));
	json_close(&json, '}');
	printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	return EXIT_DONE;
}

static int tell(const struct partner_order *order, bool is_new)
{
	if (is_new)
		return tell_token(order);
	if (order->options->is_json)
		printf("{\"partner\":\"%.*s\",\"ended\":true}\n", SPAN_ARG(order->name));
	else
		printf("%.*s: the token of %.*s has ended\n", SPAN_ARG(order->site), SPAN_ARG(order->name));
	return EXIT_DONE;
}

static int change(struct partner_order *order)
{
	bool is_new = span_equal(span_of(order->options->arguments[0]), SPAN("add"));
	int code = misuse(order);

	if (code != EXIT_DONE)
		return code;
	code = site_edit_begin(&order->edit, order->options);
	if (code == EXIT_DONE && order->edit.is_new)
		code = command_failed("there is no %s", order->edit.path);
	if (code == EXIT_DONE)
		code = is_new ? add_line(order) : take_line_out(order);
	if (code == EXIT_DONE && site_edit_check(&order->edit) != RESULT_OK)
		code = command_failed("with that, the configuration would not do: nothing was written");
	if (code == EXIT_DONE)
		code = write_out(order, is_new);
	if (code == EXIT_DONE)
		code = tell(order, is_new);
	site_edit_done(&order->edit);
	return code;
}

int partner_command(const struct options *options)
{
	struct partner_order order = { .options = options };
	int code;

	if (!options->argument_count)
		return option_is_given(options, "for") || option_is_given(options, "site") ? command_misused(self(), "--for and --site go with add or end") : list(options);
	code = change(&order);
	explicit_bzero(&order.token, sizeof(order.token));
	return code;
}
