/* Going back to a configuration of the history. */
#include "hub/change/inner.h"

#include <stdio.h>

#include "hub/api/shield/orders.h"

#include "base/banned.h"

#define CONFIRM_MS_MIN 10000u
#define CONFIRM_MS_MAX 86400000u

static void gone_back(void *context, enum change_outcome outcome, struct span text)
{
	struct deed *deed = context;
	struct json_writer json;

	if (outcome != CHANGE_DONE) {
		if (outcome == CHANGE_STALE)
			deed_log_stale(deed, "config.rollback.failed", deed->path);
		else
			deed_log_failed(deed, "config.rollback.failed", deed->path, span_take(text, 400));
		deed_refuse_outcome(deed, outcome, text);
		return;
	}
	if (deed->request) {
		answer_begin(deed->answer, &json);
		json_put_number(&json, SPAN("to"), deed->number);
		answer_end(deed->answer, &json);
	}
	deed_end(deed);
}

/* Going back to something that takes a second person is a proposal like any other. */
static void propose(struct deed *deed)
{
	struct proposal proposal = { .back_to = deed->number };
	struct json_writer json;

	if (!trial_add(deed, SPAN("[]"), &proposal))
		return;
	if (deed->request) {
		answer_begin(deed->answer, &json);
		json_put_number(&json, SPAN("proposal"), proposal.number);
		answer_end(deed->answer, &json);
		deed->answer->status = deed->answer->status == 200 ? 202 : deed->answer->status;
	}
	deed_end(deed);
}

static void go(struct deed *deed)
{
	struct span note = deed_note(deed, true, deed->who, deed->why);

	if (!note.at)
		deed_refuse(deed, 503, "busy", "there is no memory");
	else if (deed_log(deed, "config.rollback", deed->path, deed->why))
		deed_try(deed, false, note, gone_back);
}

/* Only texts change: a file more, or less, is for the command on the machine itself, which knows whose it is. False: answered. */
static bool fill_files(struct deed *deed)
{
	const struct json *files = json_find(deed->old, "files"), *now = json_find(deed->serving, "files");
	bool is_good = json_length(files) == json_length(now) && json_length(files), is_something;

	for (size_t i = 0; i < json_length(files) && is_good; i++) {
		const struct json *file = json_item(files, i);
		struct span path = json_text_of(json_find(file, "path")), text = json_text_of(json_find(file, "text")), serving = deed_serving(deed, path);

		is_good = serving.at != NULL && json_has_text(json_find(file, "text"));
		if (!is_good || span_equal(text, serving))
			continue;
		is_good = deed->file_count < CHANGE_FILES_MAX;
		if (is_good)
			deed->files[deed->file_count++] = (struct change_text){ path, text, serving };
	}
	is_something = deed->file_count;  /* who is refused is gone */
	if (!is_good)
		deed_refuse(deed, 409, "other-files", "configuration %llu has other files than what serves: go back to it on the machine itself (bouclier config rollback %llu)",
		            (unsigned long long)deed->number, (unsigned long long)deed->number);
	else if (!is_something)
		deed_refuse(deed, 409, "nothing-changed", "this is what serves already");
	return is_good && is_something;
}

static void told_old(void *context, const struct shield_answer *said)
{
	struct deed *deed = context;

	if (!deed->request) {
		deed_end(deed);
	} else if (said->result != RESULT_OK || said->status != 200 || json_read(said->body, &deed->old) != RESULT_OK) {
		if (said->result == RESULT_OK && said->status == 404)
			answer_not_found(deed->answer, "configuration in the history");
		else
			order_refuse(said, deed->answer);
		deed_end(deed);
	} else if (fill_files(deed) && deed_compare(deed)) {
		if (deed->takes_eyes && deed->has_others)
			propose(deed);
		else
			go(deed);
	}
}

static void with_serving(struct deed *deed)
{
	struct shield_question question = { .method = SPAN("POST"), .path = SPAN("/config/history"), .wait_ms = SHIELD_ASK_MS, .done = told_old, .context = deed };
	char body[64];

	snprintf(body, sizeof(body), "{\"number\":%llu}", (unsigned long long)deed->number);
	question.body = deed_keep(deed, span_of(body));
	if (question.body.at)
		(void)deed_ask(deed, &question);
	else
		deed_refuse(deed, 503, "busy", "there is no memory");
}

void change_roll_back(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "to", "why", "confirm", NULL };
	struct changes *changes = context;
	uint64_t to, confirm_ms = 0;
	struct content body;
	struct span why;
	struct deed *deed;

	if (!change_may(changes, request, answer, PERMIT_PROPOSE) || !content_begin(&body, request, answer, members))
		return;
	to = content_number(&body, "to", 1, UINT32_MAX);
	why = body.is_bad ? SPAN_NONE : content_text(&body, "why", 1, API_WHY_MAX, false);
	if (!body.is_bad)
		confirm_ms = content_length(&body, "confirm", CONFIRM_MS_MIN, CONFIRM_MS_MAX);
	deed = body.is_bad ? NULL : deed_begin(changes, request, answer);
	if (deed) {
		deed->number = to;
		deed->confirm_ms = confirm_ms;
		deed->why = deed_keep(deed, why);
		deed->path = arena_print(&deed->arena, "configuration %llu", (unsigned long long)to);
		if (!deed->may_alone)
			deed_refuse(deed, 403, "forbidden", "to put a configuration in place takes the permit operate, too");
		else if (deed->why.at && deed->path.at)
			deed_ask_serving(deed, with_serving);
		else
			deed_refuse(deed, 503, "busy", "there is no memory");
	}
	content_end(&body);
}
