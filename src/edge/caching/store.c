/* May this answer be kept? And what is kept already, made new by a 304, or given because of an error. */
#include "cache/key.h"
#include "edge/caching/caching.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

static int64_t took_s(const struct request *request)
{
	uint64_t now_ns = request->connection->worker->loop.now_ns;

	return request->forwarded_ns && now_ns > request->forwarded_ns ? (int64_t)((now_ns - request->forwarded_ns) / 1000000000u) : 0;
}

static struct cache_rules rules_of(const struct request *request)
{
	const struct cache_settings *settings = &request->route->settings->cache;

	return (struct cache_rules){ .is_heuristic = settings->mode == CACHE_HEURISTIC, .obeys_clients = settings->obeys_clients,
	                             .if_error_s = settings->if_error_ms / 1000 };
}

/* Wall time now, not when the request came: an answer takes its time. */
static int64_t wall_s(const struct request *request)
{
	return (int64_t)(request->connection->worker->loop.wall_ns / 1000000000u);
}

void caching_leave_origin(struct request *request)
{
	if (request->response_head_bytes)
		buffer_consume(&request->origin->in, request->response_head_bytes);
	request->response_head_bytes = 0;
	if (!request->down_has_feed)
		feed_init(&request->down, request->response.body, UINT64_MAX, &request->arena);
	response_origin_done(request);
}

/* Names of what belongs together, parted by one space. Too many: the rest are of no use to anybody. */
static struct span tags_of(struct request *request)
{
	const struct fields *fields = &request->response.fields;
	char *text = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		struct span value = fields->list[i].value;

		if (!field_is_tag(&fields->list[i]) || value.len > TAGS_BYTES_MAX - 1 - len)
			continue;
		text = text ? text : arena_take(&request->arena, TAGS_BYTES_MAX);
		if (!text)
			return SPAN_NONE;
		if (len)
			text[len++] = ' ';
		for (size_t at = 0; at < value.len; at++)
			text[len++] = value.at[at] == ',' || value.at[at] == '\t' ? ' ' : value.at[at];
	}
	return span_make(text, len);
}

static enum result copy_vary(struct request *request, struct cache_draft *draft)
{
	__attribute__((uninitialized)) char text[VARIANT_BYTES_MAX];
	struct span written;
	enum result result = key_vary_write(&request->response.fields, text, &written);

	/* Whatever else it says: an origin may tell codings apart without a word, and of cookies there are none. */
	if (draft->life.is_learned)
		written = SPAN("accept-encoding");
	if (result == RESULT_OK) {
		draft->vary = written.len ? arena_copy(&request->arena, written) : SPAN_NONE;
		result = written.len && !draft->vary.len ? RESULT_NO_MEMORY : key_variant_write(&request->head.fields, draft->vary, text, &written);
	}
	if (result == RESULT_OK) {
		draft->variant = written.len ? arena_copy(&request->arena, written) : SPAN_NONE;
		result = written.len && !draft->variant.len ? RESULT_NO_MEMORY : RESULT_OK;
	}
	return result;
}

/* Ages count from it, and an answer without one gets ours (RFC 9110, 6.6.1). */
static enum result add_date(struct request *request, struct fields *fields)
{
	struct span date;

	if (fields_find(fields, FIELD_DATE))
		return RESULT_OK;
	date = arena_copy(&request->arena, worker_date(request->connection->worker));
	return date.len ? fields_add(fields, FIELD_DATE, SPAN("Date"), date) : RESULT_NO_MEMORY;
}

/* Its head is in the origin's buffer, which goes on: the draft has copies of its own. */
static enum result copy_fields(struct request *request, struct fields *out)
{
	const struct fields *from = &request->response.fields;
	enum result result = RESULT_OK;

	fields_init(out, &request->arena, from->count + 1);
	for (unsigned i = 0; i < from->count && result == RESULT_OK; i++) {
		struct span name = arena_copy(&request->arena, from->list[i].name);
		struct span value = from->list[i].value.len ? arena_copy(&request->arena, from->list[i].value) : SPAN("");

		if (learning_is_shared(request) && likeness_is_of_one_answer(&from->list[i]))
			continue;
		result = name.at && value.at ? fields_add(out, from->list[i].id, name, value) : RESULT_NO_MEMORY;
	}
	return result == RESULT_OK ? add_date(request, out) : result;
}

static enum result make_draft(struct request *request, const struct cache_life *life)
{
	struct caching *caching = &request->caching;
	struct fields *fields = arena_new(&request->arena, struct fields);
	enum result result = fields ? copy_fields(request, fields) : RESULT_NO_MEMORY;

