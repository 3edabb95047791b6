#include "edge/sites/meter_request.h"

#include "base/banned.h"

static uint64_t latency_us(const struct request *request)
{
	bool is_known = request->origin_status && request->forwarded_ns && request->first_byte_ns > request->forwarded_ns;

	return is_known && !request->is_tunnel ? (request->first_byte_ns - request->forwarded_ns) / 1000 : 0;
}

void meter_of_request(const struct request *request)
{
	const struct edge_site *site = request->site;
	struct meter_request seen;

	if (!site || !site->meter || request_is_probe(request) || request->reason == REASON_MAINTENANCE)
		return;
	seen = (struct meter_request){ .status = request->status, .latency_us = latency_us(request), .is_stranger = request->caller.is_new, .has_query = request->head.has_query,
		                       .has_body = request->head.body.framing != BODY_NONE, .is_h2 = request->is_h2 };
	meter_count(site->meter, request->connection->worker->index, &seen);
}
