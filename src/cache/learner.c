#include "cache/learner.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cache/key.h"

#include "base/banned.h"

#define SETS (LEARN_PAGES / LEARN_WAYS)

enum page_state { PAGE_FREE, PAGE_WATCHED, PAGE_LEARNED, PAGE_REFUSED };

/* One Content-Encoding of a page. */
struct face {
	uint64_t now, before;        /* hashes of what it says, and said; 0: nothing yet */
	uint64_t changed_ms;         /* 0: never */
	uint32_t coding;
	/* Of a page that is learned: who saw what it says now, until they are enough. */
	bool is_confirming;
	unsigned source_count;
	uint32_t sources[1 + LEARN_CONFIRMING];
};

struct seen_kind {
	struct visitor_kind kind;
	uint64_t used_ms;
};

struct name {
	uint32_t hash, tried;
};

struct page {
	uint64_t hash, site, party;
	uint64_t used_ms, until_ms, learned_ms;  /* UNTIL: it is refused */
	uint64_t shared;
	uint64_t trials_ms, again_ms;            /* when a trial was last added; when one of known names last was */
	uint64_t doubt, doubt_ms;                /* hash of an answer to a query that differs, and when that was asked; 0: none */
	enum page_state state;
	unsigned trials, face_count, kind_count, name_count, source_count;
	bool is_confirming;                      /* it has changed, in one of its faces */
	uint32_t doubt_coding;
	uint32_t sources[LEARN_SOURCES];
	struct face faces[LEARN_FACES];
	struct seen_kind kinds[LEARN_KINDS];
	struct name names[LEARN_NAMES];
	size_t key_len;
	char key[LEARN_KEY_MAX];
};

struct cache_learner {
	pthread_mutex_t lock;
	struct hash_seed seed;
	size_t learned;
	bool is_asked;               /* before, none of its pages is looked at, and so none of its memory is real */
	struct page pages[SETS][LEARN_WAYS];
};

struct cache_learner *cache_learner_new(void)
{
	struct cache_learner *learner = calloc(1, sizeof(*learner));

	if (!learner)
		return NULL;
	pthread_mutex_init(&learner->lock, NULL);
	random_fill(&learner->seed, sizeof(learner->seed));
	return learner;
}

void cache_learner_free(struct cache_learner *learner)
{
	if (!learner)
		return;
	pthread_mutex_destroy(&learner->lock);
	free(learner);
}

/* -- where a page lies -- */

static struct page *set_of(struct cache_learner *learner, uint64_t hash)
{
	return learner->pages[hash % SETS];
}

static struct page *find(struct cache_learner *learner, const struct learn_visit *visit)
{
	struct page *set = set_of(learner, visit->hash);

	for (unsigned i = 0; i < LEARN_WAYS; i++) {
		if (set[i].state != PAGE_FREE && set[i].hash == visit->hash && span_equal(span_make(set[i].key, set[i].key_len), visit->key))
			return &set[i];
	}
	return NULL;
}

static void set_state(struct cache_learner *learner, struct page *page, enum page_state state)
{
	learner->learned += (state == PAGE_LEARNED) - (size_t)(page->state == PAGE_LEARNED);
	page->state = state;
}

static void forget(struct cache_learner *learner, struct page *page)
{
	set_state(learner, page, PAGE_FREE);
	*page = (struct page){ .state = PAGE_FREE };
}

/* How readily PAGE makes room: 0 not at all. */
static unsigned dispensable(const struct page *page, uint64_t now_ms)
{
	switch (page->state) {
	case PAGE_FREE: return 4;
	case PAGE_WATCHED: return 3;
	case PAGE_LEARNED: return now_ms - page->used_ms > LEARN_IDLE_MS ? 2 : 0;
	case PAGE_REFUSED: return 1;
	}
	return 0;
}

static struct page *make(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms)
{
	struct page *set = set_of(learner, visit->hash), *best = NULL;
	unsigned own = 0;

	for (unsigned i = 0; i < LEARN_WAYS; i++)
		own += set[i].state != PAGE_FREE && set[i].party == visit->party;
	for (unsigned i = 0; i < LEARN_WAYS; i++) {
		unsigned readiness = dispensable(&set[i], now_ms);

		/* Who has half of them takes none of the others'. */
		if (!readiness || (set[i].state != PAGE_FREE && own >= LEARN_WAYS / 2 && set[i].party != visit->party))
			continue;
		if (!best || readiness > dispensable(best, now_ms) || (readiness == dispensable(best, now_ms) && set[i].used_ms < best->used_ms))
			best = &set[i];
	}
	if (!best || visit->key.len > LEARN_KEY_MAX)
		return NULL;
	forget(learner, best);
	*best = (struct page){ .hash = visit->hash, .site = visit->site, .party = visit->party, .used_ms = now_ms, .state = PAGE_WATCHED,
		               .trials = LEARN_TRIALS, .trials_ms = now_ms, .key_len = visit->key.len };
	memcpy(best->key, visit->key.at, visit->key.len);
	return best;
}

