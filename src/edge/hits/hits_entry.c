/* Entries of a site: a rule, a path, a method, a target, and whom they met. */
#include "edge/hits/hits_inner.h"

#include <stdlib.h>

#include "base/banned.h"

#define FEW 1u                   /* an entry that met no more makes room */
#define MAKERS (2 * HITS_ENTRIES)  /* places in a table of clients: half of them stay free */

/* To the window that NOW_S is in. A clock that was set back begins anew. */
static void move_on(const struct hits_site *site, struct hits_entry *entry, uint32_t now_s)
{
	uint32_t window = hits_window(site, now_s);
	bool is_next = window == entry->window + 1;

	if (window == entry->window)
		return;
	crowd_turn(entry->clients, is_next);
	crowd_turn(entry->refused, is_next);
	crowd_turn(entry->known, is_next);
	entry->window = window;
}

struct key {
	uint32_t rule;
	enum method method;
	struct span path, target;
	bool is_cut;
	char room[HITS_PATH_MAX];
};

static void make_key(const struct hits_request *request, const struct hit *hit, struct key *key)
{
	key->rule = hit->rule;
	key->method = request->method;
	key->path = hits_path(request->path, key->room, &key->is_cut);
	key->target = hit->target.len > HITS_TARGET_MAX ? SPAN_NONE : hit->target;
}

static bool is_of(const struct hits_entry *entry, const struct key *key)
{
	return entry->rule == key->rule && entry->method == key->method && entry->is_cut == key->is_cut && span_equal(span_make(entry->path, entry->path_len), key->path) &&
	       span_equal(span_make(entry->target, entry->target_len), key->target);
}

static struct hits_entry *find(struct hits_site *site, const struct key *key)
{
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		if (is_of(&site->entries[i], key))
			return &site->entries[i];
	}
	return NULL;
}

/* A client, by its tag, and how many entries there are that were made for it. */
struct maker {
	uint32_t tag;
	unsigned made;
};

static struct maker *maker_of(struct maker makers[MAKERS], uint32_t tag)
{
	unsigned place = tag % MAKERS;

	while (makers[place].made && makers[place].tag != tag)
		place = (place + 1) % MAKERS;
	return &makers[place];
}

static void count_made(const struct hits_site *site, struct maker makers[MAKERS])
{
	memset(makers, 0, MAKERS * sizeof(*makers));
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		struct maker *maker;

		if (!site->entries[i].rule)
			continue;
		maker = maker_of(makers, site->entries[i].maker);
		maker->tag = site->entries[i].maker;
		maker->made++;
	}
}

static struct hits_entry *find_free(struct hits_site *site)
{
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		if (!site->entries[i].rule)
			return &site->entries[i];
	}
	return NULL;
}

/* What goes first: an entry that meets nobody any more, then one of whoever has most. 0: it met many, and stays. */
static unsigned weight(const struct hits_entry *entry, struct maker makers[MAKERS])
{
	unsigned clients = crowd_count(&entry->clients[0], &entry->clients[1]);

	return !clients ? UINT32_MAX : clients <= FEW ? maker_of(makers, entry->maker)->made : 0;
}

/* A free one, or the oldest of those that weigh most; NULL: all met many. For a client that has as many as it may, one of its own: what
 * others met stays, whatever one client does. */
static struct hits_entry *find_room(struct hits_site *site, uint32_t maker, uint32_t now_s)
{
	struct maker makers[MAKERS];
	struct hits_entry *found = NULL;
	unsigned most = 0;
	bool has_its_share;

	count_made(site, makers);
	has_its_share = maker_of(makers, maker)->made >= HITS_OF_CLIENT;
	if (!has_its_share)
		found = find_free(site);
	if (found)
		return found;
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		struct hits_entry *entry = &site->entries[i];
		unsigned much;

