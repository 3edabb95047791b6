#include "edge/caching/continuity.h"

#include <stdlib.h>

#include "cache/key.h"
#include "cache/likeness.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

#define WAITS_MAX 3u   /* the copy came, and another took its place meanwhile */

static struct copies *copies_of(const struct request *request)
{
	const struct edge_cache *cache = request->connection->worker->common->cache;

	return cache ? cache->copies : NULL;
}

static const struct continuity_settings *settings_of(const struct edge_site *site)
{
	return &edge_settings_of(site->site->sections)->continuity;
}

static uint64_t now_ms(const struct request *request)
{
	return request->connection->worker->loop.now_ms;
}

static uint64_t wall_s(const struct request *request)
{
	return request->connection->worker->loop.wall_ns / 1000000000u;
}

/* -- which sites -- */

enum result continuity_apply(struct edge_cache *cache, const struct plan *plan)
{
	struct copies_rules *rules = cache && cache->copies ? calloc(plan->site_count + 1, sizeof(*rules)) : NULL;
	enum result result;

	if (!rules)
		return cache && cache->copies ? RESULT_NO_MEMORY : RESULT_OK;
	for (size_t i = 0; i < plan->site_count; i++) {
		const struct edge_site *site = &plan->sites[i];
		const struct continuity_settings *settings = settings_of(site);
		bool has_copies = settings->mode != CONTINUITY_OFF && site->tenant && !site->is_passthrough;

		rules[i] = (struct copies_rules){
			.site = site->key, .party = site->tenant ? site->tenant->key : 0, .name = site->site->name,
			.disk_bytes = has_copies ? (uint64_t)settings->disk_bytes : 0,
			.max_age_s = (uint64_t)settings->max_age_ms / 1000, .refresh_s = (uint64_t)settings->refresh_ms / 1000,
		};
	}
	result = copies_apply(cache->copies, rules, plan->site_count, (uint64_t)plan->top->continuity_bytes);
	free(rules);
	return result;
}

/* -- waking -- */

/* Under the lock of the copies, in their thread. */
static void wake(struct copy_ticket *ticket)
{
	struct worker *worker = ticket->context;

	if (!__atomic_exchange_n(&worker->is_copies_posted, true, __ATOMIC_ACQ_REL))
		loop_post(&worker->loop, &worker->copies_job);
}

bool recall_is_told(const struct recall *recall)
{
	return __atomic_load_n(&recall->ticket.is_told, __ATOMIC_ACQUIRE);
}

/* Those that were told go on; a request that is woken may take others away with it. */
static void wake_told(struct job *job)
{
	struct worker *worker = list_entry(job, struct worker, copies_job);
	struct list told;

	/* An exchange: who is told and finds it posted still is seen below. */
	(void)__atomic_exchange_n(&worker->is_copies_posted, false, __ATOMIC_SEQ_CST);
	list_init(&told);
	list_each_safe (node, next, &worker->copies_waiting) {
		if (!recall_is_told(&list_entry(node, struct request, caching.recall.waiting)->caching.recall))
			continue;
		list_remove(node);
		list_add_last(&told, node);
	}
	while (!list_is_empty(&told)) {
		struct request *request = list_entry(told.next, struct request, caching.recall.waiting);

		list_remove(&request->caching.recall.waiting);
		request_wake(request);
	}
}

void continuity_worker_init(struct worker *worker)
{
	list_init(&worker->copies_waiting);
	job_init(&worker->copies_job, wake_told);
}

void continuity_init(struct request *request)
{
	struct recall *recall = &request->caching.recall;

	list_init(&recall->waiting);
	list_init(&recall->ticket.node);
	recall->ticket.wake = wake;
}

void continuity_end(struct request *request)
{
	struct recall *recall = &request->caching.recall;

	list_remove(&recall->waiting);
	if (recall->ticket.is_waiting)
		copies_cancel(recall->of, &recall->ticket);
}

void recall_wait(struct request *request, struct copies *copies)
{
	struct recall *recall = &request->caching.recall;

	recall->of = copies;
	list_add_last(&request->connection->worker->copies_waiting, &recall->waiting);
	request->is_paused = true;
	request_set_clock(request, (int64_t)(recall->until_ms - now_ms(request)));
}

