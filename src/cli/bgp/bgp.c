/* `packet bgp list|add|withdraw|watch`: rules and routes for the carrier, through BIRD. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/loaded.h"
#include "cli/bgp/bounds.h"
#include "cli/bgp/wish.h"
#include "cli/bgp/bgp.h"
#include "cli/report/uplink.h"
#include "packet/carrier/bgp.h"
#include "packet/settings.h"

#include "base/banned.h"

#define LIST_MAX ((size_t)256 << 10)
#define MEASURE_MS 1200u

struct bgp_order {
	const struct options *options;
	const struct snapshot *snapshot;
	const struct bgp_settings *settings;
};

static const struct command *self(void)
{
	return command_find(SPAN("packet"));
}

static uint64_t wall_ms(void)
{
	return clock_wall_ns() / 1000000;
}

/* BIRD is there, or it was said why not. */
static int reach(const struct bgp_order *order, struct bird *bird)
{
	enum result result = bird_open(order->settings->socket, bird);

	if (result == RESULT_OK)
		return EXIT_DONE;
	return command_failed("BIRD at %.*s: %s", SPAN_ARG(order->settings->socket),
	                      result == RESULT_NOT_FOUND ? "nobody answers: it does not run" : result == RESULT_REFUSED ? "its socket is not for this user" : result_name(result));
}

/* -- list -- */

static void put_route(struct json_writer *json, const struct bgp_route *route, bool makes_unreachable)
{
	struct buffer text;

	buffer_init(&text, 1024);
	if (bgp_rule_write(&route->rule, &text) != RESULT_OK)
		json->result = RESULT_NO_MEMORY;
	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("number"), route->id);
	json_put_text(json, SPAN("rule"), buffer_span(&text));
	json_put_time_ms(json, SPAN("since"), route->since_ms);
	json_put_time_ms(json, SPAN("until"), route->until_ms);
	json_put_text(json, SPAN("by"), span_of(route->by));
	json_put_bool(json, SPAN("unreachable"), makes_unreachable);
	json_close(json, '}');
	buffer_done(&text);
}

static void print_route(const struct bgp_route *route, bool makes_unreachable)
{
	char until[CLOCK_ISO_LEN + 1];
	struct buffer text;

	buffer_init(&text, 1024);
	clock_write_iso_ms(route->until_ms < CLOCK_ISO_MS_MAX ? route->until_ms : CLOCK_ISO_MS_MAX, until);
	if (bgp_rule_write(&route->rule, &text) == RESULT_OK)
		printf("%-4u until %.19sZ  %.*s%s%s%s\n", route->id, until, SPAN_ARG(buffer_span(&text)), route->by[0] ? "  by " : "", route->by,
		       makes_unreachable ? "  (the portal is unreachable there)" : "");
	buffer_done(&text);
}

struct bird_told {
	bool answers;
	unsigned up, down;
};

static int list_json(const struct bgp *bgp, const struct bounds *bounds, const struct bird_told *bird)
{
	struct json_writer json;
	struct buffer text;
	int code = EXIT_DONE;

	buffer_init(&text, LIST_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("routes"), '[');
	for (unsigned i = 0; i < bgp->include.count; i++)
		put_route(&json, &bgp->include.routes[i], bounds_make_unreachable(bounds, &bgp->include.routes[i].rule));
	json_close(&json, ']');
	json_put_bool(&json, SPAN("changed_by_hand"), bgp->is_damaged);
	json_put_bool(&json, SPAN("watched"), bgp_is_watched(bgp));
	json_put_bool(&json, SPAN("bird"), bird->answers);
	json_put_number(&json, SPAN("sessions_up"), bird->up);
	json_put_number(&json, SPAN("sessions_down"), bird->down);
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	else
		code = command_failed("there is no memory for it");
	buffer_done(&text);
	return code;
}

static int list_text(const struct bgp *bgp, const struct bounds *bounds, const struct bird_told *bird)
{
	for (unsigned i = 0; i < bgp->include.count; i++)
		print_route(&bgp->include.routes[i], bounds_make_unreachable(bounds, &bgp->include.routes[i].rule));
	if (!bgp->include.count)
		printf("nothing is announced\n");
	if (bgp->is_damaged)
		printf("%s was changed by somebody else: the watch withdraws all of it\n", bgp->path);
	if (bird->answers)
		printf("BIRD answers: %u BGP session%s established, %u not\n", bird->up, bird->up == 1 ? "" : "s", bird->down);
	else
		printf("BIRD does not answer: nothing is announced by it\n");
	printf("%s\n", bgp_is_watched(bgp) ? "the watch runs" : "the watch does not run: nothing can be added (bouclier packet bgp watch)");
	return EXIT_DONE;
}

