/* `packet bgp add`: a rule or a route for the carrier, if nothing speaks against it. */
#include <stdio.h>

#include "cli/bgp/inner.h"
#include "cli/bgp/wish.h"
#include "cli/command.h"
#include "cli/report/uplink.h"

#include "base/banned.h"

#define MEASURE_MS 1200u
#define JOURNAL_WAIT_MS 2000

/* BIRD is there, or it was said why not. */
static int reach(const struct bgp_order *order, struct bird *bird)
{
	enum result result = bird_open(order->settings->socket, bird);

	if (result == RESULT_OK)
		return EXIT_DONE;
	return command_failed("BIRD at %.*s: %s", SPAN_ARG(order->settings->socket),
	                      result == RESULT_NOT_FOUND ? "nobody answers: it does not run" : result == RESULT_REFUSED ? "its socket is not for this user" : result_name(result));
}

/* How full the line is, if that matters. */
static int judge_line(const struct bgp_order *order, const struct bgp_rule *rule)
{
	static const struct link_view none;
	struct link_view view;
	struct uplink line;
	int code;

	if (bounds_judge_line(order->bounds, rule, &none) == BOUNDS_NONE)
		return EXIT_DONE;
	code = uplink_open(order->snapshot, &line);
	if (code != EXIT_DONE)
		return code;
	if (uplink_measure(&line, MEASURE_MS) != RESULT_OK)
		code = command_failed("the line (%s) could not be measured", line.names);
	view = link_look(&line.link);
	if (code == EXIT_DONE && bounds_judge_line(order->bounds, rule, &view) != BOUNDS_NONE)
		code = command_failed("%s: it is at %u %%", bounds_sentence(BOUNDS_LINE_IS_QUIET), view.percent);
	uplink_close(&line);
	return code;
}

static int say_added(const struct bgp_order *order, const struct bgp_route *route, bool makes_unreachable)
{
	struct json_writer json;
	struct buffer text;

	if (!order->options->is_json) {
		bgp_print_route(route, makes_unreachable);
		printf("It ends by itself; before that with: bouclier packet bgp withdraw %u\n", route->id);
		return EXIT_DONE;
	}
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	bgp_put_route(&json, route, makes_unreachable);
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
	else if (bgp_add(&bgp, bird, wish, bgp_wall_ms(), &id, &refusal) == RESULT_OK)
		*out = bgp.include.routes[bgp.include.count - 1];
	else
		code = command_failed("refused: %s", refusal != BOUNDS_NONE ? bounds_sentence(refusal) : bgp.error);
	bgp_close(&bgp);
	return code;
}

int bgp_verb_add(const struct bgp_order *order)
{
	const struct bounds *bounds = order->bounds;
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
	code = judge_line(order, &wish.rule);
	if (code == EXIT_DONE)
		code = reach(order, &bird);
	if (code != EXIT_DONE)
		return code;
	if (makes_unreachable)  /* before it is, and beside JSON as well */
		fprintf(stderr, "bouclier: THIS MAKES THE PORTAL UNREACHABLE: nobody reaches it at this address until then, those who run it included\n");
	code = announce(order, &wish, &bird, &route);
	if (code == EXIT_DONE) {
		warn_of_sessions(&bird);
		if (!bgp_write_down(order->options, &route, NULL, JOURNAL_WAIT_MS))
			fprintf(stderr, "bouclier: no shield answers: it is not in the journal\n");
		code = say_added(order, &route, makes_unreachable);
	}
	bird_close(&bird);
	return code;
}
