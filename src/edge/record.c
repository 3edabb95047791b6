/* The end of a request: what it was is told to all who count, in one fact to the journal, and its source pays for it. */
#include <endian.h>

#include "edge/hits/hits_request.h"
#include "edge/inspect/inspect_after.h"
#include "edge/inspect/inspect.h"
#include "edge/observing/observing.h"
#include "edge/request.h"
#include "edge/sites/meter_request.h"

#include "base/banned.h"

static uint64_t between_us(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;
}

/* What befell it; where nothing did, what guard/ would have done. */
static struct would verdict_of(const struct request *request)
{
	bool is_served = request->decision == DECISION_ALLOW && request->reason == REASON_NONE;

	if (is_served && request->would.decision != DECISION_ALLOW)
		return (struct would){ DECISION_LOG, request->would.reason };
	return (struct would){ request->turn.has_waited && request->decision == DECISION_ALLOW ? DECISION_QUEUE : request->decision, request->reason };
}

static struct span bot_name(const struct bot *bot)
{
	return bot ? bot->name : SPAN_NONE;
}

static void state(struct request *request)
{
	struct connection *connection = request->connection;
	struct worker *worker = connection->worker;
	const struct pool_member *member = request->last_member;
	uint64_t end_ns = clock_mono_ns();
	struct would verdict = verdict_of(request);
	struct request_fact fact = {
		/* The number whose digits, highest first, are what head and page show. */
		.wall_ns = request->wall_ns, .request_id = { be64toh(request->id[0]), be64toh(request->id[1]) }, .worker = worker->index,
		.site = request->site ? request->site->site->index : UINT32_MAX,
		.tenant = request->site && request->site->tenant ? request->site->tenant->number : UINT32_MAX,
		.site_name = request->site ? request->site->site->name : SPAN_NONE,
		.tenant_name = request->site ? request->site->site->tenant : SPAN_NONE,
		.decision = verdict.decision, .reason = verdict.reason, .fault = request->fault, .would = request->would.decision, .would_reason = request->would.reason,
		.source = request->source, .peer = connection->peer.address, .source_port = connection->peer.port,
		.head = request->is_passthrough ? NULL : &request->head, .is_tls = connection->is_tls, .tls_version = transport_tls_version(&connection->transport),
		.sni = transport_sni(&connection->transport), .ja4 = transport_ja4(&connection->transport),
		.status = request->down_has_head ? request->status : 0, .origin_status = request->origin_status,
		.origin = member ? member->origin->text : SPAN_NONE, .request_bytes = request->up_bytes, .response_bytes = request->down_bytes,
		.wait_us = between_us(request->start_ns, request->connect_ns),
		.connect_us = between_us(request->connect_ns, request->connected_ns),
		.first_byte_us = between_us(request->forwarded_ns, request->first_byte_ns),
		.total_us = between_us(request->start_ns, end_ns),
		.retries = request->tries ? request->tries - 1 : 0, .is_reused = request->was_reused,
		.is_bypassed = request_is_bypassed(request), .caching = request->caching.state, .waf = request->waf, .seen_after = inspect_seen_after(request),
		.kind = caller_is_moved_for_kind(&request->caller) ? request->caller.kind : 0,
		.partner = request->caller.partner ? request->caller.partner->name : SPAN_NONE,
		.bot = bot_name(request->caller.bot), .impostor_of = bot_name(request->caller.impostor_of),
	};

	worker->sink.request(worker->sink.context, &fact);
	if (connection->probe && !request->is_probe_start)
		probe_log_add(&worker->common->probes, connection->probe, &fact);
}

enum step_outcome step_record(struct request *request)
{
	struct connection *connection = request->connection;
	struct worker *worker = connection->worker;
	bool is_cut = request->is_cut;

	if (inspect_after(request) == STEP_WAIT)
		return STEP_WAIT;
	inspect_log(request);
	hits_of_request(request);
	meter_of_request(request);
	observed_of_request(request);
	state(request);
	/* A tunnel that the origin ended first still has it: nobody but this request may be woken by it. */
	if (request->origin || request->member || request->turn.member)
		request_release_origin(request, false);
	caller_settle(request);
	worker->gauges.requests_at_work--;
	if (request->is_h2) {
		http2_request_over(request);
	} else {
		connection->request = NULL;
		connection->pace.since_ms = 0;
	}
	request_free(request, worker);
	if (is_cut && connection->stage == CONNECTION_HTTP_1)
		connection_close(connection, true);
	return STEP_OVER;
}
