#include "cli/verdict.h"

#include <netdb.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/own_address.h"
#include "edge/settings.h"
#include "net/settings.h"
#include "origin/settings.h"

#include "base/banned.h"

static void say(struct verdict *verdict, enum verdict_line line, enum verdict_grade grade, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void say(struct verdict *verdict, enum verdict_line line, enum verdict_grade grade, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	verdict->lines[line].grade = grade;
	vsnprintf(verdict->lines[line].text, sizeof(verdict->lines[line].text), format, list);
	va_end(list);
}

/* -- where to knock -- */

/* The first TLS listener, or the first of all; any address is reached by loopback. */
static bool find_endpoint(const struct snapshot *snapshot, struct probe_target *target)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items, *chosen = NULL;
	static const char *const loopback[2] = { "::1", "127.0.0.1" };

	for (size_t i = net->listen.count; i > 0; i--) {
		if (!listen[i - 1].proxy_protocol && (!chosen || listen[i - 1].is_tls || !chosen->is_tls))
			chosen = &listen[i - 1];
	}
	if (!chosen)
		return false;
	target->endpoint = chosen->address;
	target->is_tls = chosen->is_tls;
	if (address_is_any(&chosen->address.address) &&
	    address_read(span_of(loopback[address_is_v4(&chosen->address.address)]), &target->endpoint.address) != RESULT_OK)
		return false;
	return true;
}

/* -- does the name lead here? -- */

static const char *describe_name(struct span host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	bool leads_here = false;
	char name[256];

	if (span_to_text(host, name, sizeof(name)) != RESULT_OK || getaddrinfo(name, NULL, &hints, &found) != 0)
		return "the name is not in DNS yet: nobody comes here by it";
	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		leads_here |= endpoint_from_socket(each->ai_addr, &endpoint) == RESULT_OK && is_own_address(&endpoint.address);
	}
	freeaddrinfo(found);
	return leads_here ? "the name leads to this machine" : "the name leads elsewhere: citizens do not come here yet";
}

/* -- the lines -- */

static void judge_reachability(struct verdict *verdict, const struct probe_target *target, const struct probe_answer *get)
{
	char endpoint[ENDPOINT_TEXT_MAX];

	endpoint_write(&target->endpoint, endpoint);
	if (get->result != RESULT_OK)
		say(verdict, VERDICT_REACHABILITY, VERDICT_BAD, "%s does not answer for %.*s: %s", endpoint, SPAN_ARG(target->host), get->error);
	else
		say(verdict, VERDICT_REACHABILITY, VERDICT_GOOD, "%s answers for %.*s%s%s; %s", endpoint, SPAN_ARG(target->host),
		    target->is_tls ? " over " : ", plain", get->tls_version, describe_name(target->host));
}

static void judge_origin(struct verdict *verdict, const struct site *site, const struct probe_answer *get)
{
	const struct list_value *list = &origins_settings_of(site->sections)->origins;
	const struct origin_settings *origins = list->items;
	struct span origin = list->count ? origins[0].url.text : SPAN("none");

	if (get->result != RESULT_OK)
		say(verdict, VERDICT_ORIGIN, VERDICT_BAD, "%.*s: not known, the shield did not answer", SPAN_ARG(origin));
	else if (get->status >= 502 && get->status <= 504)
		say(verdict, VERDICT_ORIGIN, VERDICT_BAD, "%.*s gives no good answer to GET / (%u after %llu ms)", SPAN_ARG(origin), get->status,
		    (unsigned long long)get->took_ms);
	else
		say(verdict, VERDICT_ORIGIN, get->status >= 500 ? VERDICT_WARNING : VERDICT_GOOD, "%.*s answers GET / with %u in %llu ms", SPAN_ARG(origin),
		    get->status, (unsigned long long)get->took_ms);
}

static void judge_certificate(struct verdict *verdict, const struct probe_target *target, const struct probe_answer *get)
{
	if (!target->is_tls)
		say(verdict, VERDICT_CERTIFICATE, VERDICT_WARNING, "none: this listener is plain, and anybody on the way can read along");
	else if (get->result != RESULT_OK)
		say(verdict, VERDICT_CERTIFICATE, VERDICT_BAD, "not known, the shield did not answer");
	else if (get->is_verified)
		say(verdict, VERDICT_CERTIFICATE, VERDICT_GOOD, "for %.*s, by an authority that this system trusts", SPAN_ARG(target->host));
	else
		say(verdict, VERDICT_CERTIFICATE, VERDICT_WARNING, "no authority of this system signed it (self-signed?): browsers warn; for trying out only");
}

