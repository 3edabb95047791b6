/* What somebody does, from his request to its answer. */
#include "hub/change/inner.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/encode.h"
#include "event/history/diff.h"
#include "event/history/history.h"
#include "hub/api/shield/orders.h"
#include "hub/people/approval.h"
#include "net/digest.h"

#include "base/banned.h"

#define DEED_BYTES_MAX ((size_t)8 << 20)
#define DIFF_BYTES_MAX ((size_t)2 << 20)

/* -- its life -- */

static void leave(void *context, struct web_request *request)
{
	struct deed *deed = context;

	(void)request;
	deed->request = NULL;
}

static void deed_free(struct deed *deed)
{
	list_remove(&deed->node);
	deed->changes->count--;
	if (deed->serving)
		json_drop(deed->serving);
	if (deed->old)
		json_drop(deed->old);
	buffer_done(&deed->diff);
	arena_done(&deed->arena);
	free(deed);
}

void deed_end(struct deed *deed)
{
	if (deed->request)
		web_finish(deed->request);
	deed_free(deed);
}

void deed_refuse(struct deed *deed, unsigned status, const char *code, const char *format, ...)
{
	struct buffer text;
	va_list list;

	buffer_init(&text, 4096);
	va_start(list, format);
	if (buffer_print_list(&text, format, list) != RESULT_OK)
		buffer_reset(&text);
	va_end(list);
	if (deed->request)
		web_refuse(deed->answer, status, code, "%.*s", SPAN_ARG(buffer_len(&text) ? buffer_span(&text) : SPAN("it could not be done")));
	buffer_done(&text);
	deed_end(deed);
}

struct span deed_keep(struct deed *deed, struct span text)
{
	return arena_copy(&deed->arena, text);
}

struct deed *deed_begin(struct changes *changes, struct web_request *request, struct web_answer *answer)
{
	const struct person_view *caller = people_caller(changes->birth.people, request);
	struct deed *deed = changes->count < CHANGE_DEEDS_MAX && !changes->is_ending ? calloc(1, sizeof(*deed)) : NULL;

	if (!deed) {
		web_refuse(answer, 503, "busy", "too many change the configuration just now");
		return NULL;
	}
	deed->changes = changes;
	deed->request = request;
	deed->answer = answer;
	arena_init(&deed->arena, DEED_BYTES_MAX, 4096);
	buffer_init(&deed->diff, DIFF_BYTES_MAX);
	list_add_last(&changes->deeds, &deed->node);
	changes->count++;
	web_wait(request, leave, deed);
	deed->who = deed_keep(deed, caller->name);
	deed->may_alone = person_may(caller, PERMIT_OPERATE | PERMIT_PROPOSE);
	if (deed->who.at && approval_is_needed(changes->birth.people, caller, &deed->has_others) == RESULT_OK)
		return deed;
	deed_refuse(deed, 503, "busy", "who could approve it cannot be found out");
	return NULL;
}

/* -- what serves -- */

bool deed_ask(struct deed *deed, const struct shield_question *question)
{
	enum result result = deed->changes->shield ? shield_ask(deed->changes->shield, question) : RESULT_NOT_FOUND;

	if (result == RESULT_NOT_FOUND)
		deed_refuse(deed, 503, "shield-away", "the shield has no admin socket");
	else if (result != RESULT_OK)
		deed_refuse(deed, 503, "busy", "too many ask the shield just now");
	return result == RESULT_OK;
}

static void told_serving(void *context, const struct shield_answer *said)
{
	struct deed *deed = context;

	if (!deed->request) {  /* nothing was done yet */
		deed_free(deed);
	} else if (said->result == RESULT_OK && said->status == 200 && json_read(said->body, &deed->serving) == RESULT_OK) {
		deed->next(deed);
	} else {
		order_refuse(said, deed->answer);
		deed_end(deed);
	}
}

void deed_ask_serving(struct deed *deed, void (*next)(struct deed *deed))
{
	const struct shield_question question = { .method = SPAN("GET"), .path = SPAN("/config"), .wait_ms = SHIELD_ASK_MS, .done = told_serving, .context = deed };

	deed->next = next;
	(void)deed_ask(deed, &question);
}

