/* Reading documents: one, or a list by what they are sorted by. */
#include "store/document.h"
#include "store/inside.h"

#include "base/banned.h"

enum result store_document(struct store *store, enum document_kind kind, struct span key, struct complaints *complaints,
                           void (*read)(void *context, const struct document *document), void *context)
{
	struct statement *statement;
	enum result result = store_enter(store, complaints);

	if (result == RESULT_OK)
		result = statement_new(store->database, "SELECT text, sort, version FROM documents WHERE kind = ?1 AND key = ?2", &statement);
	if (result != RESULT_OK)
		return result;
	statement_bind_number(statement, 1, kind);
	statement_bind_text(statement, 2, key);
	result = statement_step(statement);
	if (result == RESULT_OK)
		read(context, &(struct document){ kind, key, statement_text(statement, 0), (uint64_t)statement_number(statement, 1),
		                                  (uint64_t)statement_number(statement, 2) });
	statement_free(statement);
	return result == RESULT_END ? RESULT_NOT_FOUND : result;
}

/* The tree of (kind, sort, key) has both orders; a place in it is a pair. */
static const char *const lists[2][2] = {
	{ "SELECT key, text, sort, version FROM documents WHERE kind = ?1 ORDER BY sort DESC, key DESC",
	  "SELECT key, text, sort, version FROM documents WHERE kind = ?1 AND (sort, key) < (?2, ?3) ORDER BY sort DESC, key DESC" },
	{ "SELECT key, text, sort, version FROM documents WHERE kind = ?1 ORDER BY sort, key",
	  "SELECT key, text, sort, version FROM documents WHERE kind = ?1 AND (sort, key) > (?2, ?3) ORDER BY sort, key" },
};

enum result store_documents(struct store *store, const struct documents_ask *ask, struct complaints *complaints,
                            bool (*row)(void *context, const struct document *document), void *context)
{
	bool goes_on = true;
	struct statement *statement;
	enum result result = store_enter(store, complaints);

	if (result == RESULT_OK && ask->has_after && (ask->after_sort > INT64_MAX || ask->after_key.len > DOCUMENT_KEY_MAX))
		return RESULT_LIMIT;
	if (result == RESULT_OK)
		result = statement_new(store->database, lists[ask->is_ascending][ask->has_after], &statement);
	if (result != RESULT_OK)
		return result;
	statement_bind_number(statement, 1, ask->kind);
	if (ask->has_after) {
		statement_bind_number(statement, 2, (int64_t)ask->after_sort);
		statement_bind_text(statement, 3, ask->after_key);
	}
	while (goes_on && (result = statement_step(statement)) == RESULT_OK) {
		struct document document = { ask->kind, statement_text(statement, 0), statement_text(statement, 1),
			                         (uint64_t)statement_number(statement, 2), (uint64_t)statement_number(statement, 3) };

		if (span_starts(document.key, ask->key_front))
			goes_on = row(context, &document);
	}
	statement_free(statement);
	return result == RESULT_END ? RESULT_OK : result;
}

static void read_counter(void *context, const struct document *document)
{
	struct document_counter *counter = context;

	counter->version = document->version;
	if (span_to_u64(document->text, INT64_MAX, &counter->next) != RESULT_OK)
		counter->next = 0;
}

enum result store_counter(struct store *store, struct span key, struct complaints *complaints, struct document_counter *out)
{
	enum result result;

	*out = (struct document_counter){ .next = 1, .key = key };
	result = store_document(store, DOCUMENT_HUB, key, complaints, read_counter, out);
	if (result == RESULT_OK || result == RESULT_NOT_FOUND)
		return out->next ? RESULT_OK : RESULT_MALFORMED;
	return result;
}

struct document_change store_counter_taken(struct document_counter *counter)
{
	return (struct document_change){ DOCUMENT_HUB, counter->key, span_make(counter->digits, decimal_write(counter->next + 1, counter->digits)), 0,
		                             counter->version };
}
