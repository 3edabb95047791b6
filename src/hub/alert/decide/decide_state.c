/* What was decided, over a restart. Paths are known by their names: the plan may have changed meanwhile. */
#include <stdlib.h>

#include "hub/alert/decide/decide_parts.h"
#include "hub/alert/decide/facts_json.h"
#include "incident/reading.h"

#include "base/banned.h"

#define STATE_VERSION 1u
#define COUNT_MAX ((uint64_t)INT64_MAX)

/* -- writing -- */

static void write_paths(struct json_writer *json, const struct decide *decide, uint32_t paths)
{
	json_open(json, SPAN("paths"), '[');
	for (unsigned i = 0; i < decide->plan->path_count; i++) {
		if (paths >> i & 1)
			json_put_text(json, SPAN_NONE, decide->plan->paths[i].name);
	}
	json_close(json, ']');
}

static void write_thread(struct json_writer *json, const struct decide *decide, const struct thread *thread)
{
	json_open(json, SPAN_NONE, '{');
	facts_write(json, SPAN("facts"), &thread->facts);
	json_put_text(json, SPAN("status"), span_of(facts_status_at(thread->status)));
	json_put_text(json, SPAN("severity"), span_of(facts_severity_at(thread->severity)));
	json_put_number(json, SPAN("waves"), thread->waves);
	json_put_number(json, SPAN("told"), thread->told);
	json_put_number(json, SPAN("calm_until"), thread->calm_until_s);
	write_paths(json, decide, thread->paths);
	json_put_number(json, SPAN("escalate"), thread->escalate_s);
	json_put_number(json, SPAN("step"), thread->step);
	json_put_bool(json, SPAN("waits_for_day"), thread->waits_for_day);
	json_close(json, '}');
}

static const char *state_at(unsigned index)
{
	static const char *const names[] = { "unknown", "works", "fails" };

	return names[index];
}

static const char *kind_at(unsigned index)
{
	return alert_kind_name((enum alert_kind)index);
}

static void write_held(struct json_writer *json, const struct path *path)
{
	json_open(json, SPAN("held"), '[');
	for (uint32_t i = 0; i < path->health.held; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("kind"), span_of(kind_at(path->held[i].kind)));
		json_put_number(json, SPAN("at"), path->held[i].at_s);
		facts_write(json, SPAN("facts"), &path->held[i].facts);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_path(struct json_writer *json, const struct decide *decide, unsigned index)
{
	const struct path *path = &decide->paths[index];

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("name"), decide->plan->paths[index].name);
	json_put_text(json, SPAN("state"), span_of(state_at(path->health.state)));
	json_put_number(json, SPAN("failures"), path->health.failures);
	json_put_number(json, SPAN("ok"), path->health.ok_s);
	json_put_number(json, SPAN("failed"), path->health.failed_s);
	json_put_number(json, SPAN("since"), path->health.since_s);
	json_put_text(json, SPAN("why"), span_of(path->health.why));
	json_put_number(json, SPAN("sent"), path->health.sent);
	json_put_number(json, SPAN("given_up"), path->health.given_up);
	json_put_number(json, SPAN("hour"), path->hour_s);
	json_put_number(json, SPAN("count"), path->count);
	write_held(json, path);
	json_put_number(json, SPAN("held_more"), path->held_more);
	json_put_bool(json, SPAN("is_quiet_held"), path->is_quiet_held);
	json_put_number(json, SPAN("told_down"), path->told_down_s);
	json_put_text(json, SPAN("told_on"), path->told_on < decide->plan->path_count ? decide->plan->paths[path->told_on].name : SPAN_NONE);
	json_close(json, '}');
}

enum result decide_write(const struct decide *decide, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("version"), STATE_VERSION);
	json_put_number(&json, SPAN("number"), decide->number);
	json_put_number(&json, SPAN("self_test"), decide->self_test_s);
	json_open(&json, SPAN("threads"), '[');
	for (size_t i = 0; i < DECIDE_THREADS_MAX; i++) {
		if (decide->threads[i].is_used)
			write_thread(&json, decide, &decide->threads[i]);
	}
	json_close(&json, ']');
	json_open(&json, SPAN("paths"), '[');
	for (unsigned i = 0; i < decide->plan->path_count; i++)
		write_path(&json, decide, i);
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

/* -- reading -- */

