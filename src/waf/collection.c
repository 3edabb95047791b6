#include "waf/collection_inner.h"

#include "base/banned.h"

static enum result set_number(struct waf_transaction *transaction, enum variable variable, const char *name, uint64_t number)
{
	char digits[DECIMAL_MAX];

	return table_set(transaction, variable, span_of(name), span_make(digits, decimal_write(number, digits)));
}

/* What a collection that is new holds. */
static enum result fill_new(struct waf_transaction *transaction, enum variable variable, struct span key)
{
	uint64_t timeout = transaction->settings->collection_timeout, now_s = collection_now_s(transaction);
	enum result result = table_set(transaction, variable, SPAN("KEY"), key);

	if (result == RESULT_OK)
		result = set_number(transaction, variable, EXPIRE "KEY", now_s + timeout);
	if (result == RESULT_OK)
		result = set_number(transaction, variable, "TIMEOUT", timeout);
	if (result == RESULT_OK)
		result = set_number(transaction, variable, "CREATE_TIME", now_s);
	if (result == RESULT_OK)
		result = set_number(transaction, variable, "UPDATE_COUNTER", 0);
	return result == RESULT_OK ? set_number(transaction, variable, "IS_NEW", 1) : result;
}

static enum result fill_loaded(struct waf_transaction *transaction, enum variable variable, struct span stored)
{
	struct pieces pieces = { .rest = stored };
	struct span created = SPAN("0"), counter = SPAN("0");
	int64_t age, count;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && pieces_next(&pieces)) {
		if (!stored_has_expired(stored, pieces.name, collection_now_s(transaction)))
			result = table_set(transaction, variable, pieces.name, pieces.value);
	}
	if (result != RESULT_OK || !stored_find(stored, SPAN("CREATE_TIME"), &created) || !stored_find(stored, SPAN("UPDATE_COUNTER"), &counter))
		return result;
	age = (int64_t)collection_now_s(transaction) - stored_time(created);
	count = integer_of(counter);
	return set_number(transaction, variable, "UPDATE_RATE", age > 0 && count > 0 ? (uint64_t)(60 * count / age) : 0);
}

/* What is stored, or nothing; a store that does not answer has nothing. */
static enum result load(struct waf_transaction *transaction, struct collection *collection)
{
	const struct collection_port *port = transaction->collection_port;
	struct collection_key key = collection_key_of(transaction, collection);
	struct span stored = SPAN_NONE, value;
	enum result result;

	if (!port)
		return RESULT_OK;
	result = port->read(port->context, &key, collection_now_s(transaction), &transaction->arena, &stored);
	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_OK;
	if (stored_find(stored, SPAN("KEY"), &value) && !stored_has_expired(stored, SPAN("KEY"), collection_now_s(transaction)))
		collection->loaded = stored;
	return RESULT_OK;
}

/* There are five kinds at most. */
static struct collection *find(const struct waf_transaction *transaction, enum variable variable)
{
	struct collection *collection = transaction->collections;

	while (collection && collection->variable != variable)
		collection = collection->next;
	return collection;
}

enum result collection_open(struct waf_transaction *transaction, enum variable variable, struct span name, struct span key)
{
	struct collection *collection;
	enum result result;

	if (find(transaction, variable))
		return RESULT_OK;
	collection = arena_new(&transaction->arena, struct collection);
	if (!collection)
		return RESULT_NO_MEMORY;
	*collection = (struct collection){ .variable = variable, .name = arena_copy(&transaction->arena, name), .key = arena_copy(&transaction->arena, key) };
	if (!collection->name.at || !collection->key.at)
		return RESULT_NO_MEMORY;
	result = load(transaction, collection);
	if (result != RESULT_OK)
		return result;
	collection->next = transaction->collections;
	transaction->collections = collection;
	return collection->loaded.len ? fill_loaded(transaction, variable, collection->loaded) : fill_new(transaction, variable, key);
}

