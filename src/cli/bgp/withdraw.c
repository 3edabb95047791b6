/* `packet bgp withdraw`: what is announced no more. */
#include <stdio.h>

#include "cli/bgp/inner.h"
#include "cli/command.h"

#include "base/banned.h"

#define JOURNAL_WAIT_MS 2000

static int say_withdrawn(const struct bgp_order *order, unsigned count)
{
	if (order->options->is_json)
		printf("{\"withdrawn\":%u}\n", count);
	else
		printf("%u route%s withdrawn\n", count, count == 1 ? "" : "s");
	return EXIT_DONE;
}

/* Those with ID; 0: all. */
static void pick(const struct bgp_include *include, uint32_t id, struct bgp_include *out)
{
	out->count = 0;
	for (unsigned i = 0; i < include->count; i++) {
		if (!id || include->routes[i].id == id)
			out->routes[out->count++] = include->routes[i];
	}
}

int bgp_take_out(const struct bgp_order *order, struct bird *bird, uint32_t id, struct bgp_include *gone)
{
	struct bgp bgp;
	unsigned count;
	enum result result = bgp_open(order->settings, &bgp);
	int code = EXIT_DONE;

	gone->count = 0;
	if (result == RESULT_OK) {
		pick(&bgp.include, id, gone);
		result = bgp_withdraw(&bgp, bird, id, &count);
	} else {
		id = 0;
	}
	if (result == RESULT_NOT_FOUND && id)
		code = command_failed("there is no route %u", id);
	else if (result != RESULT_OK)
		code = command_failed("%s", bgp.error);
	bgp_close(&bgp);
	return code;
}

static void write_down(const struct bgp_order *order, const struct bgp_include *gone, const char *why)
{
	bool is_told = true;

	for (unsigned i = 0; i < gone->count && is_told; i++)
		is_told = bgp_write_down(order->options, &gone->routes[i], why, JOURNAL_WAIT_MS);
	if (!is_told)
		fprintf(stderr, "bouclier: no shield answers: it is not in the journal\n");
}

int bgp_verb_withdraw(const struct bgp_order *order)
{
	struct span which = span_of(order->options->arguments[2]);
	bool is_certain;
	struct bgp_include gone;
	struct bird bird;
	uint64_t id = 0;
	enum result reached;
	int code;

	if (!span_equal(which, SPAN("all")) && (span_to_u64(which, UINT32_MAX, &id) != RESULT_OK || !id))
		return command_misused(command_find(SPAN("packet")), "bgp withdraw wants a number of bgp list, or all, not %.*s", SPAN_ARG(which));
	reached = bird_open(order->settings->socket, &bird);
	is_certain = reached == RESULT_OK || reached == RESULT_NOT_FOUND;
	if (reached == RESULT_NOT_FOUND)
		fprintf(stderr, "bouclier: BIRD does not run: it is taken out of the file alone\n");
	code = bgp_take_out(order, reached == RESULT_OK ? &bird : NULL, (uint32_t)id, &gone);
	if (reached == RESULT_OK)
		bird_close(&bird);
	if (code != EXIT_DONE)
		return code;
	write_down(order, &gone, is_certain ? "by a person" : "by a person; BIRD is not reached, and may go on announcing it");
	if (is_certain)
		return say_withdrawn(order, gone.count);
	return command_failed("BIRD at %.*s is not reached (%s): %u route%s taken out of the file, and BIRD may go on announcing them until the watch tells it",
	                      SPAN_ARG(order->settings->socket), result_name(reached), gone.count, gone.count == 1 ? " was" : "s were");
}