/* -- queries -- */

static uint32_t short_hash(const struct cache_learner *learner, struct span text)
{
	uint32_t hash = (uint32_t)hash_span(learner->seed, text);

	return hash ? hash : 1;
}

static struct name *find_name(struct page *page, uint32_t hash)
{
	for (unsigned i = 0; i < page->name_count; i++) {
		if (page->names[i].hash == hash)
			return &page->names[i];
	}
	return NULL;
}

static uint32_t cut_name(const struct cache_learner *learner, struct span *query)
{
	struct span pair = span_cut(query, '&');

	return short_hash(learner, span_take(pair, span_find(pair, '=')));
}

static bool are_names_tried(const struct cache_learner *learner, struct page *page, struct span query)
{
	while (query.len) {
		const struct name *name = find_name(page, cut_name(learner, &query));

		if (!name || name->tried < LEARN_NAME_TRIED)
			return false;
	}
	return true;
}

/* It made no difference. */
static void count_names(const struct cache_learner *learner, struct page *page, struct span query)
{
	while (query.len) {
		uint32_t hash = cut_name(learner, &query);
		struct name *name = find_name(page, hash);

		if (!name && page->name_count < LEARN_NAMES) {
			name = &page->names[page->name_count++];
			*name = (struct name){ .hash = hash };
		}
		if (name && name->tried < LEARN_NAME_TRIED)
			name->tried++;
	}
}

static bool take_trial(const struct cache_learner *learner, struct page *page, struct span query, uint64_t now_ms)
{
	uint64_t added = (now_ms - page->trials_ms) / LEARN_TRIAL_MS;

	if (are_names_tried(learner, page, query)) {
		if (page->again_ms && now_ms - page->again_ms < LEARN_AGAIN_MS)
			return false;
		page->again_ms = now_ms;
		return true;
	}
	if (added) {
		page->trials = added + page->trials < LEARN_TRIALS ? page->trials + (unsigned)added : LEARN_TRIALS;
		page->trials_ms = page->trials == LEARN_TRIALS ? now_ms : page->trials_ms + added * LEARN_TRIAL_MS;
	}
	if (!page->trials)
		return false;
	if (page->trials-- == LEARN_TRIALS)
		page->trials_ms = now_ms;
	return true;
}

/* -- asking -- */

static bool is_kind_seen(const struct page *page, const struct visitor_kind *kind)
{
	for (unsigned i = 0; i < page->kind_count; i++) {
		if (likeness_fits(kind, &page->kinds[i].kind))
			return true;
	}
	return false;
}

static struct seen_kind *find_kind(struct page *page, const struct visitor_kind *kind)
{
	for (unsigned i = 0; i < page->kind_count; i++) {
		if (likeness_equals(kind, &page->kinds[i].kind))
			return &page->kinds[i];
	}
	return NULL;
}

/* One visitor can be of as many kinds as he likes: the one that was not asked for longest goes. */
static void use_kind(struct page *page, const struct visitor_kind *kind, uint64_t now_ms)
{
	struct seen_kind *seen = find_kind(page, kind);

	if (!seen && page->kind_count < LEARN_KINDS)
		seen = &page->kinds[page->kind_count++];
	if (!seen) {
		seen = page->kinds;
		for (unsigned i = 1; i < page->kind_count; i++)
			seen = page->kinds[i].used_ms < seen->used_ms ? &page->kinds[i] : seen;
	}
	*seen = (struct seen_kind){ *kind, now_ms };
}

static enum learn_order order_of(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms)
{
	struct page *page = find(learner, visit);
	enum learn_order otherwise = visit->is_peace ? LEARN_WATCH : LEARN_NOTHING;
	struct seen_kind *kind;

	if (!page)
		return visit->query.len ? LEARN_NOTHING : otherwise;
	if (page->state == PAGE_REFUSED && now_ms < page->until_ms)
		return LEARN_NOTHING;
	page->used_ms = now_ms;
	if (page->state != PAGE_LEARNED)
		return otherwise;
	/* Confirming is no learning, nor is an end of doubt: both come in an attack too, or the page would be nobody's for as long as that lasts. */
	if (page->is_confirming || page->doubt)
		return LEARN_WATCH;
	if (!is_kind_seen(page, &visit->kind))
		return otherwise;
	kind = find_kind(page, &visit->kind);
	if (kind)
		kind->used_ms = now_ms;
	if (visit->is_peace && visit->query.len && take_trial(learner, page, visit->query, now_ms))
		return LEARN_WATCH;
	page->shared++;
	return kind ? LEARN_SHARE : LEARN_TAKE;
}

