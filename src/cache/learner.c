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
	/* Who saw what it says now, until they are enough. */
	bool is_confirming;
	unsigned source_count;
	uint32_t sources[1 + LEARN_CONFIRMING];
};

struct seen_kind {
	struct visitor_kind kind;
	uint32_t network;                        /* of its first visitor */
	bool is_common;                          /* another network's have come since */
	uint64_t used_ms, proved_ms;             /* PROVED: the origin gave one of them what the page says now; 0: not since it changed */
};

struct page {
	uint64_t hash, site, party;
	uint64_t used_ms, until_ms, learned_ms;  /* UNTIL: it is refused */
	uint64_t agreed_ms;                      /* somebody was shown what it says */
	uint64_t shared;
	uint64_t doubt, doubt_ms;                /* hash of an answer to a query that differs, and when that was asked; 0: none */
	enum page_state state;
	unsigned face_count, kind_count, network_count, source_count;
	bool is_confirming;                      /* it has changed */
	bool is_common;                          /* others than those of BEGUN_BY ask for it too */
	uint32_t begun_by;                       /* network */
	uint32_t doubt_coding;
	uint32_t networks[LEARN_NETWORKS];
	uint32_t sources[LEARN_SOURCES];
	struct face faces[LEARN_FACES];
	struct seen_kind kinds[LEARN_KINDS];
	size_t key_len;
	char key[LEARN_KEY_MAX];
};

struct cache_learner {
	pthread_mutex_t lock;
	struct hash_seed seed;
	uint64_t now_ms;             /* the latest of all workers': each looks at the clock once a turn, and no time since may be less than none */
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

static bool is_begun_by(const struct page *page, uint32_t network)
{
	return page->state != PAGE_FREE && !page->is_common && page->begun_by == network;
}

/* What VISIT takes the place of; NULL: of nothing. Whoever has his part of what lies together, a tenant half and a network that asks for thousands of
 * pages LEARN_BEGUN, takes none of the others'. */
static struct page *choose(struct page *set, const struct learn_visit *visit, uint64_t now_ms)
{
	struct page *best = NULL;
	unsigned own = 0, begun = 0;

	for (unsigned i = 0; i < LEARN_WAYS; i++) {
		own += set[i].state != PAGE_FREE && set[i].party == visit->party;
		begun += is_begun_by(&set[i], visit->network);
	}
	for (unsigned i = 0; i < LEARN_WAYS; i++) {
		unsigned readiness = dispensable(&set[i], now_ms);

		if (!readiness || (set[i].state != PAGE_FREE && own >= LEARN_WAYS / 2 && set[i].party != visit->party))
			continue;
		if (begun >= LEARN_BEGUN && !is_begun_by(&set[i], visit->network))
			continue;
		if (!best || readiness > dispensable(best, now_ms) || (readiness == dispensable(best, now_ms) && set[i].used_ms < best->used_ms))
			best = &set[i];
	}
	return best;
}

static struct page *make(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms)
{
	struct page *best = visit->key.len > LEARN_KEY_MAX ? NULL : choose(set_of(learner, visit->hash), visit, now_ms);

	if (!best)
		return NULL;
	forget(learner, best);
	*best = (struct page){ .hash = visit->hash, .site = visit->site, .party = visit->party, .used_ms = now_ms, .state = PAGE_WATCHED,
		               .begun_by = visit->network, .key_len = visit->key.len };
	memcpy(best->key, visit->key.at, visit->key.len);
	return best;
}

static uint32_t short_hash(const struct cache_learner *learner, struct span text)
{
	uint32_t hash = (uint32_t)hash_span(learner->seed, text);

	return hash ? hash : 1;
}

/* -- asking -- */

static struct seen_kind *find_kind(struct page *page, const struct visitor_kind *kind)
{
	for (unsigned i = 0; i < page->kind_count; i++) {
		if (likeness_equals(kind, &page->kinds[i].kind))
			return &page->kinds[i];
	}
	return NULL;
}

/* One visitor can be of as many kinds as he likes: those that only one network has make room first, then the one that was not asked for longest. */
static struct seen_kind *place_kind(struct page *page)
{
	struct seen_kind *best = page->kinds;

