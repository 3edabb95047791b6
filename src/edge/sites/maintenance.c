#include "edge/sites/maintenance.h"

#include "base/slots.h"
#include "edge/request.h"

#include "base/banned.h"

#define READS_MAX 64u          /* of a record that is written: that takes less than a microsecond */
#define HALF_WRITTEN_MS 5000u  /* when to come again: the next tick frees its place */

/* It is only written where slots_write may write: by whoever begins and ends. */
static struct slots slots_of(const struct maintenances *all)
{
	struct maintenances *own = (struct maintenances *)(uintptr_t)all;

	return (struct slots){ &own->used, own->versions, own->list, sizeof(*own->list), MAINTENANCES_MAX };
}

/* From FROM on, the place that SITE has; 0 is the site of a free place. */
static unsigned find_place(const struct maintenances *all, unsigned from, uint64_t site)
{
	struct slots slots = slots_of(all);
	unsigned used = slots_used(&slots);

	while (from < used && __atomic_load_n(&all->sites[from], __ATOMIC_RELAXED) != site)
		from++;
	return from;
}

/* A reader that finds the site's number beside a record of another's takes neither: the record has it too. */
static void write_place(struct maintenances *all, unsigned place, const struct maintenance *record)
{
	struct slots slots = slots_of(all);

	slots_write(&slots, place, record);
	__atomic_store_n(&all->sites[place], record->site, __ATOMIC_RELEASE);
}

static unsigned find_free(struct maintenances *all, uint64_t now_ms)
{
	unsigned place = find_place(all, 0, 0);
	struct maintenance over;

	if (place < MAINTENANCES_MAX)
		return place;
	(void)maintenance_take_over(all, now_ms, &over);  /* true, or false where all it found was half written: there is room now, or not */
	return find_place(all, 0, 0);
}

/* All places that SITE has, but KEPT: two, where whoever wrote the second one died before the first was free. */
static void free_places(struct maintenances *all, uint64_t site, unsigned kept)
{
	struct slots slots = slots_of(all);

	for (unsigned place = find_place(all, 0, site); place < slots_used(&slots); place = find_place(all, place + 1, site)) {
		if (place != kept)
			write_place(all, place, &(struct maintenance){ 0 });
	}
}

/* Security, fails closed: what was said before is whole until what is said now is, or a death in between would open the site. With no place left there
 * is no other way. */
enum result maintenance_begin(struct maintenances *all, const struct maintenance *wish, uint64_t now_ms)
{
	unsigned place = find_free(all, now_ms);

	if (place == MAINTENANCES_MAX)
		place = find_place(all, 0, wish->site);
	if (place == MAINTENANCES_MAX)
		return RESULT_LIMIT;
	write_place(all, place, wish);
	free_places(all, wish->site, place);
	return RESULT_OK;
}

enum result maintenance_end(struct maintenances *all, uint64_t site, uint64_t now_ms, struct maintenance *out)
{
	if (!maintenance_find(all, site, now_ms, out))
		return RESULT_NOT_FOUND;
	free_places(all, site, MAINTENANCES_MAX);
	return RESULT_OK;
}

/* Security, fails closed: while it is written, and where whoever wrote it died, SITE is closed for everybody, and nobody knows what was said of it. */
static bool read_place(const struct maintenances *all, unsigned place, uint64_t site, uint64_t now_ms, struct maintenance *out)
{
	struct slots slots = slots_of(all);

	for (unsigned i = 0; i < READS_MAX; i++) {
		if (slots_read(&slots, place, out))
			return out->site == site;
	}
	*out = (struct maintenance){ .site = site, .until_ms = now_ms + HALF_WRITTEN_MS };
	return __atomic_load_n(&all->sites[place], __ATOMIC_ACQUIRE) == site;
}

bool maintenance_find(const struct maintenances *all, uint64_t site, uint64_t now_ms, struct maintenance *out)
{
	struct slots slots;

	if (!all || !all->used)
		return false;
	slots = slots_of(all);
	for (unsigned place = find_place(all, 0, site); place < slots_used(&slots); place = find_place(all, place + 1, site)) {
		if (read_place(all, place, site, now_ms, out) && out->until_ms > now_ms)
			return true;
	}
	return false;
}

/* What is half written was never said, was to end, or (of a list without a place left) is lost: whatever else was said of its site stands elsewhere. */
bool maintenance_take_over(struct maintenances *all, uint64_t now_ms, struct maintenance *out)
{
	struct slots slots = slots_of(all);
	struct maintenance other;

	for (unsigned i = 0; i < slots_used(&slots); i++) {
		bool is_whole = slots_read(&slots, i, out);

		if (is_whole && (!out->site || out->until_ms > now_ms))
			continue;
		write_place(all, i, &(struct maintenance){ 0 });
		if (is_whole && !maintenance_find(all, out->site, now_ms, &other))
			return true;
	}
	return false;
}

bool maintenance_lets_in(const struct maintenance *maintenance, const struct address *address)
{
	for (unsigned i = 0; i < maintenance->allow_count && i < MAINTENANCE_ALLOW_MAX; i++) {
		if (network_contains(&maintenance->allow[i], address))
			return true;
	}
	return false;
}

/* -- requests -- */

bool maintenance_meets(struct request *request)
{
	const struct edge_settings *settings = request->route->settings;
	uint64_t now_ms = request->wall_ns / 1000000;
	struct maintenance closed;

	if (settings->maintenance) {
		request->retry_s = (unsigned)(settings->maintenance_retry_ms / 1000);
		return true;
	}
	if (!maintenance_find(request->connection->worker->common->maintenances, request->site->key, now_ms, &closed) ||
	    maintenance_lets_in(&closed, &request->source))
		return false;
	request->retry_s = (unsigned)((closed.until_ms - now_ms + 999) / 1000);
	/* Without memory the page says the rest of what it says. */
	request->notice = arena_copy(&request->arena, span_make(closed.message, closed.message_len));
	return true;
}
