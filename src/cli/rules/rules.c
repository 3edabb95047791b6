/* `bouclier rules`: releases of rules, checked before they serve, with the one before kept; what rules hit is tune.c's. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/reload.h"
#include "cli/rules/store.h"
#include "cli/rules/tune.h"
#include "cli/rules/test.h"
#include "edge/rules/rule_set.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("rules"));
}

static void say(const struct complaints *complaints)
{
	struct buffer text;

	buffer_init(&text, (size_t)8 << 20);
	if (complaints_write(complaints, &text) == RESULT_OK)
		command_print(stderr, buffer_span(&text));
	else
		fprintf(stderr, "bouclier: there are %zu complaints, and no memory to print them\n", complaints->count);
	buffer_done(&text);
}

/* PATH loads as a rule set: everything wrong with it is told. */
static int check_rules(const char *path)
{
	struct rule_files files;
	struct complaints complaints;
	struct rule_asker asker = { .files = &files, .complaints = &complaints };
	struct rule_set *set;
	enum result result;

	rule_files_init(&files, true);
	complaints_init(&complaints);
	result = rule_set_read(&asker, span_of(path), &set);
	if (result == RESULT_OK)
		rule_set_drop(set);
	say(&complaints);
	complaints_done(&complaints);
	rule_files_done(&files);
	return result == RESULT_OK ? EXIT_DONE : command_failed("these rules do not load: nothing was changed");
}

static int check_release(const struct rule_store *store, const char *name)
{
	char path[PATH_TEXT_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", store->folder, name) >= (int)sizeof(path))
		return command_failed("a path is too long");
	return check_rules(path);
}

static int reload(const struct options *options)
{
	char socket[PATH_TEXT_MAX];

	find_socket(options, socket);
	if (admin_is_there(socket))
		return reload_ask(socket, options->is_json ? RELOAD_ERRORS : RELOAD_HUMAN, &(struct reload_words){ .why = "bouclier rules" });
	fprintf(stderr, "no shield answers at %s: nothing to reload\n", socket);
	return EXIT_DONE;
}

/* NAME serves from now on, or everything is as it was. */
static int swap(struct rule_store *store, const struct options *options, const char *name)
{
	struct rule_store before = *store;
	int code = rule_store_point(store, name, before.current);

	if (code == EXIT_DONE)
		code = reload(options);
	if (code == EXIT_DONE) {
		fprintf(stderr, "%s/current is %s\n", store->folder, name);
		return EXIT_DONE;
	}
	if (rule_store_point(store, before.current, before.previous) == EXIT_DONE)
		command_failed("%s/current is again %s", store->folder, before.current[0] ? before.current : "nothing");
	return code;
}

static int update(struct rule_store *store, const struct options *options)
{
	char name[RULE_NAME_MAX];
	int code;

	if (options->argument_count != 2)
		return command_misused(self(), "update wants the DIR of a release");
	code = rule_store_copy(store, options->arguments[1], name);
	if (code != EXIT_DONE)
		return code;
	code = check_release(store, name);
	if (code == EXIT_DONE)
		code = swap(store, options, name);
	if (code != EXIT_DONE && strcmp(store->current, name) != 0)
		rule_store_remove(store, name);
	return code;
}

static int rollback(struct rule_store *store, const struct options *options)
{
	char name[RULE_NAME_MAX];
	int code;

	if (options->argument_count != 1)
		return command_misused(self(), "rollback takes nothing more");
	if (!store->previous[0])
		return command_failed("there is no previous release in %s", store->folder);
	memcpy(name, store->previous, sizeof(name));
	code = check_release(store, name);
	return code == EXIT_DONE ? swap(store, options, name) : code;
}

int rules_command(const struct options *options)
{
	struct span word = span_of(options->arguments[0]);
	struct rule_store store;
	int code;

	if (span_equal(word, SPAN("tune")))
		return rules_tune(options);
	if (span_equal(word, SPAN("graduate")))
		return rules_graduate(options);
	if (span_equal(word, SPAN("enforce")))
		return rules_enforce(options);
	if (span_equal(word, SPAN("test")))
		return options->argument_count > 1 ? rules_test(options) : command_misused(self(), "test wants files or folders of tests");
	code = rule_store_open(&store, config_path(options));
	if (code != EXIT_DONE)
		return code;
	if (span_equal(word, SPAN("update")))
		return update(&store, options);
	if (span_equal(word, SPAN("rollback")))
		return rollback(&store, options);
	if (span_equal(word, SPAN("list")) && options->argument_count == 1)
		return rule_store_list(&store, options->is_json);
	return command_misused(self(), "wants tune, graduate SITE, enforce SITE RULE, test DIR|FILE..., update DIR, rollback or list");
}