static bool read_thread(const struct decide *decide, const struct json *from, struct thread *thread)
{
	struct reading reading;
	const struct json *list;
	uint32_t count;

	reading_begin(&reading, from);
	reading_check(&reading, facts_read(reading_member(&reading, "facts"), &thread->facts));
	thread->status = (enum incident_status)reading_name(&reading, "status", STATUS_COUNT, facts_status_at);
	thread->severity = (enum severity)reading_name(&reading, "severity", SEVERITY_COUNT, facts_severity_at);
	thread->waves = reading_number32(&reading, "waves");
	thread->told = reading_number32(&reading, "told");
	thread->calm_until_s = reading_number(&reading, "calm_until", COUNT_MAX);
	list = reading_list(&reading, "paths", ALERT_PATHS_MAX, &count);
	for (uint32_t i = 0; i < count; i++) {
		unsigned path = alert_plan_find(decide->plan, json_text_of(json_item(list, i)));

		thread->paths |= path < ALERT_PATHS_MAX ? 1u << path : 0;
	}
	thread->escalate_s = reading_number(&reading, "escalate", COUNT_MAX);
	thread->step = reading_number32(&reading, "step");
	thread->waits_for_day = reading_bool(&reading, "waits_for_day");
	thread->is_used = true;
	return reading_end(&reading);
}

static bool read_held(const struct json *from, struct alert_held *held)
{
	struct reading reading;

	reading_begin(&reading, from);
	held->kind = (enum alert_kind)reading_name(&reading, "kind", ALERT_KINDS, kind_at);
	held->at_s = reading_number(&reading, "at", COUNT_MAX);
	reading_check(&reading, facts_read(reading_member(&reading, "facts"), &held->facts));
	return reading_end(&reading);
}

static bool read_path(struct decide *decide, const struct json *from)
{
	struct path path = { .hour_s = 0 };
	const struct json *list;
	struct reading reading;
	unsigned index;

	reading_begin(&reading, from);
	index = alert_plan_find(decide->plan, json_text_of(reading_member(&reading, "name")));
	path.health.state = (enum path_state)reading_name(&reading, "state", PATH_STATE_FAILS + 1, state_at);
	path.health.failures = reading_number32(&reading, "failures");
	path.health.ok_s = reading_number(&reading, "ok", COUNT_MAX);
	path.health.failed_s = reading_number(&reading, "failed", COUNT_MAX);
	path.health.since_s = reading_number(&reading, "since", COUNT_MAX);
	reading_text(&reading, "why", path.health.why, sizeof(path.health.why));
	path.health.sent = reading_number(&reading, "sent", COUNT_MAX);
	path.health.given_up = reading_number(&reading, "given_up", COUNT_MAX);
	path.hour_s = reading_number(&reading, "hour", COUNT_MAX);
	path.count = reading_number32(&reading, "count");
	list = reading_list(&reading, "held", ALERT_HELD_MAX, &path.health.held);
	for (uint32_t i = 0; i < path.health.held; i++)
		reading_check(&reading, read_held(json_item(list, i), &path.held[i]));
	path.held_more = reading_number(&reading, "held_more", COUNT_MAX);
	path.is_quiet_held = reading_bool(&reading, "is_quiet_held");
	path.told_down_s = reading_number(&reading, "told_down", COUNT_MAX);
	path.told_on = alert_plan_find(decide->plan, json_text_of(reading_member(&reading, "told_on")));
	if (index < ALERT_PATHS_MAX)
		decide->paths[index] = path;
	return reading_end(&reading);
}

static bool read_all(struct decide *decide, const struct json *root)
{
	struct reading reading;
	const struct json *list;
	uint32_t count;

	reading_begin(&reading, root);
	reading_check(&reading, reading_number(&reading, "version", UINT32_MAX) == STATE_VERSION);
	decide->number = reading_number(&reading, "number", COUNT_MAX);
	decide->self_test_s = reading_number(&reading, "self_test", COUNT_MAX);
	list = reading_list(&reading, "threads", DECIDE_THREADS_MAX, &count);
	for (uint32_t i = 0; i < count; i++)
		reading_check(&reading, read_thread(decide, json_item(list, i), &decide->threads[i]));
	list = reading_list(&reading, "paths", ALERT_PATHS_MAX, &count);
	for (uint32_t i = 0; i < count; i++)
		reading_check(&reading, read_path(decide, json_item(list, i)));
	return reading_end(&reading);
}

enum result decide_read(struct decide *decide, struct span text)
{
	struct decide *read = NULL;
	struct json *root = NULL;
	enum result result = text.len > DECIDE_STATE_MAX ? RESULT_LIMIT : json_read(text, &root);

	if (result == RESULT_OK)
		result = decide_new(&decide->birth, &read);
	if (result == RESULT_OK) {
		read->plan = decide->plan;
		result = read_all(read, root) ? RESULT_OK : RESULT_MALFORMED;
	}
	if (result == RESULT_OK)
		*decide = *read;
	decide_free(read);
	json_drop(root);
	return result;
}
