#include "cli/edge/egress.h"

#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

/* The lock is held. */
static struct origin *origin_of(struct origins *origins, const struct egress_news *news)
{
	struct endpoint endpoint = { .port = news->to.port };

	memcpy(endpoint.address.bytes, news->to.bytes, sizeof(endpoint.address.bytes));
	list_each(node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (origin_has_endpoint(origin, &endpoint))
			return origin;
	}
	return NULL;
}

void edge_egress_write(struct edge_state *state, const struct egress_news *news)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = news->is_alarm ? SPAN("egress-alarm") : SPAN("egress-refused"), .detail = span_of(news->text) };
	bool may_be_origin = news->has_to && news->to.kind == EGRESS_OUT && news->to.protocol == IPPROTO_TCP;
	struct origins *origins = &state->common.origins;
	const struct origin *origin;

	pthread_mutex_lock(&origins->lock);
	origin = may_be_origin ? origin_of(origins, news) : NULL;
	if (origin) {
		notice.action = SPAN("egress-alarm");
		notice.origin = origin->text;
		fprintf(stderr, "bouclier: egress: ALARM: the kernel refuses the way to origin %.*s: bouclier packet egress refresh\n", SPAN_ARG(origin->text));
	}
	if (state->event)
		event_notice(state->event, &notice);
	pthread_mutex_unlock(&origins->lock);
}