	caching->draft = (struct cache_draft){
		.key = caching->key, .hash = caching->hash, .party = request->site->tenant->key, .status = request->response.status, .fields = fields,
		.is_judged = request->waf != NULL, .life = *life, .received_ms = request->connection->worker->loop.now_ms, .tags = tags_of(request),
	};
	return result == RESULT_OK ? copy_vary(request, &caching->draft) : result;
}

/* -- what comes -- */

static void begin_keeping(struct request *request, const struct cache_life *life)
{
	struct caching *caching = &request->caching;
	struct body_size size = request->response.body;
	uint64_t most = (uint64_t)request->route->settings->cache.object_bytes;

	/* What ends with its connection may have been cut: nobody knows. */
	if (size.framing == BODY_UNTIL_CLOSE || (size.is_known && size.bytes > most)) {
		caching_land(request, FLIGHT_PASS);
		return;
	}
	if (make_draft(request, life) != RESULT_OK) {  /* what it says where the answer varies is too long, or its memory is full */
		caching_land(request, FLIGHT_ALONE);
		return;
	}
	if (cache_body_new(request->connection->worker->common->cache->store, request->site->tenant->key, most, &caching->body) != RESULT_OK) {
		caching_land(request, FLIGHT_PASS);
		return;
	}
	caching->filling = FILL_PASSING;
	caching->expected = size.is_known ? size.bytes : 0;
	caching->at = 0;
	caching->state = CACHING_STORED;
}

/* Memory does not keep it, and the disk may: the origin says nothing of how long others may have it. */
static void begin_copying(struct request *request)
{
	struct caching *caching = &request->caching;
	const struct continuity_settings *settings = &edge_settings_of(request->site->site->sections)->continuity;
	struct body_size size = request->response.body;
	const struct cache_rules rules = rules_of(request);
	struct cache_life life;

	if (size.framing == BODY_UNTIL_CLOSE || (size.is_known && size.bytes > (uint64_t)settings->object_bytes) || !continuity_wants(request))
		return;
	policy_live(&request->response.fields, request->response.status, &rules, wall_s(request), took_s(request), &life);
	if (make_draft(request, &life) != RESULT_OK)
		return;
	if (cache_body_new(request->connection->worker->common->cache->store, request->site->tenant->key, (uint64_t)settings->object_bytes, &caching->body) != RESULT_OK)
		return;
	caching->is_copying = true;
	caching->filling = FILL_PASSING;
	caching->expected = size.is_known ? size.bytes : 0;
	caching->at = 0;
}

/* Security, fails closed: what was to be judged and was not, or would have been refused, is for nobody else. */
bool caching_is_judged_good(const struct request *request)
{
	return !request_is_bypassed(request) && (request->waf ? !inspect_is_refusal(request) : !inspect_is_due(request));
}

/* Is the next answer to that address for nobody else either? After an error the next one tries: an origin that is ill is not asked by all at
 * once. What one request says, or rules find in it, is no reason for later ones not to wait. */
static enum flight_end end_of(enum cache_refusal refusal, unsigned status)
{
	if (policy_is_error(status))
		return FLIGHT_LOST;
	return refusal == CACHE_NONE || policy_is_of_request(refusal) ? FLIGHT_ALONE : FLIGHT_PASS;
}

static void judge(struct request *request)
{
	struct caching *caching = &request->caching;
	const struct cache_rules rules = rules_of(request);
	const struct request_head asked = learning_head(request);
	struct cache_life life;
	enum cache_refusal refusal = policy_judge_answer(&asked, caching->cookies, &request->response, &rules, wall_s(request), took_s(request), &life);

	refusal = learning_judge(request, refusal, took_s(request), &life);
	if (refusal == CACHE_NONE && caching_is_judged_good(request)) {
		begin_keeping(request, &life);
	} else {
		caching_land(request, learning_is_of_one(request) ? FLIGHT_LOST : end_of(refusal, request->response.status));
		if (refusal != CACHE_NONE && caching_is_judged_good(request))
			begin_copying(request);
	}
}

/* -- a 304 to our own question -- */

static struct cache_object *make_fresh(struct request *request, const struct cache_object *stale)
{
	struct cache_store *store = request->connection->worker->common->cache->store;
	const struct cache_rules rules = rules_of(request);
	struct cache_object *fresh = NULL;
	struct cache_draft draft = {
		.key = stale->key, .vary = stale->vary, .variant = stale->variant, .tags = stale->tags, .hash = stale->hash, .party = stale->account.party,
		.status = stale->status, .is_judged = stale->is_judged && request->waf, .received_ms = request->connection->worker->loop.now_ms, .body = stale->body,
	};
	struct fields merged;

