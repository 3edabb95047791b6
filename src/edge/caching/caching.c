#include "edge/caching/caching.h"

#include <stdlib.h>

#include "cache/condition.h"
#include "cache/range.h"
#include "edge/request.h"

#include "base/banned.h"

#define SHARDS 16u
#define ENTRIES_MIN 1024u

/* -- whose memory it is -- */

static void *hold_tenant(void *context, uint64_t party)
{
	struct edge_cache *cache = context;

	return edge_tenant_hold(cache->tenants, party);
}

static void drop_tenant(void *context, void *tenant)
{
	struct edge_cache *cache = context;

	edge_tenant_drop(cache->tenants, tenant);
}

static bool take_memory(void *context, void *tenant, uint64_t bytes)
{
	struct edge_cache *cache = context;

	return edge_tenant_take(cache->tenants, tenant, SHARED_CACHE, bytes);
}

static void give_memory(void *context, void *tenant, uint64_t bytes)
{
	struct edge_cache *cache = context;

	edge_tenant_give(cache->tenants, tenant, SHARED_CACHE, bytes);
}

struct edge_cache *edge_cache_new(struct edge_tenants *tenants, uint64_t bytes)
{
	struct edge_cache *cache = calloc(1, sizeof(*cache));
	/* A quarter more than there can be, for shards are not filled alike. */
	size_t entries = (size_t)(bytes / OBJECT_BYTES_MIN) / 4 * 5;
	struct cache_limits limits = { .shards = SHARDS, .entries = entries > ENTRIES_MIN ? entries : ENTRIES_MIN };
	struct cache_ports ports = { cache, hold_tenant, drop_tenant, take_memory, give_memory };

	if (!cache)
		return NULL;
	cache->tenants = tenants;
	cache->store = cache_store_new(&limits, &ports);
	cache->flights = cache_flights_new();
	cache->learner = cache_learner_new();
	if (cache->store && cache->flights && cache->learner)
		return cache;
	edge_cache_free(cache);
	return NULL;
}

void edge_cache_free(struct edge_cache *cache)
{
	if (!cache)
		return;
	cache_store_free(cache->store);
	cache_flights_free(cache->flights);
	cache_learner_free(cache->learner);
	free(cache);
}

static bool is_served(const void *context, uint64_t party)
{
	const struct plan *plan = context;

	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].tenant && plan->sites[i].tenant->key == party)
			return true;
	}
	return false;
}

void edge_cache_apply(struct edge_cache *cache, const struct plan *plan)
{
	if (!cache)
		return;
	cache_store_leave(cache->store, is_served, plan);
	cache_learner_leave(cache->learner, is_served, plan);
}

/* -- those that wait -- */

/* Under the lock of its flight, in another's thread. */
static void wake(struct cache_flight *flight)
{
	struct worker *worker = flight->context;

	if (!__atomic_exchange_n(&worker->is_flights_posted, true, __ATOMIC_ACQ_REL))
		loop_post(&worker->loop, &worker->flights_job);
}

/* Those that were told go on; a request that is woken may take others away with it. */
static void wake_told(struct job *job)
{
	struct worker *worker = list_entry(job, struct worker, flights_job);
	struct list told;

	/* An exchange: who is told and finds it posted still is seen below. */
	(void)__atomic_exchange_n(&worker->is_flights_posted, false, __ATOMIC_SEQ_CST);
	list_init(&told);
	list_each_safe (node, next, &worker->flights_waiting) {
		if (cache_flight_told(&list_entry(node, struct request, caching.waiting)->caching.flight) == FLIGHT_UNTOLD)
			continue;
		list_remove(node);
		list_add_last(&told, node);
	}
	while (!list_is_empty(&told)) {
		struct request *request = list_entry(told.next, struct request, caching.waiting);

		list_remove(&request->caching.waiting);
		request_wake(request);
	}
}

void caching_worker_init(struct worker *worker)
{
	list_init(&worker->flights_waiting);
	job_init(&worker->flights_job, wake_told);
	continuity_worker_init(worker);
}

/* -- a request's -- */

void caching_init(struct request *request)
{
	cache_flight_init(&request->caching.flight, wake, NULL);
	continuity_init(request);
	list_init(&request->caching.waiting);
}

void caching_land(struct request *request, enum flight_end how)
{
	struct caching *caching = &request->caching;
	struct worker *worker = request->connection->worker;

	if (!caching->leads && how != FLIGHT_KEPT)
		return;
	caching->leads = false;
	cache_flight_end(worker->common->cache->flights, &caching->flight, how, worker->loop.now_ms);
}

void caching_end(struct request *request, struct worker *worker)
{
	struct caching *caching = &request->caching;

	continuity_end(request);
	list_remove(&caching->waiting);
	if (caching->leads || caching->waits)
		cache_flight_end(worker->common->cache->flights, &caching->flight, FLIGHT_LOST, worker->loop.now_ms);
	caching->leads = caching->waits = false;
	if (caching->filling != FILL_NONE && caching->body)
		cache_body_drop(caching->body);
	if (caching->shown)
		cache_object_drop(caching->shown);
	if (caching->stale)
		cache_object_drop(caching->stale);
	caching->body = NULL;
	caching->shown = caching->stale = NULL;
}

