/* `packet bgp list|add|withdraw|watch`: rules and routes for the carrier, through BIRD. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/bgp/bounds.h"
#include "cli/bgp/wish.h"
#include "cli/bgp/bgp.h"
#include "cli/report/uplink.h"
#include "event/json.h"
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
	bool answers, is_absent;
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
	json_put_bool(&json, SPAN("watched"), bgp->is_watched);
	json_put_bool(&json, SPAN("watch_reaches_bird"), bgp->is_reached);
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
		printf("%s\n", bird->is_absent ? "BIRD does not answer: nothing is announced by it" : "BIRD is not reached: what it announces is not known");
	printf("%s\n", !bgp->is_watched ? "the watch does not run: nothing can be added (bouclier packet bgp watch)" :
	                bgp->is_reached ? "the watch runs" : "the watch runs, and does not reach BIRD: nothing can be added");
	return EXIT_DONE;
}

/* The lock is not held while it is written to whoever reads slowly. */
static int list(const struct bgp_order *order, const struct bounds *bounds)
{
	struct bird_told told = { .answers = false };
	struct bird bird;
	struct bgp bgp;
	enum result result = bgp_open(order->settings, &bgp);

	bgp_close(&bgp);
	if (result != RESULT_OK)
		return command_failed("%s", bgp.error);
	result = bird_open(order->settings->socket, &bird);
	told.is_absent = result == RESULT_NOT_FOUND;
	if (result == RESULT_OK) {
		told.answers = bird_sessions(&bird, &told.up, &told.down) == RESULT_OK;
		bird_close(&bird);
	}
	return order->options->is_json ? list_json(&bgp, bounds, &told) : list_text(&bgp, bounds, &told);
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

static int say_added(const struct bgp_order *order, const struct bgp_route *route, bool makes_unreachable)
{
	struct json_writer json;
	struct buffer text;

	if (!order->options->is_json) {
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

/* A session that is down takes nothing to the carrier: it is there when the session is. */
static void warn_of_sessions(struct bird *bird)
{
	unsigned up = 0, down = 0;
	enum result result = bird_sessions(bird, &up, &down);

	if (result != RESULT_OK)
		fprintf(stderr, "bouclier: BIRD does not say whether its sessions are established (%s): look at bouclier packet bgp list\n", result_name(result));
	else if (!up)
		fprintf(stderr, "bouclier: NO BGP SESSION IS ESTABLISHED: the carrier has not been told, and is when one is (%u %s down)\n", down, down == 1 ? "is" : "are");
}

static int announce(const struct bgp_order *order, const struct bgp_wish *wish, struct bird *bird, struct bgp_route *out)
{
	enum bounds_refusal refusal = BOUNDS_NONE;
	struct bgp bgp;
	uint32_t id = 0;
	int code = EXIT_DONE;

	if (bgp_open(order->settings, &bgp) != RESULT_OK)
		code = command_failed("%s", bgp.error);
	else if (bgp_add(&bgp, bird, wish, wall_ms(), &id, &refusal) == RESULT_OK)
		*out = bgp.include.routes[bgp.include.count - 1];
	else
		code = command_failed("refused: %s", refusal != BOUNDS_NONE ? bounds_sentence(refusal) : bgp.error);
	bgp_close(&bgp);
	return code;
}

static int add(const struct bgp_order *order, const struct bounds *bounds)
{
	struct bgp_wish wish;
	struct bgp_route route;
	enum bounds_refusal refusal;
	struct bird bird;
	bool makes_unreachable;
	int code = bgp_wish_read(order->options, bounds, &wish);

	if (code != EXIT_DONE)
		return code;
	refusal = bounds_judge(bounds, &wish);
	makes_unreachable = bounds_make_unreachable(bounds, &wish.rule);
	if (refusal != BOUNDS_NONE)
		return command_failed("refused: %s", bounds_sentence(refusal));
	code = judge_line(order, bounds, &wish.rule);
	if (code == EXIT_DONE)
		code = reach(order, &bird);
	if (code != EXIT_DONE)
		return code;
	if (makes_unreachable)  /* before it is, and beside JSON as well */
		fprintf(stderr, "bouclier: THIS MAKES THE PORTAL UNREACHABLE: nobody reaches it at this address until then, those who run it included\n");
	code = announce(order, &wish, &bird, &route);
	if (code == EXIT_DONE) {
		warn_of_sessions(&bird);
		code = say_added(order, &route, makes_unreachable);
	}
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

static int take_back(const struct bgp_order *order, struct bird *bird, uint32_t id, unsigned *count)
{
	struct bgp bgp;
	enum result result = bgp_open(order->settings, &bgp);
	int code = EXIT_DONE;

	if (result == RESULT_OK)
		result = bgp_withdraw(&bgp, bird, id, count);
	else
		id = 0;
	if (result == RESULT_NOT_FOUND && id)
		code = command_failed("there is no route %u", id);
	else if (result != RESULT_OK)
		code = command_failed("%s", bgp.error);
	bgp_close(&bgp);
	return code;
}

/* Whatever the configuration says: what was announced can be taken back by whoever may write the file and BIRD's socket. */
static int withdraw(const struct bgp_order *order, const struct bounds *bounds)
{
	struct span which = span_of(order->options->arguments[2]);
	struct bird bird;
	uint64_t id = 0;
	unsigned count = 0;
	enum result reached;
	int code;

	(void)bounds;
	if (!span_equal(which, SPAN("all")) && (span_to_u64(which, UINT32_MAX, &id) != RESULT_OK || !id))
		return command_misused(self(), "bgp withdraw wants a number of bgp list, or all, not %.*s", SPAN_ARG(which));
	reached = bird_open(order->settings->socket, &bird);
	if (reached == RESULT_NOT_FOUND)
		fprintf(stderr, "bouclier: BIRD does not run: it is taken out of the file alone\n");
	code = take_back(order, reached == RESULT_OK ? &bird : NULL, (uint32_t)id, &count);
	if (reached == RESULT_OK)
		bird_close(&bird);
	if (code == EXIT_DONE && reached != RESULT_OK && reached != RESULT_NOT_FOUND)
		return command_failed("BIRD at %.*s is not reached (%s): %u route%s taken out of the file, and BIRD may go on announcing them until the watch tells it",
		                      SPAN_ARG(order->settings->socket), result_name(reached), count, count == 1 ? " was" : "s were");
	return code == EXIT_DONE ? say_withdrawn(order, count) : code;
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

/* The configuration cannot be read: list and withdraw need none. What a watch cannot be told the bounds of is not announced either. */
static int run_without(const struct bgp_order *order, const struct bounds *bounds, struct span verb)
{
	unsigned count = 0;
	struct bird bird;
	enum result reached;

	if (span_equal(verb, SPAN("list")))
		return list(order, bounds);
	if (span_equal(verb, SPAN("withdraw")))
		return withdraw(order, bounds);
	if (!span_equal(verb, SPAN("watch")))
		return EXIT_FAILED;
	reached = bird_open(order->settings->socket, &bird);
	if (take_back(order, reached == RESULT_OK ? &bird : NULL, 0, &count) == EXIT_DONE && count)
		fprintf(stderr, "bouclier: nobody knows what may be announced: %u route%s withdrawn\n", count, count == 1 ? "" : "s");
	if (reached == RESULT_OK)
		bird_close(&bird);
	return EXIT_FAILED;
}

static int run(const struct bgp_order *order, struct span verb)
{
	struct bounds bounds;
	struct span wrong;

	if (bgp_bounds_make(order->snapshot, &bounds, &wrong) != RESULT_OK) {
		(void)command_failed("link: { served: ... } names the site %.*s, and there is none of that name", SPAN_ARG(wrong));
		return run_without(order, &bounds, verb);
	}
	if (span_equal(verb, SPAN("list")))
		return list(order, &bounds);
	if (span_equal(verb, SPAN("withdraw")))
		return withdraw(order, &bounds);
	if (order->settings->mode != BGP_ON && span_equal(verb, SPAN("add")))
		return command_failed("%s", bounds_sentence(BOUNDS_OFF));
	if (order->settings->mode != BGP_ON)  /* whatever was announced before is withdrawn by it */
		fprintf(stderr, "bouclier: %s; the watch withdraws what it finds\n", bounds_sentence(BOUNDS_OFF));
	return span_equal(verb, SPAN("watch")) ? watch(&bounds) : add(order, &bounds);
}

static int check_words(const struct options *options, struct span verb)
{
	unsigned wanted = span_equal(verb, SPAN("add")) || span_equal(verb, SPAN("withdraw")) ? 3 : 2;
	bool is_told_where = option_is_given(options, "include") || option_is_given(options, "bird");

	if (!span_equal(verb, SPAN("list")) && !span_equal(verb, SPAN("watch")) && wanted == 2)
		return command_misused(self(), "bgp list, bgp add, bgp withdraw or bgp watch, not bgp %.*s", SPAN_ARG(verb));
	if (option_is_given(options, "dry-run") || option_is_given(options, "undo"))
		return command_misused(self(), "--dry-run and --undo do not go with bgp: what it adds ends by itself");
	if (is_told_where && !span_equal(verb, SPAN("list")) && !span_equal(verb, SPAN("withdraw")))
		return command_misused(self(), "--include and --bird go with bgp list and bgp withdraw");
	if (options->argument_count != wanted)
		return command_misused(self(), wanted == 3 ? "bgp %.*s wants one argument" : "bgp %.*s wants no argument", SPAN_ARG(verb));
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
	struct bgp_order order = { .options = options, .settings = &settings };
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
	code = order.snapshot ? run(&order, verb) : run_without(&order, &no_bounds, verb);
	loaded_done(&loaded);
	return code;
}