enum learn_order cache_learner_ask(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms)
{
	enum learn_order order;

	if (visit->key.len > LEARN_KEY_MAX)
		return LEARN_NOTHING;
	pthread_mutex_lock(&learner->lock);
	learner->is_asked = true;
	order = order_of(learner, visit, now_ms);
	pthread_mutex_unlock(&learner->lock);
	return order;
}

/* -- telling -- */

static bool refuse(struct cache_learner *learner, struct page *page, uint64_t until_ms)
{
	struct page refused = { .hash = page->hash, .site = page->site, .party = page->party, .used_ms = page->used_ms, .until_ms = until_ms,
		                .trials = LEARN_TRIALS, .key_len = page->key_len };

	set_state(learner, page, PAGE_REFUSED);
	refused.state = PAGE_REFUSED;
	memcpy(refused.key, page->key, page->key_len);
	*page = refused;
	return false;
}

static struct face *face_of(struct page *page, uint32_t coding)
{
	for (unsigned i = 0; i < page->face_count; i++) {
		if (page->faces[i].coding == coding)
			return &page->faces[i];
	}
	if (page->face_count == LEARN_FACES)
		return NULL;
	page->faces[page->face_count] = (struct face){ .coding = coding, .is_confirming = page->state == PAGE_LEARNED };
	return &page->faces[page->face_count++];
}

/* True: as many as are WANTED. */
static bool count_source(uint32_t *sources, unsigned *count, unsigned wanted, uint32_t source)
{
	unsigned i = 0;

	while (i < *count && sources[i] != source)
		i++;
	if (i == *count && i < wanted)
		sources[(*count)++] = source;
	return *count == wanted;
}

static void find_changed(struct page *page)
{
	page->is_confirming = false;
	for (unsigned i = 0; i < page->face_count; i++)
		page->is_confirming |= page->faces[i].is_confirming && page->faces[i].changed_ms;
}

static void count_visit(struct cache_learner *learner, struct page *page, struct face *face, const struct learn_visit *visit, uint64_t now_ms)
{
	uint32_t source = (uint32_t)hash_span(learner->seed, span_make((const char *)&visit->source, sizeof(visit->source)));

	if (visit->is_peace)
		use_kind(page, &visit->kind, now_ms);
	if (page->state != PAGE_LEARNED) {
		if (!count_source(page->sources, &page->source_count, LEARN_SOURCES, source))
			return;
		page->learned_ms = now_ms;
		page->source_count = 0;
		set_state(learner, page, PAGE_LEARNED);
	} else if (face->is_confirming && count_source(face->sources, &face->source_count, 1 + LEARN_CONFIRMING, source)) {
		face->is_confirming = false;
		find_changed(page);
	}
}

/* The page says something else than before, to a visitor who asked without a query. */
static bool change(struct cache_learner *learner, struct page *page, struct face *face, const struct learn_answer *answer, uint64_t now_ms)
{
	/* Two at the same time: the one before comes back, or neither lasts. Asked for before it changed, the one before is only late. */
	if (answer->hash == face->before)
		return answer->asked_ms < face->changed_ms ? false : refuse(learner, page, now_ms + LEARN_REFUSED_MS);
	if (face->changed_ms && now_ms - face->changed_ms < LEARN_STEADY_MS)
		return refuse(learner, page, now_ms + LEARN_REFUSED_MS);
	face->before = face->now;
	face->now = answer->hash;
	face->changed_ms = now_ms;
	if (page->state == PAGE_LEARNED) {
		face->source_count = 0;
		page->is_confirming = face->is_confirming = true;
	} else {
		page->source_count = page->kind_count = 0;
	}
	return true;
}

static bool tell_bare(struct cache_learner *learner, struct page *page, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms)
{
	uint32_t coding = short_hash(learner, answer->coding);
	struct face *face = face_of(page, coding);

	if (!face)
		return false;
	/* Who is of a kind of his own, and got something else, says nothing of what others get. */
	if (page->state == PAGE_LEARNED && answer->hash != face->now && !find_kind(page, &visit->kind))
		return false;
	if (page->doubt && page->doubt_coding == coding) {
		if (answer->asked_ms < page->doubt_ms)
			return false;
		if (answer->hash != page->doubt)
			return refuse(learner, page, now_ms + LEARN_PARAMETER_MS);
		page->doubt = 0;
	}
	if (!face->now)
		face->now = answer->hash;
	else if (answer->hash != face->now && !change(learner, page, face, answer, now_ms))
		return false;
	count_visit(learner, page, face, visit, now_ms);
	return page->state == PAGE_LEARNED && !face->is_confirming && !page->is_confirming && !page->doubt;
}

