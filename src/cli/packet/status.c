/* `packet status`: what is attached, how, and what waits. */
#include <stdio.h>

#include "cli/page.h"
#include "cli/packet/packet.h"

#include "base/banned.h"

#define NS_PER_S 1000000000u

static const char *kind_name(enum pending_kind kind)
{
	return kind == PENDING_LISTS ? "deny load" : kind == PENDING_ATTACH ? "attach" : kind == PENDING_EGRESS ? "egress enforce" : "a change of nftables";
}

/* CONTROLLER: NULL where there is nothing to control. */
static int print_json(const struct packet_state *state, const struct packet_controller *controller)
{
	struct packet_page page;

	packet_page_open(&page);
	json_put_bool(&page.json, SPAN("attached"), state->is_attached || state->has_nft);
	if (state->is_attached)
		json_put_text(&page.json, SPAN("mode"), state->is_observing ? SPAN("observe") : SPAN("enforce"));
	packet_put_targets(&page.json, &state->targets);
	json_put_bool(&page.json, SPAN("nftables"), state->has_nft);
	json_put_bool(&page.json, SPAN("waits"), state->waits);
	if (state->waits) {
		json_put_text(&page.json, SPAN("what"), span_of(kind_name(state->kind)));
		json_put_number(&page.json, SPAN("undone_in_s"), (state->left_ns + NS_PER_S - 1) / NS_PER_S);
	}
	if (state->undone[0])
		json_put_text(&page.json, SPAN("undone"), span_of(state->undone));
	if (controller)
		packet_controller_put(&page.json, controller);
	return packet_page_close(&page);
}

static int print_human(const struct packet_state *state, const struct packet_controller *controller)
{
	if (!state->is_attached && !state->has_nft)
		printf("no filter is attached: bouclier packet attach does it\n");
	packet_print_targets(&state->targets);
	if (state->has_nft)
		printf("table netdev bouclier: %s\n  %s\n", packet_rung_name(RUNG_NFTABLES), packet_rung_loss(RUNG_NFTABLES));
	if (state->is_attached)
		printf("mode: %s\n", state->is_observing ? "observe (nothing is dropped)" : "enforce");
	if (controller)
		packet_controller_print(controller);
	if (state->waits)
		printf("%s is undone in %llu s, unless: bouclier packet confirm\n", kind_name(state->kind), (unsigned long long)((state->left_ns + NS_PER_S - 1) / NS_PER_S));
	if (state->undone[0])
		printf("%s\n", state->undone);
	return EXIT_DONE;
}

int packet_status(const struct options *options)
{
	struct packet_controller controller;
	struct packet_state state;
	int code = packet_look(&state);
	bool has_maps = code == EXIT_DONE && state.maps.fds[0] >= 0;

	if (has_maps)
		packet_controller_look(&state, options, &controller);
	if (code == EXIT_DONE)
		code = options->is_json ? print_json(&state, has_maps ? &controller : NULL) : print_human(&state, has_maps ? &controller : NULL);
	packet_maps_close(&state.maps);
	return code;
}
