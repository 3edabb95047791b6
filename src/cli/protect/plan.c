#include "cli/protect/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "cli/command.h"
#include "config/document.h"
#include "config/value.h"
#include "edge/rules/rule_set.h"
#include "edge/rules/waf_settings.h"
#include "net/certificate.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("protect"));
}

/* RFC 2606, 6761, 6762, 8375; addresses of RFC 1918, 4193, 3927, 4291. */
bool host_is_private(struct span host)
{
	static const struct span ends[] = { SPAN_INIT(".localhost"), SPAN_INIT(".test"), SPAN_INIT(".example"), SPAN_INIT(".invalid"),
		                            SPAN_INIT(".local"), SPAN_INIT(".internal"), SPAN_INIT(".home.arpa"), SPAN_INIT(".lan"),
		                            SPAN_INIT(".example.com"), SPAN_INIT(".example.org"), SPAN_INIT(".example.net") };
	static const char *const networks[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
		                                "fc00::/7", "fe80::/10", "::1/128" };
	struct address address;
	struct network network;

	if (address_read(host, &address) == RESULT_OK) {
		for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
			if (network_read(span_of(networks[i]), &network) == RESULT_OK && network_contains(&network, &address))
				return true;
		}
		return false;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (span_ends(host, ends[i]))
			return true;
	}
	return span_find(host, '.') == host.len;  /* a bare name, localhost among them */
}

static int read_words(struct protect_plan *plan)
{
	struct text_pool pool = { .arena = &plan->arena };
	struct value_reader reader = { .pool = &pool };
	struct url url;

	if (host_read(span_of(plan->options->arguments[0]), &reader, &plan->site.name) != RESULT_OK ||
	    span_find(plan->site.name, '*') < plan->site.name.len)
		return command_misused(self(), "HOST is one host name (www.commune.example), not %s", plan->options->arguments[0]);
	if (url_read(span_of(plan->options->arguments[1]), &reader, &url) != RESULT_OK)
		return command_misused(self(), "ORIGIN is http:// or https://, a host and a port (http://10.0.0.11:8080), not %s",
		                       plan->options->arguments[1]);
	plan->site.origin = span_of(plan->options->arguments[1]);
	return EXIT_DONE;
}

/* -- the certificate -- */

/* Chain and key of one file; false: said on stderr. */
static bool read_certificate(const char *path, struct certificate *out)
{
	FILE *file = fopen(path, "re");
	struct complaints complaints;
	struct buffer text;
	struct certificate_source source;
	bool is_read = false;
	char *room;

	buffer_init(&text, CERTIFICATE_PEM_MAX);
	complaints_init(&complaints);
	room = buffer_reserve(&text, CERTIFICATE_PEM_MAX);
	if (!file || !room) {
		command_failed("%s cannot be read: %s", path, file ? "out of memory" : strerror(errno));
	} else {
		buffer_commit(&text, fread(room, 1, CERTIFICATE_PEM_MAX, file));
		source = (struct certificate_source){ buffer_span(&text), buffer_span(&text), span_of(path), span_of(path) };
		is_read = certificate_read(&source, &complaints, out) == RESULT_OK;
		if (is_read && !certificate_check_dates(out, span_of(path), (int64_t)(clock_wall_ns() / 1000000), &complaints)) {
			certificate_done(out);
			is_read = false;
		}
		for (size_t i = 0; i < complaints.count; i++)
			command_failed("%.*s: %.*s", SPAN_ARG(complaints.list[i].file), SPAN_ARG(complaints.list[i].text));
	}
	if (file)
		fclose(file);
	complaints_done(&complaints);
	buffer_done(&text);
	return is_read;
}

static int take_certificate(struct protect_plan *plan, const char *given)
{
	struct certificate certificate;
	bool is_for_host;

	if (given[0] == '/')
		snprintf(plan->certificate, sizeof(plan->certificate), "%s", given);
	else if (!realpath(given, plan->certificate))
		return command_failed("%s cannot be read: %s", given, strerror(errno));
	if (!read_certificate(plan->certificate, &certificate))
		return EXIT_FAILED;
	is_for_host = certificate_is_for(&certificate, plan->site.name);
	certificate_done(&certificate);
	if (!is_for_host)
		return command_failed("%s is not for %.*s", plan->certificate, SPAN_ARG(plan->site.name));
	return EXIT_DONE;
}