struct span deed_serving(const struct deed *deed, struct span path)
{
	const struct json *files = json_find(deed->serving, "files");

	for (size_t i = 0; i < json_length(files); i++) {
		const struct json *file = json_item(files, i);

		if (span_equal(json_text_of(json_find(file, "path")), path))
			return json_has_text(json_find(file, "text")) ? json_text_of(json_find(file, "text")) : SPAN_NONE;
	}
	return SPAN_NONE;
}

/* -- the log -- */

bool deed_log(struct deed *deed, const char *what, struct span object, struct span detail)
{
	const struct audit_action action = { deed->who, span_of(what), object, .detail = detail };

	if (audit_add(deed->changes->birth.audit, &action, deed->changes->birth.loop->wall_ns) == RESULT_OK)
		return true;
	deed_refuse(deed, 503, "not-recorded", "it could not be written down, so nothing was done");
	return false;
}

void deed_log_failed(struct deed *deed, const char *what, struct span object, struct span why)
{
	const struct audit_action action = { deed->who, span_of(what), object, .detail = why };

	(void)!audit_add(deed->changes->birth.audit, &action, deed->changes->birth.loop->wall_ns);  /* nothing has changed: the next entry is refused too, and people are told */
}

/* -- the keeper -- */

void deed_try(struct deed *deed, bool is_trial, struct span note, void (*done)(void *context, enum change_outcome outcome, struct span text))
{
	const struct ask_wish wish = { .texts = deed->files, .count = deed->file_count, .confirm_ms = deed->confirm_ms, .is_trial = is_trial, .note = note,
		                       .done = done, .context = deed };
	enum result result = asks_add(&deed->changes->asks, &wish);

	if (result != RESULT_OK)
		done(deed, CHANGE_BUSY, SPAN_NONE);
}

void deed_refuse_outcome(struct deed *deed, enum change_outcome outcome, struct span text)
{
	text = text.len ? text : SPAN("the shield said no more");
	if (outcome == CHANGE_STALE)
		deed_refuse(deed, 409, "stale", "the file was changed meanwhile: nothing was overwritten. Make the change from what serves now");
	else if (outcome == CHANGE_REFUSED)
		deed_refuse(deed, 409, "shield-refused", "%.*s", SPAN_ARG(span_take(text, 2000)));
	else
		deed_refuse(deed, 503, "busy", "another configuration is just being read: try again");
}

struct span deed_note(struct deed *deed, bool is_rollback, struct span who, struct span why)
{
	const struct history_note note = { .how = is_rollback ? HISTORY_ROLLBACK : HISTORY_PROPOSAL, .who = who, .why = why };
	struct buffer text;
	struct span kept = SPAN_NONE;

	buffer_init(&text, IMAGE_NOTE_MAX);
	if (history_note_write(&note, &text) == RESULT_OK)
		kept = deed_keep(deed, buffer_span(&text));
	buffer_done(&text);
	return kept;
}

struct span deed_digest(struct deed *deed, struct span text)
{
	unsigned char digest[DIGEST_LEN];
	char digits[DIGEST_LEN * 2];

	if (digest_plain(text, digest) != RESULT_OK)
		return SPAN_NONE;
	hex_write(digest, DIGEST_LEN, digits);
	return deed_keep(deed, span_make(digits, sizeof(digits)));
}

bool deed_compare(struct deed *deed)
{
	enum result result = RESULT_OK;

	deed->takes_eyes = false;
	for (size_t i = 0; i < deed->file_count && result == RESULT_OK; i++) {
		const struct change_text *file = &deed->files[i];
		const struct diff_side before = { file->path, file->base }, after = { file->path, file->text };

		result = diff_write(&before, &after, &deed->diff);
		deed->takes_eyes = deed->takes_eyes || eyes_are_needed(file->base, file->text);
	}
	if (result == RESULT_OK)
		return true;
	deed_refuse(deed, 400, "too-large", "so large a difference is not kept: change the file on the machine itself");
	return false;
}
