/* `packet attach`: the filter before the interfaces of the configuration, on the best rung each can have. */
#include <stdio.h>

#include "cli/packet/packet.h"

#include "base/banned.h"

static void print_spared(const struct packet_asked *asked)
{
	printf("always passes:\n");
	for (unsigned i = 0; i < asked->spared.count; i++) {
		char name[NETWORK_TEXT_MAX];

		network_write(&asked->spared.list[i].network, name);
		printf("  %-44s %s%s\n", name, spared_why_name(asked->spared.list[i].why), asked->spared.list[i].why == SPARED_SSH ? " (until the next attach or list)" : "");
	}
	printf("  neighbour discovery, ARP and DHCP\n");
	printf("never hidden (TCP):");
	for (unsigned i = 0; i < asked->wish.expose_count; i++)
		printf(" %u", asked->exposes[i]);
	printf("\n");
}

static void put_spared(struct json_writer *json, const struct packet_asked *asked)
{
	json_open(json, SPAN("spared"), '[');
	for (unsigned i = 0; i < asked->spared.count; i++) {
		char name[NETWORK_TEXT_MAX];

		network_write(&asked->spared.list[i].network, name);
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("network"), span_of(name));
		json_put_text(json, SPAN("why"), span_of(spared_why_name(asked->spared.list[i].why)));
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, SPAN("never_hidden_tcp"), '[');
	for (unsigned i = 0; i < asked->wish.expose_count; i++)
		json_put_number(json, SPAN_NONE, asked->exposes[i]);
	json_close(json, ']');
}

static int print_json(const struct packet_asked *asked, const struct packet_outcome *outcome)
{
	struct packet_page page;

	packet_page_open(&page);
	if (outcome) {
		json_put_text(&page.json, SPAN("rung"), span_of(packet_rung_name(outcome->rung)));
		json_put_text(&page.json, SPAN("lost"), span_of(packet_rung_loss(outcome->rung)));
		json_put_bool(&page.json, SPAN("is_upgrade"), outcome->is_upgrade);
		packet_put_targets(&page.json, &outcome->targets);
		json_put_number(&page.json, SPAN("undone_in_s"), asked->wish.undo_s);
	} else {
		json_put_bool(&page.json, SPAN("dry_run"), true);
	}
	json_put_text(&page.json, SPAN("mode"), asked->wish.settings->mode == PACKET_MODE_OBSERVE ? SPAN("observe") : SPAN("enforce"));
	put_spared(&page.json, asked);
	return packet_page_close(&page);
}

static int show_plan(const struct packet_asked *asked, const struct options *options)
{
	const struct span *names = asked->wish.settings->interfaces.items;

	if (options->is_json)
		return print_json(asked, NULL);
	printf("would be attached (mode: %s):\n", asked->wish.settings->mode == PACKET_MODE_OBSERVE ? "observe" : "enforce");
	for (size_t i = 0; i < asked->wish.settings->interfaces.count; i++)
		printf("  %.*s\n", SPAN_ARG(names[i]));
	print_spared(asked);
	printf("Nothing was changed.\n");
	return EXIT_DONE;
}

/* Nobody starts it where the filter was taken off and put on again: its unit had nothing to control. */
static void print_controller(const struct packet_outcome *outcome, const struct options *options)
{
	bool is_xdp = false;
	struct packet_top top;

	for (unsigned i = 0; i < outcome->targets.count; i++)
		is_xdp |= outcome->targets.list[i].rung < RUNG_NFTABLES;
	if (is_xdp && packet_ask_controller(options, &top) != RESULT_OK)
		printf("\nNo controller answers: until it runs no ban reaches the filter (systemctl start bouclier-packet).\n");
}

static int show_outcome(const struct packet_asked *asked, const struct packet_outcome *outcome, const struct options *options)
{
	if (options->is_json)
		return print_json(asked, outcome);
	packet_print_targets(&outcome->targets);
	if (asked->wish.settings->mode == PACKET_MODE_OBSERVE)
		printf("\nmode: observe. What would be dropped is counted, and nothing is dropped.\n");
	print_spared(asked);
	print_controller(outcome, options);
	if (asked->wish.undo_s)
		packet_print_undo(&asked->wish);
	else
		printf("\nIt is what was confirmed, and stays.\n");
	return EXIT_DONE;
}