bool collection_is_open(const struct waf_transaction *transaction, enum variable variable)
{
	return find(transaction, variable) != NULL;
}

/* NAME's change, moved to the front; a new one where it has none. NULL: no memory. */
static struct change *touch(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	struct collection *collection = find(transaction, variable);
	struct change **link = &collection->changes, *change;

	while (*link && !span_equal_nocase((*link)->name, name))
		link = &(*link)->next;
	change = *link;
	if (change) {
		*link = change->next;
	} else {
		change = arena_new(&transaction->arena, struct change);
		if (!change)
			return NULL;
		*change = (struct change){ .kind = CHANGE_COUNT, .name = arena_copy(&transaction->arena, name) };
		if (!change->name.at)
			return NULL;
	}
	change->next = collection->changes;
	return collection->changes = change;
}

static enum result note(struct waf_transaction *transaction, enum variable variable, struct span name, enum change_kind kind, struct span value,
                        int64_t count)
{
	struct change *change = touch(transaction, variable, name);

	if (!change)
		return RESULT_NO_MEMORY;
	change->count += count;
	if (kind != CHANGE_COUNT || change->kind == CHANGE_UNSET)
		change->kind = kind == CHANGE_COUNT ? CHANGE_SET : kind;
	change->value = arena_copy(&transaction->arena, span_take(value, COLLECTION_VALUE_MAX));
	return change->value.at ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result collection_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value)
{
	enum result result = table_set(transaction, variable, name, value);

	return result == RESULT_OK ? note(transaction, variable, name, CHANGE_SET, value, 0) : result;
}

enum result collection_unset(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	table_unset(transaction, variable, name);
	return note(transaction, variable, name, CHANGE_UNSET, SPAN(""), 0);
}

enum result collection_count(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value, int64_t change)
{
	enum result result = table_set(transaction, variable, name, value);

	return result == RESULT_OK ? note(transaction, variable, name, CHANGE_COUNT, value, change) : result;
}

enum result collection_expire(struct waf_transaction *transaction, enum variable variable, struct span name, int64_t seconds)
{
	int64_t until = (int64_t)collection_now_s(transaction) + seconds;
	char digits[DECIMAL_MAX];
	struct span value = span_make(digits, decimal_write(until < 0 ? 0 : (uint64_t)until, digits));
	char *at = arena_take(&transaction->arena, sizeof(EXPIRE) - 1 + name.len);

	if (!at)
		return RESULT_NO_MEMORY;
	memcpy(at, EXPIRE, sizeof(EXPIRE) - 1);
	memcpy(at + sizeof(EXPIRE) - 1, name.at, name.len);
	return collection_set(transaction, variable, span_make(at, sizeof(EXPIRE) - 1 + name.len), value);
}

enum result collection_deprecate(struct waf_transaction *transaction, enum variable variable, struct span name, struct span speed)
{
	const struct entry *value = table_find(transaction, variable, name), *last = table_find(transaction, variable, SPAN("LAST_UPDATE_TIME"));
	struct span rest = speed, amount = span_cut(&rest, '/');
	int64_t period = rest.at ? integer_of(rest) : 0, times, before, after;
	char digits[DECIMAL_MAX];

	if (!value || !last || period <= 0)
		return RESULT_OK;
	before = integer_of(value->value);
	/* A rule may set the time of the last update as it likes. Often enough to empty any counter is as good as more often, and is a product
	 * that 64 bits hold. */
	times = ((int64_t)collection_now_s(transaction) - stored_time(last->value)) / period;
	times = times < -INT32_MAX ? -INT32_MAX : times > INT32_MAX ? INT32_MAX : times;
	after = before - integer_of(amount) * times;
	after = after < 0 ? 0 : after > INT32_MAX ? INT32_MAX : after;
	if (after == before)
		return RESULT_OK;
	return collection_set(transaction, variable, name, span_make(digits, decimal_write((uint64_t)after, digits)));
}
