#include "edge/caching/learning.h"

#include "cache/key.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"
#include "source/entry.h"

#include "base/banned.h"

static struct cache_learner *learner_of(const struct request *request)
{
	return request->connection->worker->common->cache->learner;
}

static uint64_t now_ms(const struct request *request)
{
	return request->connection->worker->loop.now_ms;
}

/* The level is asked for when a request comes and when its answer is here: an attack may have begun between. */
static struct learn_visit visit_of(const struct request *request)
{
	const struct learning *learning = &request->caching.learning;
	struct source_key source = source_key_of(&request->source);

	return (struct learn_visit){
		.key = learning->key, .hash = learning->hash, .site = request->site->key, .party = request->site->tenant->key,
		.source = source.bits, .network = likeness_network(&request->source), .kind = likeness_kind(&request->head.fields, &request->source),
		.query = request->head.query, .is_peace = meter_level(request->site->meter) == LEVEL_NORMAL,
	};
}

/* Security, fails closed: with a cookie that nobody knows it is not anonymous, whatever the answer says; nor where the application is named, of which we
 * know what is somebody's own, and not by what it chooses a language or a colour. */
static bool is_anonymous(const struct request *request)
{
	return cookie_kind_of(&request->head.fields, NULL, 0) == COOKIE_NONE && likeness_is_plain(&request->head.fields) &&
	       !likeness_has_secret(request->head.path, request->head.query);
}

/* Security, fails closed: whoever is answered as others were is shown to no rule, and an attack in a query that is ignored would be told to nobody. */
static bool may_be_ignored(const struct request *request)
{
	struct span query = request->head.query;

	for (size_t i = 0; i < query.len; i++) {
		char c = ascii_lower(query.at[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (!c || !strchr("-_.~=&", c)))
			return !inspect_is_due(request);
	}
	return true;
}

static struct span without_query(const struct request *request)
{
	struct span key = request->caching.key;

	return request->head.has_query ? span_take(key, key.len - request->head.query.len - 1) : key;
}

static enum result add_word(struct fields *fields, enum field_id id, struct span name, struct span value)
{
	return value.len ? fields_add(fields, id, name, value) : RESULT_OK;
}

/* What an answer may depend on by its kind of visitor (likeness.h) is said in the words of all of that kind, and nothing else is: a bot that fetches a page
 * for all chooses nothing of what is in it, nor that there is none. */
static enum result make_asked(struct request *request, const struct visitor_kind *kind)
{
	struct fields *asked = &request->caching.learning.asked;
	struct span host = request->head.authority;
	char *text = arena_take(&request->arena, LIKENESS_LANGUAGE_MAX + KEY_CODINGS_MAX), *lower = arena_take(&request->arena, host.len);
	struct kind_words words;
	enum result result;

	if (!text || !lower)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < host.len; i++)
		lower[i] = ascii_lower(host.at[i]);
	request->caching.learning.authority = span_make(lower, host.len);
	likeness_words(&request->head.fields, kind, text, &words);
	fields_init(asked, &request->arena, 6);
	result = add_word(asked, FIELD_USER_AGENT, SPAN("User-Agent"), words.agent);
	if (result == RESULT_OK)
		result = add_word(asked, FIELD_ACCEPT, SPAN("Accept"), words.accept);
	if (result == RESULT_OK)
		result = add_word(asked, FIELD_ACCEPT_LANGUAGE, SPAN("Accept-Language"), words.language);
	if (result == RESULT_OK)
		result = add_word(asked, FIELD_ACCEPT_ENCODING, SPAN("Accept-Encoding"), key_codings_write(&request->head.fields, text + LIKENESS_LANGUAGE_MAX));
	if (result == RESULT_OK && kind->has_dnt)
		result = add_word(asked, FIELD_OTHER, SPAN("DNT"), SPAN("1"));
	if (result == RESULT_OK && kind->has_gpc)
		result = add_word(asked, FIELD_OTHER, SPAN("Sec-GPC"), SPAN("1"));
	return result;
}

void learning_ask(struct request *request)
{
	struct caching *caching = &request->caching;
	struct learning *learning = &caching->learning;
	struct learn_visit visit;

	if (!request->route->settings->cache.learns || request_is_bypassed(request) || !is_anonymous(request) || !may_be_ignored(request))
		return;
	learning->key = without_query(request);
	learning->hash = request->head.has_query ? cache_store_hash(request->connection->worker->common->cache->store, learning->key) : caching->hash;
	visit = visit_of(request);
	learning->order = cache_learner_ask(learner_of(request), &visit, now_ms(request));
	/* Security, fails closed: without memory it goes as it is, and says nothing of the page. */
	if (learning_is_shared(request) && make_asked(request, &visit.kind) != RESULT_OK)
		learning->order = LEARN_NOTHING;
	if (!learning_is_shared(request))
		return;
	caching->key = caching->flight.key = learning->key;
	caching->hash = learning->hash;
	/* Those that are not answered alike fly apart. */
	caching->flight.hash = hash_u64(caching->hash);
}

