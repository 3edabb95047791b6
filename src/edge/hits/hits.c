#include "edge/hits/hits.h"

#include "base/shared_lock.h"
#include "edge/hits/hits_inner.h"
#include "edge/sites/places.h"

#include "base/banned.h"

size_t hits_memory_bytes(void)
{
	return sizeof(struct hits);
}

/* -- whose -- */

static void empty(struct hits_site *site)
{
	memset(&site->window_s, 0, sizeof(*site) - offsetof(struct hits_site, window_s));
}

/* Whoever held it died with the site half written. */
static enum result lock(struct hits_site *site)
{
	bool has_died;
	enum result result = shared_lock_take(&site->lock, &has_died);

	if (has_died)
		empty(site);
	return result;
}

enum result hits_lock(struct hits_site *site, uint64_t key)
{
	enum result result = lock(site);

	if (result != RESULT_OK || site->key == key)
		return result;
	shared_lock_give(&site->lock);
	return RESULT_NOT_FOUND;
}

void hits_unlock(struct hits_site *site)
{
	shared_lock_give(&site->lock);
}

static enum result begin(struct hits_site *site, uint64_t key)
{
	enum result result = site->has_lock ? RESULT_OK : shared_lock_init(&site->lock);

	if (result != RESULT_OK)
		return result;
	site->has_lock = 1;
	result = lock(site);
	if (result != RESULT_OK)
		return result;
	/* It is empty, as new or as it was given back: no page is touched before there is something in it. */
	random_fill(&site->seed, sizeof(site->seed));
	site->key = key;
	shared_lock_give(&site->lock);
	return RESULT_OK;
}

struct hits_site *hits_site_take(struct hits *hits, uint64_t key, uint64_t tenant, unsigned share)
{
	unsigned place = places_find(&(struct places){ hits->keys, hits->tenants, HITS_SITES }, key, tenant, share);

	if (place == HITS_SITES)
		return NULL;
	if (hits->keys[place] == key)
		return &hits->sites[place];
	if (begin(&hits->sites[place], key) != RESULT_OK)
		return NULL;
	hits->tenants[place] = tenant;
	hits->keys[place] = key;
	return &hits->sites[place];
}

static void give_back(struct hits *hits, unsigned place)
{
	struct hits_site *site = &hits->sites[place];

	if (lock(site) != RESULT_OK)
		return;
	site->key = 0;
	empty(site);
	shared_lock_give(&site->lock);
	hits->keys[place] = 0;
}

void hits_sites_keep(struct hits *hits, const uint64_t *keys, size_t count)
{
	for (unsigned i = 0; i < HITS_SITES; i++) {
		if (hits->keys[i] && !places_have(keys, count, hits->keys[i]))
			give_back(hits, i);
	}
}

/* -- what is in it -- */

void hits_site_set_window(struct hits_site *site, uint64_t key, uint32_t window_s)
{
	if (hits_lock(site, key) != RESULT_OK)
		return;
	site->window_s = window_s;
	hits_unlock(site);
}

/* Of IPv6 the /64: one visitor's addresses change within it, and an attacker has all of it for nothing. */
static uint64_t hash_of(const struct hits_site *site, const struct address *source)
{
	return hash_span(site->seed, span_make((const char *)source->bytes, address_is_v4(source) ? 16 : 8));
}

static unsigned count_refused(const struct hits_site *site)
{
	return crowd_count(&site->refused[0], &site->refused[1]);
}

static unsigned count_visitors(const struct hits_site *site)
{
	static const struct crowd nobody;

	return crowd_count(&site->visitors, &nobody);
}

static void move_on(struct hits_site *site, uint32_t now_s)
{
	uint32_t window = hits_window(site, now_s);

	if (window != site->window)
		crowd_turn(site->refused, window == site->window + 1);
	site->window = window;
}

/* An ordinary client was refused, wherever that was. Who has a history of clean requests is nearest to a citizen that an address can be;
 * of the others many who are each refused in a place of their own are as many as those who are in one. */
