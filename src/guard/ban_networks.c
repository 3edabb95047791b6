#include "guard/ban_networks.h"

#include "base/slots.h"

#include "base/banned.h"

static bool is_same(const struct network *a, const struct network *b)
{
	return a->prefix == b->prefix && address_equal(&a->address, &b->address);
}

/* It is only written where slots_write may write: by whoever bans. */
static struct slots slots_of(const struct ban_networks *bans)
{
	struct ban_networks *own = (struct ban_networks *)(uintptr_t)bans;

	return (struct slots){ &own->used, own->versions, own->list, sizeof(*own->list), BAN_NETWORKS_MAX };
}

/* A copy of a whole entry; false: it is free, or being written. */
static bool copy_entry(const struct ban_networks *bans, unsigned index, struct banned_network *out)
{
	struct slots slots = slots_of(bans);

	return slots_read(&slots, index, out) && out->until_us;
}

static void write_entry(struct ban_networks *bans, unsigned index, const struct banned_network *entry)
{
	struct slots slots = slots_of(bans);

	slots_write(&slots, index, entry);
}

static unsigned used(const struct ban_networks *bans)
{
	struct slots slots = slots_of(bans);

	return slots_used(&slots);
}

/* The place of NETWORK; without one, a free place; BAN_NETWORKS_MAX: none. */
static unsigned find_place(const struct ban_networks *bans, const struct network *network, uint64_t now_us, bool *is_there)
{
	unsigned free_one = BAN_NETWORKS_MAX;

	*is_there = false;
	for (unsigned i = 0; i < used(bans); i++) {
		struct banned_network entry;
		bool is_on = copy_entry(bans, i, &entry) && entry.until_us > now_us;

		if (is_on && is_same(&entry.network, network)) {
			*is_there = true;
			return i;
		}
		if (!is_on && free_one == BAN_NETWORKS_MAX)
			free_one = i;
	}
	return free_one < BAN_NETWORKS_MAX ? free_one : used(bans);
}

enum result ban_networks_add(struct ban_networks *bans, const struct network *network, uint64_t until_us, struct span reason, uint64_t now_us)
{
	struct banned_network entry = { until_us, *network, { 0 } };
	bool is_there;
	unsigned place = find_place(bans, network, now_us, &is_there);

	if (place == BAN_NETWORKS_MAX || reason.len >= BAN_REASON_MAX)
		return RESULT_LIMIT;
	if (reason.len)
		memcpy(entry.reason, reason.at, reason.len);
	write_entry(bans, place, &entry);
	return RESULT_OK;
}

enum result ban_networks_lift(struct ban_networks *bans, const struct network *network, uint64_t now_us)
{
	bool is_there;
	unsigned place = find_place(bans, network, now_us, &is_there);

	if (!is_there)
		return RESULT_NOT_FOUND;
	write_entry(bans, place, &(struct banned_network){ 0 });
	return RESULT_OK;
}

bool ban_networks_find(const struct ban_networks *bans, const struct address *address, uint64_t now_us, struct banned_network *out)
{
	for (unsigned i = 0; i < used(bans); i++) {
		if (copy_entry(bans, i, out) && out->until_us > now_us && network_contains(&out->network, address))
			return true;
	}
	return false;
}

unsigned ban_networks_list(const struct ban_networks *bans, uint64_t now_us, struct banned_network out[BAN_NETWORKS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < used(bans); i++)
		count += copy_entry(bans, i, &out[count]) && out[count].until_us > now_us;
	return count;
}