/* -- an answer from memory -- */

static enum result add_number(struct request *request, enum field_id id, struct span name, uint64_t number)
{
	char *text = arena_take(&request->arena, DECIMAL_MAX);

	return text ? fields_add(&request->response.fields, id, name, span_make(text, decimal_write(number, text))) : RESULT_NO_MEMORY;
}

/* "bytes 0-9/100", or of what is beyond it "bytes *" "/100". */
static enum result add_content_range(struct request *request, const struct byte_range *range, uint64_t length)
{
	struct buffer text;
	struct span copy = SPAN_NONE;

	buffer_init(&text, 128);
	if (buffer_append(&text, SPAN("bytes ")) == RESULT_OK &&
	    (range ? buffer_print(&text, "%llu-%llu", (unsigned long long)range->first, (unsigned long long)(range->first + range->count - 1))
	           : buffer_append(&text, SPAN("*"))) == RESULT_OK &&
	    buffer_print(&text, "/%llu", (unsigned long long)length) == RESULT_OK)
		copy = arena_copy(&request->arena, buffer_span(&text));
	buffer_done(&text);
	return copy.len ? fields_add(&request->response.fields, FIELD_CONTENT_RANGE, SPAN("Content-Range"), copy) : RESULT_NO_MEMORY;
}

/* Of what has no body here, or not that one, its head tells nothing of it (RFC 9110, 15.4.5). */
static bool is_told(unsigned status, const struct field *field)
{
	return (status != 304 && status != 416) || (field->id != FIELD_CONTENT_TYPE && field->id != FIELD_CONTENT_ENCODING);
}

static enum range_kind choose_part(struct request *request, const struct cache_object *object, struct byte_range *range)
{
	const struct fields *fields = &request->head.fields;
	int64_t now_s = (int64_t)(request->wall_ns / 1000000000u);

	if (request->head.method != METHOD_GET || object->status != 200 || fields_count(fields, FIELD_RANGE) != 1 ||
	    !condition_allows_range(fields, &object->fields, now_s))
		return RANGE_WHOLE;
	return range_read(fields_find(fields, FIELD_RANGE)->value, object->body->bytes, range);
}

static enum result write_head(struct request *request, const struct cache_object *object)
{
	struct response_head *head = &request->response;
	struct caching *caching = &request->caching;
	uint64_t length = object->body->bytes;
	struct byte_range range = { 0, length };
	enum range_kind kind = RANGE_WHOLE;
	enum result result;

	*head = (struct response_head){ .status = object->status, .version = HTTP_1_1, .body = { BODY_LENGTH, true, 0 } };
	fields_init(&head->fields, &request->arena, object->fields.count + 4);
	/* A copy is given whole: nobody downstream is to keep anything of it, nor to take it for what is good still. */
	if (caching->state == CACHING_CONTINUITY)
		kind = RANGE_WHOLE;
	else if (object->status == 200 && condition_is_not_modified(&request->head.fields, &object->fields, (int64_t)(request->wall_ns / 1000000000u)))
		head->status = 304;
	else
		kind = choose_part(request, object, &range);
	if (kind != RANGE_WHOLE)
		head->status = kind == RANGE_PART ? 206 : 416;
	if (head->status == 304 || head->status == 416)
		head->body = (struct body_size){ BODY_NONE, head->status == 416, 0 };
	result = add_number(request, FIELD_AGE, SPAN("Age"), (uint64_t)(object->life.age_s + cache_object_resident_s(object, request->connection->worker->loop.now_ms)));
	if (result == RESULT_OK && kind != RANGE_WHOLE)
		result = add_content_range(request, kind == RANGE_PART ? &range : NULL, length);
	for (unsigned i = 0; i < object->fields.count && result == RESULT_OK; i++) {
		const struct field *field = &object->fields.list[i];

		if (is_told(head->status, field))
			result = fields_add(&head->fields, field->id, field->name, field->value);
	}
	caching->at = range.first;
	caching->end = range.first + range.count;
	if (head->body.framing != BODY_NONE)
		head->body.bytes = range.count;
	return result;
}

void caching_show(struct request *request, struct cache_object *object, enum caching_state state)
{
	request->caching.shown = object;
	request->caching.body = object->body;
	request->caching.state = state;
	request->down_has_feed = false;
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
	if (write_head(request, object) != RESULT_OK) {
		request->caching.body = NULL;
		request->caching.state = CACHING_NONE;
		(void)request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
		return;
	}
	request->step = STEP_DELIVER;
}

bool caching_may_show_stale(const struct request *request, const struct cache_object *object)
{
	return policy_serves_on_error(&object->life, cache_object_resident_s(object, request->connection->worker->loop.now_ms));
}

bool caching_shows_stale(struct request *request)
{
	struct cache_object *stale = request->caching.stale;

	if (!stale || !caching_may_show_stale(request, stale))
		return false;
	request->caching.stale = NULL;
	__atomic_store_n(&stale->ill_until_ms, request->connection->worker->loop.now_ms + CACHING_ILL_MS, __ATOMIC_RELAXED);
	caching_land(request, FLIGHT_LOST);
	caching_show(request, stale, CACHING_IF_ERROR);
	return true;
}
