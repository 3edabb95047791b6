/* `config history | diff [N [M]] | show N [FILE] | rollback N | confirm`. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/history/history_command.h"
#include "cli/reload.h"
#include "event/json.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("config"));
}

/* -- history -- */

static void print_entry(const struct options *options, const struct history_entry *entry)
{
	char at[CLOCK_ISO_LEN + 1];
	struct span how = history_how_word(entry->note.how);

	clock_write_iso_ms(entry->at_ms, at);
	printf("%6llu  %.19s  %-9.*s  %-12.*s  %.*s\n", (unsigned long long)entry->number, at, SPAN_ARG(how), SPAN_ARG(entry->note.who), SPAN_ARG(entry->note.why));
	for (size_t i = 0; option_is_given(options, "all") && i < entry->count; i++)
		printf("        %.*s (%llu bytes)\n", SPAN_ARG(entry->files[i].path), (unsigned long long)entry->files[i].bytes);
}

static void put_entry(struct json_writer *json, const struct history_entry *entry)
{
	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("number"), entry->number);
	json_put_number(json, SPAN("generation"), entry->generation);
	json_put_time_ms(json, SPAN("at"), entry->at_ms);
	json_put_text(json, SPAN("how"), history_how_word(entry->note.how));
	json_put_text(json, SPAN("who"), entry->note.who);
	json_put_text(json, SPAN("why"), entry->note.why);
	json_open(json, SPAN("files"), '[');
	for (size_t i = 0; i < entry->count; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("path"), entry->files[i].path);
		json_put_number(json, SPAN("bytes"), entry->files[i].bytes);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static int print_history(const struct options *options, int folder, const uint64_t *numbers, size_t count)
{
	struct json_writer json;
	struct buffer out;
	int code = EXIT_DONE;

	buffer_init(&out, (size_t)64 << 20);
	json_writer_init(&json, &out);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("configurations"), '[');
	if (!options->is_json)
		printf("%6s  %-19s  %-9s  %-12s  %s\n", "NUMBER", "SINCE (UTC)", "HOW", "WHO", "WHY");
	for (size_t i = count; i; i--) {  /* the newest first */
		struct history_entry entry;

		if (history_read(folder, numbers[i - 1], &entry) != RESULT_OK) {
			code = command_failed("configuration %llu cannot be read: its file is damaged", (unsigned long long)numbers[i - 1]);
			continue;
		}
		if (options->is_json)
			put_entry(&json, &entry);
		else
			print_entry(options, &entry);
		history_entry_done(&entry);
	}
	json_close(&json, ']');
	json_close(&json, '}');
	if (options->is_json && json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&out)));
	buffer_done(&out);
	return json.result == RESULT_OK ? code : command_failed("there is no memory");
}

static int history(const struct options *options, int folder)
{
	uint64_t numbers[HISTORY_MAX];
	size_t count;

	if (options->argument_count != 1)
		return command_misused(self(), "history wants nothing more");
	if (history_list(folder, numbers, &count) != RESULT_OK)
		return command_failed("the history cannot be listed");
	return print_history(options, folder, numbers, count);
}

/* -- diff -- */

static int read_last(int folder, struct config_version *version)
{
	uint64_t numbers[HISTORY_MAX];
	char word[24];
	size_t count = 0;

	*version = (struct config_version){ .is_entry = false };
	if (history_list(folder, numbers, &count) != RESULT_OK || !count)
		return command_failed("the history is empty");
	snprintf(word, sizeof(word), "%llu", (unsigned long long)numbers[count - 1]);
	return version_read(folder, word, version);
}

static int diff(const struct options *options, int folder)
{
	struct config_version a = { .is_entry = false }, b = { .is_entry = false };
	bool has_any;
	int code;

	if (options->argument_count == 3)
		code = version_read(folder, options->arguments[1], &a);
	else if (options->argument_count == 2)
		code = version_read_files(options, &a);
	else
		code = read_last(folder, &a);
	if (code == EXIT_DONE && options->argument_count > 1)
		code = version_read(folder, options->arguments[options->argument_count - 1], &b);
	else if (code == EXIT_DONE)
		code = version_read_files(options, &b);
	if (code == EXIT_DONE)
		code = versions_print(&a, &b, &has_any);
	version_done(&b);
	version_done(&a);
	return code;
}

/* -- show -- */

static int show(const struct options *options, int folder)
{
	struct config_version version = { .is_entry = false };
	const struct version_text *text;
	int code = EXIT_DONE;

	if (options->argument_count < 2)
		return command_misused(self(), "show wants the number of a configuration");
	code = version_read(folder, options->arguments[1], &version);
	if (code == EXIT_DONE && options->argument_count == 3) {
		text = version_find(&version, span_of(options->arguments[2]));
		if (text)
			command_print(stdout, buffer_span(&text->text));
		else
			code = command_failed("configuration %s has no file %s: bouclier config history --all lists them", version.name, options->arguments[2]);
	} else if (code == EXIT_DONE) {
		for (size_t i = 0; i < version.count; i++) {
			printf("%s# %.*s\n", i ? "\n" : "", SPAN_ARG(version.list[i].path));
			command_print(stdout, buffer_span(&version.list[i].text));
		}
	}
	version_done(&version);
	return code;
}

int config_command(const struct options *options)
{
	static const struct {
		struct span word;
		int (*run)(const struct options *options, int folder);
	} words[] = {
		{ SPAN_INIT("history"), history }, { SPAN_INIT("diff"), diff }, { SPAN_INIT("show"), show }, { SPAN_INIT("rollback"), history_rollback },
	};
	struct span word = span_of(options->arguments[0]);
	int folder = -1, code;

	if (span_equal(word, SPAN("confirm")) && options->argument_count == 1)
		return reload_confirm(options);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!span_equal(words[i].word, word))
			continue;
		code = history_find_folder(options, &folder);
		if (code == EXIT_DONE)
			code = words[i].run(options, folder);
		if (folder >= 0)
			close(folder);
		return code;
	}
	return command_misused(self(), "wants history, diff [N [M]], show N [FILE], rollback N, or confirm");
}
