/* One request, told: why it was refused, or not. */
#include "event/explain/explained.h"
#include "hub/api/inner.h"

#include "base/banned.h"

#define ARENA_MAX ((size_t)4 << 20)

struct explaining {
	struct arena arena;
	struct explained *explained;
	enum result result;
	bool is_found;
};

static bool take_line(void *context, const struct store_event *event)
{
	struct explaining *explaining = context;

	explaining->is_found = true;
	explaining->result = explained_of_line(event->line, &explaining->arena, explaining->explained);
	return false;
}

static void tell(struct explaining *explaining, struct web_answer *answer)
{
	struct explained *explained = explaining->explained;
	enum result result;

	explained->trouble = SPAN("the hub has no rule set: transformations are not told, and points and thresholds are CRS's usual ones (bouclier explain on the shield tells them)");
	explained_usual_thresholds(explained);
	answer->status = 200;
	answer->type = SPAN("application/json");
	result = explained_tell_json(explained, &answer->body);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
}

void api_explain(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	struct explaining explaining = { .result = RESULT_OK };
	struct arguments arguments;
	enum result result;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	if (!explained_is_id(request->parts[0])) {
		answer_not_found(answer, "request");
		return;
	}
	arena_init(&explaining.arena, ARENA_MAX, 65536);
	explaining.explained = arena_take(&explaining.arena, sizeof(*explaining.explained));
	result = explaining.explained ? store_request(api->birth.store, api_caller(api, request)->tenants, request->parts[0], NULL, take_line, &explaining) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = explaining.is_found ? explaining.result : RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		tell(&explaining, answer);
	else if (result == RESULT_NOT_FOUND)
		answer_not_found(answer, "request");
	else
		answer_store_failed(answer, result);
	arena_done(&explaining.arena);
}