static int plan_certificate(struct protect_plan *plan)
{
	const char *given = option_text(plan->options, "certificate", NULL);
	struct span folder = span_take(plan->edit.source.path, span_find_last(plan->edit.source.path, '/'));

	if (given)
		return take_certificate(plan, given);
	if (!host_is_private(plan->site.name) && !option_is_given(plan->options, "lab"))
		return command_failed("%.*s is a public name, and a self-signed certificate would teach citizens to click warnings away: "
		                      "give one (--certificate FILE), or say --lab", SPAN_ARG(plan->site.name));
	snprintf(plan->certificate, sizeof(plan->certificate), "%.*s/tls/%.*s.pem", SPAN_ARG(folder), SPAN_ARG(plan->site.name));
	plan->is_made = true;
	plan->is_kept = access(plan->certificate, F_OK) == 0;
	return EXIT_DONE;
}

/* The folder that the file PATH is to lie in; the one above it must be there. */
static int make_folder(const char *path, mode_t mode)
{
	char folder[PATH_TEXT_MAX];

	if (span_to_text(span_take(span_of(path), span_find_last(span_of(path), '/')), folder, sizeof(folder)) != RESULT_OK)
		return command_failed("%s is too long", path);
	if (folder[0] && mkdir(folder, mode) < 0 && errno != EEXIST)
		return command_failed("%s cannot be made: %s", folder, strerror(errno));
	return EXIT_DONE;
}

static int write_certificate(const char *path, struct span pem)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_written;

	if (fd < 0)
		return command_failed("%s cannot be written: %s", path, strerror(errno));
	is_written = write(fd, pem.at, pem.len) == (ssize_t)pem.len && fsync(fd) == 0;
	if (close(fd) < 0 || !is_written) {
		unlink(path);
		return command_failed("%s cannot be written: %s", path, strerror(errno));
	}
	return EXIT_DONE;
}

static int make_certificate(const struct protect_plan *plan)
{
	struct buffer chain, key;
	int code = make_folder(plan->certificate, 0700);

	buffer_init(&chain, 65536);
	buffer_init(&key, 65536);
	if (code == EXIT_DONE &&
	    (certificate_make_self_signed(&plan->site.name, 1, (int64_t)(clock_wall_ns() / 1000000), &chain, &key) != RESULT_OK ||
	     buffer_append(&chain, buffer_span(&key)) != RESULT_OK))
		code = command_failed("the certificate cannot be made");
	if (code == EXIT_DONE)
		code = write_certificate(plan->certificate, buffer_span(&chain));
	buffer_done(&chain);
	buffer_done(&key);
	return code;
}

/* -- the file -- */

static bool has_ipv6(void)
{
	return access("/proc/net/if_inet6", F_OK) == 0;
}

/* -- rules -- */

/* A site's own `waf` would stand above what an administrator said for all. Text that is no configuration is another's to refuse. */
static bool has_default_rules(const struct site_edit *edit)
{
	struct complaints complaints;
	struct document document;
	const struct node *defaults = NULL;
	struct node *root = NULL;
	bool is_there = false;

	complaints_init(&complaints);
	document_init(&document);
	if (document_read(&document, &edit->source.path, buffer_span(&edit->before), &complaints, &root) == RESULT_OK && root && root->kind == NODE_MAPPING)
		defaults = node_find(root, SPAN("defaults"));
	if (defaults && defaults->kind == NODE_MAPPING)
		is_there = node_find(defaults, SPAN("waf")) != NULL;
	document_done(&document);
	complaints_done(&complaints);
	return is_there;
}

/* Read and compiled: rules that a shield would refuse to start with are not written. */
static enum protect_rules try_rules(void)
{
	struct complaints complaints;
	struct rule_files files;
	struct rule_asker asker = { .files = &files, .complaints = &complaints };
	struct rule_set *set;
	enum protect_rules rules = RULES_BROKEN;

	if (access(CRS_START, F_OK) < 0)
		return RULES_MISSING;
	complaints_init(&complaints);
	rule_files_init(&files, true);
	if (rule_set_read(&asker, SPAN(RULESET_CRS), &set) == RESULT_OK) {
		rule_set_drop(set);
		rules = RULES_WRITTEN;
	}
	for (size_t i = 0; i < complaints.count && rules == RULES_BROKEN; i++)
		command_failed("%.*s: %.*s", SPAN_ARG(complaints.list[i].file), SPAN_ARG(complaints.list[i].text));
	rule_files_done(&files);
	complaints_done(&complaints);
	return rules;
}