static int has_failed(const struct packet_outcome *outcome)
{
	int code = EXIT_DONE;

	for (unsigned i = 0; i < outcome->targets.count; i++) {
		if (outcome->targets.list[i].rung == RUNG_NOTHING)
			code = command_failed("%s is not filtered: %s", outcome->targets.list[i].name, outcome->targets.list[i].why);
	}
	return code;
}

/* A resolver may be late when the machine starts, and nobody is there whom it would be told. Availability: no filter rather than portals cut off from their own servers. */
static enum result refuse_unknown_origins(struct packet_asked *asked, const struct packet_prefixes *denied)
{
	if (!asked->origins_left_out || (!denied->v4_count && !denied->v6_count))
		return RESULT_OK;
	LOADER_COMPLAIN(&asked->complaints, "again when the resolver answers, or write their addresses under management", "not attached: the list of denied networks may cut off origins whose names cannot be resolved now");
	return RESULT_REFUSED;
}

/* What was confirmed, when the machine starts: the same, or nothing. It needs no second confirmation. */
static int attach_confirmed(struct packet_asked *asked, const struct options *options)
{
	struct packet_outcome outcome;
	struct packet_prefixes denied;
	enum result result;
	int code;

	prefixes_init(&denied);
	result = loader_confirmed(&asked->wish, &asked->complaints, &denied, &asked->wish.ground);
	if (result == RESULT_OK)
		result = refuse_unknown_origins(asked, &denied);
	if (result == RESULT_OK && option_is_given(options, "dry-run")) {
		prefixes_done(&denied);
		return show_plan(asked, options);
	}
	asked->wish.denied = &denied;
	if (result == RESULT_OK)
		result = loader_attach(&asked->wish, &asked->complaints, &outcome);
	if (result == RESULT_OK)
		result = loader_confirm(&asked->complaints);
	code = packet_end(result, &asked->complaints);
	prefixes_done(&denied);
	if (result == RESULT_NOT_FOUND)
		return command_failed("nothing was confirmed: bouclier packet attach, then confirm");
	asked->wish.undo_s = 0;
	if (code == EXIT_DONE)
		code = show_outcome(asked, &outcome, options);
	return code == EXIT_DONE ? has_failed(&outcome) : code;
}

/* A unit that is started once more has nothing to do. */
static int attach_again(struct packet_asked *asked, const struct options *options)
{
	struct packet_state state;
	int code = packet_look(&state);

	packet_maps_close(&state.maps);
	if (code != EXIT_DONE)
		return code;
	if (!state.is_attached && !state.has_nft)
		return attach_confirmed(asked, options);
	if (state.waits)  /* of an attempt that was ended half-way: it is undone, and tried again then */
		return command_failed("a change waits to be confirmed, or to be undone");
	fprintf(stderr, "bouclier: the filter is attached already\n");
	return EXIT_DONE;
}

static int attach(struct packet_asked *asked, const struct options *options)
{
	struct packet_outcome outcome;
	enum result result;
	int code;

	if (!asked->wish.settings->interfaces.count)
		return command_failed("the configuration names no interface: packet: { interfaces: [eth0] }");
	if (!asked->has_management)
		return command_failed("the configuration says nothing about who runs this machine, and he would be locked out first: management: [192.0.2.0/24]");
	if (option_is_given(options, "confirmed"))
		return attach_again(asked, options);
	if (option_is_given(options, "dry-run"))
		return show_plan(asked, options);
	result = loader_attach(&asked->wish, &asked->complaints, &outcome);
	code = packet_end(result, &asked->complaints);
	if (result != RESULT_OK)
		return code;
	code = show_outcome(asked, &outcome, options);
	return code == EXIT_DONE ? has_failed(&outcome) : code;
}

int packet_attach(const struct options *options)
{
	struct packet_asked asked;
	int code = packet_ask(&asked, options);

	if (code == EXIT_DONE)
		code = attach(&asked, options);
	packet_asked_done(&asked);
	return code;
}