/* What was blocked and what was not, each by its name. */
static void judge_attacks(struct verdict *verdict, const struct probe_target *target)
{
	struct probe_answer answer;
	struct buffer blocked, passed;
	bool is_whole = true;

	buffer_init(&blocked, 400);
	buffer_init(&passed, 400);
	for (unsigned i = PROBE_SMUGGLING; i < PROBE_COUNT; i++) {
		enum probe_attack attack = (enum probe_attack)i;
		struct buffer *out;

		probe_attack(target, attack, &answer);
		out = probe_was_blocked(attack, &answer) ? &blocked : &passed;
		is_whole &= buffer_print(out, "%s", buffer_len(out) ? ", " : "") == RESULT_OK;
		if (answer.status)
			is_whole &= buffer_print(out, "%s (%u)", probe_name(attack), answer.status) == RESULT_OK;
		else
			is_whole &= buffer_print(out, "%s (%s)", probe_name(attack), answer.has_asked ? "cut off" : answer.error) == RESULT_OK;
	}
	if (buffer_len(&passed) || !is_whole)
		say(verdict, VERDICT_ATTACKS, VERDICT_BAD, "NOT blocked: %.*s%s%.*s", SPAN_ARG(buffer_span(&passed)),
		    buffer_len(&blocked) ? "; blocked: " : "", SPAN_ARG(buffer_span(&blocked)));
	else
		say(verdict, VERDICT_ATTACKS, VERDICT_GOOD, "protocol attacks blocked: %.*s; application rules come with the WAF",
		    SPAN_ARG(buffer_span(&blocked)));
	buffer_done(&blocked);
	buffer_done(&passed);
}

/* The key from the shield, copied to KEY; empty: it gave none. */
static struct span ask_key(const char *socket, char key[64])
{
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/probe", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	struct json *root = NULL;
	struct span text = SPAN_NONE;

	if (admin_ask(&question, &reply) != RESULT_OK)
		return SPAN_NONE;
	if (json_read(reply.body, &root) == RESULT_OK) {
		text = json_text_of(json_find(root, "key"));
		text = span_to_text(text, key, 64) == RESULT_OK ? span_make(key, text.len) : SPAN_NONE;
		json_drop(root);
	}
	admin_reply_done(&reply);
	return text;
}

/* Attacks only with a key that was seen to work: without it, nothing says that they would end before the origin. */
static void probe_attacks(struct verdict *verdict, struct probe_target *target, const char *socket)
{
	struct probe_answer answer;
	char key[64];

	target->key = ask_key(socket, key);
	if (!target->key.len) {
		say(verdict, VERDICT_ATTACKS, VERDICT_WARNING, "not probed: the shield gave no key for it");
		return;
	}
	probe_attack(target, PROBE_KEY, &answer);
	if (probe_was_blocked(PROBE_KEY, &answer))
		judge_attacks(verdict, target);
	else
		say(verdict, VERDICT_ATTACKS, VERDICT_WARNING, "not probed: the shield does not know its key (status %u)", answer.status);
}

void verdict_make(const struct snapshot *snapshot, struct span host, const char *socket, struct verdict *out)
{
	const struct site *site = config_find_site(snapshot, host);
	struct probe_target target = { .host = host };
	struct probe_answer get;

	*out = (struct verdict){ 0 };
	for (unsigned i = 0; i < VERDICT_LINES; i++)
		say(out, (enum verdict_line)i, VERDICT_WARNING, "not probed: no listener that can be reached from here");
	if (!site || !find_endpoint(snapshot, &target))
		return;
	target.head_bytes = (size_t)edge_settings_of(site->sections)->limits.head_bytes;
	target.head_ms = edge_settings_of(site->sections)->timeouts.head_ms;
	probe_get(&target, &get);
	judge_reachability(out, &target, &get);
	judge_origin(out, site, &get);
	judge_certificate(out, &target, &get);
	if (get.result == RESULT_OK)
		probe_attacks(out, &target, socket);
	else
		say(out, VERDICT_ATTACKS, VERDICT_WARNING, "not probed: the shield did not answer");
}

static void print_json(const struct verdict *verdict, const char *const *names)
{
	static const struct span grades[] = { SPAN_INIT("good"), SPAN_INIT("warning"), SPAN_INIT("bad") };
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, 65536);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	for (unsigned i = 0; i < VERDICT_LINES; i++) {
		json_open(&json, span_of(names[i]), '{');
		json_put_text(&json, SPAN("grade"), grades[verdict->lines[i].grade]);
		json_put_text(&json, SPAN("text"), span_of(verdict->lines[i].text));
		json_close(&json, '}');
	}
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

int verdict_print(const struct verdict *verdict, bool is_json, bool has_color)
{
	static const char *const names[VERDICT_LINES] = { "reachability", "attacks", "origin", "certificate" };
	static const char *const colors[] = { "\033[32m", "\033[33m", "\033[1;31m" };
	int code = EXIT_DONE;

	if (is_json)
		print_json(verdict, names);
	for (unsigned i = 0; i < VERDICT_LINES; i++) {
		if (verdict->lines[i].grade == VERDICT_BAD)
			code = EXIT_FAILED;
		if (!is_json)
			printf("%s%-13s%s %s\n", has_color ? colors[verdict->lines[i].grade] : "", names[i], has_color ? "\033[0m" : "",
			       verdict->lines[i].text);
	}
	fflush(stdout);
	return code;
}
