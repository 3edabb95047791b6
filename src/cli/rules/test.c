#include "cli/rules/test.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/read_file.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/rules/ftw/judge.h"
#include "edge/sites/settings.h"
#include "event/json.h"

#include "base/banned.h"

#define STAGE_BYTES_MAX ((size_t)16 << 20)
#define WHY_BYTES_MAX 8192u
#define JSON_BYTES_MAX ((size_t)256 << 20)
#define REASONS_MAX 16u

struct run {
	const struct options *options;
	struct loaded loaded;
	struct ftw_suite suite;
	struct ftw_asker asker;
	struct ftw_judge judge;
	struct ftw_seen *seen;           /* large */
	char socket[PATH_TEXT_MAX], host[300];
	unsigned files, counts[FTW_SKIPPED + 1];
	struct {
		char text[160];
		unsigned count;
	} reasons[REASONS_MAX];          /* of what was skipped */
	struct buffer json_text;
	struct json_writer json;
};

/* -- files -- */

static void complain_file(struct run *run, const char *path, const char *what)
{
	complain(run->suite.complaints, COMPLAINT_ERROR, (struct place){ span_of(path), 0, 0 }, SPAN_NONE, "%s", what);
}

static void take_file(struct run *run, const char *path)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, FTW_FILE_BYTES_MAX + 64 * 1024);
	result = read_file(path, &text);
	if (result == RESULT_IO || result == RESULT_NOT_FOUND)
		complain_file(run, path, strerror(errno));
	else if (result == RESULT_REFUSED)
		complain_file(run, path, "is no file");
	else if (++run->files > FTW_FILES_MAX)
		complain_file(run, path, "more files than are read at once");
	else if (result == RESULT_OK)
		result = ftw_read(&run->suite, span_of(path), buffer_span(&text));
	if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY)
		complain_file(run, path, result == RESULT_LIMIT ? "more tests, or larger, than are read at once" : "there is no memory for it");
	buffer_done(&text);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_tests(const FTSENT *entry)
{
	struct span name = span_of(entry->fts_name);

	return entry->fts_level == 0 || span_ends(name, SPAN(".yaml")) || span_ends(name, SPAN(".yml"));
}

/* PATH, or every .yaml and .yml below it, by name. */
static void read_path(struct run *run, const char *path)
{
	char text[PATH_TEXT_MAX];
	char *paths[2] = { text, NULL };
	FTS *walk;

	if (snprintf(text, sizeof(text), "%s", path) >= (int)sizeof(text) || !(walk = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name))) {
		complain_file(run, path, "cannot be looked through");
		return;
	}
	for (FTSENT *entry; (entry = fts_read(walk)) != NULL;) {
		if (entry->fts_info == FTS_F && is_tests(entry))
			take_file(run, entry->fts_path);
		else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
			complain_file(run, entry->fts_path, strerror(entry->fts_errno));
	}
	fts_close(walk);
}

/* -- whom to ask -- */

static const struct site *find_site(const struct run *run)
{
	const struct snapshot *snapshot = run->loaded.snapshot;
	struct span name = span_of(option_text(run->options, "site", ""));

	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (name.len ? span_equal(snapshot->sites[i].name, name) : snapshot->site_count == 1)
			return &snapshot->sites[i];
	}
	if (name.len)
		command_failed("there is no site %.*s in this configuration", SPAN_ARG(name));
	else
		command_failed("there are %zu sites in this configuration: --site NAME says by whose rules tests are judged", snapshot->site_count);
	return NULL;
}

/* A name that the site answers for. */
static void write_host(const struct site *site, char out[300])
{
	struct span host = site->host_count ? site->hosts[0] : site->name;

	for (size_t i = 0; i < site->host_count && span_starts(host, SPAN("*")); i++)
		host = site->hosts[i];
	if (span_starts(host, SPAN("*")))
		snprintf(out, 300, "rules-test%.*s", SPAN_ARG(span_skip(host, 1)));
	else
		snprintf(out, 300, "%.*s", SPAN_ARG(host));
}

