/* A body that is kept, on its way from the origin through memory to the client. */
#include "edge/caching/caching.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

#define PULLED_A_TURN (512u * 1024)

void caching_give_up(struct request *request)
{
	struct caching *caching = &request->caching;

	if (caching->filling != FILL_PASSING)
		return;
	caching->filling = FILL_GIVEN_UP;
	caching->state = CACHING_MISS;
	caching_land(request, FLIGHT_PASS);
}

/* For the disk alone. Nobody waits for it. */
static enum flight_end keep_copy(struct request *request)
{
	struct caching *caching = &request->caching;
	struct cache_store *store = request->connection->worker->common->cache->store;
	struct cache_object *object = NULL;

	/* What somebody has purged since is not copied. */
	if (cache_store_purges(store, caching->hash) == caching->purges && cache_object_make(store, &caching->draft, &object) == RESULT_OK) {
		continuity_save(request, object);
		cache_object_drop(object);
	}
	return FLIGHT_LOST;
}

/* All of it is here, and rules have seen as much of it as they will. */
static enum flight_end keep(struct request *request)
{
	struct caching *caching = &request->caching;
	struct cache_store *store = request->connection->worker->common->cache->store;
	struct cache_object *object = NULL;
	enum result result;

	cache_body_seal(caching->body);
	caching->draft.body = caching->body;
	inspect_response_passed(request);
	if (!caching_is_judged_good(request))
		return FLIGHT_ALONE;
	if (caching->is_copying)
		return keep_copy(request);
	result = caching->draft.life.is_learned && learning_is_doubted(request) ? RESULT_REFUSED : cache_object_make(store, &caching->draft, &object);
	if (result == RESULT_OK) {
		disk_replaces(request, object);
		result = cache_store_put(store, object, caching->purges);
	}
	if (result == RESULT_OK) {
		continuity_see(request, object, true);
		disk_see(request, object);
	}
	if (object)
		cache_object_drop(object);
	return result == RESULT_OK ? FLIGHT_KEPT : FLIGHT_LOST;
}

/* Who waited for it is told, and the origin has somebody else. */
static void finish(struct request *request)
{
	request->caching.filling = FILL_WHOLE;
	request->caching.end = request->caching.body->bytes;
	caching_land(request, keep(request));
	response_origin_done(request);
}

static void lose(struct request *request)
{
	request->caching.filling = FILL_GIVEN_UP;
	caching_land(request, FLIGHT_LOST);
}

void caching_pull(struct request *request)
{
	struct caching *caching = &request->caching;
	uint64_t until = caching->body ? caching->body->bytes + PULLED_A_TURN : 0;

	while (caching->filling == FILL_PASSING) {
		struct span piece;
		enum result result = response_peek_origin(request, &piece);

		if (result == RESULT_MORE)
			return;
		if (result == RESULT_END) {
			finish(request);
			return;
		}
		if (result != RESULT_OK) {
			lose(request);
			return;
		}
		if (caching->body->bytes >= until) {  /* others of this worker wait too */
			loop_later(&request->connection->worker->loop, &request->turn_job);
			return;
		}
		if (cache_body_add(caching->body, piece, caching->expected) != RESULT_OK) {
			caching_give_up(request);
			return;
		}
		response_take_origin(request, piece.len);
	}
}

enum result caching_peek(struct request *request, struct span *piece)
{
	struct caching *caching = &request->caching;
	uint64_t end;

	caching_pull(request);
	end = caching->filling == FILL_PASSING || caching->filling == FILL_GIVEN_UP ? caching->body->bytes : caching->end;
	if (caching->at < end) {
		*piece = span_take(cache_body_piece(caching->body, caching->at), (size_t)(end - caching->at));
		return RESULT_OK;
	}
	if (caching->filling == FILL_PASSING)
		return RESULT_MORE;
	if (caching->filling != FILL_GIVEN_UP)
		return RESULT_END;
	/* What had been kept of it has gone; the rest goes as any other. */
	cache_body_drop(caching->body);
	caching->body = NULL;
	return response_peek_origin(request, piece);
}

void caching_take(struct request *request, size_t count)
{
	request->caching.at += count;
}

/* -- what is said of it: RFC 9211 -- */

static const char *forward_word(const struct caching *caching)
{
	return caching->stale ? "stale" : caching->has_other_variants ? "vary-miss" : "uri-miss";
}

struct span caching_status(struct request *request)
{
	const struct caching *caching = &request->caching;
	const struct cache_life *life = caching->shown ? &caching->shown->life : &caching->draft.life;
	uint64_t now_ms = request->connection->worker->loop.now_ms;
	int64_t resident_s = caching->shown ? cache_object_resident_s(caching->shown, now_ms) : 0;
	long long left_s = (long long)(life->fresh_s - life->age_s - resident_s);

	switch (caching->state) {
	case CACHING_HIT:
	case CACHING_STALE:
		return arena_print(&request->arena, "bouclier; hit; ttl=%lld%s", left_s, life->is_learned ? "; detail=learned" : caching->is_from_disk ? "; detail=disk" : "");
	case CACHING_COLLAPSED:
		return arena_print(&request->arena, "bouclier; fwd=uri-miss; collapsed; ttl=%lld", left_s);
	case CACHING_IF_ERROR:
		return arena_print(&request->arena, "bouclier; hit; ttl=%lld; detail=if-error", left_s);
	case CACHING_REVALIDATED:
		return arena_print(&request->arena, "bouclier; fwd=stale; fwd-status=304; ttl=%lld", left_s);
	case CACHING_STORED:
		return arena_print(&request->arena, "bouclier; fwd=%s; stored; ttl=%lld", forward_word(caching), left_s);
	case CACHING_CONTINUITY:
		return SPAN("bouclier; hit; detail=continuity");
	case CACHING_NONE:
	case CACHING_MISS:
	case CACHING_UNAVAILABLE:
		break;
	}
	return SPAN_NONE;
}
