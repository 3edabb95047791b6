/* POST /reload {"why", "who", "how", "confirm_ms"}, all of it optional; POST /reload/confirm; POST /reload/back {"why", "who"}: what waits to be confirmed goes. */
#include "cli/admin/inner.h"

#include <stdio.h>

#include "event/history/history.h"

#include "base/banned.h"

#define CONFIRM_MS_MAX ((uint64_t)24 * 3600 * 1000)
#define CONFIRM_MS_MIN 1000u

struct reload_words {
	struct json *root;             /* NULL: nothing was said */
	struct history_note note;
	uint64_t confirm_ms;
	struct buffer text;            /* the note, as the keeper carries it */
};

static void words_done(struct reload_words *words)
{
	buffer_done(&words->text);
	json_drop(words->root);
}

/* False: answered. */
static bool read_words(const struct admin_request *request, struct reload_words *words, struct admin_answer *answer)
{
	*words = (struct reload_words){ .note.how = HISTORY_RELOAD };
	buffer_init(&words->text, HISTORY_NOTE_MAX);
	if (request->body.len && (words->root = admin_read_body(request, answer)) == NULL)
		return false;
	words->note.who = json_text_of(json_find(words->root, "who"));
	words->note.why = json_text_of(json_find(words->root, "why"));
	words->confirm_ms = json_number_of(json_find(words->root, "confirm_ms"));
	if (json_has_text(json_find(words->root, "how")) && history_how_read(json_text_of(json_find(words->root, "how")), &words->note.how) != RESULT_OK)
		admin_refuse(answer, 400, "\"how\" is none of the words for how a configuration comes to serve");
	else if (words->note.who.len > HISTORY_WHO_MAX || words->note.why.len > HISTORY_WHY_MAX)
		admin_refuse(answer, 400, "\"who\" has at most %u bytes, \"why\" %u", HISTORY_WHO_MAX, HISTORY_WHY_MAX);
	else if (words->confirm_ms && (words->confirm_ms < CONFIRM_MS_MIN || words->confirm_ms > CONFIRM_MS_MAX))
		admin_refuse(answer, 400, "\"confirm_ms\" is from %u to %llu", CONFIRM_MS_MIN, (unsigned long long)CONFIRM_MS_MAX);
	else if (history_note_write(&words->note, &words->text) != RESULT_OK)
		admin_refuse(answer, 503, "there is no memory");
	else
		return true;
	return false;
}

void admin_answer_reload(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;
	struct reload_words words;

	if (state->is_draining) {
		admin_refuse(answer, 503, "the shield is ending");
		return;
	}
	if (read_words(request, &words, answer)) {
		const struct reload_wish wish = { .confirm_ms = words.confirm_ms, .note = buffer_span(&words.text) };

		if (role_ask_reload(state->link, ++state->reload_id, &wish) != RESULT_OK)
			admin_refuse(answer, 503, "the keeper does not listen");
		else
			answer->reload_id = state->reload_id;
	}
	words_done(&words);
}

void admin_answer_confirm(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;
	struct history_note_store store;
	struct reload_words words;

	if (read_words(request, &words, answer)) {
		struct span who = history_note_read(buffer_span(&words.text), &store).who;

		snprintf(state->confirm_who, sizeof(state->confirm_who), "%.*s", SPAN_ARG(who));
		state->confirm_id = ++state->reload_id;
		if (state->is_draining || role_ask_confirm(state->link, state->reload_id) != RESULT_OK)
			admin_refuse(answer, 503, "the shield is ending");
		else
			answer->keeper_id = state->reload_id;
	}
	words_done(&words);
}

void admin_answer_back(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;
	struct reload_words words;

	if (read_words(request, &words, answer)) {
		words.note.how = HISTORY_WENT_BACK;
		buffer_reset(&words.text);
		if (state->is_draining || history_note_write(&words.note, &words.text) != RESULT_OK ||
		    role_ask_back(state->link, ++state->reload_id, buffer_span(&words.text)) != RESULT_OK)
			admin_refuse(answer, 503, "the shield is ending");
		else
			answer->keeper_id = state->reload_id;
	}
	words_done(&words);
}

void admin_say_outcome(struct admin_answer *answer, const struct edge_order *order, struct span text)
{
	static const struct {
		unsigned status;
		const char *why;
	} ends[] = {
		[CHANGE_DONE] = { 200, "" }, [CHANGE_REFUSED] = { 422, "it was refused" }, [CHANGE_BUSY] = { 503, "another reload is on its way: ask again" },
		[CHANGE_STALE] = { 409, "it was changed meanwhile" }, [CHANGE_NOTHING] = { 409, "nothing waits to be confirmed" },
	};
	struct json_writer json;

	if (order->outcome != CHANGE_DONE) {
		admin_refuse(answer, ends[order->outcome].status, "%s%s%.*s", ends[order->outcome].why, text.len ? ": " : "", SPAN_ARG(text));
		return;
	}
	admin_begin_json(answer, &json);
	json_put_bool(&json, SPAN("ok"), true);
	json_put_number(&json, SPAN("generation"), order->generation);
	json_put_text(&json, SPAN("text"), text);
	admin_finish_json(answer, &json);
}