/* Whether a parameter matters is known when there is something to compare with. */
static void tell_query(struct cache_learner *learner, struct page *page, const struct learn_visit *visit, const struct learn_answer *answer)
{
	uint32_t coding = short_hash(learner, answer->coding);
	const struct face *face = NULL;

	for (unsigned i = 0; i < page->face_count; i++)
		face = page->faces[i].coding == coding ? &page->faces[i] : face;
	if (!face || !face->now)
		return;
	if (answer->hash == face->now) {
		count_names(learner, page, visit->query);
	} else if (!page->doubt) {
		page->doubt = answer->hash;
		page->doubt_ms = answer->asked_ms;
		page->doubt_coding = coding;
	}
}

static bool tell(struct cache_learner *learner, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms)
{
	struct page *page = find(learner, visit);

	/* What a query brings that is not a page says nothing of the page; but a parameter matters by which it is somebody's own. */
	if (answer->word == WORD_UNFIT || (answer->word == WORD_ELSEWHERE && visit->is_peace)) {
		if (page && page->state != PAGE_REFUSED)
			refuse(learner, page, now_ms + (answer->is_bare ? LEARN_REFUSED_MS : LEARN_PARAMETER_MS));
		return false;
	}
	if (!visit->is_peace && !(page && page->state == PAGE_LEARNED && answer->word == WORD_FIT && answer->is_bare))
		return false;
	if (answer->word == WORD_GONE && page) {
		if (!answer->is_bare)
			refuse(learner, page, now_ms + LEARN_PARAMETER_MS);
		else if (page->state != PAGE_REFUSED)
			forget(learner, page);
	}
	if (answer->word != WORD_FIT)
		return false;
	if (!page && answer->is_bare)
		page = make(learner, visit, now_ms);
	if (page && page->state == PAGE_REFUSED && now_ms >= page->until_ms)
		set_state(learner, page, PAGE_WATCHED);
	if (!page || page->state == PAGE_REFUSED)
		return false;
	if (answer->is_bare)
		return tell_bare(learner, page, visit, answer, now_ms);
	tell_query(learner, page, visit, answer);
	return false;
}

bool cache_learner_tell(struct cache_learner *learner, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms)
{
	bool is_shared;

	pthread_mutex_lock(&learner->lock);
	is_shared = tell(learner, visit, answer, now_ms);
	pthread_mutex_unlock(&learner->lock);
	return is_shared;
}

/* -- forgetting and showing -- */

static size_t forget_all(struct cache_learner *learner, bool (*fits)(const struct page *page, const void *context), const void *context)
{
	size_t before, gone;

	pthread_mutex_lock(&learner->lock);
	before = learner->learned;
	for (size_t i = 0; i < LEARN_PAGES && learner->is_asked; i++) {
		struct page *page = &learner->pages[i / LEARN_WAYS][i % LEARN_WAYS];

		if (page->state != PAGE_FREE && fits(page, context))
			forget(learner, page);
	}
	gone = before - learner->learned;
	pthread_mutex_unlock(&learner->lock);
	return gone;
}

static bool is_purged(const struct page *page, const void *context)
{
	return cache_purge_names(context, span_make(page->key, page->key_len));
}

size_t cache_learner_purge(struct cache_learner *learner, const struct cache_purge *purge)
{
	return forget_all(learner, is_purged, purge);
}

struct served {
	bool (*is_served)(const void *context, uint64_t party);
	const void *context;
};

static bool has_left(const struct page *page, const void *context)
{
	const struct served *served = context;

	return !served->is_served(served->context, page->party);
}

void cache_learner_leave(struct cache_learner *learner, bool (*is_served)(const void *context, uint64_t party), const void *context)
{
	struct served served = { is_served, context };

	forget_all(learner, has_left, &served);
}

static void view_page(const struct page *page, struct learn_view *out)
{
	struct span url = key_url(span_make(page->key, page->key_len));

	*out = (struct learn_view){ .site = page->site, .shared = page->shared, .learned_ms = page->learned_ms, .url_len = url.len };
	memcpy(out->url, url.at, url.len);
}

size_t cache_learner_view(struct cache_learner *learner, struct learn_view *list, size_t max, size_t *learned)
{
	size_t count = 0;

	pthread_mutex_lock(&learner->lock);
	*learned = learner->learned;
	for (size_t i = 0; i < LEARN_PAGES && max && learner->is_asked; i++) {
		const struct page *page = &learner->pages[i / LEARN_WAYS][i % LEARN_WAYS];
		size_t at = count < max ? count : max - 1;

		if (page->state != PAGE_LEARNED || (count == max && page->shared <= list[max - 1].shared))
			continue;
		for (; at && list[at - 1].shared < page->shared; at--)
			list[at] = list[at - 1];
		view_page(page, &list[at]);
		count += count < max;
	}
	pthread_mutex_unlock(&learner->lock);
	return count;
}
