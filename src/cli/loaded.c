#include "cli/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/settings.h"
#include "cli/wiring.h"
#include "config/document.h"

#include "base/banned.h"

const char *config_path(const struct options *options)
{
	return option_text(options, "config", CONFIG_DEFAULT);
}

static void check_site(void *context, const struct site_question *question)
{
	rule_check_site(context, question);
}

enum result loaded_read(struct loaded *loaded, const struct options *options, unsigned flags)
{
	static const struct image none;
	enum result result, rules;

	*loaded = (struct loaded){ .snapshot = NULL };
	complaints_init(&loaded->complaints);
	rules = rule_check_init(&loaded->rules, &none);
	result = config_source_init(&loaded->source, span_of(config_path(options)));
	if (result != RESULT_OK) {
		complain(&loaded->complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the path of the configuration is too long");
		return result;
	}
	if (access(config_path(options), F_OK) < 0 && errno == ENOENT) {
		complain(&loaded->complaints, COMPLAINT_ERROR, (struct place){ .file = loaded->source.path },
		         SPAN("bouclier protect HOST ORIGIN writes one; --config names another"), "there is no such file");
		return RESULT_NOT_FOUND;
	}
	if (rules != RESULT_OK)
		return rules;
	loaded->source.is_strict = flags & LOAD_STRICT;
	loaded->source.check_site = flags & LOAD_RULES ? check_site : NULL;
	loaded->source.check_context = &loaded->rules;
	return config_read(&loaded->source, wiring_sections(), &loaded->complaints, &loaded->snapshot);
}

void loaded_done(struct loaded *loaded)
{
	if (loaded->snapshot)
		snapshot_drop(loaded->snapshot);
	config_source_done(&loaded->source);
	rule_check_done(&loaded->rules);
	complaints_done(&loaded->complaints);
}

void loaded_complain(const struct loaded *loaded)
{
	struct buffer text;

	buffer_init(&text, (size_t)8 << 20);
	if (complaints_write(&loaded->complaints, &text) != RESULT_OK)
		fprintf(stderr, "bouclier: there are %zu complaints, and no memory to print them\n", loaded->complaints.count);
	else
		command_print(stderr, buffer_span(&text));
	buffer_done(&text);
}

static void peek_text(struct config_source *source, const char *outer, const char *key, char out[PATH_TEXT_MAX])
{
	struct span folder = span_take(source->path, span_find_last(source->path, '/'));
	struct document document;
	struct complaints complaints;
	struct node *root = NULL;
	const struct node *node;
	struct span text;

	document_init(&document);
	complaints_init(&complaints);
	if (config_source_read(source, source->path, SPAN_NONE, (struct place){ 0 }, &complaints, &text) == RESULT_OK &&
	    document_read(&document, &source->path, text, &complaints, &root) == RESULT_OK && root) {
		node = outer ? node_find(root, span_of(outer)) : root;
		node = node ? node_find(node, span_of(key)) : NULL;
		text = node && node->kind == NODE_SCALAR ? node->text : SPAN_NONE;
		if (text.len && text.len + folder.len + 2 < PATH_TEXT_MAX)
			snprintf(out, PATH_TEXT_MAX, "%.*s%s%.*s", text.at[0] == '/' ? 0 : (int)folder.len, folder.at,
			         text.at[0] == '/' ? "" : "/", SPAN_ARG(text));
	}
	complaints_done(&complaints);
	document_done(&document);
}

void config_peek(const struct options *options, const char *outer, const char *key, const char *fallback, char out[PATH_TEXT_MAX])
{
	struct config_source source;

	snprintf(out, PATH_TEXT_MAX, "%s", fallback);
	if (config_source_init(&source, span_of(config_path(options))) != RESULT_OK)
		return;
	peek_text(&source, outer, key, out);
	config_source_done(&source);
}

void find_socket(const struct options *options, char out[PATH_TEXT_MAX])
{
	const char *given = option_text(options, "socket", NULL);

	if (given)
		snprintf(out, PATH_TEXT_MAX, "%s", given);
	else
		config_peek(options, "admin", "socket", ADMIN_SOCKET_DEFAULT, out);
}

void find_state(const struct options *options, char out[PATH_TEXT_MAX])
{
	config_peek(options, NULL, "state", "/var/lib/bouclier", out);
}

void find_hub_state(const struct options *options, char out[PATH_TEXT_MAX])
{
	char state[PATH_TEXT_MAX], fallback[PATH_TEXT_MAX + 8];

	find_state(options, state);
	snprintf(fallback, sizeof(fallback), "%s/hub", state);
	config_peek(options, "hub", "state", fallback, out);
}

int open_journal(const struct options *options, int *out)
{
	const char *given = option_text(options, "journal", NULL);
	char state[PATH_TEXT_MAX], path[PATH_TEXT_MAX + 16];

	find_state(options, state);
	snprintf(path, sizeof(path), "%s%s", given ? given : state, given ? "" : "/journal");
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*out >= 0)
		return EXIT_DONE;
	if (errno == ENOENT)
		return command_failed("there is no journal at %s: no shield has run with this configuration (--config, --journal name another)", path);
	return command_failed("the journal %s cannot be opened: %s", path, strerror(errno));
}
