/* What rules changed is applied to what is stored when the request ends. */
#include "waf/collection_inner.h"

#include "base/banned.h"

#define TIMEOUT_MAX 315360000  /* ten years */
#define NAME_BYTES_MAX 128u

/* What is being written; a value that does not fit is left out. */
struct writing {
	char *at;
	size_t room, len;
};

static void put(struct writing *writing, struct span name, struct span value)
{
	char *at = writing->at + writing->len;

	value = span_take(value, COLLECTION_VALUE_MAX);
	if (name.len > NAME_BYTES_MAX || writing->room - writing->len < 4 + name.len + value.len)
		return;
	at[0] = (char)(name.len >> 8);
	at[1] = (char)name.len;
	at[2] = (char)(value.len >> 8);
	at[3] = (char)value.len;
	memcpy(at + 4, name.at, name.len);
	if (value.len)
		memcpy(at + 4 + name.len, value.at, value.len);
	writing->len += 4 + name.len + value.len;
}

static void put_number(struct writing *writing, const char *name, int64_t number)
{
	char digits[DECIMAL_MAX];

	put(writing, span_of(name), span_make(digits, decimal_write(number < 0 ? 0 : (uint64_t)number, digits)));
}

struct keeping {
	const struct collection *collection;
	uint64_t now_s, timeout;     /* of a collection that says none */
};

static const struct change *change_of(const struct collection *collection, struct span name)
{
	const struct change *change = collection->changes;

	while (change && !span_equal_nocase(change->name, name))
		change = change->next;
	return change;
}

/* NAME as it will be: what a rule made of it, or else what is stored. */
static bool member(const struct keeping *keeping, struct span before, const char *name, struct span *value)
{
	const struct change *change = change_of(keeping->collection, span_of(name));

	if (!change)
		return stored_find(before, span_of(name), value);
	*value = change->value;
	return change->kind != CHANGE_UNSET;
}

/* Kept up here, not by rules, and written first; the others are rules' own. */
static bool is_bookkeeping(struct span name)
{
	static const struct span names[] = { SPAN_INIT("KEY"), SPAN_INIT("TIMEOUT"), SPAN_INIT("CREATE_TIME"), SPAN_INIT("UPDATE_COUNTER"),
		                             SPAN_INIT("LAST_UPDATE_TIME"), SPAN_INIT("IS_NEW"), SPAN_INIT("UPDATE_RATE"),
		                             SPAN_INIT(EXPIRE "KEY") };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(name, names[i]))
			return true;
	}
	return false;
}

static void put_changes(struct writing *writing, const struct keeping *keeping, struct span before)
{
	for (const struct change *change = keeping->collection->changes; change; change = change->next) {
		struct span stored;
		char digits[DECIMAL_MAX];
		int64_t number;

		if (change->kind == CHANGE_UNSET || is_bookkeeping(change->name))
			continue;
		if (change->kind == CHANGE_COUNT && stored_find(before, change->name, &stored) && !stored_has_expired(before, change->name, keeping->now_s)) {
			number = integer_of(stored) + change->count;
			put(writing, change->name, span_make(digits, decimal_write(number < 0 ? 0 : (uint64_t)number, digits)));
		} else {
			put(writing, change->name, change->value);
		}
	}
}

static void put_rest(struct writing *writing, const struct keeping *keeping, struct span before)
{
	struct pieces pieces = { .rest = before };

	while (pieces_next(&pieces)) {
		if (!is_bookkeeping(pieces.name) && !change_of(keeping->collection, pieces.name) && !stored_has_expired(before, pieces.name, keeping->now_s))
			put(writing, pieces.name, pieces.value);
	}
}

static enum result keep(void *context, struct span before, char *after, size_t room, size_t *len, uint64_t *expires_s)
{
	const struct keeping *keeping = context;
	struct writing writing = { after, room, 0 };
	struct span value = keeping->collection->key;
	int64_t timeout = (int64_t)keeping->timeout;

	if (!before.len)
		before = keeping->collection->loaded;
	if (!member(keeping, before, "KEY", &value) && (before.len || change_of(keeping->collection, SPAN("KEY"))))
		return RESULT_NOT_FOUND;  /* a rule took it away: the collection is to be forgotten */
	put(&writing, SPAN("KEY"), value);
	if (member(keeping, before, "TIMEOUT", &value))
		timeout = integer_of(value);
	timeout = timeout < 0 ? 0 : timeout > TIMEOUT_MAX ? TIMEOUT_MAX : timeout;
	put_number(&writing, "TIMEOUT", timeout);
	put_number(&writing, "CREATE_TIME", member(keeping, before, "CREATE_TIME", &value) ? stored_time(value) : (int64_t)keeping->now_s);
	put_number(&writing, "UPDATE_COUNTER", (member(keeping, before, "UPDATE_COUNTER", &value) ? integer_of(value) : 0) + 1);
	put_number(&writing, "LAST_UPDATE_TIME", (int64_t)keeping->now_s);
	*expires_s = keeping->now_s + (uint64_t)timeout;
	put_number(&writing, EXPIRE "KEY", (int64_t)*expires_s);
	put_changes(&writing, keeping, before);
	put_rest(&writing, keeping, before);
	*len = writing.len;
	return RESULT_OK;
}

/* The request is answered: a store that cannot keep it loses a count, as one that was full would. */
void collections_keep(struct waf_transaction *transaction)
{
	const struct collection_port *port = transaction->collection_port;

	for (struct collection *collection = transaction->collections; port && collection; collection = collection->next) {
		struct keeping keeping = { collection, collection_now_s(transaction), transaction->settings->collection_timeout };
		struct collection_key key;

		if (!collection->changes)
			continue;
		key = collection_key_of(transaction, collection);
		if (port->change(port->context, &key, collection_now_s(transaction), keep, &keeping) == RESULT_OK)
			collection->changes = NULL;  /* once */
	}
}
