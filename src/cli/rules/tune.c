/* `bouclier rules tune [SITE]`: what rules hit of ordinary visitors, in words, and the exclusions to paste. */
#include <stdio.h>

#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/page.h"
#include "cli/rules/tune.h"

#include "base/banned.h"

#define PAGE_BYTES_MAX ((size_t)64 << 20)
#define VISITORS_MAX 1000u

static unsigned long long number(const struct json *object, const char *name)
{
	return (unsigned long long)json_number_of(json_find(object, name));
}

static struct span text(const struct json *object, const char *name)
{
	return json_text_of(json_find(object, name));
}

static void put_where(struct page *page, const struct json *hit)
{
	struct span path = text(hit, "path"), target = text(hit, "target");

	page_print(page, "      where  %.*s ", SPAN_ARG(text(hit, "method")));
	page_text(page, path.len ? path : SPAN("a path that can be read in more than one way"), 0);
	page_print(page, ", ");
	page_text(page, target.len ? target : SPAN("the request as a whole"), 0);
	page_print(page, "\n");
}

static void put_hit(struct page *page, const struct json *hit)
{
	struct span msg = text(hit, "msg");

	page_print(page, "  ");
	page_color(page, PAGE_BOLD, "%llu", number(hit, "rule"));
	page_print(page, "  ");
	page_text(page, msg.len ? msg : SPAN("(no message)"), 0);
	page_print(page, "\n");
	put_where(page, hit);
	page_print(page, "      whom   %llu different ordinary visitor%s, %llu refused (in detect: would be)\n", number(hit, "clients"),
	           number(hit, "clients") == 1 ? "" : "s", number(hit, "clients_refused"));
	page_print(page, "      when   %.10s to %.10s, %llu requests of anybody\n", text(hit, "first").at, text(hit, "last").at, number(hit, "hits"));
	if (json_bool_of(json_find(hit, "excused")))
		page_print(page, "      an exclusion for it is in the file already\n");
	else if (json_has_text(json_find(hit, "no_exclusion")))
		page_print(page, "      no exclusion: %.*s\n", SPAN_ARG(text(hit, "no_exclusion")));
}

static void put_hits(struct page *page, const struct json *site, unsigned long long many)
{
	const struct json *hits = json_find(site, "hits");
	struct span yaml = text(site, "yaml");
	unsigned few = 0;

	for (size_t i = 0; i < json_length(hits); i++) {
		if (number(json_item(hits, i), "clients") >= many)
			put_hit(page, json_item(hits, i));
		else
			few++;
	}
	if (few == json_length(hits))
		page_print(page, "  No rule hit %llu different ordinary visitor%s in one place.\n", many, many == 1 ? "" : "s");
	if (few)
		page_print(page, "  %u %shit fewer than %llu: where few people write, ask with --visitors 1.\n", few, few == json_length(hits) ? "" : "more ", many);
	if (yaml.len)
		page_print(page, "\nIf these were citizens and no attacks: exclusions to paste into the site. Each holds for that very path; without `exact`\n"
		           "for all below it, too. One of a kind (attack-...) says that the portal itself makes such text harmless: it shows it as text, or\n"
		           "filters it; the line above it says which rules go on watching the field\n\n%.*s", SPAN_ARG(yaml));
}

static void put_site(struct page *page, const struct json *site, unsigned long long many)
{
	page_color(page, PAGE_BOLD, "%.*s", SPAN_ARG(text(site, "site")));
	page_print(page, ": %.*s", SPAN_ARG(text(site, "mode")));
	if (!json_bool_of(json_find(site, "counted"))) {
		page_print(page, ", nothing is counted: the site has no rules, or the memory has no place for it\n");
		return;
	}
	if (text(site, "since").len)
		page_print(page, ", counted since %.10s, about %llu ordinary visitor%s\n", text(site, "since").at, number(site, "visitors"),
		           number(site, "visitors") == 1 ? "" : "s");
	else
		page_print(page, ", no request yet\n");
	put_hits(page, site, many);
	page_print(page, "\n");
}

static int print_reply(const struct options *options, struct span reply)
{
	struct page page = { .has_color = options->has_color, .result = RESULT_OK };
	const struct json *sites;
	struct json *root = NULL;
	struct buffer out;
	int code = EXIT_DONE;

	buffer_init(&out, PAGE_BYTES_MAX);
	page.out = &out;
	if (json_read(reply, &root) == RESULT_OK) {
		sites = json_find(root, "sites");
		for (size_t i = 0; i < json_length(sites); i++)
			put_site(&page, json_item(sites, i), number(root, "many"));
		if (!json_length(sites))
			page_print(&page, "No site has rules.\n");
		if (json_bool_of(json_find(root, "cut")))
			page_print(&page, "There are more sites: ask for one by its name.\n");
	}
	if (!root || page.result != RESULT_OK)
		code = command_failed("the shield's answer cannot be shown");
	else
		command_print(stdout, buffer_span(&out));
	if (root)
		json_drop(root);
	buffer_done(&out);
	return code;
}

int rules_ask(const struct options *options, const char *path, const struct buffer *body, rules_print print)
{
	char socket[PATH_TEXT_MAX];
	struct admin_question question = { .socket = socket, .method = "POST", .path = path, .body = buffer_span(body), .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	enum result result;
	int code;

	find_socket(options, socket);
	result = admin_ask(&question, &reply);
	if (result != RESULT_OK)
		return admin_complain(&question, result);
	if (reply.status != 200) {
		code = admin_complain_reply(&reply);
	} else if (options->is_json) {
		command_print(stdout, reply.body);
		code = EXIT_DONE;
	} else {
		code = print(options, reply.body);
	}
	admin_reply_done(&reply);
	return code;
}

int rules_tune(const struct options *options)
{
	const char *visitors = option_text(options, "visitors", NULL);
	struct json_writer json;
	struct buffer body;
	uint64_t many = 0;
	int code;

	if (options->argument_count > 2)
		return command_misused(command_find(SPAN("rules")), "tune wants one SITE, or none");
	if (visitors && (span_to_u64(span_of(visitors), VISITORS_MAX, &many) != RESULT_OK || !many))
		return command_misused(command_find(SPAN("rules")), "--visitors wants a number from 1 to 1000");
	buffer_init(&body, 65536);
	json_writer_init(&json, &body);
	json_open(&json, SPAN_NONE, '{');
	if (options->argument_count > 1)
		json_put_text(&json, SPAN("site"), span_of(options->arguments[1]));
	else
		json_put_bool(&json, SPAN("all"), true);
	if (visitors)
		json_put_number(&json, SPAN("visitors"), many);
	json_close(&json, '}');
	code = rules_ask(options, "/tune", &body, print_reply);
	buffer_done(&body);
	return code;
}
