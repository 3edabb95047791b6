#include "cli/protect/site_edit.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/protect/origin_check.h"
#include "cli/wiring.h"
#include "config/edit.h"
#include "event/json.h"

#include "base/banned.h"

static int read_before(struct site_edit *edit)
{
	FILE *file = fopen(edit->path, "re");
	char *room;
	size_t got = 1;

	if (!file && errno == ENOENT) {
		edit->is_new = true;
		return EXIT_DONE;
	}
	if (!file)
		return command_failed("%s cannot be read: %s", edit->path, strerror(errno));
	while (got && (room = buffer_reserve(&edit->before, 65536))) {
		got = fread(room, 1, 65536, file);
		buffer_commit(&edit->before, got);
	}
	fclose(file);
	return got ? command_failed("%s is too large", edit->path) : EXIT_DONE;
}

int site_edit_begin(struct site_edit *edit, const struct options *options)
{
	*edit = (struct site_edit){ .snapshot = NULL };
	buffer_init(&edit->before, TEXT_MAX_BYTES);
	buffer_init(&edit->after, TEXT_MAX_BYTES);
	complaints_init(&edit->complaints);
	config_texts_init(&edit->texts);
	if (config_source_init(&edit->source, span_of(config_path(options))) != RESULT_OK ||
	    span_to_text(edit->source.path, edit->path, sizeof(edit->path)) != RESULT_OK)
		return command_failed("the path of the configuration is too long");
	return read_before(edit);
}

void site_edit_done(struct site_edit *edit)
{
	if (edit->snapshot)
		snapshot_drop(edit->snapshot);
	config_source_done(&edit->source);
	config_texts_done(&edit->texts);
	complaints_done(&edit->complaints);
	buffer_done(&edit->before);
	buffer_done(&edit->after);
}

/* What the configuration takes today, with AFTER in the place of the main file. */
static enum result gather_texts(struct site_edit *edit)
{
	struct config_source today;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	enum result result = config_texts_add(&edit->texts, edit->source.path, buffer_span(&edit->after));

	if (result != RESULT_OK || edit->is_new)
		return result;
	complaints_init(&complaints);
	result = config_source_init(&today, edit->source.path);
	if (result == RESULT_OK) {
		if (config_read(&today, wiring_sections(), &complaints, &snapshot) == RESULT_OK)
			snapshot_drop(snapshot);
		for (size_t i = 1; i < today.given.count && result == RESULT_OK; i++)
			result = config_texts_add(&edit->texts, today.given.list[i].path, today.given.list[i].text);
		config_source_done(&today);
	}
	complaints_done(&complaints);
	return result;
}

enum result site_edit_check(struct site_edit *edit)
{
	enum result result = gather_texts(edit);

	if (result != RESULT_OK)
		return result;
	edit->source.image = &edit->texts;
	result = config_read(&edit->source, wiring_sections(), &edit->complaints, &edit->snapshot);
	if (result != RESULT_OK)
		command_complain(&edit->complaints);
	return result;
}

enum result site_edit_check_origins(struct site_edit *edit)
{
	bool is_ok;

	complaints_done(&edit->complaints);
	is_ok = origins_are_reachable(edit->snapshot, &edit->complaints);
	if (!is_ok)
		command_complain(&edit->complaints);
	return is_ok ? RESULT_OK : RESULT_REFUSED;
}

static void show_lines(struct span text, const char *mark, const char *color, const char *plain)
{
	while (text.len) {
		struct span line = span_cut(&text, '\n');

		printf("  %s%s %.*s%s\n", color, mark, SPAN_ARG(line), plain);
	}
}

/* Edits are one run of lines that go and one that comes: what both texts begin and end with is left out. */
void site_edit_show(const struct site_edit *edit, bool has_color)
{
	struct span before = buffer_span(&edit->before), after = buffer_span(&edit->after);

	while (before.len && after.len) {
		struct span rest_before = before, rest_after = after;

		if (!span_equal(span_cut(&rest_before, '\n'), span_cut(&rest_after, '\n')))
			break;
		before = rest_before;
		after = rest_after;
	}
	while (before.len && after.len) {
		size_t x = span_find_last(span_take(before, before.len - 1), '\n'), y = span_find_last(span_take(after, after.len - 1), '\n');
		size_t from_x = x < before.len - 1 ? x + 1 : 0, from_y = y < after.len - 1 ? y + 1 : 0;

		if (!span_equal(span_skip(before, from_x), span_skip(after, from_y)))
			break;
		before = span_take(before, from_x);
		after = span_take(after, from_y);
	}
	show_lines(before, "-", has_color ? "\033[31m" : "", has_color ? "\033[0m" : "");
	show_lines(after, "+", has_color ? "\033[32m" : "", has_color ? "\033[0m" : "");
}

void site_edit_show_json(const struct site_edit *edit, struct span certificate)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, 6 * TEXT_MAX_BYTES + 65536);  /* an escape has six bytes */
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("file"), span_of(edit->path));
	json_put_bool(&json, SPAN("new"), edit->is_new);
	if (certificate.len)
		json_put_text(&json, SPAN("certificate"), certificate);
	json_put_text(&json, SPAN("text"), buffer_span(&edit->after));
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

/* The check process reads the file without root's rights: a new one belongs to its group; where there is none, everybody may
 * read it (it names files of keys, and holds none). */
static int let_check_read(const struct site_edit *edit)
{
	const struct group *group = getgrnam(EDGE_ACCOUNT);

	if (geteuid() != 0)
		return EXIT_DONE;  /* it runs as this user then */
	if (group ? chown(edit->path, (uid_t)-1, group->gr_gid) == 0 : chmod(edit->path, 0644) == 0)
		return EXIT_DONE;
	return command_failed("%s could not be made readable for " EDGE_ACCOUNT ": %s", edit->path, strerror(errno));
}

int site_edit_write(const struct site_edit *edit)
{
	enum result result = config_edit_write(edit->source.path, buffer_span(&edit->before), buffer_span(&edit->after));

	if (result == RESULT_OK)
		return edit->is_new ? let_check_read(edit) : EXIT_DONE;
	if (result == RESULT_REFUSED)
		return command_failed("%s was changed by somebody else meanwhile: nothing was written", edit->path);
	return command_failed("%s could not be written: %s", edit->path, result == RESULT_IO ? strerror(errno) : result_name(result));
}

void site_edit_undo(const struct site_edit *edit)
{
	bool is_undone = config_edit_write(edit->source.path, buffer_span(&edit->after), buffer_span(&edit->before)) == RESULT_OK &&
	                 (!edit->is_new || unlink(edit->path) == 0);

	if (is_undone)
		command_failed(edit->is_new ? "%s was taken away again" : "%s is as it was before", edit->path);
	else
		command_failed("%s could not be put back as it was: it needs a look by hand", edit->path);
}
