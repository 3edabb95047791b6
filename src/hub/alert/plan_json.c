/* The plan on its way to the process that sends: what connects outwards gets what it needs for that, and nothing of quiet hours or steps. */
#include "event/json.h"
#include "hub/alert/plan.h"
#include "incident/reading.h"

#include "base/banned.h"

#define ARENA_MAX ((size_t)32 << 20)
#define ARENA_STEP ((size_t)8 << 10)

struct text_member {
	const char *name;
	size_t offset, most;
};

#define TEXT(member, most) { #member, offsetof(struct alert_path, member), most }
static const struct text_member texts[] = {
	TEXT(name, ALERT_NAME_MAX), TEXT(host, 253), TEXT(url, 8192), TEXT(from, 254), TEXT(user, 255), TEXT(secret, ALERT_FILE_MAX),
	TEXT(ca, ALERT_FILE_MAX), TEXT(certificate, ALERT_FILE_MAX), TEXT(key, ALERT_FILE_MAX), TEXT(why, 8192),
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static void write_path(struct json_writer *json, const struct alert_path *path)
{
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("kind"), span_of(alert_path_kind_name(path->kind)));
	for (size_t i = 0; i < TEXTS; i++)
		json_put_text(json, span_of(texts[i].name), *(const struct span *)(const void *)((const char *)path + texts[i].offset));
	json_put_number(json, SPAN("port"), path->port);
	json_put_bool(json, SPAN("is_clear"), path->is_clear);
	json_open(json, SPAN("to"), '[');
	for (uint32_t i = 0; i < path->to_count; i++)
		json_put_text(json, SPAN_NONE, path->to[i]);
	json_close(json, ']');
	json_close(json, '}');
}

enum result alert_plan_write(const struct alert_plan *plan, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("do"), SPAN("plan"));
	json_put_text(&json, SPAN("hub"), plan->hub);
	json_open(&json, SPAN("paths"), '[');
	for (uint32_t i = 0; i < plan->path_count; i++)
		write_path(&json, &plan->paths[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

/* A text with a NUL behind it and none in it: what takes it is C. */
static struct span read_text(struct reading *reading, struct arena *arena, const struct json *value, size_t most)
{
	struct span text = json_text_of(value), copy;

	reading_check(reading, json_has_text(value) && text.len <= most && !(text.len && memchr(text.at, 0, text.len)));
	if (reading->is_bad)
		return SPAN_NONE;
	copy = arena_copy(arena, text);
	reading_check(reading, copy.at != NULL);
	return copy;
}

static const char *kind_at(unsigned index)
{
	return alert_path_kind_name((enum alert_path_kind)index);
}

static bool read_path(struct arena *arena, const struct json *from, struct alert_path *path)
{
	struct reading reading;
	const struct json *list;

	reading_begin(&reading, from);
	path->kind = (enum alert_path_kind)reading_name(&reading, "kind", ALERT_PATH_KINDS, kind_at);
	for (size_t i = 0; i < TEXTS; i++)
		*(struct span *)(void *)((char *)path + texts[i].offset) = read_text(&reading, arena, reading_member(&reading, texts[i].name), texts[i].most);
	path->port = (uint16_t)reading_number(&reading, "port", UINT16_MAX);
	path->is_clear = reading_bool(&reading, "is_clear");
	list = reading_list(&reading, "to", ALERT_TO_MAX, &path->to_count);
	for (uint32_t i = 0; i < path->to_count; i++)
		path->to[i] = read_text(&reading, arena, json_item(list, i), 254);
	return reading_end(&reading) && alert_name_is_good(path->name);
}

static bool read_plan(const struct json *root, struct alert_plan *plan)
{
	struct reading reading;
	const struct json *list;

	reading_begin(&reading, root);
	reading_check(&reading, span_equal(json_text_of(reading_member(&reading, "do")), SPAN("plan")));
	plan->hub = read_text(&reading, &plan->arena, reading_member(&reading, "hub"), 253);
	list = reading_list(&reading, "paths", ALERT_PATHS_MAX, &plan->path_count);
	for (uint32_t i = 0; i < plan->path_count; i++)
		reading_check(&reading, read_path(&plan->arena, json_item(list, i), &plan->paths[i]));
	return reading_end(&reading);
}

enum result alert_plan_read(struct span text, struct alert_plan *out)
{
	struct alert_plan plan = { 0 };
	struct json *root = NULL;
	enum result result = text.len > ALERT_PLAN_MAX ? RESULT_LIMIT : json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	arena_init(&plan.arena, ARENA_MAX, ARENA_STEP);
	result = read_plan(root, &plan) ? RESULT_OK : RESULT_MALFORMED;
	json_drop(root);
	if (result == RESULT_OK)
		*out = plan;
	else
		alert_plan_done(&plan);
	return result;
}
