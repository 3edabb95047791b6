#include "net/ticket_keys.h"

#include <string.h>

#include "base/hash.h"

#include "base/banned.h"

#define CLAIM_MAX_S 10u

/* Copies the slot's key if it is the one of PERIOD, before and after the copy. */
static bool slot_copy(const struct ticket_slot *slot, uint64_t period, struct ticket_key *out)
{
	if (atomic_load_explicit(&slot->period, memory_order_acquire) != period)
		return false;
	memcpy(out, &slot->key, sizeof(*out));
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&slot->period, memory_order_relaxed) == period;
}

static void slot_fill(struct ticket_slot *slot, uint64_t period)
{
	if (atomic_load(&slot->period) == period)
		return;
	atomic_store(&slot->period, 0);
	atomic_thread_fence(memory_order_seq_cst);
	random_fill(&slot->key, sizeof(slot->key));
	atomic_store_explicit(&slot->period, period, memory_order_release);
}

/* A key of a period that is over for good is wiped: what it sealed stays sealed, for a thief of memory as well. Periods far
 * ahead (the clock was wrong and has been set back) go too. */
static void slot_expire(struct ticket_slot *slot, uint64_t period)
{
	uint64_t filed = atomic_load(&slot->period);
	if (filed == 0 || (filed + 2 >= period && filed <= period + 1))
		return;
	atomic_store(&slot->period, 0);
	atomic_thread_fence(memory_order_seq_cst);
	explicit_bzero(&slot->key, sizeof(slot->key));
}

static bool is_in_order(const struct ticket_keys *keys, uint64_t period)
{
	return atomic_load(&keys->slots[period % TICKET_KEYS].period) == period &&
	       atomic_load(&keys->slots[(period + 1) % TICKET_KEYS].period) == period + 1;
}

void ticket_keys_rotate(struct ticket_keys *keys, uint64_t now_s)
{
	uint64_t period = now_s / TICKET_PERIOD_S;
	if (period == 0 || is_in_order(keys, period))
		return;
	uint64_t claimed = atomic_load(&keys->claim);
	if (claimed != 0 && claimed <= now_s && now_s - claimed < CLAIM_MAX_S)
		return;
	if (!atomic_compare_exchange_strong(&keys->claim, &claimed, now_s))
		return;
	for (unsigned i = 0; i < TICKET_KEYS; i++)
		slot_expire(&keys->slots[i], period);
	slot_fill(&keys->slots[period % TICKET_KEYS], period);
	slot_fill(&keys->slots[(period + 1) % TICKET_KEYS], period + 1);
	atomic_store(&keys->claim, 0);
}

bool ticket_keys_current(const struct ticket_keys *keys, uint64_t now_s, struct ticket_key *out)
{
	uint64_t period = now_s / TICKET_PERIOD_S;
	return period != 0 && slot_copy(&keys->slots[period % TICKET_KEYS], period, out);
}

bool ticket_keys_at(const struct ticket_keys *keys, uint64_t now_s, uint64_t made_s, struct ticket_key *out)
{
	uint64_t now = now_s / TICKET_PERIOD_S, period = made_s / TICKET_PERIOD_S;
	return period != 0 && period <= now && now - period <= 2 && slot_copy(&keys->slots[period % TICKET_KEYS], period, out);
}

bool ticket_keys_find(const struct ticket_keys *keys, uint64_t now_s, const uint8_t name[16], struct ticket_key *out,
                      bool *is_current)
{
	uint64_t period = now_s / TICKET_PERIOD_S;
	for (uint64_t age = 0; age <= 2 && age < period; age++) {
		struct ticket_key key;
		if (!slot_copy(&keys->slots[(period - age) % TICKET_KEYS], period - age, &key))
			continue;
		if (memcmp(key.name, name, sizeof(key.name)) != 0)
			continue;
		*out = key;
		*is_current = age == 0;
		return true;
	}
	return false;
}