static int list(const struct bgp_order *order, struct bgp *bgp, const struct bounds *bounds)
{
	struct bird_told told = { .answers = false };
	struct bird bird;

	if (bird_open(order->settings->socket, &bird) == RESULT_OK) {
		told.answers = bird_sessions(&bird, &told.up, &told.down) == RESULT_OK;
		bird_close(&bird);
	}
	return order->options->is_json ? list_json(bgp, bounds, &told) : list_text(bgp, bounds, &told);
}

/* -- add -- */

/* How full the line is, if that matters. */
static int judge_line(const struct bgp_order *order, const struct bounds *bounds, const struct bgp_rule *rule)
{
	static const struct link_view none;
	struct link_view view;
	struct uplink line;
	int code;

	if (bounds_judge_line(bounds, rule, &none) == BOUNDS_NONE)
		return EXIT_DONE;
	code = uplink_open(link_settings_of(order->snapshot), &line);
	if (code != EXIT_DONE)
		return code;
	if (uplink_measure(&line, MEASURE_MS) != RESULT_OK)
		code = command_failed("the line (%s) could not be measured", line.names);
	view = link_look(&line.link);
	if (code == EXIT_DONE && bounds_judge_line(bounds, rule, &view) != BOUNDS_NONE)
		code = command_failed("%s: it is at %u %%", bounds_sentence(BOUNDS_LINE_IS_QUIET), view.percent);
	uplink_close(&line);
	return code;
}

static int say_added(const struct bgp_order *order, const struct bgp *bgp, bool makes_unreachable)
{
	const struct bgp_route *route = &bgp->include.routes[bgp->include.count - 1];
	struct json_writer json;
	struct buffer text;

	if (!order->options->is_json) {
		if (makes_unreachable)
			printf("THIS MAKES THE PORTAL UNREACHABLE: nobody reaches it at this address until then, those who run it included.\n");
		print_route(route, makes_unreachable);
		printf("It ends by itself; before that with: bouclier packet bgp withdraw %u\n", route->id);
		return EXIT_DONE;
	}
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	put_route(&json, route, makes_unreachable);
	printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	return EXIT_DONE;
}

static int add(const struct bgp_order *order, struct bgp *bgp, const struct bounds *bounds)
{
	struct bgp_wish wish;
	enum bounds_refusal refusal;
	struct bird bird;
	uint32_t id;
	int code = bgp_wish_read(order->options, bounds, &wish);

	if (code != EXIT_DONE)
		return code;
	refusal = bounds_judge(bounds, &wish);
	if (refusal != BOUNDS_NONE)
		return command_failed("refused: %s", bounds_sentence(refusal));
	code = judge_line(order, bounds, &wish.rule);
	if (code == EXIT_DONE)
		code = reach(order, &bird);
	if (code != EXIT_DONE)
		return code;
	if (bgp_add(bgp, &bird, &wish, wall_ms(), &id, &refusal) == RESULT_OK)
		code = say_added(order, bgp, bounds_make_unreachable(bounds, &wish.rule));
	else
		code = command_failed("refused: %s", refusal != BOUNDS_NONE ? bounds_sentence(refusal) : bgp->error);
	bird_close(&bird);
	return code;
}

/* -- withdraw -- */

static int say_withdrawn(const struct bgp_order *order, unsigned count)
{
	if (order->options->is_json)
		printf("{\"withdrawn\":%u}\n", count);
	else
		printf("%u route%s withdrawn\n", count, count == 1 ? "" : "s");
	return EXIT_DONE;
}

