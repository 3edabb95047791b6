/* Who and why, as they go through the keeper. */
#include <stdio.h>

#include "event/history/inside.h"
#include "event/json.h"

#include "base/banned.h"

static const struct span how_words[HISTORY_HOW_COUNT] = {
#define HISTORY_HOW_WORD(name, word, text) [HISTORY_##name] = SPAN_INIT(word),
	HISTORY_HOW_LIST(HISTORY_HOW_WORD)
#undef HISTORY_HOW_WORD
};

struct span history_how_word(enum history_how how)
{
	return how < HISTORY_HOW_COUNT ? how_words[how] : SPAN("reload");
}

enum result history_how_read(struct span word, enum history_how *out)
{
	for (enum history_how how = 0; how < HISTORY_HOW_COUNT; how++) {
		if (span_equal(word, how_words[how])) {
			*out = how;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

/* One line of a log, and nothing that a terminal obeys. Cut between characters, never within one. */
static struct span clean(struct span text, char *out, size_t most)
{
	size_t len = text.len < most ? text.len : most;

	while (len < text.len && len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f ? '?' : text.at[i];
	out[len] = 0;
	return span_make(out, len);
}

enum result history_note_write(const struct history_note *note, struct buffer *out)
{
	struct history_note_store store;
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("how"), history_how_word(note->how));
	json_put_text(&json, SPAN("who"), clean(note->who, store.who, HISTORY_WHO_MAX));
	json_put_text(&json, SPAN("why"), clean(note->why, store.why, HISTORY_WHY_MAX));
	json_close(&json, '}');
	return json.result;
}

struct history_note history_note_of(const struct json *object, struct history_note_store *store)
{
	struct history_note note = { .how = HISTORY_RELOAD };

	if (history_how_read(json_text_of(json_find(object, "how")), &note.how) != RESULT_OK)
		note.how = HISTORY_RELOAD;
	note.who = clean(json_text_of(json_find(object, "who")), store->who, HISTORY_WHO_MAX);
	note.why = clean(json_text_of(json_find(object, "why")), store->why, HISTORY_WHY_MAX);
	return note;
}

struct history_note history_note_read(struct span text, struct history_note_store *store)
{
	struct history_note note = { .how = HISTORY_RELOAD };
	struct json *root = NULL;

	*store = (struct history_note_store){ .who = "" };
	if (!text.len || text.len > HISTORY_NOTE_MAX || json_read(text, &root) != RESULT_OK)
		return note;
	note = history_note_of(root, store);
	json_drop(root);
	return note;
}
