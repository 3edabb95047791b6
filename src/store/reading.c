/* The life of a journal that is read, and where it is. */
#include <stdlib.h>

#include "store/reading.h"

#include "base/banned.h"

static bool is_followed(const struct store *store, uint32_t source)
{
	for (unsigned i = 0; i < store->journals; i++) {
		if (store->sources[i] == source)
			return true;
	}
	return false;
}

static void join(struct store_journal *journal, uint32_t source)
{
	struct store *store = journal->store;

	journal->source = source;
	store->sources[store->journals++] = source;
}

static void leave(struct store_journal *journal)
{
	struct store *store = journal->store;

	for (unsigned i = 0; i < store->journals; i++) {
		if (store->sources[i] == journal->source) {
			store->sources[i] = store->sources[--store->journals];
			return;
		}
	}
}

/* Two with one cursor would each have what the other read. */
static enum result find_source(struct store_journal *journal, struct span name)
{
	struct store *store = journal->store;
	uint32_t source;
	enum result result = words_intern(&store->words, WORD_SOURCE, name, &source);

	if (result != RESULT_OK)
		return result;
	if (source == WORD_NONE || source == WORD_OTHER)
		return RESULT_LIMIT;
	if (is_followed(store, source))
		return RESULT_REFUSED;
	join(journal, source);
	return RESULT_OK;
}

static enum result take_up(struct store_journal *journal, struct span source)
{
	struct store *store = journal->store;
	enum result result = find_source(journal, source);

	if (result == RESULT_OK && database_is_begun(store->database))
		result = database_run(store->database, "COMMIT");
	if (result != RESULT_OK)
		return result;
	store->words.is_new = false;
	for (unsigned i = 0; i < STREAM_MAX && result == RESULT_OK; i++) {
		struct side *side = &journal->sides[i];

		side->saved = (struct cursor){ .source = journal->source, .stream = (enum stream)i };
		result = cursor_load(&store->cursors, &side->saved);
		side->now = side->saved;
	}
	return result == RESULT_OK ? latest_init(&journal->latest, store->database, journal->source) : result;
}

enum result store_follow(struct store *store, struct span source, int folder_fd, struct complaints *complaints, struct store_journal **out)
{
	struct store_journal *journal;
	enum result result = store_enter(store, complaints);

	if (result != RESULT_OK)
		return result;
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return RESULT_NO_MEMORY;
	journal->store = store;
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_init(&journal->sides[i].follow, folder_fd, (enum stream)i);
	result = take_up(journal, source);
	if (result != RESULT_OK) {
		store_undo(store);
		store_journal_free(journal);
		return result;
	}
	*out = journal;
	return RESULT_OK;
}

void store_journal_free(struct store_journal *journal)
{
	if (!journal)
		return;
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_done(&journal->sides[i].follow);
	latest_done(&journal->latest);
	free(journal->suspects);
	leave(journal);
	free(journal);
}

void store_positions(const struct store_journal *journal, struct store_position out[2])
{
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		const struct cursor *saved = &journal->sides[i].saved;

		out[i] = (struct store_position){ saved->epoch, saved->at.sequence, saved->lines, saved->missing, saved->damaged };
	}
}
