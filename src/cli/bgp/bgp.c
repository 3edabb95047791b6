/* `packet bgp list|add|withdraw|watch`: rules and routes for the carrier, through BIRD. */
#include "cli/bgp/bgp.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/bgp/bounds.h"
#include "cli/bgp/inner.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "packet/settings.h"

#include "base/banned.h"

uint64_t bgp_wall_ms(void)
{
	return clock_wall_ns() / 1000000;
}

/* The configuration cannot be read: list and withdraw need none. What a watch cannot be told the bounds of is not announced either. */
static int run_without(const struct bgp_order *order, struct span verb)
{
	if (span_equal(verb, SPAN("list")))
		return bgp_verb_list(order);
	if (span_equal(verb, SPAN("withdraw")))
		return bgp_verb_withdraw(order);
	return span_equal(verb, SPAN("watch")) ? bgp_verb_watch_blind(order) : EXIT_FAILED;
}

static int run(struct bgp_order *order, struct span verb)
{
	static struct bounds bounds;
	struct span wrong;

	order->bounds = &bounds;
	if (bgp_bounds_make(order->snapshot, &bounds, &wrong) != RESULT_OK) {
		(void)command_failed("link: { served: ... } names the site %.*s, and there is none of that name", SPAN_ARG(wrong));
		return run_without(order, verb);
	}
	if (span_equal(verb, SPAN("list")))
		return bgp_verb_list(order);
	if (span_equal(verb, SPAN("withdraw")))
		return bgp_verb_withdraw(order);
	if (order->settings->mode != BGP_ON && span_equal(verb, SPAN("add")))
		return command_failed("%s", bounds_sentence(BOUNDS_OFF));
	if (order->settings->mode != BGP_ON)  /* whatever was announced before is withdrawn by it */
		fprintf(stderr, "bouclier: %s; the watch withdraws what it finds\n", bounds_sentence(BOUNDS_OFF));
	return span_equal(verb, SPAN("watch")) ? bgp_verb_watch(order) : bgp_verb_add(order);
}

static int check_words(const struct options *options, struct span verb)
{
	unsigned wanted = span_equal(verb, SPAN("add")) || span_equal(verb, SPAN("withdraw")) ? 3 : 2;
	bool is_told_where = option_is_given(options, "include") || option_is_given(options, "bird");

	if (!span_equal(verb, SPAN("list")) && !span_equal(verb, SPAN("watch")) && wanted == 2)
		return command_misused(command_find(SPAN("packet")), "bgp list, bgp add, bgp withdraw or bgp watch, not bgp %.*s", SPAN_ARG(verb));
	if (option_is_given(options, "dry-run") || option_is_given(options, "undo"))
		return command_misused(command_find(SPAN("packet")), "--dry-run and --undo do not go with bgp: what it adds ends by itself");
	if (is_told_where && !span_equal(verb, SPAN("list")) && !span_equal(verb, SPAN("withdraw")))
		return command_misused(command_find(SPAN("packet")), "--include and --bird go with bgp list and bgp withdraw");
	if (options->argument_count != wanted)
		return command_misused(command_find(SPAN("packet")), wanted == 3 ? "bgp %.*s wants one argument" : "bgp %.*s wants no argument", SPAN_ARG(verb));
	return EXIT_DONE;
}

int packet_bgp(const struct options *options)
{
	static const struct bounds no_bounds;
	static const struct bgp_settings defaults = {
		.socket = SPAN_INIT(BGP_SOCKET_DEFAULT), .include = SPAN_INIT(BGP_INCLUDE_DEFAULT), .community = SPAN_INIT(BGP_COMMUNITY_DEFAULT),
	};
	struct span verb = span_of(options->argument_count > 1 ? options->arguments[1] : "");
	struct bgp_settings settings = defaults;
	struct bgp_order order = { .options = options, .settings = &settings, .bounds = &no_bounds };
	struct loaded loaded;
	int code = check_words(options, verb);

	if (code != EXIT_DONE)
		return code;
	if (loaded_read(&loaded, options, 0) == RESULT_OK) {
		order.snapshot = loaded.snapshot;
		settings = link_settings_of(loaded.snapshot)->bgp;
	} else {
		loaded_complain(&loaded);
	}
	if (option_is_given(options, "include"))
		settings.include = span_of(option_text(options, "include", NULL));
	if (option_is_given(options, "bird"))
		settings.socket = span_of(option_text(options, "bird", NULL));
	code = order.snapshot ? run(&order, verb) : run_without(&order, verb);
	loaded_done(&loaded);
	return code;
}