void recall_leave(struct request *request)
{
	struct recall *recall = &request->caching.recall;

	copies_cancel(recall->of, &recall->ticket);
	list_remove(&recall->waiting);
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
	request->is_paused = false;
}

/* -- keeping -- */

static bool has_query(const struct request *request)
{
	return span_find(request->caching.key, '?') < request->caching.key.len;
}

/* As visitors name it: what is mapped on the way to the listener, an administrator or a proxy that is trusted says, and nobody else. */
static uint16_t port_of(const struct request *request)
{
	uint16_t said = request->connection->port->public_port;

	return said ? said : connection_reached(request->connection)->port;
}

/* Security, fails closed: "site", or "site:PORT" with the port that was reached. Anything else ("site.", "site:1", "site:0443") would be one more key of the
 * same page, as many as somebody likes, with links in it that lead where he likes. */
static bool has_plain_authority(const struct request *request)
{
	const struct request_head *head = &request->head;
	char port[DECIMAL_MAX];
	struct span rest = span_skip(head->authority, head->host.len);

	if (!rest.len)
		return true;
	return head->port == port_of(request) && rest.at[0] == ':' &&
	       span_equal(span_skip(rest, 1), span_make(port, decimal_write(head->port, port)));
}

/* It is covered by "*.x" only, or is an address that can be written in more than one way: there are as many names like it as somebody likes. */
static bool is_wild(const struct request *request)
{
	const struct site *site = request->site->site;

	for (size_t i = 0; i < site->host_count; i++) {
		if (span_equal_nocase(site->hosts[i], request->head.host))
			return false;
	}
	return true;
}

static bool is_of_paths(const struct continuity_settings *settings, struct span path)
{
	const struct span *paths = settings->paths.items;

	for (size_t i = 0; i < settings->paths.count; i++) {
		struct span prefix = paths[i].len > 1 && span_ends(paths[i], SPAN("/")) ? span_take(paths[i], paths[i].len - 1) : paths[i];

		if (route_covers(prefix, path))
			return true;
	}
	return !settings->paths.count;
}

/* By what he accepts he gets a page, or a part of one, and not what programs get at the same address. */
static bool accepts_pages(const struct field *accept)
{
	static const struct span starts[] = { SPAN_INIT("text/html"), SPAN_INIT("text/css"), SPAN_INIT("image/") };

	if (!accept || span_equal(accept->value, SPAN("*/*")))
		return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (span_starts_nocase(accept->value, starts[i]))
			return true;
	}
	return false;
}

/* Security, fails closed: what the origin may have put into the page because of who asked is not shown to others. */
static bool is_like_anybody(const struct request *request, const struct visitor_kind *visitor)
{
	const struct fields *fields = &request->head.fields;

	for (unsigned i = 0; i < fields->count; i++) {
		if (span_find(fields->list[i].value, '<') < fields->list[i].value.len)
			return false;
	}
	return likeness_is_plain(fields) && !fields_find(fields, FIELD_REFERER) && visitor->agent != AGENT_ROBOT &&
	       accepts_pages(fields_find(fields, FIELD_ACCEPT)) && !likeness_has_secret(request->head.path, SPAN_NONE);
}

static bool wants(struct request *request, enum policy_copy kind, struct span vary, struct span variant)
{
	const struct continuity_settings *settings = settings_of(request->site);
	bool is_priority = request_is_priority(request), is_any = is_wild(request);
	struct visitor_kind visitor = likeness_kind(&request->head.fields, &request->source);
	bool is_asked_for = settings->mode == CONTINUITY_PUBLIC || (settings->mode == CONTINUITY_DECLARED && kind == POLICY_COPY_DECLARED);
	struct copies_offer offer = {
		.site = request->site->key, .key = request->caching.key, .vary = vary, .variant = variant, .hash = request->caching.hash,
		.rank = is_priority && !is_any ? COPY_PRIORITY : COPY_ORDINARY, .is_wild = is_any,
		.is_for_pins = !is_priority && !(is_asked_for && is_of_paths(settings, request->head.path)),
		.is_private = kind == POLICY_COPY_UNDECLARED && visitor.is_private,
	};

	if (kind == POLICY_COPY_UNDECLARED && !is_like_anybody(request, &visitor))
		return false;
	request->caching.recall.flags = (offer.rank == COPY_PRIORITY ? COPY_IS_PRIORITY : 0u) | (offer.is_private ? COPY_IS_PRIVATE : 0u) | (is_any ? COPY_IS_WILD : 0u);
	return copies_want(copies_of(request), &offer, now_ms(request), &request->caching.recall.drops);
}