static int find_target(struct run *run)
{
	const struct site *site = find_site(run);
	const struct edge_settings *settings;
	struct probe_target target = { 0 };
	struct rule_set *set;

	if (!site)
		return EXIT_FAILED;
	settings = edge_settings_of(site->routes[site->route_count - 1].sections);
	if (settings->waf.mode == WAF_MODE_OFF)
		return command_failed("site %.*s asks no rules (waf: mode is off)", SPAN_ARG(site->name));
	if (!probe_target_find(run->loaded.snapshot, &target))
		return command_failed("no listener can be reached from here: they all want a PROXY header");
	set = rule_check_find(&run->loaded.rules, run->loaded.snapshot, site, &settings->waf);
	run->judge.rules = set ? set->rules : NULL;
	run->judge.scratch = operator_scratch_new();
	run->seen = calloc(1, sizeof(*run->seen));
	if (!run->judge.scratch || !run->seen)
		return command_failed("there is not enough memory");
	write_host(site, run->host);
	target.host = span_of(run->host);
	find_socket(run->options, run->socket);
	ftw_asker_init(&run->asker, &target, run->socket);
	return EXIT_DONE;
}

/* -- asking -- */

/* RESULT_OK: OUTCOME and WHY are set. */
static enum result ask_once(struct run *run, const struct ftw_stage *stage, struct span bytes, enum ftw_outcome *outcome, struct buffer *why)
{
	struct arena arena;
	enum result result;

	arena_init(&arena, STAGE_BYTES_MAX, 16 * 1024);
	result = ftw_ask(&run->asker, bytes, &arena, run->seen);
	if (result == RESULT_OK)
		*outcome = ftw_judge(&run->judge, &stage->output, run->seen, why);
	arena_done(&arena);
	return result;
}

static enum result ask_stage(struct run *run, const struct ftw_stage *stage, enum ftw_outcome *outcome, struct buffer *why)
{
	const char *skip = stage->skip ? stage->skip : ftw_why_not(&run->judge, &stage->output);
	struct buffer bytes;
	enum result result;

	*outcome = skip ? FTW_SKIPPED : FTW_FAILED;
	if (skip)
		return buffer_append(why, span_of(skip));
	buffer_init(&bytes, FTW_REQUEST_BYTES_MAX);
	result = ftw_request_write(&stage->input, &bytes);
	if (result != RESULT_OK) {
		result = buffer_print(why, "its request cannot be made: %s", result == RESULT_MALFORMED ? "this is no base64" : result_name(result));
	} else {
		result = ask_once(run, stage, buffer_span(&bytes), outcome, why);
		if (result == RESULT_OK && *outcome == FTW_FAILED && stage->output.retries) {
			buffer_reset(why);
			result = ask_once(run, stage, buffer_span(&bytes), outcome, why);
		}
	}
	buffer_done(&bytes);
	return result;
}

/* The first stage that fails, or is skipped, is what is told of a case; those behind it are not asked: they may build on it. */
static enum result ask_case(struct run *run, const struct ftw_case *one, enum ftw_outcome *outcome, struct buffer *why)
{
	enum result result = RESULT_OK;
	unsigned number = 0;

	*outcome = one->skip ? FTW_SKIPPED : FTW_PASSED;
	run->seen->rule_count = 0;
	if (one->skip)
		return buffer_append(why, span_of(one->skip));
	for (const struct ftw_stage *stage = one->stages; stage && result == RESULT_OK && *outcome == FTW_PASSED; stage = stage->next, number++) {
		result = ask_stage(run, stage, outcome, why);
		if (result == RESULT_OK && *outcome == FTW_FAILED && one->stages->next)
			result = buffer_print(why, " (stage %u)", number + 1);
	}
	return result;
}

/* -- telling -- */

static void count_reason(struct run *run, struct span why)
{
	for (unsigned i = 0; i < REASONS_MAX; i++) {
		if (!run->reasons[i].count)
			snprintf(run->reasons[i].text, sizeof(run->reasons[i].text), "%.*s", SPAN_ARG(why));
		if (span_equal(span_of(run->reasons[i].text), why)) {
			run->reasons[i].count++;
			return;
		}
	}
}

static void tell_json(struct run *run, const struct ftw_case *one, enum ftw_outcome outcome, struct span why)
{
	static const struct span names[] = { SPAN_INIT("passed"), SPAN_INIT("failed"), SPAN_INIT("skipped") };

	json_open(&run->json, SPAN_NONE, '{');
	json_put_text(&run->json, SPAN("test"), one->title);
	json_put_text(&run->json, SPAN("file"), one->place.file);
	json_put_number(&run->json, SPAN("line"), one->place.line);
	json_put_text(&run->json, SPAN("result"), names[outcome]);
	if (outcome != FTW_PASSED)
		json_put_text(&run->json, SPAN("why"), why);
	json_open(&run->json, SPAN("rules"), '[');
	for (unsigned i = 0; i < run->seen->rule_count; i++)
		json_put_number(&run->json, SPAN_NONE, run->seen->rules[i].id);
	json_close(&run->json, ']');
	json_close(&run->json, '}');
}

