/* May this request be answered with what is kept? */
#include "cache/key.h"
#include "edge/caching/caching.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

#define APPLICATIONS_MAX 16u

static uint64_t now_ms(const struct request *request)
{
	return request->connection->worker->loop.now_ms;
}

static const struct edge_cache *cache_of(const struct request *request)
{
	return request->connection->worker->common->cache;
}

static enum cookie_kind cookies_of(const struct request *request)
{
	const struct list_value *list = &request->route->settings->waf.application;
	const int *numbers = list->items;
	struct span names[APPLICATIONS_MAX];
	size_t count = 0;

	while (count < list->count && count < APPLICATIONS_MAX) {
		names[count] = span_of(waf_applications[numbers[count]]);
		count++;
	}
	return cookie_kind_of(&request->head.fields, names, count);
}

/* As its origin is told. */
static bool is_https(const struct request *request)
{
	const struct field *proto = request->is_source_trusted ? fields_find(&request->head.fields, FIELD_X_FORWARDED_PROTO) : NULL;

	return proto ? span_equal_nocase(proto->value, SPAN("https")) : request->connection->is_tls;
}

static bool make_key(struct request *request)
{
	struct cache_place place = { request->site->key, is_https(request) };
	struct caching *caching = &request->caching;
	__attribute__((uninitialized)) char text[KEY_BYTES_MAX];
	struct span key;

	if (key_write(&place, &request->head, text, &key) != RESULT_OK)
		return false;
	caching->key = arena_copy(&request->arena, key);
	if (!caching->key.len)
		return false;
	caching->hash = cache_store_hash(cache_of(request)->store, caching->key);
	caching->flight.key = caching->key;
	/* Those with cookies that nobody knows may have another answer: they fly apart. */
	caching->flight.hash = caching->cookies == COOKIE_OTHER ? ~caching->hash : caching->hash;
	caching->flight.context = request->connection->worker;
	return true;
}

/* Security, fails closed: whoever shows a certificate, or probes, has an answer of his own. */
static bool is_cached_here(const struct request *request)
{
	return cache_of(request) && request->route->settings->cache.mode != CACHE_OFF && request->site->tenant && !request_wants_tunnel(request) &&
	       !request_is_probe(request) && request->site->net->tls.client_certificate.mode == TLS_CLIENT_NONE;
}

/* -- the flight -- */

static enum step_outcome show(struct request *request, struct cache_object *object, enum caching_state state)
{
	caching_show(request, object, state);
	return STEP_AGAIN;
}

static enum step_outcome wait_for_other(struct request *request)
{
	struct caching *caching = &request->caching;
	uint64_t waited_ms = now_ms(request) - request->start_ns / 1000000;

	caching->waits = true;
	list_add_last(&request->connection->worker->flights_waiting, &caching->waiting);
	request->is_paused = true;
	request_set_clock(request, waited_ms < CACHING_WAIT_MS ? (int64_t)(CACHING_WAIT_MS - waited_ms) : 0);
	return STEP_WAIT;
}

static bool has_time_to_wait(const struct request *request)
{
	return now_ms(request) - request->start_ns / 1000000 < CACHING_WAIT_MS;
}

static enum flight_role join(struct request *request, bool may_wait, bool may_lead)
{
	struct caching *caching = &request->caching;
	enum flight_role role;

	if (caching->is_told_to_pass)
		return FLIGHT_PASSES;
	role = cache_flight_join(cache_of(request)->flights, &caching->flight, now_ms(request), may_wait && has_time_to_wait(request), may_lead);
	caching->leads = role == FLIGHT_LEADS;
	return role;
}

/* -- what is there -- */

/* A part is not kept, and a whole file is not fetched for it; a HEAD brings nothing to keep, and who says no-store neither. What is learned is fetched
 * as for anybody. */
static bool may_bring_all(const struct request *request, const struct cache_control *wanted)
{
	if (learning_is_shared(request))
		return true;
	return request->head.method == METHOD_GET && !fields_find(&request->head.fields, FIELD_RANGE) && !policy_is_unwanted(wanted);
}

static bool is_conditional(const struct request *request)
{
	return fields_find(&request->head.fields, FIELD_IF_NONE_MATCH) || fields_find(&request->head.fields, FIELD_IF_MODIFIED_SINCE);
}

static enum step_outcome answer_not_kept(struct request *request)
{
	request->caching.state = CACHING_UNAVAILABLE;
	return request_answer(request, 504, DECISION_ALLOW, REASON_NONE);
}

/* It was brought up to date after this request came: as good as if the request itself had asked (RFC 9111, 4). */
static bool is_newer_than(const struct cache_object *object, const struct request *request)
{
	return object->received_ms >= request->start_ns / 1000000;
}

/* The origin has just failed, or others have waited for it for as long as this request may. */
static bool is_origin_ill(const struct request *request, const struct cache_object *object)
{
	return caching_may_show_stale(request, object) &&
	       (now_ms(request) < __atomic_load_n(&object->ill_until_ms, __ATOMIC_RELAXED) || !has_time_to_wait(request));
}

static enum step_outcome use_old(struct request *request, struct cache_object *object, enum cache_use use, const struct cache_control *wanted)
{
	bool is_behind = use == USE_REVALIDATE_BEHIND, may_bring = may_bring_all(request, wanted);
	enum flight_role role;

