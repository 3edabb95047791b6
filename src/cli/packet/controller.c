/* Of `packet status`: is the controller alive, and what of the filter is not asked because it is not. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/packet/packet.h"

#include "base/banned.h"

static void count(void *context, packet_source source, const struct packet_ban *ban)
{
	(void)context;
	(void)source;
	(void)ban;
}

static uint64_t wall_of(uint64_t mono_ns)
{
	return mono_ns ? clock_wall_ns() + mono_ns - clock_mono_ns() : 0;
}

void packet_controller_look(struct packet_state *state, const struct options *options, struct packet_controller *out)
{
	struct control *control;
	struct packet_top top;

	*out = (struct packet_controller){ .heartbeat_ns = state->heartbeat_ns };
	if (packet_ask_controller(options, &top) == RESULT_OK) {
		out->runs = true;
		out->since_ns = top.since_ns;
		out->shields = top.shields;
	}
	out->holds = out->heartbeat_ns && clock_mono_ns() < out->heartbeat_ns + PACKET_HEARTBEAT_NS;
	if (control_new(&state->maps, &control) == RESULT_OK) {
		out->bans = control_bans(control, count, NULL);
		control_free(control);
	}
}

void packet_controller_put(struct json_writer *json, const struct packet_controller *seen)
{
	json_open(json, SPAN("controller"), '{');
	json_put_bool(json, SPAN("runs"), seen->runs);
	if (seen->runs) {
		json_put_time(json, SPAN("since"), wall_of(seen->since_ns));
		json_put_number(json, SPAN("shields"), seen->shields);
	}
	json_put_time(json, SPAN("heartbeat"), wall_of(seen->heartbeat_ns));
	json_put_number(json, SPAN("bans"), seen->bans);
	json_put_bool(json, SPAN("learned_is_asked"), seen->holds);
	json_put_time(json, SPAN("learned_until"), seen->heartbeat_ns ? wall_of(seen->heartbeat_ns + PACKET_HEARTBEAT_NS) : 0);
	json_close(json, '}');
}

void packet_controller_print(const struct packet_controller *seen)
{
	char since[CLOCK_ISO_LEN + 1], last[CLOCK_ISO_LEN + 1], until[CLOCK_ISO_LEN + 1];

	clock_write_iso(wall_of(seen->since_ns), since);
	clock_write_iso(wall_of(seen->heartbeat_ns), last);
	clock_write_iso(wall_of(seen->heartbeat_ns + PACKET_HEARTBEAT_NS), until);
	if (seen->runs)
		printf("controller: alive since %s, shields connected: %u\n", since, seen->shields);
	else
		printf("controller: none answers (systemctl start bouclier-packet)\n");
	if (!seen->heartbeat_ns)
		printf("  it has never beaten since the filter was attached: bans (%zu) and source_budget are not asked\n", seen->bans);
	else if (!seen->holds)
		printf("  no heartbeat since %s: bans (%zu) and source_budget are not asked since %s; the rest of the filter holds\n", last, seen->bans, until);
	else if (!seen->runs || !seen->shields)
		printf("  no heartbeat since %s: bans (%zu) and source_budget are asked until %s; the rest of the filter holds\n", last, seen->bans, until);
	else
		printf("  last heartbeat %s; bans in the filter: %zu\n", last, seen->bans);
}
