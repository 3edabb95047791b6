/* `packet bgp list`: what is announced, and whether BIRD and the watch are there. */
#include <stdio.h>

#include "cli/bgp/inner.h"
#include "cli/command.h"

#include "base/banned.h"

#define LIST_MAX ((size_t)256 << 10)

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
		bgp_put_route(&json, &bgp->include.routes[i], bounds_make_unreachable(bounds, &bgp->include.routes[i].rule));
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
		bgp_print_route(&bgp->include.routes[i], bounds_make_unreachable(bounds, &bgp->include.routes[i].rule));
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
int bgp_verb_list(const struct bgp_order *order)
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
	return order->options->is_json ? list_json(&bgp, order->bounds, &told) : list_text(&bgp, order->bounds, &told);
}
