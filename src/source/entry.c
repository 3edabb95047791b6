#include "source/entry.h"

#include "base/banned.h"

#define US_PER_S 1000000u
#define US_PER_HOUR ((uint64_t)3600 * US_PER_S)
#define V4_PREFIX 96u

static uint64_t read_bits(const uint8_t *bytes, unsigned count)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < count; i++)
		bits = bits << 8 | bytes[i];
	return bits;
}

struct source_key source_key_of(const struct address *address)
{
	if (address_is_v4(address))
		return (struct source_key){ read_bits(address->bytes + 12, 4), SOURCE_V4 };
	return (struct source_key){ read_bits(address->bytes, 8), SOURCE_V6 };
}

struct source_key source_key_of_entry(const struct source_entry *entry)
{
	return (struct source_key){ entry->key, (enum source_kind)entry->kind };
}

struct network source_network(struct source_key key)
{
	struct network network = { .prefix = key.kind == SOURCE_V4 ? V4_PREFIX + 32 : key.kind == SOURCE_V6 ? 64 : 48 };
	uint8_t *at = network.address.bytes;
	unsigned count = 8;

	if (key.kind == SOURCE_V4) {
		at[10] = at[11] = 0xff;
		at += 12;
		count = 4;
	}
	for (unsigned i = 0; i < count; i++)
		at[i] = (uint8_t)(key.bits >> 8 * (count - 1 - i));
	return network;
}

void entry_begin(struct source_entry *entry, struct source_key key, uint64_t now_us)
{
	*entry = (struct source_entry){ .key = key.bits, .at_us = now_us, .kind = (unsigned)key.kind & 3u };
}

static uint16_t hour_of(uint64_t now_us)
{
	uint64_t hour = now_us / US_PER_HOUR + 1;

	return hour > UINT16_MAX ? UINT16_MAX : (uint16_t)hour;
}

static bool is_recent(uint16_t hour, uint64_t now_us)
{
	return hour && hour + ENTRY_RECENT_H >= hour_of(now_us);
}

static void pay_off(struct source_entry *entry, uint64_t elapsed_us)
{
	for (unsigned i = 0; i < BUDGET_COUNT; i++)
		entry->owed_us[i] = elapsed_us < entry->owed_us[i] ? entry->owed_us[i] - (uint32_t)elapsed_us : 0;
}

/* The clock was set back: whatever was an hour away still is. */
static void step_back(struct source_entry *entry, uint64_t now_us)
{
	uint64_t was_s = entry->at_us / US_PER_S, now_s = now_us / US_PER_S;
	uint16_t now_h = hour_of(now_us);

	if (entry->ban_until_s > was_s)
		entry->ban_until_s = (uint32_t)(now_s + (entry->ban_until_s - was_s));
	else if (entry->ban_until_s > now_s)
		entry->ban_until_s = now_s ? (uint32_t)now_s : 1;
	entry->token_h = entry->token_h > now_h ? now_h : entry->token_h;
	entry->shared_h = entry->shared_h > now_h ? now_h : entry->shared_h;
	entry->at_us = now_us;
}

void entry_advance(struct source_entry *entry, uint64_t now_us)
{
	if (now_us + ENTRY_SKEW_US < entry->at_us) {
		step_back(entry, now_us);
		return;
	}
	if (now_us <= entry->at_us)
		return;
	if (now_us - entry->at_us > (uint64_t)ENTRY_KNOWN_S * US_PER_S)
		entry->is_known = 0;
	/* Budgets before the moment they are relative to: a writer that dies in between leaves a source that owes too little, not one
	 * that owes what it has paid. */
	pay_off(entry, now_us - entry->at_us);
	__atomic_signal_fence(__ATOMIC_RELEASE);
	entry->at_us = now_us;
}

enum source_class entry_class(const struct source_entry *entry, uint64_t now_us)
{
	if (entry->is_trusted || entry_has_token(entry, now_us))
		return CLASS_TOKEN;
	if (entry->is_known && now_us < entry->at_us + (uint64_t)ENTRY_KNOWN_S * US_PER_S)
		return CLASS_KNOWN;
	return entry->ban_until_s > now_us / US_PER_S ? CLASS_BANNED : CLASS_STRANGER;
}

void entry_saw_token(struct source_entry *entry, uint64_t now_us)
{
	entry->token_h = hour_of(now_us);
}

bool entry_has_token(const struct source_entry *entry, uint64_t now_us)
{
	return is_recent(entry->token_h, now_us);
}

void entry_saw_client(struct source_entry *entry, uint64_t hash, uint64_t now_us)
{
	uint16_t client = (uint16_t)(hash >> 48 ? hash >> 48 : 1);

	if (entry->client && entry->client != client)
		entry->shared_h = hour_of(now_us);
	entry->client = client;
}

bool entry_is_shared(const struct source_entry *entry, uint64_t now_us)
{
	return entry->kind == SOURCE_V6_WIDE || is_recent(entry->shared_h, now_us);
}

void entry_set_place(struct source_entry *entry, const char *country, uint32_t asn)
{
	unsigned letters = country[0] ? (unsigned)(uint8_t)country[0] << 8 | (uint8_t)country[1] : 0;

	entry->country = (uint16_t)letters;
	entry->asn = asn;
	entry->is_placed = 1;
}

void entry_country(const struct source_entry *entry, char out[3])
{
	out[0] = (char)(entry->country >> 8);
	out[1] = (char)(entry->country & 0xff);
	out[2] = '\0';
}

/* To the count of that edge, or to a free one; a third edge's is left out. */
static void merge_open(struct source_entry *entry, uint8_t epoch, uint16_t count)
{
	unsigned place = entry->epoch[0] == epoch || (!entry->epoch[0] && entry->epoch[1] != epoch) ? 0 : 1;

	if (!epoch || (entry->epoch[place] && entry->epoch[place] != epoch))
		return;
	entry->epoch[place] = epoch;
	entry->open[place] = (uint16_t)(count > UINT16_MAX - entry->open[place] ? UINT16_MAX : entry->open[place] + count);
}

void entry_merge(struct source_entry *entry, const struct source_entry *from)
{
	for (unsigned i = 0; i < BUDGET_COUNT; i++)
		entry->owed_us[i] = from->owed_us[i] > entry->owed_us[i] ? from->owed_us[i] : entry->owed_us[i];
	for (unsigned i = 0; i < 2; i++)
		merge_open(entry, from->epoch[i], from->open[i]);
	if (!entry->is_placed && from->is_placed) {
		entry->country = from->country;
		entry->asn = from->asn;
		entry->is_placed = 1;
	}
}