	if (page->kind_count < LEARN_KINDS)
		return &page->kinds[page->kind_count++];
	for (unsigned i = 1; i < page->kind_count; i++) {
		struct seen_kind *kind = &page->kinds[i];

		if (kind->is_common != best->is_common ? best->is_common : kind->used_ms < best->used_ms)
			best = kind;
	}
	return best;
}

static void prove_kind(struct page *page, const struct learn_visit *visit, uint64_t now_ms)
{
	struct seen_kind *seen = find_kind(page, &visit->kind);

	if (!seen && !visit->is_peace)
		return;
	if (!seen) {
		seen = place_kind(page);
		*seen = (struct seen_kind){ .kind = visit->kind, .network = visit->network };
	}
	seen->is_common |= seen->network != visit->network;
	seen->used_ms = seen->proved_ms = now_ms;
}

static bool is_network_listed(const struct page *page, uint32_t network)
{
	for (unsigned i = 0; i < page->network_count; i++) {
		if (page->networks[i] == network)
			return true;
	}
	return false;
}

/* Private addresses are told apart by their kind. */
static bool is_network_seen(const struct page *page, uint32_t network)
{
	return !network || page->network_count == LEARN_NETWORKS || is_network_listed(page, network);
}

static void count_network(struct page *page, uint32_t network)
{
	page->is_common |= page->begun_by != network;
	if (!is_network_seen(page, network))
		page->networks[page->network_count++] = network;
}

/* In peace there is time to look: at every query, at a change, at each network, and at each kind from time to time. */
static bool is_to_be_proved(const struct page *page, const struct learn_visit *visit, const struct seen_kind *kind, uint64_t now_ms)
{
	bool is_from_elsewhere = visit->network && !is_network_listed(page, visit->network);

	return visit->is_peace && (visit->query.len || is_from_elsewhere || page->is_confirming || !kind->proved_ms || now_ms - kind->proved_ms >= LEARN_PROOF_MS);
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
	/* An end of doubt is no learning: it comes in an attack too, or the page would be nobody's for as long as that lasts. */
	if (page->doubt)
		return LEARN_WATCH;
	kind = find_kind(page, &visit->kind);
	if (!kind || !is_network_seen(page, visit->network))
		return otherwise;
	kind->used_ms = now_ms;
	if (is_to_be_proved(page, visit, kind, now_ms))
		return LEARN_WATCH;
	page->shared++;
	return LEARN_SHARE;
}

static uint64_t latest(struct cache_learner *learner, uint64_t now_ms)
{
	if (learner->now_ms < now_ms)
		learner->now_ms = now_ms;
	return learner->now_ms;
}

enum learn_order cache_learner_ask(struct cache_learner *learner, const struct learn_visit *visit, uint64_t now_ms)
{
	enum learn_order order;