		if (!entry->rule || (has_its_share && entry->maker != maker))
			continue;
		move_on(site, entry, now_s);
		much = weight(entry, makers);
		if (much > most || (found && much == most && entry->last_s < found->last_s)) {
			most = much;
			found = entry;
		}
	}
	return found;
}

static struct hits_entry *make(struct hits_site *site, const struct key *key, const struct hits_request *request, const struct hit *hit, uint32_t maker)
{
	struct hits_entry *entry = find_room(site, maker, request->now_s);

	if (!entry)
		return NULL;
	*entry = (struct hits_entry){ .rule = key->rule, .phase = hit->phase, .method = (uint8_t)key->method, .is_cut = key->is_cut, .maker = maker,
		                      .path_len = (uint16_t)key->path.len, .target_len = (uint16_t)key->target.len, .first_s = request->now_s,
		                      .window = hits_window(site, request->now_s) };
	if (key->path.len)
		memcpy(entry->path, key->path.at, key->path.len);
	if (key->target.len)
		memcpy(entry->target, key->target.at, key->target.len);
	return entry;
}

static void count(struct hits_entry *entry, const struct hits_request *request)
{
	entry->hits++;
	entry->refusals += request->is_refused;
	if (request->is_refused)
		entry->may_retreat = request->may_retreat;
}

const struct hits_entry *hits_entry_note(struct hits_site *site, const struct hits_request *request, const struct hit *hit, uint64_t hash, bool is_known)
{
	struct hits_entry *entry;
	struct key key;

	make_key(request, hit, &key);
	entry = find(site, &key);
	if (!entry)
		entry = make(site, &key, request, hit, hits_tag(hash));
	if (!entry)
		return NULL;
	move_on(site, entry, request->now_s);
	count(entry, request);
	entry->last_s = request->now_s;
	crowd_add(&entry->clients[0], hash);
	if (request->is_refused)
		crowd_add(&entry->refused[0], hash);
	if (request->is_refused && is_known)
		crowd_add(&entry->known[0], hash);
	return entry;
}

unsigned hits_entry_refused(const struct hits_entry *entry)
{
	return crowd_count(&entry->refused[0], &entry->refused[1]);
}

unsigned hits_entry_known(const struct hits_entry *entry)
{
	return crowd_count(&entry->known[0], &entry->known[1]);
}

void hits_entry_note_other(struct hits_site *site, const struct hits_request *request, const struct hit *hit)
{
	struct hits_entry *entry;
	struct key key;

	make_key(request, hit, &key);
	entry = find(site, &key);
	if (entry)
		count(entry, request);
}

/* -- telling -- */

static void tell(const struct hits_entry *entry, struct hits_told *out)
{
	*out = (struct hits_told){ .rule = entry->rule, .phase = entry->phase, .method = (enum method)entry->method, .path_len = entry->path_len,
		                   .is_cut = entry->is_cut, .target_len = entry->target_len, .first_s = entry->first_s, .last_s = entry->last_s, .hits = entry->hits,
		                   .refusals = entry->refusals, .clients = crowd_count(&entry->clients[0], &entry->clients[1]),
		                   .refused = hits_entry_refused(entry),
		                   .known = hits_entry_known(entry) };
	memcpy(out->path, entry->path, sizeof(out->path));
	memcpy(out->target, entry->target, sizeof(out->target));
}

static int compare(const void *a, const void *b)
{
	const struct hits_told *one = a, *other = b;

	if (one->refused != other->refused)
		return one->refused < other->refused ? 1 : -1;
	if (one->clients != other->clients)
		return one->clients < other->clients ? 1 : -1;
	return one->rule < other->rule ? -1 : one->rule > other->rule;
}

void hits_entries_tell(struct hits_site *site, uint32_t now_s, struct hits_view *out)
{
	out->count = 0;
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		if (!site->entries[i].rule)
			continue;
		move_on(site, &site->entries[i], now_s);
		tell(&site->entries[i], &out->list[out->count++]);
	}
	qsort(out->list, out->count, sizeof(*out->list), compare);
}