bool learning_is_shared(const struct request *request)
{
	return request->caching.learning.order == LEARN_SHARE;
}

const struct fields *learning_fields(const struct request *request)
{
	return learning_is_shared(request) ? &request->caching.learning.asked : &request->head.fields;
}

struct span learning_authority(const struct request *request)
{
	return learning_is_shared(request) ? request->caching.learning.authority : request->head.authority;
}

struct request_head learning_head(const struct request *request)
{
	struct request_head head = request->head;

	head.fields = *learning_fields(request);
	head.authority = learning_authority(request);
	if (learning_is_shared(request)) {
		head.method = METHOD_GET;
		head.has_query = false;
	}
	return head;
}

static void tell(struct request *request, enum likeness_word word, uint64_t hash)
{
	struct learning *learning = &request->caching.learning;
	const struct field *coding = fields_find(&request->response.fields, FIELD_CONTENT_ENCODING);
	struct learn_visit visit = visit_of(request);
	struct learn_answer answer = {
		.word = word, .coding = coding ? coding->value : SPAN_NONE, .hash = hash, .asked_ms = request->forwarded_ns / 1000000,
		.is_bare = !request->head.has_query || learning_is_shared(request),
	};
	bool is_shared = cache_learner_tell(learner_of(request), &visit, &answer, now_ms(request));

	learning->state = is_shared ? LEARNING_SHARED : LEARNING_DOUBTED;
}

static bool do_rules_object(const struct request *request)
{
	return request->waf && inspect_is_refusal(request);
}

/* Rules that would have refused it, or add to it, make an answer of their own. */
static bool is_seen_whole(const struct request *request)
{
	struct body_size size = request->response.body;

	return request_asked_method(request) == METHOD_GET && !do_rules_object(request) && size.framing != BODY_UNTIL_CLOSE &&
	       !(size.is_known && size.bytes > (uint64_t)request->route->settings->cache.object_bytes);
}

enum cache_refusal learning_judge(struct request *request, enum cache_refusal refusal, int64_t took_s, struct cache_life *life)
{
	struct learning *learning = &request->caching.learning;
	enum likeness_word word = likeness_judge(&request->response);

	if (learning->order == LEARN_NOTHING)
		return refusal;
	if (word != WORD_FIT) {
		tell(request, word, 0);
		return refusal;
	}
	/* The one who asked is the reason: those who wait for the page are not told to do so no more. */
	if (learning_is_shared(request) && refusal == CACHE_UNDECLARED && do_rules_object(request))
		return CACHE_UNWANTED;
	if (!is_seen_whole(request) || (refusal != CACHE_NONE && refusal != CACHE_UNDECLARED))
		return refusal;
	learning->state = LEARNING_BODY;
	hash_stream_begin(&learning->seen, hash_process_seed());
	likeness_add_head(&learning->seen, &request->response);
	if (refusal == CACHE_NONE || !learning_is_shared(request))
		return refusal;
	policy_live_learned(&request->response.fields, took_s, life);
	return life->age_s < MICRO_FRESH_S ? CACHE_NONE : CACHE_STALE;
}

/* A portal that turns a bot's address away would be asked by everybody alone. */
bool learning_is_of_one(const struct request *request)
{
	enum likeness_word word = likeness_judge(&request->response);

	return learning_is_shared(request) && (word == WORD_ELSEWHERE || word == WORD_NONE);
}

void learning_look(struct request *request, struct span piece)
{
	request->caching.learning.piece = piece;
}

void learning_take(struct request *request, size_t count)
{
	struct learning *learning = &request->caching.learning;

	if (learning->state != LEARNING_BODY)
		return;
	learning->seen_bytes += count;
	if (learning->seen_bytes > (uint64_t)request->route->settings->cache.object_bytes) {
		learning->state = LEARNING_NOT;
		return;
	}
	hash_stream_add(&learning->seen, span_take(learning->piece, count));
	learning->piece = span_skip(learning->piece, count);
}

void learning_finish(struct request *request)
{
	struct learning *learning = &request->caching.learning;

	if (learning->state != LEARNING_BODY)
		return;
	if (request->is_injected)
		learning->state = LEARNING_NOT;
	else
		tell(request, WORD_FIT, hash_stream_get(&learning->seen));
}

bool learning_is_doubted(const struct request *request)
{
	return request->caching.learning.state == LEARNING_DOUBTED;
}
