/* Single lines: a page after the other, with the query language of `bouclier log -q`. */
#include "hub/api/events/events.h"

#include "hub/api/ask/cursor.h"

#include "base/banned.h"

#define ARENA_MAX ((size_t)1 << 20)

static void refuse_query(struct web_answer *answer, struct complaints *complaints)
{
	const struct complaint *first = complaints->count ? &complaints->list[0] : NULL;
	struct json_writer json;

	answer_begin(answer, &json);
	answer->status = 400;
	json_open(&json, SPAN("error"), '{');
	json_put_text(&json, SPAN("code"), SPAN("bad-query"));
	json_put_text(&json, SPAN("text"), first ? first->text : SPAN("the query cannot be read"));
	json_put_number(&json, SPAN("column"), first && first->column ? first->column : 1);
	json_close(&json, '}');
	answer_end(answer, &json);
}

static bool read_query(struct events *events, struct api *api, struct span text, struct web_answer *answer)
{
	struct complaints complaints;
	struct query *query = NULL;
	enum result result;

	if (!text.len)
		return true;
	complaints_init(&complaints);
	result = query_read(text, api_wall_ns(api), &events->arena, &complaints, &query);
	if (result == RESULT_NO_MEMORY)
		answer_store_failed(answer, result);
	else if (result != RESULT_OK)
		refuse_query(answer, &complaints);
	complaints_done(&complaints);
	events->ask.query = query;
	return result == RESULT_OK;
}

bool events_begin(struct events *events, struct api *api, struct arguments *arguments)
{
	struct span text = argument_text(arguments, "q", QUERY_MAX_BYTES);
	uint64_t from_ms = argument_time(arguments, "from", 0), to_ms = argument_time(arguments, "to", 0);

	*events = (struct events){ .ask = { .not_before_ms = from_ms, .before = { .time_ms = to_ms } } };
	if (arguments->is_bad)
		return false;
	if (to_ms && from_ms >= to_ms) {
		web_refuse(arguments->answer, 400, "bad-parameter", "the parameter to: expected a time after `from`");
		return false;
	}
	arena_init(&events->arena, ARENA_MAX, 4096);
	if (read_query(events, api, text, arguments->answer))
		return true;
	events_done(events);
	return false;
}

void events_done(struct events *events)
{
	arena_done(&events->arena);
}

/* -- a page -- */

static bool put_event(void *context, const struct store_event *event)
{
	struct json_writer *json = context;

	json_put_raw(json, SPAN_NONE, event->line);
	return json->result == RESULT_OK;
}

static void put_end(struct json_writer *json, const struct store_events_end *end)
{
	char text[CURSOR_LEN + 1];

	cursor_write(CURSOR_EVENTS, (struct cursor){ end->next.time_ms, end->next.id }, text);
	if (end->is_over)
		json_put_null(json, SPAN("next"));
	else
		json_put_text(json, SPAN("next"), span_make(text, CURSOR_LEN));
	json_put_bool(json, SPAN("is_cut"), end->is_cut);
	json_put_bool(json, SPAN("is_over"), end->is_over);
}

static void answer_page(struct api *api, struct events *events, struct web_answer *answer)
{
	struct store_events_end end;
	struct json_writer json;
	enum result result;

	answer_begin(answer, &json);
	json_open(&json, SPAN("events"), '[');
	result = store_events(api->birth.store, &events->ask, NULL, put_event, &json, &end);
	json_close(&json, ']');
	put_end(&json, &end);
	answer_end(answer, &json);
	if (result != RESULT_OK)
		answer_store_failed(answer, result);
}

/* A page never goes on before the time that TO says: whoever made up its place gets what is his own all the same. */
static bool go_on(struct events *events, struct span after, struct web_answer *answer)
{
	struct cursor cursor;

	if (!after.len)
		return true;
	if (cursor_read(CURSOR_EVENTS, after, &cursor) != RESULT_OK || !cursor.sort || (events->ask.before.time_ms && cursor.sort >= events->ask.before.time_ms)) {
		web_refuse(answer, 400, "bad-cursor", "the parameter after: it is no `next` of this list");
		return false;
	}
	events->ask.before = (struct store_place){ cursor.sort, cursor.key };
	return true;
}

void api_get_events(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { "q", "from", "to", "after", "count", NULL };
	struct api *api = context;
	struct arguments arguments;
	struct events events;
	struct span after;
	uint64_t count;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	after = argument_text(&arguments, "after", 255);
	count = argument_number(&arguments, "count", 1, API_COUNT_MAX, API_COUNT_DEFAULT);
	if (!events_begin(&events, api, &arguments))
		return;
	events.ask.tenants = api_caller(api, request)->tenants;
	events.ask.count = (size_t)count;
	events.ask.examine = EVENTS_EXAMINED;
	if (go_on(&events, after, answer))
		answer_page(api, &events, answer);
	events_done(&events);
}
