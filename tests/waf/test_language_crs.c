/* Debian's OWASP CRS, whole: every rule that a plain search of its files finds is read, with the figures of CRS 3.3.4. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"

#define START "/usr/share/modsecurity-crs/owasp-crs.load"
#define RULES "/usr/share/modsecurity-crs/rules"
#define SETUP "/etc/modsecurity/crs"
#define TEXT_MAX (1 << 20)

static char bytes[TEXT_MAX];
static size_t lines_of[4];
static const char *const words[] = { "SecRule ", "SecAction", "SecMarker ", "SecDefaultAction " };

static void add(struct reading *reading, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t count;

	assert_non_null(file);
	count = fread(bytes, 1, sizeof(bytes) - 1, file);
	assert_true(feof(file));
	fclose(file);
	bytes[count] = 0;
	assert_int_equal(texts_add(&reading->texts, span_of(path), span_make(bytes, count)), RESULT_OK);
	for (char *save = NULL, *line = strtok_r(bytes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		for (size_t i = 0; i < 4; i++)
			lines_of[i] += strncmp(line, words[i], strlen(words[i])) == 0;
	}
}

static void add_folder(struct reading *reading, const char *folder)
{
	struct dirent *entry;
	DIR *stream = opendir(folder);
	char path[600];

	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || (strcmp(dot, ".conf") && strcmp(dot, ".data")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		add(reading, path);
	}
	closedir(stream);
}

/* Nobody is asked while rules are read. */
static enum result never_find(void *context, const struct address *address, struct country *out)
{
	(void)context, (void)address, (void)out;
	return RESULT_NOT_FOUND;
}

static enum result never_ask(void *context, struct span name, struct span zone, struct address *answer)
{
	(void)context, (void)name, (void)zone, (void)answer;
	return RESULT_NOT_FOUND;
}

static bool is_installed(void)
{
	FILE *file = fopen(START, "r");

	if (!file) {
		print_message("skipped: no %s (%s): apt-get install modsecurity-crs\n", START, strerror(errno));
		return false;
	}
	fclose(file);
	return true;
}

struct totals {
	size_t rules, chains, setvars, ctls, captures, tags, skips, transforms, multi_matches, excluded, regex_selectors, xpaths;
};

static void count_targets(const struct rule *rule, struct totals *totals)
{
	for (unsigned i = 0; i < rule->target_count; i++) {
		totals->excluded += rule->targets[i].is_excluded;
		totals->regex_selectors += rule->targets[i].kind == SELECTOR_REGEX;
		totals->xpaths += rule->targets[i].kind == SELECTOR_XPATH;
	}
}

static void count_rule(const struct rule *rule, struct totals *totals)
{
	totals->rules++;
	totals->chains += rule->chained != NULL;
	totals->captures += rule->captures;
	totals->tags += rule->tag_count;
	totals->skips += rule->skip_after.len > 0;
	totals->transforms += rule->transform_count;
	totals->multi_matches += rule->is_multi_match;
	for (unsigned i = 0; i < rule->action_count; i++) {
		totals->setvars += rule->actions[i].kind == ACTION_SETVAR;
		totals->ctls += rule->actions[i].kind == ACTION_CTL;
	}
	count_targets(rule, totals);
}

/* Counted in the files of 3.3.4-1+deb12u3 by a program of its own; t:none is counted by none of the two. */
static void check_figures(const struct ruleset *ruleset, const struct totals *totals)
{
	assert_int_equal(ruleset->starters, 509 + 115);
	assert_int_equal(ruleset->chained, 166);
	assert_int_equal(ruleset->actions, 10);
	assert_int_equal(ruleset->markers, 40);
	assert_int_equal(totals->rules, 800);
	assert_int_equal(totals->chains, 166);
	assert_int_equal(totals->setvars, 546);
	assert_int_equal(totals->ctls, 537);
	assert_int_equal(totals->captures, 200);
	assert_int_equal(totals->tags, 1898);
	assert_int_equal(totals->skips, 217);
	assert_int_equal(totals->transforms, 837 - 493);
	assert_int_equal(totals->multi_matches, 4);
	assert_int_equal(totals->excluded, 124 + 6);
	assert_int_equal(totals->regex_selectors, 124 + 8 + 4);
	assert_int_equal(totals->xpaths, 128);
	assert_true(ruleset->arena.used_bytes < 4 << 20);
}

static void all_of_debians_rules_are_read(void **state)
{
	struct reading reading;
	struct totals totals = { 0 };

	(void)state;
	if (!is_installed())
		skip();
	reading_start(&reading);
	reading.operator_ports.geo_find = never_find;
	reading.operator_ports.rbl_ask = never_ask;
	add_folder(&reading, RULES);
	add_folder(&reading, SETUP);
	add(&reading, START);
	reading_load(&reading, START);
	if (reading.result != RESULT_OK)
		fail_msg("%s\n%s", result_name(reading.result), reading_said(&reading));
	assert_int_equal(reading.complaints.errors, 0);
	for (const struct rule *first = reading.ruleset->first; first; first = first->next)
		for (const struct rule *rule = first; rule && !first->is_marker; rule = rule->chained)
			count_rule(rule, &totals);
	print_message("%s", reading.complaints.count ? reading_said(&reading) : "");
	assert_int_equal(reading.ruleset->starters + reading.ruleset->chained, lines_of[0]);
	assert_int_equal(reading.ruleset->actions, lines_of[1]);
	assert_int_equal(reading.ruleset->markers, lines_of[2]);
	assert_int_equal(reading.ruleset->settings.component_signatures.count, 1);
	if (span_contains(reading.ruleset->settings.component_signatures.list[0], SPAN("/3.3.4")))
		check_figures(reading.ruleset, &totals);
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_of_debians_rules_are_read) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
