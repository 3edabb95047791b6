/* Probes of the shield by itself: a key for them, and what rules said of them. */
#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "cli/admin/inner.h"

#include "base/banned.h"

#define PROBE_KEY_MS 60000
#define REPORTS_A_TIME 64u            /* the rest comes with the next question */

/* A key for a minute: requests that carry it end before an origin. */
void admin_answer_probe(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_common *common = &admin->state->common;
	char text[2 * sizeof(common->probe_key)];
	struct json_writer json;

	(void)request;
	__atomic_store_n(&common->probe_until_ms, 0, __ATOMIC_RELEASE);
	random_fill(common->probe_key, sizeof(common->probe_key));
	__atomic_store_n(&common->probe_until_ms, admin->state->loop.now_ms + PROBE_KEY_MS, __ATOMIC_RELEASE);
	hex_write(common->probe_key, sizeof(common->probe_key), text);
	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("key"), span_make(text, sizeof(text)));
	admin_finish_json(answer, &json);
}

static void write_rule(struct json_writer *json, const struct probe_rule *rule)
{
	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("id"), rule->id);
	json_put_number(json, SPAN("phase"), rule->phase);
	json_put_text(json, SPAN("msg"), rule->msg);
	json_put_text(json, SPAN("data"), rule->log_data);
	json_close(json, '}');
}

static void write_report(struct json_writer *json, const struct probe_report *report)
{
	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("number"), report->number & UINT32_MAX);
	json_put_bool(json, SPAN("end"), report->is_end);
	if (!report->is_end) {
		json_put_text(json, SPAN("decision"), span_of(decision_name(report->decision)));
		json_put_text(json, SPAN("reason"), span_of(reason_name(report->reason)));
		json_put_text(json, SPAN("fault"), span_of(http_fault_name(report->fault)));
		json_put_number(json, SPAN("status"), report->status);
		json_put_bool(json, SPAN("cut"), report->is_cut);
		json_put_bool(json, SPAN("texts_cut"), report->has_cut_texts);
		json_open(json, SPAN("rules"), '[');
		for (unsigned i = 0; i < report->rule_count; i++)
			write_rule(json, &report->rules[i]);
		json_close(json, ']');
	}
	json_close(json, '}');
}

/* {"run": NUMBER}: those of this run, each told once. */
void admin_answer_reports(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct probe_log *log = &admin->state->common.probes;
	struct json *root = admin_read_body(request, answer);
	struct json_writer json;
	uint64_t run;

	if (!root)
		return;
	run = json_number_of(json_find(root, "run"));
	json_drop(root);
	if (!run || run > UINT32_MAX) {
		admin_refuse(answer, 400, "say \"run\": a number from 1 to 4294967295");
		return;
	}
	admin_begin_json(answer, &json);
	json_open(&json, SPAN("reports"), '[');
	for (unsigned i = 0; i < REPORTS_A_TIME; i++) {
		struct probe_report *report = probe_log_take(log, (uint32_t)run);

		if (!report)
			break;
		write_report(&json, report);
		free(report);
	}
	json_close(&json, ']');
	admin_finish_json(answer, &json);
}