/* Most sites have nothing that is to be copied, and learn it here. */
static bool has_copies(const struct request *request)
{
	const struct copies *copies = copies_of(request);
	int mode = copies ? settings_of(request->site)->mode : CONTINUITY_OFF;

	return mode != CONTINUITY_OFF && (mode != CONTINUITY_PRIORITY || request->site->priority->count || copies_have_pins(copies));
}

/* Security, fails closed: what only some networks may see is no public page, nor what answers a cookie, also where the administrator has named an
 * application that does not look at cookies like that: what it made of them would be everybody's, for days. */
static enum policy_copy judge(const struct request *request, const struct response_head *answer)
{
	if (!has_copies(request) || has_query(request) || !has_plain_authority(request) || request->route->settings->allow_from.count)
		return POLICY_COPY_NEVER;
	return policy_judge_copy(&request->head, cookie_kind_of(&request->head.fields, NULL, 0), answer, (int64_t)wall_s(request));
}

bool continuity_wants(struct request *request)
{
	enum policy_copy kind = judge(request, &request->response);
	__attribute__((uninitialized)) char vary_text[VARIANT_BYTES_MAX], text[VARIANT_BYTES_MAX];
	struct span vary, variant;

	return kind != POLICY_COPY_NEVER && key_vary_write(&request->response.fields, vary_text, &vary) == RESULT_OK &&
	       key_variant_write(&request->head.fields, vary, text, &variant) == RESULT_OK && wants(request, kind, vary, variant);
}

void continuity_save(struct request *request, struct cache_object *object)
{
	uint64_t age_s = (uint64_t)(object->life.age_s + cache_object_resident_s(object, now_ms(request)));
	uint64_t made_s = wall_s(request) > age_s ? wall_s(request) - age_s : 0;

	if (object->body->bytes <= (uint64_t)settings_of(request->site)->object_bytes)
		copies_save(copies_of(request), object, request->site->key, request->caching.recall.flags, made_s, request->caching.recall.drops);
}

/* Security, fails closed: of what nobody declares, whoever fetched it has to be like anybody, not whoever asks next and gets it from memory. What was
 * learned was given to such alone. */
static bool may_speak_for(const struct cache_object *object, enum policy_copy kind, bool has_fetched)
{
	return kind == POLICY_COPY_DECLARED || (kind == POLICY_COPY_UNDECLARED && (has_fetched || object->life.is_learned));
}

