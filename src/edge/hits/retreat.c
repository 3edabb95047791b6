#include "edge/hits/retreat.h"

#include "edge/hits/hits_inner.h"

#include "base/banned.h"

static bool holds(const struct retreat *retreat, uint32_t now_s)
{
	return retreat->rule && !retreat->is_enforced && now_s < retreat->until_s;
}

static void count(struct hits_site *site)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < RETREATS_MAX; i++)
		any |= site->retreats[i].rule && !site->retreats[i].is_enforced;
	__atomic_store_n(&site->has_retreats, any, __ATOMIC_RELAXED);
}

static bool is_of(const struct retreat *retreat, const struct hits_entry *entry)
{
	return retreat->method == entry->method && retreat->is_cut == entry->is_cut &&
	       span_equal(span_make(retreat->path, retreat->path_len), span_make(entry->path, entry->path_len)) &&
	       span_equal(span_make(retreat->target, retreat->target_len), span_make(entry->target, entry->target_len));
}

/* Is there room for one more, by all limits, and none of the same? NULL: no. */
static struct retreat *find_room(struct hits_site *site, const struct hits_entry *entry, uint32_t now_s)
{
	struct retreat *room = NULL;
	unsigned today = 0, at_once = 0;

	for (unsigned i = 0; i < RETREATS_MAX; i++) {
		struct retreat *retreat = &site->retreats[i];

		if (!retreat->rule) {
			room = retreat;
			continue;
		}
		/* What a person enforced, he enforced everywhere. */
		if (retreat->rule == entry->rule && (retreat->is_enforced || is_of(retreat, entry)))
			return NULL;
		today += now_s < retreat->since_s + 86400;
		at_once += holds(retreat, now_s);
	}
	return today < RETREAT_A_DAY && at_once < RETREAT_AT_ONCE ? room : NULL;
}

static unsigned wanted(const struct hits_site *site, uint32_t now_s)
{
	unsigned share = hits_count_known(site, now_s) / RETREAT_SHARE;

	return share > RETREAT_CLIENTS ? share : RETREAT_CLIENTS;
}

static void begin(struct retreat *retreat, const struct hits_entry *entry, uint32_t now_s)
{
	*retreat = (struct retreat){ .rule = entry->rule, .since_s = now_s, .until_s = now_s + RETREAT_S, .method = entry->method, .is_cut = entry->is_cut,
		                     .path_len = entry->path_len, .target_len = entry->target_len };
	memcpy(retreat->path, entry->path, sizeof(retreat->path));
	memcpy(retreat->target, entry->target, sizeof(retreat->target));
}

unsigned retreat_look(struct hits_site *site, uint64_t key, uint32_t now_s, const struct retreat_judge *judge, struct retreat out[RETREATS_MAX])
{
	unsigned many, found = 0;

	if (hits_lock(site, key) != RESULT_OK)
		return 0;
	if (!site->alarm_s)
		goto done;
	site->alarm_s = 0;
	many = wanted(site, now_s);
	for (unsigned i = 0; i < HITS_ENTRIES; i++) {
		const struct hits_entry *entry = &site->entries[i];
		struct retreat *room;

		/* A path that is read in two ways has no exclusions, and no retreats. */
		if (!entry->rule || !entry->may_retreat || !entry->path_len || !entry->target_len || hits_entry_known(entry) < many || 
		    !judge->may(judge->context, entry->rule, (enum method)entry->method, span_make(entry->path, entry->path_len)))
			continue;
		room = find_room(site, entry, now_s);
		if (!room)
			continue;
		begin(room, entry, now_s);
		out[found++] = *room;
	}
	count(site);
done:
	hits_unlock(site);
	return found;
}

unsigned retreat_expire(struct hits_site *site, uint64_t key, uint32_t now_s, struct retreat out[RETREATS_MAX])
{
	unsigned found = 0;

	if (hits_lock(site, key) != RESULT_OK)
		return 0;
	for (unsigned i = 0; i < RETREATS_MAX; i++) {
		struct retreat *retreat = &site->retreats[i];

		if (!retreat->rule || now_s < retreat->until_s)
			continue;
		if (!retreat->is_enforced)
			out[found++] = *retreat;
		retreat->rule = 0;
	}
	count(site);
	hits_unlock(site);
	return found;
}

unsigned retreat_list(struct hits_site *site, uint64_t key, struct retreat out[RETREATS_MAX])
{
	unsigned found = 0;

	if (hits_lock(site, key) != RESULT_OK)
		return 0;
	for (unsigned i = 0; i < RETREATS_MAX; i++) {
		if (site->retreats[i].rule)
			out[found++] = site->retreats[i];
	}
	hits_unlock(site);
	return found;
}

bool retreat_enforce(struct hits_site *site, uint64_t key, uint32_t now_s, uint32_t rule)
{
	bool was_any = false;

	if (hits_lock(site, key) != RESULT_OK)
		return false;
	for (unsigned i = 0; i < RETREATS_MAX; i++) {
		struct retreat *retreat = &site->retreats[i];

		if (retreat->rule != rule || retreat->is_enforced)
			continue;
		retreat->is_enforced = was_any = true;
		retreat->until_s = now_s + ENFORCED_S;
	}
	count(site);
	hits_unlock(site);
	return was_any;
}

bool retreat_is_any(const struct hits_site *site)
{
	return __atomic_load_n(&site->has_retreats, __ATOMIC_RELAXED) != 0;
}

unsigned retreat_of_request(struct hits_site *site, uint64_t key, enum method method, struct span path, uint32_t now_s, struct waf_retreat *targets, char *texts)
{
	char room[HITS_PATH_MAX];
	bool is_cut;
	struct span pattern = hits_path(path, room, &is_cut);
	unsigned found = 0;

	if (!pattern.len || hits_lock(site, key) != RESULT_OK)
		return 0;
	for (unsigned i = 0; i < RETREATS_MAX; i++) {
		const struct retreat *retreat = &site->retreats[i];
		char *text = texts + (size_t)found * HITS_TARGET_MAX;

		if (!holds(retreat, now_s) || retreat->method != method || retreat->is_cut != is_cut ||
		    !span_equal(span_make(retreat->path, retreat->path_len), pattern))
			continue;
		memcpy(text, retreat->target, retreat->target_len);
		targets[found++] = (struct waf_retreat){ retreat->rule, span_make(text, retreat->target_len) };
	}
	hits_unlock(site);
	return found;
}
