/* TX, ENV and stored collections: names and values that rules set. Names that rules write have a number; others, made of what a
 * request says, lie in a table with a seeded hash, so that nobody can choose names that collide. */
#include "base/hash.h"
#include "waf/transaction.h"

#include "base/banned.h"

#define BUCKETS_MIN 32

/* A name that is looked for, its hash, and its number if it is one of TX that has one. */
struct wanted {
	enum variable variable;
	struct span name;
	uint64_t hash;
	uint16_t number;
};

static struct wanted wanted_of(const struct waf_transaction *transaction, enum variable variable, struct span name)
{
	const struct names *names = &transaction->rules->ruleset->names;
	uint64_t hash = names_hash(names, name);

	return (struct wanted){ variable, name, hash + variable, variable == VARIABLE_TX ? names_find(names, name, hash) : 0 };
}

static struct entry *find(const struct waf_transaction *transaction, const struct wanted *wanted)
{
	const struct table *table = &transaction->table;
	struct entry *entry = table->size ? table->buckets[wanted->hash & (table->size - 1)] : NULL;

	while (entry && !(entry->hash == wanted->hash && entry->variable == wanted->variable && span_equal_nocase(entry->name, wanted->name)))
		entry = entry->next;
	return entry;
}

static enum result grow(struct waf_transaction *transaction)
{
	struct table *table = &transaction->table;
	uint32_t size = table->size ? 4 * table->size : BUCKETS_MIN;
	struct entry **buckets = arena_new_array(&transaction->arena, struct entry *, size);

	if (!buckets)
		return RESULT_NO_MEMORY;
	table->buckets = buckets;
	table->size = size;
	for (struct entry *entry = table->first; entry; entry = entry->later) {
		struct entry **bucket = &buckets[entry->hash & (size - 1)];

		entry->next = *bucket;
		*bucket = entry;
	}
	return RESULT_OK;
}

/* Its name is not copied. */
static struct entry *add(struct waf_transaction *transaction, const struct wanted *wanted)
{
	struct entry *entry = arena_new(&transaction->arena, struct entry), **bucket;
	struct table *table = &transaction->table;

	if (!entry || (table->count >= table->size && grow(transaction) != RESULT_OK))
		return NULL;
	bucket = &table->buckets[wanted->hash & (table->size - 1)];
	*entry = (struct entry){ .next = *bucket, .hash = wanted->hash, .name = wanted->name, .variable = wanted->variable };
	*bucket = *(table->last ? table->last : &table->first) = entry;
	table->last = &entry->later;
	table->count++;
	return entry;
}

const struct entry *table_find(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	struct wanted wanted = wanted_of(transaction, variable, name);
	const struct slot *slot = &transaction->tx[wanted.number];
	const struct entry *entry;

	if (wanted.number) {
		transaction->found = (struct entry){ .name = transaction->rules->ruleset->names.list[wanted.number], .value = slot->value,
			                             .variable = VARIABLE_TX };
		return slot->is_set ? &transaction->found : NULL;
	}
	entry = find(transaction, &wanted);
	return entry && entry->is_set ? entry : NULL;
}

enum result table_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value)
{
	name = arena_copy(&transaction->arena, name);
	value = arena_copy(&transaction->arena, value);
	return name.at && value.at ? table_put(transaction, variable, name, value) : RESULT_NO_MEMORY;
}

enum result table_put(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value)
{
	struct wanted wanted = wanted_of(transaction, variable, name);
	struct entry *entry;

	if (wanted.number) {
		tx_set(transaction, wanted.number, value);
		return RESULT_OK;
	}
	entry = find(transaction, &wanted);
	if (!entry)
		entry = add(transaction, &wanted);
	if (!entry)
		return RESULT_NO_MEMORY;
	entry->value = value.at ? value : SPAN("");
	entry->is_set = true;
	return RESULT_OK;
}

void table_unset(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	struct wanted wanted = wanted_of(transaction, variable, name);
	struct entry *entry = wanted.number ? NULL : find(transaction, &wanted);

	if (wanted.number)
		tx_unset(transaction, wanted.number);
	else if (entry)
		entry->is_set = false;
}

const struct slot *tx_find(const struct waf_transaction *transaction, uint16_t number)
{
	return transaction->tx[number].is_set ? &transaction->tx[number] : NULL;
}

void tx_set(struct waf_transaction *transaction, uint16_t number, struct span value)
{
	struct slot *slot = &transaction->tx[number];

	slot->value = value.at ? value : SPAN("");
	slot->is_set = true;
	slot->has_number = false;
}

void tx_unset(struct waf_transaction *transaction, uint16_t number)
{
	transaction->tx[number].is_set = false;
}