void continuity_see(struct request *request, struct cache_object *object, bool has_fetched)
{
	struct response_head head = { .status = object->status, .fields = object->fields };
	enum policy_copy kind;

	if (!copies_of(request) || now_ms(request) < __atomic_load_n(&object->copy_look_ms, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&object->copy_look_ms, now_ms(request) + COPIES_LOOK_MS, __ATOMIC_RELAXED);
	kind = judge(request, &head);
	if (may_speak_for(object, kind, has_fetched) && wants(request, kind, object->vary, object->variant))
		continuity_save(request, object);
}

/* Security, fails closed: what an origin says to whoever asks for something that is no page does not count, nor what it says to somebody it knows. */
static bool is_said_to_anybody(const struct request *request)
{
	const struct fields *fields = &request->head.fields;

	return request->head.method == METHOD_GET && !has_query(request) && likeness_is_plain(fields) && accepts_pages(fields_find(fields, FIELD_ACCEPT)) &&
	       cookie_kind_of(fields, NULL, 0) == COOKIE_NONE && policy_judge_request(&request->head, COOKIE_NONE) == CACHE_NONE;
}

/* 410 is meant; 404 may be a portal that is being put together. */
void continuity_hear(const struct request *request)
{
	struct copies *copies = copies_of(request);
	unsigned status = request->response.status;
	bool is_gone = status == 404 || status == 410;

	if (!copies || !(is_gone || (status == 200 && copies_are_missed(copies))) || !is_said_to_anybody(request))
		return;
	if (is_gone)
		copies_forget(copies, request->caching.key, status == 410);
	else
		copies_remember(copies, request->caching.key);
}

/* -- giving -- */

/* What is asked of the origin by a request like this can be answered by a copy. */
static bool may_have_copy(const struct request *request)
{
	const struct request_head *head = &request->head;

	return copies_of(request) && request->caching.key.len && !has_query(request) && !request->wants_tunnel && !request->down_has_head &&
	       (head->method == METHOD_GET || head->method == METHOD_HEAD) && head->body.framing == BODY_NONE &&
	       !fields_find(&head->fields, FIELD_AUTHORIZATION);
}

static struct copies_ask ask_of(const struct request *request)
{
	const struct fields *fields = &request->head.fields;

	return (struct copies_ask){
		.site = request->site->key, .key = request->caching.key, .fields = fields, .needs_judged = inspect_is_due(request),
		.has_cookies = cookie_kind_of(fields, NULL, 0) != COOKIE_NONE, .is_private = likeness_kind(fields, &request->source).is_private,
	};
}

bool continuity_has(struct request *request)
{
	struct copies_ask ask;

	if (!may_have_copy(request))
		return false;
	ask = ask_of(request);
	return copies_find(copies_of(request), &ask, NULL, NULL) != COPIES_NONE;
}

/* Where an origin is there and full, what it has is better than what it had; but for priority routes, which are what must not be full. */
static bool is_gone(const struct request *request, enum reason reason)
{
	return (reason != REASON_QUEUE_FULL && reason != REASON_QUEUE_LATE) || request_is_priority(request);
}

enum step_outcome request_answer_failed(struct request *request, unsigned status, enum decision decision, enum reason reason)
{
	if (caching_shows_stale(request)) {
		request->reason = reason;
		return STEP_AGAIN;
	}
	if (!may_have_copy(request) || !is_gone(request, reason))
		return request_answer(request, status, decision, reason);
	request->caching.recall.status = status;
	request->caching.recall.decision = (int)decision;
	request->caching.recall.reason = (int)reason;
	request->caching.recall.until_ms = now_ms(request) + RECALL_WAIT_MS;
	request->step = STEP_RECALL;
	return STEP_AGAIN;
}

static enum step_outcome answer_without(struct request *request)
{
	struct recall *recall = &request->caching.recall;
	unsigned status = recall->status;

	recall->status = 0;
	return request_answer(request, status, (enum decision)recall->decision, (enum reason)recall->reason);
}

/* Those that wait for the same page go on at once, and find this copy themselves. */
static enum step_outcome give(struct request *request, struct cache_object *object)
{
	request->reason = (enum reason)request->caching.recall.reason;
	request->caching.recall.status = 0;
	caching_land(request, FLIGHT_ALONE);
	copies_count_given(copies_of(request), request->site->key);
	caching_show(request, object, CACHING_CONTINUITY);
	return STEP_AGAIN;
}

static enum step_outcome look(struct request *request)
{
	struct recall *recall = &request->caching.recall;
	struct copies_ask ask = ask_of(request);
	struct cache_object *object = NULL;
	bool is_last = recall->waits == WAITS_MAX || now_ms(request) >= recall->until_ms;
	enum copies_answer answer;

	recall->ticket.context = request->connection->worker;
	answer = copies_find(copies_of(request), &ask, &recall->ticket, &object);
	if (answer == COPIES_HERE)
		return give(request, object);
	if (answer == COPIES_WAIT && !is_last) {
		recall->waits++;
		recall_wait(request, copies_of(request));
		return STEP_WAIT;
	}
	copies_cancel(copies_of(request), &recall->ticket);
	return answer_without(request);
}

enum step_outcome step_recall(struct request *request)
{
	struct recall *recall = &request->caching.recall;

	if (!recall->status)
		return STEP_NEXT;
	if (recall->ticket.is_waiting) {
		if (!recall_is_told(recall) && now_ms(request) < recall->until_ms)
			return STEP_WAIT;
		recall_leave(request);
	}
	return look(request);
}
