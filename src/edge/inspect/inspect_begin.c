/* A transaction of the rules, and the heads as they are shown to them. */
#include "base/encode.h"
#include "edge/inspect/inspect_after.h"
#include "edge/inspect/inspect_inner.h"
#include "edge/hits/retreat.h"
#include "waf/operator/operator.h"

#include "base/banned.h"

#define ID_DIGITS 32u
#define SPARES 64u                  /* transactions at once for which no memory is asked */
#define SLICE_NS 1000000u           /* then others of this worker have their turn */
#define BUDGET_NS 500000000u        /* of all phases: hundreds of times what the largest body needs */

static struct span unique_id(struct request *request)
{
	char *text = arena_take(&request->arena, ID_DIGITS);

	if (!text)
		return SPAN_NONE;
	hex_write(request->id, sizeof(request->id), text);
	return span_make(text, ID_DIGITS);
}

/* Security, fails closed: without memory every rule scores. */
static void take_retreats(struct request *request, struct waf_birth *birth)
{
	struct waf_retreat *targets = arena_new_array(&request->arena, struct waf_retreat, RETREATS_MAX);
	char *texts = arena_take(&request->arena, (size_t)RETREATS_MAX * HITS_TARGET_MAX);

	if (!targets || !texts)
		return;
	birth->retreats = targets;
	birth->retreat_count = retreat_of_request(request->site->hits, request->site->key, request_method(request), request->head.path,
	                                          (uint32_t)(request->wall_ns / 1000000000u), targets, texts);
}

bool inspect_may_retreat(const struct request *request)
{
	return inspect_is_blocking(request) && request->route->settings->waf.retreat && request->route_as_written->settings->waf.retreat;
}

enum result inspect_begin(struct request *request)
{
	struct connection *connection = request->connection;
	struct worker *worker = connection->worker;
	const struct edge_waf *waf = request->rules;
	struct waf_birth birth = { .rules = waf->rules, .overlay = waf->overlay, .limit_bytes = WAF_TRANSACTION_BYTES_MAX,
		                   .source = { request->source, connection->peer.port }, .destination = *connection_reached(connection),
		                   .unique_id = unique_id(request), .wall_ns = request->wall_ns,
		                   .is_audited = waf->is_audited, .is_screened = waf->is_audited,
		                   .tenant = request->site->site->tenant, .site = request->site->site->name,
		                   .collections = worker->common->collections, .time = { .slice_ns = SLICE_NS, .budget_ns = BUDGET_NS } };

	if (request->inspect_stage == INSPECT_AFTER) {  /* it leaves no trace but its line */
		birth.is_audited = birth.is_screened = false;
		birth.collections = NULL;
		birth.time = (struct waf_time){ .slice_ns = INSPECT_AFTER_NS, .budget_ns = INSPECT_AFTER_NS };
	}
	if (request->site->hits && retreat_is_any(request->site->hits) && inspect_may_retreat(request))
		take_retreats(request, &birth);
	if (!worker->scratch)
		worker->scratch = operator_scratch_new();
	if (!worker->spares)
		worker->spares = waf_spares_new(SPARES);
	birth.asker = request;
	birth.scratch = worker->scratch;
	birth.spares = worker->spares;
	if (!birth.scratch || !birth.spares || !birth.unique_id.at)
		return RESULT_NO_MEMORY;
	request->waf = waf_transaction_new(&birth);
	return request->waf ? RESULT_OK : RESULT_NO_MEMORY;
}

const struct request_head *inspect_request_head(struct request *request)
{
	const struct request_head *head = &request->head;
	bool lacks_host = request->is_h2 && head->authority.len && !fields_find(&head->fields, FIELD_HOST), has_key = request_has_probe_key(request);
	struct request_head *shown;

	if (!lacks_host && !has_key)
		return head;
	shown = arena_new(&request->arena, struct request_head);
	if (!shown)
		return NULL;
	*shown = *head;
	fields_init(&shown->fields, &request->arena, head->fields.count + 1);
	if (lacks_host && fields_add(&shown->fields, FIELD_HOST, SPAN("host"), head->authority) != RESULT_OK)
		return NULL;
	for (unsigned i = 0; i < head->fields.count; i++) {
		const struct field *field = &head->fields.list[i];

		if (has_key && span_equal_nocase(field->name, SPAN(PROBE_HEADER)))
			continue;
		if (fields_add(&shown->fields, field->id, field->name, field->value) != RESULT_OK)
			return NULL;
	}
	return shown;
}

const struct response_head *inspect_response_head(struct request *request)
{
	const struct fields *from = &request->response.fields;
	struct response_head *shown = arena_new(&request->arena, struct response_head);

	if (!shown)
		return NULL;
	*shown = request->response;
	shown->reason = arena_copy(&request->arena, request->response.reason);
	fields_init(&shown->fields, &request->arena, from->count + 1);
	for (unsigned i = 0; i < from->count; i++) {
		struct span name = arena_copy(&request->arena, from->list[i].name), value = arena_copy(&request->arena, from->list[i].value);

		if (!name.at || !value.at || fields_add(&shown->fields, from->list[i].id, name, value) != RESULT_OK)
			return NULL;
	}
	return shown->reason.at || !request->response.reason.len ? shown : NULL;
}
