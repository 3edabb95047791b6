/* `bouclier explain` for a program. */
#include "event/json.h"
#include "event/explain/explained.h"

#include "base/banned.h"

static void put_transformations(struct json_writer *json, const struct rule *rule)
{
	if (!rule)
		return;
	while (rule->chained)
		rule = rule->chained;
	json_open(json, SPAN("transformations"), '[');
	for (unsigned i = 0; i < rule->transform_count; i++)
		json_put_text(json, SPAN_NONE, span_of(transform_name(rule->transforms[i])));
	json_close(json, ']');
}

static void put_known(struct json_writer *json, struct span name, struct span text)
{
	if (text.len)
		json_put_text(json, name, text);
}

void exclusion_put(const struct exclusion *exclusion, struct json_writer *json)
{
	json_open(json, SPAN("exclusion"), '{');
	json_put_number(json, SPAN("rule"), exclusion->rule);
	json_put_text(json, SPAN("path"), exclusion->path);
	json_put_bool(json, SPAN("exact"), exclusion->is_exact);
	put_known(json, SPAN("method"), exclusion->method);
	put_known(json, SPAN("parameter"), exclusion->parameter);
	json_close(json, '}');
}

static void put_exclusion(struct json_writer *json, const struct explained *explained, const struct explained_rule *rule)
{
	struct exclusion exclusion;
	const char *why;

	if (!explained_counts(rule))
		return;
	why = exclusion_of(explained, rule, &exclusion);
	if (why) {
		json_put_text(json, SPAN("no_exclusion"), span_of(why));
		return;
	}
	exclusion_put(&exclusion, json);
}

static void put_rule(struct json_writer *json, const struct explained *explained, const struct explained_rule *rule)
{
	enum score_side side;
	unsigned points = explained_points(rule, &side);

	json_open(json, SPAN_NONE, '{');
	json_put_number(json, SPAN("id"), rule->id);
	put_known(json, SPAN("msg"), rule->msg);
	if (rule->phase)
		json_put_number(json, SPAN("phase"), rule->phase);
	if (rule->severity >= 0)
		json_put_number(json, SPAN("severity"), (uint64_t)rule->severity);
	put_known(json, SPAN("target"), rule->target);
	if (rule->target.len)
		json_put_number(json, SPAN("length"), rule->length);
	if (rule->is_masked)
		json_put_bool(json, SPAN("masked"), true);
	put_known(json, SPAN("data"), rule->data);
	put_known(json, SPAN("value"), rule->value);
	put_transformations(json, rule->rule);
	json_put_bool(json, SPAN("sum"), rule_is_sum(rule->id));
	if (points) {
		json_put_number(json, SPAN("points"), points);
		json_put_text(json, SPAN("score"), side == SCORE_OUTBOUND ? SPAN("outbound") : SPAN("inbound"));
	}
	put_exclusion(json, explained, rule);
	json_close(json, '}');
}

static void put_scores(struct json_writer *json, const struct explained *explained)
{
	static const struct span names[SCORE_SIDES] = { SPAN_INIT("inbound"), SPAN_INIT("outbound") };
	unsigned sums[SCORE_SIDES] = { 0 };

	for (unsigned i = 0; i < explained->rule_count; i++) {
		enum score_side side;
		unsigned points = explained_points(&explained->rules[i], &side);

		sums[side] += points;
	}
	json_open(json, SPAN("scores"), '{');
	for (unsigned i = 0; i < SCORE_SIDES; i++) {
		json_open(json, names[i], '{');
		json_put_number(json, SPAN("sum"), sums[i]);
		if (explained_said_score(explained, (enum score_side)i))
			json_put_number(json, SPAN("said"), explained_said_score(explained, (enum score_side)i));
		json_put_number(json, SPAN("threshold"), explained->thresholds[i]);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_texts(struct json_writer *json, const struct explained *explained)
{
	struct buffer sentence, yaml;

	buffer_init(&sentence, 4096);
	buffer_init(&yaml, (size_t)1 << 20);
	if (json->result == RESULT_OK)
		json->result = explained_sentence(explained, &sentence);
	if (json->result == RESULT_OK)
		json->result = exclusions_write(explained, &yaml);
	json_put_text(json, SPAN("text"), buffer_span(&sentence));
	put_known(json, SPAN("yaml"), buffer_span(&yaml));
	put_known(json, SPAN("note"), explained->trouble);
	buffer_done(&sentence);
	buffer_done(&yaml);
}

enum result explained_tell_json(const struct explained *explained, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("from"), explained->is_offline ? SPAN("request") : SPAN("journal"));
	put_known(&json, SPAN("request_id"), explained->id);
	put_known(&json, SPAN("time"), explained->time);
	put_known(&json, SPAN("site"), explained->site);
	put_known(&json, SPAN("method"), explained->method);
	put_known(&json, SPAN("host"), explained->host);
	put_known(&json, SPAN("path"), explained->path);
	put_known(&json, SPAN("decision"), explained->decision);
	put_known(&json, SPAN("would"), explained->would);
	put_known(&json, SPAN("reason"), explained->reason);
	put_known(&json, SPAN("fault"), explained->fault);
	if (explained->status)
		json_put_number(&json, SPAN("status"), explained->status);
	put_texts(&json, explained);
	json_put_bool(&json, SPAN("cut"), explained->is_cut);
	json_open(&json, SPAN("rules"), '[');
	for (unsigned i = 0; i < explained->rule_count; i++)
		put_rule(&json, explained, &explained->rules[i]);
	json_close(&json, ']');
	put_scores(&json, explained);
	json_close(&json, '}');
	return json.result == RESULT_OK ? buffer_append_byte(out, '\n') : json.result;
}
