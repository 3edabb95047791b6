/* What would be complained of, and new proposals. */
#include "hub/change/inner.h"

#include "base/banned.h"

#define TEXT_MAX ((size_t)512 << 10)
#define PATH_MAX_BYTES 4095u

/* -- the answers -- */

/* PROPOSAL has a digest in the place of each text that it was made from. */
static bool put_bases(struct deed *deed, struct proposal *out)
{
	bool is_good = true;

	for (size_t i = 0; i < deed->file_count && is_good; i++) {
		out->files[i] = deed->files[i];
		out->files[i].base = deed_digest(deed, deed->files[i].base);
		is_good = out->files[i].base.at != NULL;
	}
	out->file_count = deed->file_count;
	return is_good;
}

bool trial_add(struct deed *deed, struct span complaints, struct proposal *out)
{
	const struct changes *changes = deed->changes;
	enum result result;

	out->author = deed->who;
	out->why = deed->why;
	out->path = deed->path;
	out->diff = buffer_span(&deed->diff);
	out->at_ms = changes->birth.loop->wall_ns / 1000000;
	out->takes_eyes = deed->takes_eyes;
	out->needs_approval = deed->takes_eyes && deed->has_others;
	out->complaints = complaints;
	if (!put_bases(deed, out)) {
		deed_refuse(deed, 503, "busy", "there is no memory");
		return false;
	}
	if (!deed_log(deed, "proposal.make", deed->path, deed->why))
		return false;
	result = proposal_add(changes->birth.store, out);
	if (result == RESULT_OK)
		return true;
	deed_log_failed(deed, "proposal.make.failed", deed->path, span_of(result_name(result)));
	if (result == RESULT_LIMIT)
		deed_refuse(deed, 409, "too-many", "so many proposals wait, or this one is so large, that it is not kept");
	else
		deed_refuse(deed, 503, "store-failed", "it could not be kept: %s", result_name(result));
	return false;
}

static void answer_proposal(struct deed *deed, struct span complaints)
{
	struct proposal proposal = { 0 };
	struct json_writer json;

	if (!trial_add(deed, complaints, &proposal))
		return;
	if (deed->request) {
		answer_begin(deed->answer, &json);
		proposal_put(&json, &proposal);
		answer_end(deed->answer, &json);
	}
	deed_end(deed);
}

static void answer_check(struct deed *deed, bool is_good, struct span complaints)
{
	struct json_writer json;

	if (deed->request) {
		answer_begin(deed->answer, &json);
		json_put_bool(&json, SPAN("ok"), is_good);
		json_put_raw(&json, SPAN("complaints"), complaints);
		answer_end(deed->answer, &json);
	}
	deed_end(deed);
}

/* -- its way -- */

static void tried(void *context, enum change_outcome outcome, struct span text)
{
	struct deed *deed = context;
	struct json_writer json;
	struct buffer list;

	if (outcome != CHANGE_DONE && outcome != CHANGE_REFUSED) {
		deed_refuse_outcome(deed, outcome, text);
		return;
	}
	buffer_init(&list, DOCUMENT_TEXT_MAX);
	json_writer_init(&json, &list);
	said_put(&json, SPAN_NONE, text);
	if (json.result != RESULT_OK)
		deed_refuse(deed, 503, "busy", "there is no memory");
	else if (deed->is_only_check)
		answer_check(deed, outcome == CHANGE_DONE, buffer_span(&list));
	else
		answer_proposal(deed, buffer_span(&list));
	buffer_done(&list);
}

static void with_serving(struct deed *deed)
{
	struct span base = deed_serving(deed, deed->path);

	if (!base.at) {
		deed_refuse(deed, 404, "not-found", "there is no such file in the configuration that serves");
		return;
	}
	deed->files[0] = (struct change_text){ deed->path, deed->text, base };
	deed->file_count = 1;
	if (!deed->is_only_check && span_equal(base, deed->text))
		deed_refuse(deed, 400, "nothing-changed", "this is what serves already");
	else if (deed->is_only_check || deed_compare(deed))
		deed_try(deed, true, SPAN_NONE, tried);
}

static void begin(struct changes *changes, struct web_request *request, struct web_answer *answer, bool is_only_check)
{
	static const char *const of_check[] = { "path", "text", NULL }, *const of_proposal[] = { "path", "text", "why", NULL };
	struct span path, text, why = SPAN("");
	struct content body;
	struct deed *deed;

	if (!change_may(changes, request, answer, PERMIT_PROPOSE) || !content_begin(&body, request, answer, is_only_check ? of_check : of_proposal))
		return;
	path = content_text(&body, "path", 1, PATH_MAX_BYTES, false);
	text = body.is_bad ? SPAN_NONE : content_text(&body, "text", 1, TEXT_MAX, true);
	if (!is_only_check && !body.is_bad)
		why = content_text(&body, "why", 1, API_WHY_MAX, false);
	deed = body.is_bad ? NULL : deed_begin(changes, request, answer);
	if (deed) {
		deed->path = deed_keep(deed, path);
		deed->text = deed_keep(deed, text);
		deed->why = deed_keep(deed, why);
		deed->is_only_check = is_only_check;
		if (deed->path.at && deed->text.at && deed->why.at)
			deed_ask_serving(deed, with_serving);
		else
			deed_refuse(deed, 503, "busy", "there is no memory");
	}
	content_end(&body);
}

void change_check(void *context, struct web_request *request, struct web_answer *answer)
{
	begin(context, request, answer, true);
}

void change_propose(void *context, struct web_request *request, struct web_answer *answer)
{
	begin(context, request, answer, false);
}
