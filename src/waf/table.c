/* TX, ENV and stored collections: names and values that rules set. */
#include "waf/transaction.h"

#include "base/banned.h"

/* Names are those of the rules, few of them made of what a request says: no seeded hash is needed (FNV-1a). */
static unsigned bucket_of(enum variable variable, struct span name)
{
	uint32_t hash = (uint32_t)variable;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)ascii_lower(name.at[i])) * 0x01000193u;
	return (hash ^ hash >> 16) % BUCKETS;
}

static struct entry *find(const struct waf_transaction *transaction, enum variable variable, struct span name)
{
	struct entry *entry = transaction->buckets[bucket_of(variable, name)];

	while (entry && !(entry->variable == variable && span_equal_nocase(entry->name, name)))
		entry = entry->next;
	return entry;
}

const struct entry *table_find(const struct waf_transaction *transaction, enum variable variable, struct span name)
{
	const struct entry *entry = find(transaction, variable, name);

	return entry && entry->is_set ? entry : NULL;
}

enum result table_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value)
{
	struct entry *entry = find(transaction, variable, name);
	struct span kept = arena_copy(&transaction->arena, value);

	if (!kept.at)
		return RESULT_NO_MEMORY;
	if (!entry) {
		unsigned bucket = bucket_of(variable, name);

		entry = arena_new(&transaction->arena, struct entry);
		name = arena_copy(&transaction->arena, name);
		if (!entry || !name.at)
			return RESULT_NO_MEMORY;
		*entry = (struct entry){ .next = transaction->buckets[bucket], .variable = variable, .name = name };
		transaction->buckets[bucket] = entry;
	}
	entry->value = kept;
	entry->is_set = true;
	return RESULT_OK;
}

void table_unset(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	struct entry *entry = find(transaction, variable, name);

	if (entry)
		entry->is_set = false;
}