static void judge_client(struct hits_site *site, uint32_t now_s, uint64_t hash, bool is_known)
{
	unsigned share = count_visitors(site) / HITS_SHARE;

	move_on(site, now_s);
	crowd_add(&site->refused[0], hash);
	site->few_s = now_s;
	if (is_known || count_refused(site) >= (share > HITS_ANYWHERE ? share : HITS_ANYWHERE))
		site->bad_s = now_s;
}

/* What ENTRY, which an ordinary client has just met, says of the site. */
static void judge(struct hits_site *site, const struct hits_request *request, const struct hits_entry *entry, bool is_known)
{
	if (!request->is_refused)
		return;
	if (!entry) {
		site->bad_s = request->now_s;  /* nobody can tell any more how many it meets: a site does not move to `block` on that */
		return;
	}
	if (hits_entry_refused(entry) >= HITS_MANY)
		site->bad_s = request->now_s;
	if (is_known && request->may_retreat && hits_entry_known(entry) >= RETREAT_CLIENTS)
		site->alarm_s = request->now_s;
}

static void note(struct hits_site *site, const struct hits_request *request)
{
	uint64_t hash = hash_of(site, request->source);
	struct hits_client *client = hits_client_of(site, hash, request->now_s);
	bool is_known = hits_client_is_known(client, request->now_s);  /* before this request */
	bool is_ordinary;

	if (!site->since_s)
		site->since_s = request->now_s;
	hits_client_note(site, client, request);
	is_ordinary = hits_client_is_ordinary(client);
	if (is_ordinary)
		crowd_add(&site->visitors, hash);
	if (is_ordinary && request->is_refused)
		judge_client(site, request->now_s, hash, is_known);
	for (unsigned i = 0; i < request->count; i++) {
		if (is_ordinary)
			judge(site, request, hits_entry_note(site, request, &request->hits[i], hash, is_known), is_known);
		else
			hits_entry_note_other(site, request, &request->hits[i]);
	}
}

/* Availability, fails open: what cannot be counted is not. */
void hits_add(struct hits_site *site, uint64_t key, const struct hits_request *request)
{
	if ((!request->count && !request->is_answered) || hits_lock(site, key) != RESULT_OK)
		return;
	note(site, request);
	hits_unlock(site);
}

unsigned hits_count_known(const struct hits_site *site, uint32_t now_s)
{
	unsigned known = 0;

	for (unsigned i = 0; i < HITS_CLIENTS; i++)
		known += site->clients[i].tag && hits_client_is_known(&site->clients[i], now_s);
	return known;
}

static struct hits_glance glance_of(const struct hits_site *site)
{
	return (struct hits_glance){ .since_s = site->since_s, .bad_s = site->bad_s, .few_s = site->few_s, .few = count_refused(site),
		                     .visitors = count_visitors(site) };
}

enum result hits_glance(struct hits_site *site, uint64_t key, struct hits_glance *out)
{
	enum result result = hits_lock(site, key);

	if (result != RESULT_OK)
		return result;
	*out = glance_of(site);
	hits_unlock(site);
	return RESULT_OK;
}

enum result hits_read(struct hits_site *site, uint64_t key, uint32_t now_s, struct hits_view *out)
{
	enum result result = hits_lock(site, key);

	if (result != RESULT_OK)
		return result;
	*out = (struct hits_view){ .glance = glance_of(site), .known = hits_count_known(site, now_s) };
	hits_entries_tell(site, now_s, out);
	hits_unlock(site);
	return RESULT_OK;
}

void hits_forget(struct hits_site *site, uint64_t key, uint32_t now_s)
{
	if (hits_lock(site, key) != RESULT_OK)
		return;
	site->since_s = now_s;
	site->bad_s = site->few_s = 0;
	site->visitors = (struct crowd){ .bits = { 0 } };
	memset(site->refused, 0, sizeof(site->refused));
	memset(site->entries, 0, sizeof(site->entries));
	hits_unlock(site);
}
