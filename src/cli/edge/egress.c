#include "cli/edge/egress.h"

#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define ORIGIN_BYTES 512u

/* Copied: nobody who asks for an origin waits for a journal. Empty: it leads to none. */
static void origin_of(struct origins *origins, const struct egress_news *news, char out[ORIGIN_BYTES])
{
	struct endpoint endpoint = { .port = news->to.port };

	out[0] = '\0';
	memcpy(endpoint.address.bytes, news->to.bytes, sizeof(endpoint.address.bytes));
	pthread_mutex_lock(&origins->lock);
	list_each(node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (origin_has_endpoint(origin, &endpoint)) {
			snprintf(out, ORIGIN_BYTES, "%.*s", SPAN_ARG(origin->text));
			break;
		}
	}
	pthread_mutex_unlock(&origins->lock);
}

void edge_egress_write(struct edge_state *state, const struct egress_news *news)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = news->is_alarm ? SPAN("egress-alarm") : SPAN("egress-refused"), .detail = span_of(news->text) };
	char origin[ORIGIN_BYTES] = "";

	if (news->has_to && news->to.kind == EGRESS_OUT && news->to.protocol == IPPROTO_TCP)
		origin_of(&state->common.origins, news, origin);
	if (origin[0]) {
		notice.action = SPAN("egress-alarm");
		notice.origin = span_of(origin);
		fprintf(stderr, "bouclier: egress: ALARM: the kernel refuses the way to origin %s: bouclier packet egress refresh\n", origin);
	}
	if (state->event)
		event_notice(state->event, &notice);
}
