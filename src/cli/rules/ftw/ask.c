#include "cli/rules/ftw/ask.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "edge/probe_log.h"
#include "edge/worker.h"
#include "event/json.h"

#include "base/banned.h"

#define KEY_MS 30000                 /* the shield knows it for twice as long */
#define PROOF_DIGITS 16u
#define PAUSE_NS 500000L

void ftw_asker_init(struct ftw_asker *asker, const struct probe_target *target, const char *socket)
{
	*asker = (struct ftw_asker){ .target = { target->endpoint, target->host, target->is_tls, false }, .socket = socket };
	while (!asker->run)
		random_fill(&asker->run, sizeof(asker->run));
}

/* -- a connection for probing -- */

static bool take_key(struct ftw_asker *asker, bool is_anew)
{
	if (asker->key.len && !is_anew && clock_mono_ms() < asker->key_until_ms)
		return true;
	asker->key = probe_key_ask(asker->socket, asker->key_text);
	asker->key_until_ms = clock_mono_ms() + KEY_MS;
	return asker->key.len > 0;
}

/* Security: nothing that attacks goes out before the shield has proved that it knows the key. Behind another key an origin would get it. */
static bool is_proved(const struct ftw_asker *asker, uint64_t number, struct talk *talk)
{
	char wanted[PROOF_DIGITS + 1];
	uint64_t key[2];
	bool is_right;

	if (hex_read(asker->key, key, sizeof(key)) != RESULT_OK)
		return false;
	snprintf(wanted, sizeof(wanted), "%016llx", (unsigned long long)probe_proof(key, number));
	is_right = span_equal(span_take(buffer_span(&talk->in), PROOF_DIGITS), span_make(wanted, PROOF_DIGITS));
	if (is_right)
		buffer_consume(&talk->in, PROOF_DIGITS);
	return is_right;
}

/* RESULT_REFUSED: something answers, but does not know the key. */
static enum result begin(struct ftw_asker *asker, struct talk *talk)
{
	uint64_t number = (uint64_t)asker->run << 32 | ++asker->number;
	struct buffer text;
	unsigned status = 0;
	enum result result = talk_open(talk, &asker->target, ASK_ANSWER_MS);

	buffer_init(&text, 4096);
	if (result == RESULT_OK)
		result = buffer_print(&text, "GET / HTTP/1.1\r\nHost: %.*s\r\n" PROBE_HEADER ": %.*s %016llx\r\n\r\n", SPAN_ARG(asker->target.host),
		                      SPAN_ARG(asker->key), (unsigned long long)number);
	if (result == RESULT_OK)
		result = talk_send(talk, buffer_span(&text));
	if (result == RESULT_OK)
		result = talk_receive(talk, &status);
	if (result == RESULT_OK && status == 200)
		result = talk_receive_bytes(talk, PROOF_DIGITS);
	if (result == RESULT_OK && (status != 200 || !is_proved(asker, number, talk)))
		result = RESULT_REFUSED;
	buffer_done(&text);
	return result;
}

static enum result open_probing(struct ftw_asker *asker, struct talk *talk)
{
	enum result result = RESULT_REFUSED;

	for (unsigned tries = 0; tries < 2; tries++) {
		if (!take_key(asker, tries > 0)) {
			command_failed("the shield at %s gives no key for probes: is it running, and is this its admin socket (--socket)?", asker->socket);
			return RESULT_REFUSED;
		}
		result = begin(asker, talk);
		if (result == RESULT_OK)
			return RESULT_OK;
		if (result != RESULT_REFUSED)
			command_failed("the shield's listener does not answer: %s", talk_error(talk, result));
		talk_close(talk);
		if (result != RESULT_REFUSED)
			return result;
	}
	command_failed("what answers for %.*s does not know the shield's key (another shield, or the listener redirects): nothing was sent",
	               SPAN_ARG(asker->target.host));
	return RESULT_REFUSED;
}

/* -- what its rules said -- */

static struct span line_of(struct arena *arena, const struct json *rule, bool *is_cut)
{
	struct span msg = json_text_of(json_find(rule, "msg")), data = json_text_of(json_find(rule, "data"));
	struct buffer text;
	struct span line = SPAN("");

