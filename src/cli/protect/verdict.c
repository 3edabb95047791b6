#include "cli/protect/verdict.h"

#include <netdb.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/protect/own_address.h"
#include "cli/site_mode.h"
#include "edge/sites/settings.h"
#include "event/json.h"
#include "origin/settings.h"

#include "base/banned.h"

#define VERDICT_RULES_MAX 320

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

/* Probes FIRST to LAST: those that were answered as they should be, and the others, each by its name. */
struct probed {
	struct buffer well, ill;
	bool is_whole;               /* there was memory for all of it */
};

static void probe_all(const struct probe_target *target, enum probe_attack first, enum probe_attack last, struct probed *out)
{
	struct probe_answer answer;

	*out = (struct probed){ .is_whole = true };
	buffer_init(&out->well, 400);
	buffer_init(&out->ill, 400);
	for (unsigned i = first; i <= last; i++) {
		enum probe_attack attack = (enum probe_attack)i;
		struct buffer *list;

		probe_attack(target, attack, &answer);
		list = probe_is_well(attack, &answer) ? &out->well : &out->ill;
		out->is_whole &= buffer_print(list, "%s", buffer_len(list) ? ", " : "") == RESULT_OK;
		if (answer.status)
			out->is_whole &= buffer_print(list, "%s (%u)", probe_name(attack), answer.status) == RESULT_OK;
		else
			out->is_whole &= buffer_print(list, "%s (%s)", probe_name(attack), answer.has_asked ? "cut off" : answer.error) == RESULT_OK;
	}
}

static void probed_done(struct probed *probed)
{
	buffer_done(&probed->well);
	buffer_done(&probed->ill);
}

/* How long it only observes, and what then. */
static void write_until(const struct site_mode *mode, char *out, size_t room)
{
	if (mode->until[0])
		snprintf(out, room, " until %s at the earliest, then blocking (waf: graduate)", mode->until);
	else if (mode->is_undone)
		snprintf(out, room, " until a person says otherwise (bouclier rules graduate)");
	else
		snprintf(out, room, " (waf: mode is detect, without graduate)");
}

/* Rules that refuse nothing: do they notice? */
static enum verdict_grade judge_observing(const struct probe_target *target, const struct site_mode *mode, char *text)
{
	struct probe_answer answer;
	char until[96];
	size_t len = 0;

	write_until(mode, until, sizeof(until));
	probe_attack(target, PROBE_INJECTION, &answer);
	if (answer.status != PROBE_NOTICED) {
		snprintf(text, VERDICT_RULES_MAX, "NOT even observing: sql injection passes unnoticed (%u)", answer.status);
		return VERDICT_BAD;
	}
	len = (size_t)snprintf(text, VERDICT_RULES_MAX, "only observing%s: sql injection is noticed and let through", until);
	for (unsigned i = PROBE_PROSE_NL; i <= PROBE_PROSE_EN; i++) {
		probe_attack(target, (enum probe_attack)i, &answer);
		if (answer.status == PROBE_NOTICED)
			len += (size_t)snprintf(text + len, VERDICT_RULES_MAX - len, "; a citizen's form is taken for one: %s", probe_name((enum probe_attack)i));
	}
	return VERDICT_WARNING;
}

/* What rules do about attacks on the application, and about what citizens write. */
static enum verdict_grade judge_rules(const struct probe_target *target, const struct site_mode *mode, char *text)
{
	bool is_blocking, is_passing;
	struct probed attacks, prose;

	if (mode->mode == WAF_MODE_OFF) {
		snprintf(text, VERDICT_RULES_MAX, "attacks on the application not looked for (waf: mode is off)");
		return VERDICT_WARNING;
	}
	if (mode->mode == WAF_MODE_DETECT)
		return judge_observing(target, mode, text);
	probe_all(target, PROBE_INJECTION, PROBE_SCRIPT, &attacks);
	probe_all(target, PROBE_PROSE_NL, PROBE_PROSE_EN, &prose);
	is_blocking = !buffer_len(&attacks.ill) && attacks.is_whole;
	is_passing = !buffer_len(&prose.ill) && prose.is_whole;
	if (!is_blocking)
		snprintf(text, VERDICT_RULES_MAX, "NOT blocking: %.*s", SPAN_ARG(buffer_span(&attacks.ill)));
	else if (!is_passing)
		snprintf(text, VERDICT_RULES_MAX, "blocking, but citizens' forms too: %.*s", SPAN_ARG(buffer_span(&prose.ill)));
	else
		snprintf(text, VERDICT_RULES_MAX, "blocking: %.*s; citizens' forms pass", SPAN_ARG(buffer_span(&attacks.well)));
	probed_done(&attacks);
	probed_done(&prose);
	return is_blocking && is_passing ? VERDICT_GOOD : VERDICT_BAD;
}

static void judge_attacks(struct verdict *verdict, const struct probe_target *target, const struct site_mode *mode)
{
	char rules[VERDICT_RULES_MAX];
	enum verdict_grade grade = judge_rules(target, mode, rules);
	struct probed protocol;

	probe_all(target, PROBE_SMUGGLING, PROBE_SLOW, &protocol);
	if (buffer_len(&protocol.ill) || !protocol.is_whole)
		say(verdict, VERDICT_ATTACKS, VERDICT_BAD, "%s; protocol attacks NOT blocked: %.*s%s%.*s", rules, SPAN_ARG(buffer_span(&protocol.ill)),
		    buffer_len(&protocol.well) ? "; blocked: " : "", SPAN_ARG(buffer_span(&protocol.well)));
	else
		say(verdict, VERDICT_ATTACKS, grade, "%s; protocol attacks blocked: %.*s", rules, SPAN_ARG(buffer_span(&protocol.well)));
	probed_done(&protocol);
}

/* Attacks only with a key that was seen to work: without it, nothing says that they would end before the origin. */
static void probe_attacks(struct verdict *verdict, struct probe_target *target, const struct site_mode *mode, const char *socket)
{
	struct probe_answer answer;
	char key[PROBE_KEY_TEXT];

	target->key = probe_key_ask(socket, key);
	if (!target->key.len) {
		say(verdict, VERDICT_ATTACKS, VERDICT_WARNING, "not probed: the shield gave no key for it");
		return;
	}
	probe_attack(target, PROBE_KEY, &answer);
	if (probe_is_well(PROBE_KEY, &answer))
		judge_attacks(verdict, target, mode);
	else
		say(verdict, VERDICT_ATTACKS, VERDICT_WARNING, "not probed: the shield does not know its key (status %u)", answer.status);
}

void verdict_make(const struct snapshot *snapshot, struct span host, const char *socket, struct verdict *out)
{
	const struct site *site = config_find_site(snapshot, host);
	struct probe_target target = { .host = host };
	struct probe_answer get;
	struct site_mode mode;

	*out = (struct verdict){ 0 };
	for (unsigned i = 0; i < VERDICT_LINES; i++)
		say(out, (enum verdict_line)i, VERDICT_WARNING, "not probed: no listener that can be reached from here");
	if (!site || !probe_target_find(snapshot, &target))
		return;
	target.head_bytes = (size_t)edge_settings_of(site->sections)->limits.head_bytes;
	target.head_ms = edge_settings_of(site->sections)->timeouts.head_ms;
	probe_get(&target, &get);
	judge_reachability(out, &target, &get);
	judge_origin(out, site, &get);
	judge_certificate(out, &target, &get);
	site_mode_ask(socket, site, &mode);
	if (get.result == RESULT_OK)
		probe_attacks(out, &target, &mode, socket);
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
