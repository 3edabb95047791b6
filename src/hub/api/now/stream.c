/* The same as GET /now, /incidents and /health, as it changes, for each who follows within his tenants.
 *
 * A stream ends after STREAM_MS at the latest, and a browser comes again by itself: so whoever may not see any more is found out then.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "hub/api/inner.h"

#include "base/banned.h"

#define BEAT_MS 2000u
#define STREAM_MS 120000u
#define TEXT_MAX ((size_t)480 << 10)   /* what a stream lets wait */

struct looker {
	struct list node;
	struct api *api;
	struct web_stream *stream;
	struct store_tenants tenants;
	char name[WEB_STREAM_PERSON_MAX];
	size_t name_len;
	uint64_t ends_ms, health;
};

static struct span name_of(const struct looker *looker)
{
	return span_make(looker->name, looker->name_len);
}

static void leave(void *owner)
{
	struct looker *looker = owner;

	list_remove(&looker->node);
	tenants_done(&looker->tenants);
	free(looker);
}

/* -- what is sent -- */

static bool write_now(struct looker *looker, struct buffer *text)
{
	struct json_writer json;

	json_writer_init(&json, text);
	json_open(&json, SPAN_NONE, '{');
	if (now_put(looker->api, &looker->tenants, name_of(looker), &json) != RESULT_OK)
		return false;
	json_close(&json, '}');
	return json.result == RESULT_OK;
}

/* A text that is too long, or cannot be made, is not sent: whoever follows asks for the page. */
static void send_now(struct looker *looker)
{
	struct buffer text;

	buffer_init(&text, TEXT_MAX);
	if (write_now(looker, &text))
		web_stream_send(looker->stream, SPAN("now"), buffer_span(&text));
	buffer_done(&text);
}

/* Of what changes by itself all the time nothing is sent. */
static void send_health(struct looker *looker)
{
	struct json_writer json;
	struct buffer text;
	uint64_t hash;

	buffer_init(&text, TEXT_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	health_put(looker->api, &looker->tenants, &json, false);
	json_close(&json, '}');
	hash = hash_span((struct hash_seed){ 0 }, buffer_span(&text));
	if (json.result == RESULT_OK && hash != looker->health)
		web_stream_send(looker->stream, SPAN("health"), buffer_span(&text));
	looker->health = hash;
	buffer_done(&text);
}

static bool is_over(void *context, const void *owner)
{
	const struct looker *looker = owner;
	const uint64_t *now_ms = context;

	return *now_ms >= looker->ends_ms;
}

static void beat(struct timer *timer)
{
	struct api *api = list_entry(timer, struct api, beat);
	uint64_t now_ms = api->birth.loop->now_ms;

	web_stream_end(api->birth.streams, is_over, &now_ms);
	list_each_safe(node, following, &api->lookers) {
		struct looker *looker = list_entry(node, struct looker, node);

		send_now(looker);
		send_health(looker);
	}
	if (!list_is_empty(&api->lookers))
		timer_set(&api->birth.loop->timers, &api->beat, api->birth.loop->now_ms + BEAT_MS);
}

void api_incident_changed(struct api *api, const struct incident *incident)
{
	struct incident *copy;

	if (list_is_empty(&api->lookers))
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;  /* availability: `now` tells it in two seconds */
	list_each_safe(node, following, &api->lookers) {
		struct looker *looker = list_entry(node, struct looker, node);
		struct json_writer json;
		struct buffer text;

		*copy = *incident;
		api_own_incident(api, copy);
		if (confine_sees(&looker->tenants, copy) == CONFINED_NOTHING)
			continue;
		confine(&looker->tenants, name_of(looker), copy);
		buffer_init(&text, TEXT_MAX);
		json_writer_init(&json, &text);
		brief_put(&json, SPAN_NONE, copy);
		if (json.result == RESULT_OK)
			web_stream_send(looker->stream, SPAN("incident"), buffer_span(&text));
		buffer_done(&text);
	}
	free(copy);
}

/* -- who follows -- */

void stream_init(struct api *api)
{
	list_init(&api->lookers);
	timer_init(&api->beat, beat);
}

/* Whoever follows stays the streams' own, which let go of him when they end. */
void stream_free(struct api *api)
{
	while (!list_is_empty(&api->lookers))
		list_remove(api->lookers.next);
	timer_cancel(&api->birth.loop->timers, &api->beat);
}

static struct looker *looker_new(struct api *api, const struct person_view *caller)
{
	struct looker *looker = calloc(1, sizeof(*looker));

	if (!looker)
		return NULL;
	looker->api = api;
	looker->ends_ms = api->birth.loop->now_ms + STREAM_MS;
	looker->name_len = caller->name.len < sizeof(looker->name) ? caller->name.len : sizeof(looker->name);
	if (looker->name_len)
		memcpy(looker->name, caller->name.at, looker->name_len);
	if (tenants_copy(&caller->tenants, &looker->tenants) == RESULT_OK)
		return looker;
	free(looker);
	return NULL;
}

void api_get_stream(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	struct arguments arguments;
	struct looker *looker;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	looker = api->birth.streams ? looker_new(api, api_caller(api, request)) : NULL;
	if (!looker) {
		web_refuse(answer, 503, "busy", "nobody can follow just now");
		return;
	}
	list_init(&looker->node);
	/* A person's tokens are that person: thirty of them would be every stream that there is. */
	looker->stream = web_stream_begin(api->birth.streams, request, answer, span_take(name_of(looker), span_find(name_of(looker), '/')), looker, leave);
	if (!looker->stream) {
		leave(looker);
		return;
	}
	list_add_last(&api->lookers, &looker->node);
	send_now(looker);
	send_health(looker);
	timer_set(&api->birth.loop->timers, &api->beat, api->birth.loop->now_ms + BEAT_MS);
	api_look_now(api);
}