static int withdraw(const struct bgp_order *order, struct bgp *bgp, const struct bounds *bounds)
{
	struct span which = span_of(order->options->arguments[2]);
	struct bird bird;
	uint64_t id = 0;
	unsigned count = 0;
	enum result result;
	bool has_bird;

	(void)bounds;
	if (!span_equal(which, SPAN("all")) && (span_to_u64(which, UINT32_MAX, &id) != RESULT_OK || !id))
		return command_misused(self(), "bgp withdraw wants a number of bgp list, or all, not %.*s", SPAN_ARG(which));
	result = bird_open(order->settings->socket, &bird);
	has_bird = result == RESULT_OK;
	if (!has_bird)
		fprintf(stderr, "bouclier: BIRD does not answer (%s): it is taken out of the file alone\n", result_name(result));
	result = bgp_withdraw(bgp, has_bird ? &bird : NULL, (uint32_t)id, &count);
	if (has_bird)
		bird_close(&bird);
	if (result == RESULT_NOT_FOUND)
		return command_failed("there is no route %llu", (unsigned long long)id);
	return result == RESULT_OK ? say_withdrawn(order, count) : command_failed("%s", bgp->error);
}

/* -- watch -- */

static volatile sig_atomic_t is_ended;

static void on_signal(int signal)
{
	(void)signal;
	is_ended = 1;
}

static void say(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "bouclier: %s\n", sentence);
}

static int watch(const struct bounds *bounds)
{
	const struct sigaction action = { .sa_handler = on_signal };
	char error[BGP_ERROR_MAX] = "";
	struct bgp_watch watch;
	sigset_t ends, before;

	if (bgp_watch_open(bounds, &watch, error) != RESULT_OK)
		return command_failed("%s", error);
	watch.tell = say;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);  /* a signal ends the wait, and never a change in the middle */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!is_ended) {
		const struct timespec second = { .tv_sec = 1 };
		struct pollfd bird;

		bgp_watch_turn(&watch, wall_ms());
		bird = (struct pollfd){ .fd = watch.is_connected ? watch.bird.fd : -1, .events = POLLIN };
		(void)ppoll(&bird, 1, &second, &before);
	}
	bgp_watch_done(&watch);
	return EXIT_DONE;
}

/* -- all of them -- */

static int with_file(const struct bgp_order *order, const struct bounds *bounds, int (*act)(const struct bgp_order *order, struct bgp *bgp, const struct bounds *bounds))
{
	struct bgp bgp;
	int code;

	if (bgp_open(order->settings, &bgp) == RESULT_OK)
		code = act(order, &bgp, bounds);
	else
		code = command_failed("%s", bgp.error);
	bgp_close(&bgp);
	return code;
}

static int run(const struct bgp_order *order)
{
	struct span verb = span_of(order->options->argument_count > 1 ? order->options->arguments[1] : "");
	struct bounds bounds;
	struct span wrong;
	unsigned wanted = span_equal(verb, SPAN("add")) || span_equal(verb, SPAN("withdraw")) ? 3 : 2;

	if (!span_equal(verb, SPAN("list")) && !span_equal(verb, SPAN("watch")) && wanted == 2)
		return command_misused(self(), "bgp list, bgp add, bgp withdraw or bgp watch, not bgp %.*s", SPAN_ARG(verb));
	if (option_is_given(order->options, "dry-run") || option_is_given(order->options, "undo"))
		return command_misused(self(), "--dry-run and --undo do not go with bgp: what it adds ends by itself");
	if (order->options->argument_count != wanted)
		return command_misused(self(), wanted == 3 ? "bgp %.*s wants one argument" : "bgp %.*s wants no argument", SPAN_ARG(verb));
	if (order->settings->mode != BGP_ON)
		return command_failed("%s", bounds_sentence(BOUNDS_OFF));
	if (bgp_bounds_make(order->snapshot, &bounds, &wrong) != RESULT_OK)
		return command_failed("link: { served: ... } names the site %.*s, and there is none of that name", SPAN_ARG(wrong));
	if (span_equal(verb, SPAN("watch")))
		return watch(&bounds);
	return with_file(order, &bounds, span_equal(verb, SPAN("list")) ? list : span_equal(verb, SPAN("add")) ? add : withdraw);
}

int packet_bgp(const struct options *options)
{
	struct bgp_order order = { .options = options };
	struct loaded loaded;
	int code = EXIT_FAILED;

	if (loaded_read(&loaded, options, 0) == RESULT_OK) {
		order.snapshot = loaded.snapshot;
		order.settings = &link_settings_of(loaded.snapshot)->bgp;
		code = run(&order);
	} else {
		loaded_complain(&loaded);
	}
	loaded_done(&loaded);
	return code;
}
