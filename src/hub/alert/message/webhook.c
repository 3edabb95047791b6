/* What a webhook gets: docs/alerts.md names the members. */
#include "event/json.h"
#include "hub/alert/message/message.h"
#include "hub/alert/message/words.h"

#include "base/banned.h"

#define WEBHOOK_VERSION 1u

static const char *const languages[DESK_LANGUAGES] = { "en", "nl", "fr", "de" };

static void keep(struct json_writer *json, enum result result)
{
	if (json->result == RESULT_OK)
		json->result = result;
}

static void words(struct json_writer *json, struct span name, size_t most, enum result (*write)(const struct alert_plan *plan, const struct alert *alert, struct buffer *out),
                  const struct alert_plan *plan, const struct alert *alert)
{
	struct buffer text;

	buffer_init(&text, most);
	keep(json, write(plan, alert, &text));
	json_put_text(json, name, buffer_span(&text));
	buffer_done(&text);
}

static void put_facts(struct json_writer *json, const struct alert_facts *facts)
{
	json_open(json, facts->is_warning ? SPAN("warning") : SPAN("incident"), '{');
	if (facts->is_warning) {
		json_put_text(json, SPAN("name"), span_of(alert_warning_name(facts->warning)));
	} else {
		json_put_number(json, SPAN("id"), facts->id);
		json_put_text(json, SPAN("family"), span_of(incident_family_name(facts->family)));
		json_put_text(json, SPAN("status"), span_of(incident_status_name(facts->status)));
		json_put_number(json, SPAN("waves"), facts->waves);
		json_put_text(json, SPAN("site"), span_of(facts->site));
		json_put_number(json, SPAN("sites"), facts->sites);
	}
	json_put_text(json, SPAN("subject"), span_of(facts->subject));
	json_put_time_ms(json, SPAN("since"), facts->since_s * 1000);
	json_close(json, '}');
}

enum result alert_json(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("version"), WEBHOOK_VERSION);
	json_put_text(&json, SPAN("id"), span_of(alert->id));
	json_put_text(&json, SPAN("thread"), span_of(alert->thread));
	json_put_text(&json, SPAN("kind"), span_of(alert_kind_name(alert->kind)));
	json_put_time_ms(&json, SPAN("time"), alert->at_s * 1000);
	json_put_text(&json, SPAN("hub"), plan->hub);
	json_put_text(&json, SPAN("path"), plan->paths[alert->path].name);
	json_put_text(&json, SPAN("severity"), span_of(severity_name(alert->severity)));
	json_put_text(&json, SPAN("language"), span_of(languages[plan->paths[alert->path].language]));
	words(&json, SPAN("title"), WORDS_SUBJECT_MAX, alert_subject, plan, alert);
	words(&json, SPAN("text"), WORDS_TEXT_MAX, alert_text, plan, alert);
	words(&json, SPAN("link"), WORDS_SUBJECT_MAX, alert_link, plan, alert);
	if (alert->has_facts)
		put_facts(&json, &alert->facts);
	if (alert->kind == ALERT_PATH_DOWN || alert->kind == ALERT_PATH_UP)
		json_put_text(&json, SPAN("about"), span_of(alert->path_name));
	json_close(&json, '}');
	return json.result;
}
