/* Which sites have copies, and what a person has pinned of them. */
#include <stdlib.h>

#include "cache/continuity/inner.h"

#include "base/banned.h"

/* -- sites -- */

struct copies_site *copies_site_find(const struct copies *copies, uint64_t key)
{
	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);

		if (site->rules.site == key)
			return site;
	}
	return NULL;
}

static struct copies_party *party_find(const struct copies *copies, uint64_t key)
{
	list_each (node, &copies->parties) {
		struct copies_party *party = list_entry(node, struct copies_party, node);

		if (party->key == key)
			return party;
	}
	return NULL;
}

static struct copies_party *party_make(struct copies *copies, uint64_t key)
{
	struct copies_party *party = party_find(copies, key);

	if (party)
		return party;
	party = calloc(1, sizeof(*party));
	if (!party)
		return NULL;
	party->key = key;
	list_add_last(&copies->parties, &party->node);
	return party;
}

/* Its tenant too, whose it is from its first day; one that has another now changes hands when it is served. */
static struct copies_site *site_make(struct copies *copies, const struct copies_rules *rules)
{
	struct copies_site *site = copies_site_find(copies, rules->site);
	struct copies_party *party = party_make(copies, rules->party);

	if (site || !party)
		return party ? site : NULL;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->name = strndup(rules->name.at, rules->name.len);
	if (!site->name) {
		free(site);
		return NULL;
	}
	list_init(&site->entries);
	list_init(&site->pins);
	list_add_last(&copies->sites, &site->node);
	site->rules.site = rules->site;
	site->party = party;
	return site;
}

static void change_hands(struct copies_site *site, struct copies_party *party)
{
	struct copies_part gone = { -site->has.bytes, -site->has.count };

	copies_part_add(&site->party->has, &gone);
	copies_part_add(&party->has, &site->has);
	site->party = party;
}

static void serve_site(struct copies *copies, const struct copies_rules *rules)
{
	struct copies_site *site = copies_site_find(copies, rules->site);
	struct copies_party *party = party_find(copies, rules->party);

	if (!site || !party)
		return;
	change_hands(site, party);
	site->rules = *rules;
	site->rules.name = span_of(site->name);
	site->is_served = true;
}

enum result copies_apply(struct copies *copies, const struct copies_rules *rules, size_t count, uint64_t total_bytes)
{
	enum result result = RESULT_OK;

	pthread_mutex_lock(&copies->lock);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = site_make(copies, &rules[i]) ? RESULT_OK : RESULT_NO_MEMORY;
	if (result == RESULT_OK) {
		list_each (node, &copies->sites)
			list_entry(node, struct copies_site, node)->is_served = false;
		for (size_t i = 0; i < count; i++)
			serve_site(copies, &rules[i]);
		copies->total_bytes = total_bytes;
		copies->has_rules = copies->needs_sweep = true;
		pthread_cond_signal(&copies->work);
	}
	pthread_mutex_unlock(&copies->lock);
	return result;
}

void copies_leave(struct copies *copies)
{
	pthread_mutex_lock(&copies->lock);
	copies->has_left = true;
	pthread_cond_signal(&copies->work);
	pthread_mutex_unlock(&copies->lock);
}

/* -- pins -- */

static bool is_meant(const struct copies_site *site, const struct copy_pin *pin, struct span key, bool is_wild)
{
	struct cache_purge address = { site->rules.site, PURGE_ADDRESS, pin->address };

	return !(is_wild && pin->address.at[0] == '/') && cache_purge_names(&address, key);
}

bool copies_is_pinned(const struct copies_site *site, struct span key, bool is_wild)
{
	list_each (node, &site->pins) {
		if (is_meant(site, list_entry(node, struct copy_pin, node), key, is_wild))
			return true;
	}
	return false;
}

struct copy_pin *copies_pin_find(const struct copies_site *site, struct span address)
{
	list_each (node, &site->pins) {
		struct copy_pin *pin = list_entry(node, struct copy_pin, node);

		if (span_equal(pin->address, address))
			return pin;
	}
	return NULL;
}

struct copy_pin *copies_pin_add(struct copies *copies, struct copies_site *site, const struct copy_place *place, struct span address)
{
	struct copy_pin *pin = malloc(sizeof(*pin) + address.len);

	if (!pin)
		return NULL;
	*pin = (struct copy_pin){ .place = *place, .address = span_make((const char *)(pin + 1), address.len) };
	memcpy(pin + 1, address.at, address.len);
	list_add_last(&site->pins, &pin->node);
	site->pin_count++;
	__atomic_add_fetch(&copies->state.pins, (uint64_t)1, __ATOMIC_RELAXED);
	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (is_meant(site, pin, entry->key, entry->is_wild))
			entry->rank = COPY_PINNED;
	}
	return pin;
}

void copies_pin_remove(struct copies *copies, struct copies_site *site, struct copy_pin *pin)
{
	list_remove(&pin->node);
	site->pin_count--;
	__atomic_sub_fetch(&copies->state.pins, (uint64_t)1, __ATOMIC_RELAXED);
	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (is_meant(site, pin, entry->key, entry->is_wild))
			copy_entry_rank(entry);  /* another may mean it, too */
	}
	free(pin);
}
