/* Entries of a site: a rule, a path, a method, a target, and whom they met. */
#include "edge/hits_inner.h"

#include <stdlib.h>

#include "base/banned.h"

#define FEW 1u                   /* an entry that met no more makes room */

static uint32_t window_of(const struct hits_site *site, uint32_t now_s)
{
	return now_s / (site->window_s ? site->window_s : HITS_WINDOW_S);
}

static void turn(struct crowd crowd[2], bool is_next)
{
	crowd[1] = is_next ? crowd[0] : (struct crowd){ .bits = { 0 } };
	crowd[0] = (struct crowd){ .bits = { 0 } };
}

/* To the window that NOW_S is in. A clock that was set back begins anew. */
static void move_on(const struct hits_site *site, struct hits_entry *entry, uint32_t now_s)
{
	uint32_t window = window_of(site, now_s);
	bool is_next = window == entry->window + 1;

	if (window == entry->window)
		return;
	turn(entry->clients, is_next);
	turn(entry->refused, is_next);
	turn(entry->known, is_next);
	entry->window = window;
}

struct key {
	uint32_t rule;
	enum method method;
	struct span path, target;
	char room[HITS_PATH_MAX];
};

static void make_key(const struct hits_request *request, const struct hit *hit, struct key *key)
{
	key->rule = hit->rule;
	key->method = request->method;
	key->path = hits_path(request->path, key->room);
	key->target = hit->target.len > HITS_TARGET_MAX ? SPAN_NONE : hit->target;
}

static bool is_of(const struct hits_entry *entry, const struct key *key)
{
	return entry->rule == key->rule && entry->method == key->method && span_equal(span_make(entry->path, entry->path_len), key->path) &&
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

/* A free one, or the oldest of those that met few; NULL: all met many. */
static struct hits_entry *find_room(struct hits_site *site, uint32_t now_s)
{
	struct hits_entry *oldest = NULL;

	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		struct hits_entry *entry = &site->entries[i];

		if (!entry->rule)
			return entry;
		move_on(site, entry, now_s);
		if (crowd_count(&entry->clients[0], &entry->clients[1]) <= FEW && (!oldest || entry->last_s < oldest->last_s))
			oldest = entry;
	}
	return oldest;
}

static struct hits_entry *make(struct hits_site *site, const struct key *key, const struct hits_request *request, const struct hit *hit)
{
	struct hits_entry *entry = find_room(site, request->now_s);

	if (!entry)
		return NULL;
	*entry = (struct hits_entry){ .rule = key->rule, .phase = hit->phase, .method = (uint8_t)key->method, .path_len = (uint16_t)key->path.len,
		                      .target_len = (uint16_t)key->target.len, .first_s = request->now_s,
		                      .window = window_of(site, request->now_s) };
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
		entry = make(site, &key, request, hit);
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
		                   .target_len = entry->target_len, .first_s = entry->first_s, .last_s = entry->last_s, .hits = entry->hits,
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
