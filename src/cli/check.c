/* `bouclier check`: all errors at once, and nothing changed. */
#include "cli/check.h"

#include <stdio.h>

#include "cli/command.h"
#include "event/json.h"

#include "base/banned.h"

static size_t count_routes(const struct snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; snapshot && i < snapshot->site_count; i++)
		count += snapshot->sites[i].route_count - 1;  /* the last is the site itself */
	return count;
}

static size_t warning_count(const struct complaints *complaints)
{
	return complaints->count + complaints->dropped - complaints->errors;
}

static void put_complaint(struct json_writer *json, const struct complaint *complaint)
{
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("kind"), complaint->kind == COMPLAINT_ERROR ? SPAN("error") : SPAN("warning"));
	json_put_text(json, SPAN("file"), complaint->file);
	json_put_number(json, SPAN("line"), complaint->line);
	json_put_number(json, SPAN("column"), complaint->column);
	json_put_text(json, SPAN("text"), complaint->text);
	json_put_text(json, SPAN("suggestion"), complaint->suggestion);
	json_close(json, '}');
}

static void print_json(const struct loaded *loaded, bool is_ok)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, (size_t)16 << 20);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_bool(&json, SPAN("ok"), is_ok);
	json_put_number(&json, SPAN("errors"), loaded->complaints.errors);
	json_put_number(&json, SPAN("warnings"), warning_count(&loaded->complaints));
	if (loaded->snapshot) {
		json_put_number(&json, SPAN("sites"), loaded->snapshot->site_count);
		json_put_number(&json, SPAN("routes"), count_routes(loaded->snapshot));
	}
	json_open(&json, SPAN("complaints"), '[');
	for (size_t i = 0; i < loaded->complaints.count; i++)
		put_complaint(&json, &loaded->complaints.list[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_human(const struct loaded *loaded, bool is_ok)
{
	size_t warnings = warning_count(&loaded->complaints), errors = loaded->complaints.errors;

	loaded_complain(loaded);
	if (is_ok)
		printf("config ok: %zu site%s, %zu route%s, %zu warning%s\n", loaded->snapshot->site_count, plural(loaded->snapshot->site_count),
		       count_routes(loaded->snapshot), plural(count_routes(loaded->snapshot)), warnings, plural(warnings));
	else
		fprintf(stderr, "bouclier: %zu error%s, %zu warning%s; a running shield keeps what it has\n", errors, plural(errors), warnings,
		        plural(warnings));
}

int check_command(const struct options *options)
{
	char socket[PATH_TEXT_MAX];
	struct loaded loaded;
	bool is_ok;

	is_ok = loaded_read(&loaded, options, LOAD_STRICT | LOAD_RULES) == RESULT_OK;
	config_peek(options, "admin", "socket", "/run/bouclier/admin.sock", socket);
	if (loaded.snapshot)
		is_ok &= check_loaded(&loaded, socket);
	if (options->is_json)
		print_json(&loaded, is_ok);
	else
		print_human(&loaded, is_ok);
	loaded_done(&loaded);
	return is_ok ? EXIT_DONE : EXIT_FAILED;
}