	if (visit->key.len > LEARN_KEY_MAX)
		return LEARN_NOTHING;
	pthread_mutex_lock(&learner->lock);
	learner->is_asked = true;
	order = order_of(learner, visit, latest(learner, now_ms));
	pthread_mutex_unlock(&learner->lock);
	return order;
}

/* -- telling -- */

static bool refuse(struct cache_learner *learner, struct page *page, uint64_t until_ms)
{
	struct page refused = { .hash = page->hash, .site = page->site, .party = page->party, .used_ms = page->used_ms, .until_ms = until_ms,
		                .is_common = page->is_common, .begun_by = page->begun_by, .key_len = page->key_len };

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
	page->faces[page->face_count] = (struct face){ .coding = coding, .is_confirming = true };
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

static void count_visit(struct cache_learner *learner, struct page *page, struct face *face, const struct learn_visit *visit, uint64_t now_ms)
{
	uint32_t source = (uint32_t)hash_span(learner->seed, span_make((const char *)&visit->source, sizeof(visit->source)));

	page->agreed_ms = now_ms;
	prove_kind(page, visit, now_ms);
	if (visit->is_peace)
		count_network(page, visit->network);
	/* Colleagues who alone were shown it would confirm each other. */
	if (face->is_confirming && count_source(face->sources, &face->source_count, 1 + LEARN_CONFIRMING, visit->network ? visit->network : source))
		face->is_confirming = page->is_confirming = false;
	if (page->state != PAGE_LEARNED && count_source(page->sources, &page->source_count, LEARN_SOURCES, source)) {
		page->learned_ms = now_ms;
		page->source_count = 0;
		set_state(learner, page, PAGE_LEARNED);
	}
}

/* What the page said in its other codings is not what it says now. */
static void change_others(struct page *page, const struct face *changed, uint64_t now_ms)
{
	for (unsigned i = 0; i < page->face_count; i++) {
		struct face *face = &page->faces[i];

		if (face == changed || !face->now)
			continue;
		*face = (struct face){ .before = face->now, .changed_ms = now_ms, .coding = face->coding, .is_confirming = true };
	}
	for (unsigned i = 0; i < page->kind_count; i++)
		page->kinds[i].proved_ms = 0;
}

/* The page says something else than before, to a visitor who asked without a query. */
static bool change(struct cache_learner *learner, struct page *page, struct face *face, const struct learn_answer *answer, uint64_t now_ms)
{
	/* Two at the same time: the one before comes back, or neither lasts. Asked for before it changed, the one before is only late. */
	if (answer->hash == face->before)
		return answer->asked_ms < face->changed_ms ? false : refuse(learner, page, now_ms + LEARN_REFUSED_MS);
	/* The same change as another coding's, or its first. */
	if (!face->now) {
		face->now = answer->hash;
		return true;
	}
	if (face->changed_ms && now_ms - face->changed_ms < LEARN_STEADY_MS)
		return refuse(learner, page, now_ms + LEARN_REFUSED_MS);
	*face = (struct face){ .now = answer->hash, .before = face->now, .changed_ms = now_ms, .coding = face->coding, .is_confirming = true };
	change_others(page, face, now_ms);
	page->is_confirming = true;
	if (page->state != PAGE_LEARNED)
		page->source_count = page->kind_count = page->network_count = 0;
	return true;
}

/* VISIT got something else than the page says: of its own, if nobody like it was shown the page since that changed. Then it says nothing of what
 * others get, and those like it get it no more. In an attack nobody is looked at again, so that those who were shown it before count too. */
static bool is_of_its_own(struct cache_learner *learner, struct page *page, const struct learn_visit *visit, uint64_t now_ms)
{
	struct seen_kind *kind = find_kind(page, &visit->kind);

	if (kind && (kind->proved_ms || !visit->is_peace))
		return false;
	if (kind)
		*kind = page->kinds[--page->kind_count];
	/* Those who are shown what it says do not come any more. */
	if (visit->is_peace && now_ms - page->agreed_ms >= LEARN_STALE_MS)
		forget(learner, page);
	return true;
}

/* The page without a query is seen again: had it changed when the answer to one differed? False: that is not known yet, or it had not. */
static bool is_doubt_over(struct cache_learner *learner, struct page *page, const struct face *face, const struct learn_answer *answer, uint64_t now_ms)
{
	bool has_changed = face->coding == page->doubt_coding ? answer->hash == page->doubt : answer->hash != face->now;

	if (answer->asked_ms < page->doubt_ms)
		return false;
	if (!has_changed)
		return refuse(learner, page, now_ms + LEARN_PARAMETER_MS);
	/* In a coding that was not seen before it tells nothing. */
	if (face->now || face->coding == page->doubt_coding)
		page->doubt = 0;
	return true;
}

static bool tell_bare(struct cache_learner *learner, struct page *page, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms)
{
	struct face *face = face_of(page, short_hash(learner, answer->coding));

	if (!face || (page->state == PAGE_LEARNED && answer->hash != face->now && is_of_its_own(learner, page, visit, now_ms)))
		return false;
	if (page->doubt && !is_doubt_over(learner, page, face, answer, now_ms))
		return false;
	if (answer->hash != face->now && !change(learner, page, face, answer, now_ms))
		return false;
	count_visit(learner, page, face, visit, now_ms);
	return page->state == PAGE_LEARNED && !face->is_confirming && !page->is_confirming && !page->doubt;
}

/* Whether a parameter matters is known when there is something to compare with. */
static void tell_query(const struct cache_learner *learner, struct page *page, const struct learn_answer *answer)
{
	uint32_t coding = short_hash(learner, answer->coding);
	const struct face *face = NULL;

	for (unsigned i = 0; i < page->face_count; i++)
		face = page->faces[i].coding == coding ? &page->faces[i] : face;
	if (!face || !face->now)
		return;
	if (answer->hash != face->now && !page->doubt) {
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
	tell_query(learner, page, answer);
	return false;
}

bool cache_learner_tell(struct cache_learner *learner, const struct learn_visit *visit, const struct learn_answer *answer, uint64_t now_ms)
{
	bool is_shared;

	pthread_mutex_lock(&learner->lock);
	is_shared = tell(learner, visit, answer, latest(learner, now_ms));
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
