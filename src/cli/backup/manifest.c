/* What a backup says of itself, in its first record. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/backup/backup.h"
#include "event/json.h"

#include "base/banned.h"

#define MANIFEST_VERSION 1u

enum result manifest_write(const struct installation *where, bool with_events, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("version"), MANIFEST_VERSION);
	json_put_text(&json, SPAN("program"), SPAN(BOUCLIER_VERSION));
	json_put_time(&json, SPAN("at"), clock_wall_ns());
	json_put_text(&json, SPAN("config"), span_of(where->config));
	json_put_text(&json, SPAN("folder"), span_of(where->folder));
	json_put_text(&json, SPAN("state"), span_of(where->state));
	json_put_text(&json, SPAN("hub"), span_of(where->hub));
	json_put_bool(&json, SPAN("events"), with_events);
	json_close(&json, '}');
	return json.result;
}

static bool read_path(const struct json *root, const char *name, char out[PATH_TEXT_MAX])
{
	struct span text = json_text_of(json_find(root, name));

	return text.len && text.at[0] == '/' && backup_path_is_plain(span_skip(text, 1)) && span_to_text(text, out, PATH_TEXT_MAX) == RESULT_OK;
}

enum result manifest_read(struct span text, struct installation *out, char at[32], bool *has_events)
{
	struct installation where = { .config = "" };
	struct json *root = NULL;
	enum result result = json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	if (json_number_of(json_find(root, "version")) != MANIFEST_VERSION || !read_path(root, "config", where.config) || !read_path(root, "folder", where.folder) ||
	    !read_path(root, "state", where.state) || !read_path(root, "hub", where.hub) ||
	    span_to_text(json_text_of(json_find(root, "at")), at, 32) != RESULT_OK)
		result = RESULT_MALFORMED;
	for (const char *c = at; result == RESULT_OK && *c; c++)
		result = is_digit(*c) || strchr("-:.TZ", *c) ? RESULT_OK : RESULT_MALFORMED;
	if (result == RESULT_OK) {
		*has_events = json_bool_of(json_find(root, "events"));
		*out = where;
	}
	json_drop(root);
	return result;
}
