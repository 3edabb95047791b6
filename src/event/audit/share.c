#include "event/audit/share.h"

#include <stdlib.h>

#include "base/banned.h"

#define PARTIES_MIN 16u

struct audit_slot {
	uint32_t party;
	uint32_t cost;
};

void audit_share_init(struct audit_share *share, struct ring_writer *ring, uint64_t longest)
{
	*share = (struct audit_share){ .ring = ring, .tenants = 1, .longest = longest };
}

void audit_share_done(struct audit_share *share)
{
	free(share->parties);
	free(share->slots);
	share->parties = NULL;
	share->slots = NULL;
}

void audit_share_set(struct audit_share *share, size_t tenants)
{
	atomic_store_explicit(&share->tenants, tenants < 1 ? 1 : tenants < AUDIT_TENANTS_MAX ? (uint32_t)tenants : AUDIT_TENANTS_MAX, memory_order_relaxed);
}

static struct audit_slot *slot_of(const struct audit_share *share, uint64_t record)
{
	return &share->slots[record & share->ring->slot_mask];
}

static uint32_t cost_of(const struct audit_share *share, size_t len)
{
	uint32_t least = share->ring->byte_count / (share->ring->slot_mask + 1);

	return len > least ? (uint32_t)len : least;
}

/* Records that an edge before this one left: their tenants had other numbers. */
static void take_over(struct audit_share *share)
{
	uint64_t head = atomic_load_explicit(&share->ring->shared->head, memory_order_relaxed);

	share->settled = atomic_load_explicit(&share->ring->shared->tail, memory_order_acquire);
	for (uint64_t record = share->settled; record < head && record - share->settled <= share->ring->slot_mask; record++) {
		uint32_t len = share->ring->slots[record & share->ring->slot_mask].len;

		*slot_of(share, record) = (struct audit_slot){ .cost = cost_of(share, len < share->ring->byte_count ? len : share->ring->byte_count) };
		share->parties[0].used += slot_of(share, record)->cost;
	}
}

static bool begin(struct audit_share *share)
{
	if (share->slots)
		return true;
	share->parties = calloc(PARTIES_MIN, sizeof(*share->parties));
	share->slots = calloc((size_t)share->ring->slot_mask + 1, sizeof(*share->slots));
	if (!share->parties || !share->slots) {
		audit_share_done(share);
		return false;
	}
	share->party_count = PARTIES_MIN;
	take_over(share);
	return true;
}

static bool has_party(struct audit_share *share, uint32_t party)
{
	struct budget_party *more;
	size_t count = share->party_count;

	while (count <= party)
		count *= 2;
	if (count == share->party_count)
		return true;
	more = reallocarray(share->parties, count, sizeof(*more));
	if (!more)
		return false;
	memset(more + share->party_count, 0, (count - share->party_count) * sizeof(*more));
	share->parties = more;
	share->party_count = count;
	return true;
}

/* What was read has left the ring. */
static void settle(struct audit_share *share)
{
	uint64_t tail = atomic_load_explicit(&share->ring->shared->tail, memory_order_acquire);
	uint64_t head = atomic_load_explicit(&share->ring->shared->head, memory_order_relaxed);

	for (; share->settled < tail && share->settled < head; share->settled++) {
		struct audit_slot *slot = slot_of(share, share->settled);

		budget_give(&share->budget, &share->parties[slot->party], slot->cost);
		*slot = (struct audit_slot){ .cost = 0 };
	}
}

static uint64_t amount_of(const struct audit_share *share, uint32_t tenants)
{
	uint64_t room = share->ring->byte_count;

	return tenants == 1 ? room : room > share->longest ? room - share->longest : 0;
}

/* Anew, when tenants came or went. */
static void divide(struct audit_share *share)
{
	uint32_t tenants = atomic_load_explicit(&share->tenants, memory_order_relaxed);

	if (tenants == share->divided)
		return;
	share->divided = tenants;
	budget_set(&share->budget, amount_of(share, tenants), tenants);
	for (size_t i = 0; i < share->party_count; i++)
		budget_count(&share->budget, &share->parties[i]);
}

bool audit_share_write(struct audit_share *share, uint32_t number, struct span record, uint32_t crc)
{
	struct audit_slot slot = { .party = number < AUDIT_TENANTS_MAX ? number + 1 : 0, .cost = cost_of(share, record.len) };
	uint64_t place = atomic_load_explicit(&share->ring->shared->head, memory_order_relaxed);

	if (!begin(share) || !has_party(share, slot.party)) {
		ring_refuse(share->ring);
		return false;
	}
	divide(share);
	settle(share);
	if (!budget_take(&share->budget, &share->parties[slot.party], slot.cost)) {
		ring_refuse(share->ring);
		return false;
	}
	if (!ring_write(share->ring, record, crc)) {
		budget_give(&share->budget, &share->parties[slot.party], slot.cost);
		return false;
	}
	*slot_of(share, place) = slot;
	return true;
}