/* What a test holds ends up on a terminal: no escape sequences. */
static void tell_line(const struct ftw_case *one, struct span why)
{
	printf("%.*s:%u: %.*s: ", SPAN_ARG(one->place.file), one->place.line, SPAN_ARG(one->title));
	for (size_t i = 0; i < why.len; i++)
		putchar((unsigned char)why.at[i] < 0x20 || why.at[i] == 0x7f ? '?' : why.at[i]);
	putchar('\n');
}

static void tell(struct run *run, const struct ftw_case *one, enum ftw_outcome outcome, struct span why)
{
	run->counts[outcome]++;
	if (outcome == FTW_SKIPPED)
		count_reason(run, why);
	if (run->options->is_json)
		tell_json(run, one, outcome, why);
	else if (outcome == FTW_FAILED)
		tell_line(one, why);
}

static int tell_json_end(struct run *run)
{
	json_close(&run->json, ']');
	json_put_number(&run->json, SPAN("passed"), run->counts[FTW_PASSED]);
	json_put_number(&run->json, SPAN("failed"), run->counts[FTW_FAILED]);
	json_put_number(&run->json, SPAN("skipped"), run->counts[FTW_SKIPPED]);
	json_close(&run->json, '}');
	if (run->json.result != RESULT_OK || buffer_append_byte(&run->json_text, '\n') != RESULT_OK)
		return command_failed("there is not enough memory for all results");
	command_print(stdout, buffer_span(&run->json_text));
	return EXIT_DONE;
}

static int tell_end(struct run *run)
{
	int code = EXIT_DONE;

	if (run->options->is_json) {
		code = tell_json_end(run);
	} else {
		for (unsigned i = 0; i < REASONS_MAX && run->reasons[i].count; i++)
			printf("skipped %u: %s\n", run->reasons[i].count, run->reasons[i].text);
		printf("%u passed, %u failed", run->counts[FTW_PASSED], run->counts[FTW_FAILED]);
		if (run->counts[FTW_SKIPPED])
			printf(", %u skipped", run->counts[FTW_SKIPPED]);
		putchar('\n');
	}
	return run->counts[FTW_FAILED] ? EXIT_FAILED : code;
}

/* -- the command -- */

static int ask_all(struct run *run)
{
	json_writer_init(&run->json, &run->json_text);
	json_open(&run->json, SPAN_NONE, '{');
	json_open(&run->json, SPAN("tests"), '[');
	for (const struct ftw_case *one = run->suite.first; one; one = one->next) {
		enum ftw_outcome outcome;
		struct buffer why;
		enum result result;

		buffer_init(&why, WHY_BYTES_MAX);
		result = ask_case(run, one, &outcome, &why);
		if (result == RESULT_OK)
			tell(run, one, outcome, buffer_span(&why));
		buffer_done(&why);
		if (result != RESULT_OK)
			return command_failed("%.*s was not asked, nor were those behind it", SPAN_ARG(one->title));  /* why is said */
	}
	return tell_end(run);
}

static int read_tests(struct run *run, struct complaints *complaints)
{
	ftw_suite_init(&run->suite, complaints);
	for (unsigned i = 1; i < run->options->argument_count; i++)
		read_path(run, run->options->arguments[i]);
	command_complain(complaints);
	if (complaints->errors)
		return command_failed("nothing was asked: a test that is not understood tests nothing");
	return run->suite.count ? EXIT_DONE : command_failed("there are no tests");
}

int rules_test(const struct options *options)
{
	struct run run = { .options = options };
	struct complaints complaints;
	int code = EXIT_FAILED;

	complaints_init(&complaints);
	buffer_init(&run.json_text, JSON_BYTES_MAX);
	if (loaded_read(&run.loaded, options, LOAD_RULES) != RESULT_OK || !run.loaded.snapshot)
		loaded_complain(&run.loaded);
	else
		code = read_tests(&run, &complaints);
	if (code == EXIT_DONE)
		code = find_target(&run);
	if (code == EXIT_DONE)
		code = ask_all(&run);
	if (run.judge.scratch)
		operator_scratch_free(run.judge.scratch);
	free(run.seen);
	ftw_suite_done(&run.suite);
	loaded_done(&run.loaded);
	buffer_done(&run.json_text);
	complaints_done(&complaints);
	return code;
}
