/* All lines that a query asks for, in pieces as fast as whoever asked takes them. */
#include <stdlib.h>

#include "event/format.h"
#include "hub/api/events/events.h"

#include "base/banned.h"

#define LINES_MAX 1000000u

struct export {
	struct api *api;
	struct events events;
	struct store_tenants tenants;
	struct buffer *out;          /* of the piece that is being written */
	uint64_t lines;
	enum result result;
};

static void end_export(void *context)
{
	struct export *export = context;

	events_done(&export->events);
	tenants_done(&export->tenants);
	free(export);
}

/* The last one of a piece leaves room for one more, and for the end. */
static bool put_line(void *context, const struct store_event *event)
{
	struct export *export = context;

	export->result = buffer_append(export->out, event->line);
	if (export->result == RESULT_OK)
		export->result = buffer_append_byte(export->out, '\n');
	export->lines++;
	return export->result == RESULT_OK && buffer_room(export->out) >= LINE_MAX_BYTES + 64u && export->lines < LINES_MAX;
}

static enum result put_end(struct export *export, bool is_whole)
{
	struct json_writer json;

	json_writer_init(&json, export->out);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("bouclier.export"), '{');
	json_put_number(&json, SPAN("lines"), export->lines);
	json_put_bool(&json, SPAN("is_whole"), is_whole);
	json_close(&json, '}');
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		json.result = buffer_append_byte(export->out, '\n');
	return json.result == RESULT_OK ? RESULT_END : json.result;
}

/* A piece looks at a bounded number of rows, so that others have their turn. */
static enum result more(void *context, struct buffer *out)
{
	struct export *export = context;
	struct store_events_end end;
	enum result result;

	export->out = out;
	export->events.ask.count = LINES_MAX;
	export->events.ask.examine = EVENTS_EXAMINED;
	result = store_events(export->api->birth.store, &export->events.ask, NULL, put_line, export, &end);
	export->events.ask.before = end.next;
	if (result != RESULT_OK || export->result != RESULT_OK)
		return result != RESULT_OK ? result : export->result;
	if (end.is_over || export->lines >= LINES_MAX)
		return put_end(export, end.is_over);
	return RESULT_OK;
}

static void begin(struct api *api, struct web_request *request, const struct events *events, struct web_answer *answer)
{
	struct export *export = calloc(1, sizeof(*export));
	enum result result = RESULT_NO_MEMORY;

	if (export) {
		*export = (struct export){ .api = api, .events = *events };
		result = tenants_copy(&api_caller(api, request)->tenants, &export->tenants);
		export->events.ask.tenants = export->tenants;
	}
	if (result != RESULT_OK) {
		answer_store_failed(answer, result);
		free(export);
		return;
	}
	answer->status = 200;
	answer->type = SPAN("application/x-ndjson");
	web_field(request, answer, SPAN("Content-Disposition"), SPAN("attachment; filename=\"bouclier-events.ndjson\""));
	web_pieces(request, (struct web_pieces){ more, end_export, export });
}

void api_export_events(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { "q", "from", "to", NULL };
	struct api *api = context;
	struct arguments arguments;
	struct events events;

	if (!arguments_begin(&arguments, request, answer, names) || !events_begin(&events, api, &arguments))
		return;
	/* What leaves in bulk is written down. */
	if (api->birth.log(api->birth.context, request, answer, "events.export", SPAN("events"), request->head->query))
		begin(api, request, &events, answer);
	if (answer->status != 200)
		events_done(&events);
}