	buffer_init(&text, 4096);
	if (buffer_print(&text, "[id \"%u\"] [msg \"%.*s\"] [data \"%.*s\"]", (uint32_t)json_number_of(json_find(rule, "id")), SPAN_ARG(msg), SPAN_ARG(data)) == RESULT_OK)
		line = arena_copy(arena, buffer_span(&text));
	buffer_done(&text);
	*is_cut |= !line.len;
	return line.at ? line : SPAN("");
}

static void take_rules(const struct json *rules, struct arena *arena, struct ftw_seen *seen)
{
	for (size_t i = 0; i < json_length(rules); i++) {
		const struct json *rule = json_item(rules, i);

		if (seen->rule_count == SEEN_RULES_MAX) {
			seen->is_cut = true;
			return;
		}
		seen->rules[seen->rule_count++] =
			(struct ftw_fired){ (uint32_t)json_number_of(json_find(rule, "id")), line_of(arena, rule, &seen->has_cut_texts) };
	}
}

static void take_report(const struct json *report, struct arena *arena, struct ftw_seen *seen)
{
	struct span decision = json_text_of(json_find(report, "decision"));

	seen->reason = arena_copy(arena, json_text_of(json_find(report, "reason")));
	seen->fault = arena_copy(arena, json_text_of(json_find(report, "fault")));
	seen->is_passed = span_equal(seen->reason, SPAN("probe"));
	seen->is_noticed = seen->is_passed && span_equal(decision, SPAN("log"));
	seen->is_cut |= json_bool_of(json_find(report, "cut"));
	seen->has_cut_texts |= json_bool_of(json_find(report, "texts_cut"));
	take_rules(json_find(report, "rules"), arena, seen);
}

/* Is the connection over? Reports of others (one that was given up) are passed by. */
static bool take_reports(const struct ftw_asker *asker, const struct json *list, struct arena *arena, struct ftw_seen *seen)
{
	bool is_over = false;

	for (size_t i = 0; i < json_length(list); i++) {
		const struct json *report = json_item(list, i);

		if (json_number_of(json_find(report, "number")) != asker->number)
			continue;
		if (json_bool_of(json_find(report, "end")))
			is_over = true;
		else
			take_report(report, arena, seen);
	}
	return is_over;
}

static enum result ask_reports(const struct ftw_asker *asker, struct arena *arena, struct ftw_seen *seen, bool *is_over)
{
	char body[32];
	int len = snprintf(body, sizeof(body), "{\"run\":%u}", asker->run);
	const struct admin_question question = { .socket = asker->socket, .method = "POST", .path = "/probe/reports",
		                                 .body = span_make(body, (size_t)len), .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	struct json *root = NULL;
	enum result result = admin_ask(&question, &reply);

	if (result != RESULT_OK) {
		admin_complain(&question, result);
		return result;
	}
	if (reply.status != 200) {
		admin_complain_reply(&reply);
		result = RESULT_REFUSED;
	} else if (json_read(reply.body, &root) != RESULT_OK) {
		command_failed("the shield's report is no JSON");
		result = RESULT_MALFORMED;
	} else {
		*is_over = take_reports(asker, json_find(root, "reports"), arena, seen);
		json_drop(root);
	}
	admin_reply_done(&reply);
	return result;
}

static enum result await_reports(const struct ftw_asker *asker, struct arena *arena, struct ftw_seen *seen)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint64_t until_ms = clock_mono_ms() + ASK_REPORT_MS;
	bool is_over = false;

	while (clock_mono_ms() < until_ms) {
		enum result result = ask_reports(asker, arena, seen, &is_over);

		if (result != RESULT_OK || is_over)
			return result;
		nanosleep(&pause, NULL);
	}
	command_failed("the shield does not say what became of a probe");
	return RESULT_TIMEOUT;
}

enum result ftw_ask(struct ftw_asker *asker, struct span bytes, struct arena *arena, struct ftw_seen *seen)
{
	struct talk talk;
	enum result result = open_probing(asker, &talk), answered;

	*seen = (struct ftw_seen){ 0 };
	if (result != RESULT_OK)
		return result;
	talk_wait(&talk, ASK_ANSWER_MS);
	answered = talk_send(&talk, bytes);
	if (answered == RESULT_OK)
		answered = talk_receive(&talk, &seen->status);
	seen->is_answered = answered == RESULT_OK;
	seen->error = answered == RESULT_TIMEOUT ? "no answer in time" : answered == RESULT_MALFORMED ? "no HTTP" : "closed without an answer";
	talk_close(&talk);
	return await_reports(asker, arena, seen);
}