	if (is_origin_ill(request, object))
		return show(request, object, CACHING_IF_ERROR);
	role = join(request, !is_behind && may_bring, may_bring);
	if (is_behind && role != FLIGHT_LEADS)
		return show(request, object, CACHING_STALE);
	request->caching.state = CACHING_MISS;
	if (role == FLIGHT_WAITS) {
		cache_object_drop(object);
		return wait_for_other(request);
	}
	request->caching.stale = object;
	request->caching.is_revalidating = role == FLIGHT_LEADS && object->life.has_validator;
	return STEP_NEXT;
}

/* Security, fails closed: declared for everybody in so many words, and the same whatever cookies say. */
static bool is_for_cookies(const struct cache_object *object)
{
	return object->life.is_for_cookies && !list_has_token(object->vary, SPAN("cookie"));
}

/* Security, fails closed: what was kept while no rules were asked is not for a site that asks them, and what was learned is for those who are like others. */
static bool is_for(const struct request *request, const struct cache_object *object)
{
	if (!object->is_judged && inspect_is_due(request))
		return false;
	if (object->life.is_learned)
		return learning_is_shared(request);
	return request->caching.cookies != COOKIE_OTHER || is_for_cookies(object);
}

/* NULL: nothing is kept, or not for this one. */
static struct cache_object *find(struct request *request)
{
	struct caching *caching = &request->caching;
	struct cache_ask ask = { caching->key, caching->hash, &request->head.fields, caching->has_looked };
	struct cache_object *object = cache_store_find(cache_of(request)->store, &ask, &caching->has_other_variants);

	caching->has_looked = true;
	if (!object || is_for(request, object))
		return object;
	cache_object_drop(object);
	return NULL;
}

/* OBJECT is no more the caller's. */
static enum step_outcome use(struct request *request, struct cache_object *object, const struct cache_control *wanted, bool has_waited)
{
	const struct cache_rules rules = { .obeys_clients = request->route->settings->cache.obeys_clients };
	enum cache_use use = policy_use(&object->life, cache_object_resident_s(object, now_ms(request)), wanted, &rules);

	if (use == USE_REVALIDATE && has_waited && is_newer_than(object, request))
		return show(request, object, CACHING_COLLAPSED);
	if (use == USE_FRESH) {
		continuity_see(request, object, false);
		disk_see(request, object);
		return show(request, object, has_waited ? CACHING_COLLAPSED : CACHING_HIT);
	}
	if (wanted->only_if_cached) {
		cache_object_drop(object);
		return answer_not_kept(request);
	}
	return use_old(request, object, use, wanted);
}

static enum step_outcome look_for_missing(struct request *request, const struct cache_control *wanted)
{
	bool may_bring = may_bring_all(request, wanted);
	struct cache_object *object;
	enum flight_role role;

	if (wanted->only_if_cached)
		return answer_not_kept(request);
	request->caching.state = CACHING_MISS;
	/* What the client has already it asks for with its own validators: a 304 of the origin's is the cheapest answer, and nothing to keep. */
	role = join(request, may_bring, may_bring && (learning_is_shared(request) || !is_conditional(request)));
	if (role == FLIGHT_WAITS)
		return wait_for_other(request);
	/* Whoever led before was looked for too early: he has just kept what he brought. */
	object = role == FLIGHT_LEADS ? find(request) : NULL;
	if (!object)
		return STEP_NEXT;
	caching_land(request, FLIGHT_KEPT);
	return use(request, object, wanted, true);
}

/* Availability, fails open: whoever says no-store or no-cache for a page that is learned does not have it computed anew, whatever `obey_clients` says; a
 * flood says it. */
static void read_wanted(const struct request *request, struct cache_control *wanted)
{
	bool is_only_kept;

	cache_control_read(&request->head.fields, wanted);
	is_only_kept = wanted->only_if_cached;
	if (!learning_is_shared(request))
		return;
	cache_control_read(learning_fields(request), wanted);
	wanted->only_if_cached = is_only_kept;
}

static enum step_outcome look(struct request *request, bool has_waited)
{
	struct cache_object *object;
	struct cache_control wanted;

	request->caching.purges = cache_store_purges(cache_of(request)->store, request->caching.hash);  /* before: what is found may be purged meanwhile */
	object = find(request);
	if (!object && disk_brings(request))
		return STEP_WAIT;
	read_wanted(request, &wanted);
	return object ? use(request, object, &wanted, has_waited) : look_for_missing(request, &wanted);
}

static enum step_outcome go_on(struct request *request)
{
	struct caching *caching = &request->caching;
	enum flight_end told = cache_flight_told(&caching->flight);

	if (told == FLIGHT_UNTOLD && has_time_to_wait(request))
		return STEP_WAIT;
	list_remove(&caching->waiting);
	cache_flight_end(cache_of(request)->flights, &caching->flight, FLIGHT_LOST, now_ms(request));
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
	request->is_paused = false;
	caching->is_told_to_pass = told == FLIGHT_PASS || told == FLIGHT_ALONE;
	caching->waits = false;
	return look(request, true);
}

enum step_outcome step_look_up(struct request *request)
{
	struct caching *caching = &request->caching;

	if (caching->waits)
		return go_on(request);
	if (caching->recall.ticket.is_waiting)
		return disk_still_brings(request) ? STEP_WAIT : look(request, false);
	if (!is_cached_here(request))
		return STEP_NEXT;
	caching->cookies = cookies_of(request);
	if (!make_key(request) || policy_judge_request(&request->head, caching->cookies) != CACHE_NONE)
		return STEP_NEXT;
	learning_ask(request);
	return look(request, false);
}