	/* Ages count from it: without one it would be that of what is too old. */
	if (add_date(request, &request->response.fields) != RESULT_OK)
		return NULL;
	fields_init(&merged, &request->arena, stale->fields.count + request->response.fields.count);
	if (cache_fields_merge(&stale->fields, &request->response.fields, &merged) != RESULT_OK)
		return NULL;
	draft.fields = &merged;
	policy_live(&merged, stale->status, &rules, wall_s(request), took_s(request), &draft.life);
	if (cache_object_make(store, &draft, &fresh) != RESULT_OK)
		return NULL;
	return fresh;
}

static bool has_other_vary(const struct request *request, const struct cache_object *stale)
{
	char text[VARIANT_BYTES_MAX];
	struct span vary = SPAN_NONE;

	return fields_find(&request->response.fields, FIELD_VARY) &&
	       (key_vary_write(&request->response.fields, text, &vary) != RESULT_OK || !span_equal(vary, stale->vary));
}

/* What the merged head says now counts: an origin may have made it private. */
static bool may_stay(const struct request *request, const struct cache_object *fresh)
{
	struct response_head head = { .status = fresh->status, .fields = fresh->fields };
	const struct cache_rules rules = rules_of(request);
	const struct request_head asked = learning_head(request);
	struct cache_life life;

	/* With a Vary of its own it is a variant, of a request that was not asked for it. */
	return !fields_find(&request->response.fields, FIELD_SET_COOKIE) && !has_other_vary(request, request->caching.stale) &&
	       policy_judge_answer(&asked, request->caching.cookies, &head, &rules, wall_s(request), 0, &life) == CACHE_NONE;
}

static bool put(struct request *request, struct cache_object *fresh)
{
	disk_replaces(request, fresh);
	if (cache_store_put(request->connection->worker->common->cache->store, fresh, request->caching.purges) != RESULT_OK)
		return false;
	disk_see(request, fresh);
	return true;
}

static enum step_outcome freshen(struct request *request)
{
	struct caching *caching = &request->caching;
	struct cache_object *stale = caching->stale, *fresh = make_fresh(request, stale);
	bool may_be_kept = fresh && may_stay(request, fresh), is_good = caching_is_judged_good(request);
	bool is_kept = may_be_kept && is_good && put(request, fresh);
	bool is_left = may_be_kept && !is_good;  /* as it is: the next one brings it up to date */

	caching_leave_origin(request);
	caching->stale = NULL;
	caching_land(request, is_kept ? FLIGHT_KEPT : is_left ? FLIGHT_ALONE : FLIGHT_PASS);
	if (fresh && !is_kept && !is_left)
		edge_cache_forget(request->connection->worker->common->cache, caching->key);
	if (fresh)  /* otherwise there is no memory for a new head, and the origin has said that the old one is good */
		cache_object_drop(stale);
	caching_show(request, fresh ? fresh : stale, CACHING_REVALIDATED);
	return STEP_AGAIN;
}

/* -- the step -- */

/* RFC 9111, 4.4: what changes a page makes what is kept of it old. */
static void forget_changed(struct request *request)
{
	const struct caching *caching = &request->caching;

	if (caching->key.len && !method_is_safe(request->head.method) && request->response.status < 400)
		edge_cache_forget(request->connection->worker->common->cache, caching->key);
}

enum step_outcome step_store(struct request *request)
{
	struct caching *caching = &request->caching;

	if (!caching->key.len || request->is_own || request->wants_tunnel)
		return STEP_NEXT;
	forget_changed(request);
	if (caching->is_revalidating && request->response.status == 304)
		return freshen(request);
	if (policy_is_error(request->response.status) && caching->stale && caching_may_show_stale(request, caching->stale)) {
		caching_leave_origin(request);
		return caching_shows_stale(request) ? STEP_AGAIN : STEP_NEXT;
	}
	/* A gateway in front of the portal says that it is gone. */
	if ((request->response.status == 502 || request->response.status == 504) && continuity_has(request)) {
		unsigned status = request->response.status;

		caching_leave_origin(request);
		return request_answer_failed(request, status, DECISION_ALLOW, REASON_NONE);
	}
	continuity_hear(request);
	judge(request);
	return STEP_NEXT;
}
