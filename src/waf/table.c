/* TX, ENV and stored collections: names and values that rules set. */
#include "waf/transaction.h"

#include "base/hash.h"

#include "base/banned.h"

static unsigned bucket_of(enum variable variable, struct span name)
{
	return (unsigned)(hash_span_nocase(hash_process_seed(), name) + (uint64_t)variable) % BUCKETS;
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