static void plan_rules(struct protect_plan *plan)
{
	plan->rules = !plan->edit.is_new && has_default_rules(&plan->edit) ? RULES_OF_DEFAULTS : try_rules();
	if (plan->rules == RULES_WRITTEN && !plan->edit.is_new)
		plan->site.ruleset = SPAN(RULESET_CRS);
}

static enum result write_listen(const struct options *options, struct buffer *out)
{
	const char *listen = option_text(options, "listen", NULL);

	if (listen)
		return buffer_print(out, "listen: \"%s\"\n", listen);
	return buffer_print(out, "listen: [\"0.0.0.0:443\"%s]\nredirect_http: true\n", has_ipv6() ? ", \"[::]:443\"" : "");
}

/* A new file: what must be said, and what the options say. */
static enum result write_new(struct protect_plan *plan, struct buffer *out)
{
	const char *state = option_text(plan->options, "state", NULL), *socket = option_text(plan->options, "socket", NULL);
	const char *metrics = option_text(plan->options, "metrics", NULL);
	enum result result = write_listen(plan->options, out);

	if (result == RESULT_OK && state)
		result = buffer_print(out, "state: \"%s\"\n", state);
	if (result == RESULT_OK && (socket || metrics))
		result = buffer_print(out, "admin: {%s%s%s%s%s%s%s }\n", socket ? " socket: \"" : "", socket ? socket : "", socket ? "\"" : "",
		                      socket && metrics ? "," : "", metrics ? " metrics: \"" : "", metrics ? metrics : "", metrics ? "\"" : "");
	/* Said even where it is not much: without Debian's rule set a shield with rules would not start. */
	if (result == RESULT_OK)
		result = buffer_print(out, "defaults:\n  waf: { mode: %s }\n", plan->rules == RULES_WRITTEN ? "detect, graduate: 7d" : "off");
	if (result == RESULT_OK)
		result = buffer_print(out, "sites:\n  - name: \"%.*s\"\n    certificate: \"%.*s\"\n    origins: [\"%.*s\"]\n",
		                      SPAN_ARG(plan->site.name), SPAN_ARG(plan->site.certificate), SPAN_ARG(plan->site.origin));
	return result;
}

/* What would be left out silently: a person believes that it was done. */
static int refuse_words_for_new(const struct protect_plan *plan)
{
	static const char *const words[] = { "listen", "state", "metrics" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (option_is_given(plan->options, words[i]))
			return command_misused(self(), "--%s is for a new configuration, and %s is there already", words[i], plan->edit.path);
	}
	return EXIT_DONE;
}

static int write_after(struct protect_plan *plan)
{
	struct site_edit *edit = &plan->edit;
	enum result result;

	plan->site.certificate = span_of(plan->certificate);
	plan_rules(plan);
	if (edit->is_new)
		result = write_new(plan, &edit->after);
	else
		result = config_edit_add_site(edit->source.path, buffer_span(&edit->before), &plan->site, &edit->complaints, &edit->after);
	command_complain(&edit->complaints);
	if (result != RESULT_OK)
		return command_failed("%s cannot be changed for %.*s", edit->path, SPAN_ARG(plan->site.name));
	result = site_edit_check(edit);
	if (result == RESULT_OK)
		result = site_edit_check_origins(edit);
	return result == RESULT_OK ? EXIT_DONE : command_failed("with it, the configuration would not do: nothing was written");
}

int protect_plan_make(struct protect_plan *plan, const struct options *options)
{
	int code;

	*plan = (struct protect_plan){ .options = options };
	arena_init(&plan->arena, 65536, 4096);
	find_socket(options, plan->socket);
	code = site_edit_begin(&plan->edit, options);
	if (code == EXIT_DONE)
		code = read_words(plan);
	if (code == EXIT_DONE && !plan->edit.is_new)
		code = refuse_words_for_new(plan);
	if (code == EXIT_DONE)
		code = plan_certificate(plan);
	return code == EXIT_DONE ? write_after(plan) : code;
}

void protect_plan_done(struct protect_plan *plan)
{
	site_edit_done(&plan->edit);
	arena_done(&plan->arena);
}

int protect_plan_write(const struct protect_plan *plan)
{
	/* Before `make install` there is no /etc/bouclier. */
	int code = plan->edit.is_new ? make_folder(plan->edit.path, 0755) : EXIT_DONE;

	if (code == EXIT_DONE && plan->is_made && !plan->is_kept)
		code = make_certificate(plan);
	return code == EXIT_DONE ? site_edit_write(&plan->edit) : code;
}
