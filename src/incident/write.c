#include "incident/written.h"

#include "base/clock.h"
#include "event/format.h"
#include "event/json.h"
#include "incident/words.h"

#include "base/banned.h"

static void put_text(struct json_writer *json, const char *name, const char *text)
{
	json_put_text(json, span_of(name), span_of(text));
}

static void put_time(struct json_writer *json, const char *name, uint64_t at_s)
{
	json_put_time_ms(json, span_of(name), at_s < CLOCK_ISO_MS_MAX / 1000 ? at_s * 1000 : CLOCK_ISO_MS_MAX / 1000 * 1000);
}

static void put_number(struct json_writer *json, const char *name, uint64_t number)
{
	json_put_number(json, span_of(name), number);
}

static void put_head(struct json_writer *json, const struct incident *incident)
{
	put_number(json, "id", incident->id);
	put_text(json, "family", incident_family_name(incident->family));
	put_text(json, "status", incident_status_name(incident->status));
	put_text(json, "severity", severity_name(incident->severity));
	put_text(json, "severity_reason", severity_reason_name(incident->reason));
	put_number(json, "severity_number", incident->number);
	put_text(json, "subject", incident->subject);
	put_text(json, "owner", incident->owner);
	put_time(json, "opened", incident->opened_s);
	put_time(json, "last_seen", incident->last_s);
	put_time(json, "contained", incident->contained_s);
	put_time(json, "closed", incident->closed_s);
	put_time(json, "quiet_until", incident->quiet_until_s);
	put_time(json, "held_until", incident->held_until_s);
	json_put_bool(json, SPAN("goes_on"), incident->is_on);
	put_number(json, "waves", incident->waves);
}

static void put_kinds(struct json_writer *json, uint32_t kinds)
{
	json_open(json, SPAN("kinds"), '[');
	if (kinds & ATTACK_IS_FLOOD)
		json_put_text(json, SPAN_NONE, SPAN("flood"));
	if (kinds & ATTACK_IS_APPLICATION)
		json_put_text(json, SPAN_NONE, SPAN("application"));
	if (kinds & ATTACK_IS_PACKETS)
		json_put_text(json, SPAN_NONE, SPAN("packets"));
	json_close(json, ']');
}

static void put_whom(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("sites"), '[');
	for (uint32_t i = 0; i < incident->site_count; i++) {
		json_open(json, SPAN_NONE, '{');
		put_text(json, "name", incident->sites[i].name);
		put_text(json, "tenant", incident->sites[i].tenant);
		json_close(json, '}');
	}
	json_close(json, ']');
	put_number(json, "sites_more", incident->sites_more);
	json_open(json, SPAN("tenants"), '[');
	for (uint32_t i = 0; i < incident->tenant_count; i++)
		json_put_text(json, SPAN_NONE, span_of(incident->tenants[i]));
	json_close(json, ']');
	put_number(json, "tenants_more", incident->tenants_more);
}

static void put_vectors(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("vectors"), '[');
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		const struct vector_share *vector = &incident->vectors[i];

		if (!vector->count && !vector->peak)
			continue;
		json_open(json, SPAN_NONE, '{');
		put_text(json, "name", vector_name((enum incident_vector)i));
		put_text(json, "unit", vector_unit((enum incident_vector)i) == UNIT_PACKETS ? "packets" : "requests");
		put_number(json, "count", vector->count);
		put_number(json, "peak", vector->peak);
		put_number(json, "share", vector_per_mille(incident, (enum incident_vector)i));
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, SPAN("rule_families"), '[');
	for (uint32_t i = 0; i < incident->family_count; i++) {
		json_open(json, SPAN_NONE, '{');
		put_number(json, "family", incident->families[i].number);
		put_number(json, "lines", incident->families[i].lines);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_sources(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("countries"), '[');
	for (uint32_t i = 0; i < incident->country_count; i++) {
		json_open(json, SPAN_NONE, '{');
		put_text(json, "country", incident->countries[i].country);
		put_number(json, "lines", incident->countries[i].lines);
		json_close(json, '}');
	}
	json_close(json, ']');
	put_number(json, "countries_other", incident->countries_other);
	json_open(json, SPAN("networks"), '[');
	for (uint32_t i = 0; i < incident->network_count; i++) {
		json_open(json, SPAN_NONE, '{');
		put_number(json, "asn", incident->networks[i].asn);
		put_number(json, "lines", incident->networks[i].lines);
		json_close(json, '}');
	}
	json_close(json, ']');
	put_number(json, "networks_other", incident->networks_other);
}

static void put_done(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("decisions"), '{');
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		json_put_number(json, format_decision((enum decision)i), incident->decisions[i]);
	json_close(json, '}');
	put_text(json, "level", level_name(incident->level));
	put_number(json, "level_moves", incident->level_moves);
	put_number(json, "bans", incident->bans);
}

static void put_citizens(struct json_writer *json, const struct citizens *citizens)
{
	unsigned per_mille = 0;
	enum vantage vantage = citizens_share(citizens, &per_mille);

	json_open(json, SPAN("citizens"), '{');
	put_text(json, "vantage", vantage_name(vantage));
	if (vantage == VANTAGE_UNKNOWN)
		json_put_time(json, SPAN("served_share"), 0);  /* null */
	else
		put_number(json, "served_share", per_mille);
	put_number(json, "expected", citizens->expected);
	put_number(json, "seen", citizens->seen);
	put_number(json, "served", citizens->served);
	put_number(json, "late", citizens->late);
	put_number(json, "not_seen", citizens->not_seen);
	put_number(json, "refused", citizens->refused);
	put_number(json, "site_minutes", citizens->site_minutes);
	put_number(json, "probed_minutes", citizens->probed);
	put_number(json, "blind_minutes", citizens->blind);
	put_number(json, "probes", citizens->probes);
	put_number(json, "reached", citizens->reached);
	put_number(json, "reached_late", citizens->slow);
	put_number(json, "minutes", citizens->minutes);
	put_number(json, "minutes_unreachable", citizens->unreachable);
	put_number(json, "minutes_degraded", citizens->degraded);
	json_put_bool(json, SPAN("line_dropped"), citizens->has_drops);
	json_close(json, '}');
}

static void put_story(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("timeline"), '[');
	for (uint32_t i = 0; i < incident->moment_count; i++) {
		const struct incident_moment *moment = &incident->timeline[i];

		json_open(json, SPAN_NONE, '{');
		put_time(json, "time", moment->at_s);
		put_text(json, "what", moment_name(moment->kind));
		put_text(json, "who", moment->who);
		put_text(json, "text", moment->text);
		json_close(json, '}');
	}
	json_close(json, ']');
	put_number(json, "timeline_left_out", incident->left_out);
	json_open(json, SPAN("notes"), '[');
	for (uint32_t i = 0; i < incident->note_count; i++) {
		json_open(json, SPAN_NONE, '{');
		put_time(json, "time", incident->notes[i].at_s);
		put_text(json, "who", incident->notes[i].who);
		put_text(json, "text", incident->notes[i].text);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_open(json, SPAN("related"), '[');
	for (uint32_t i = 0; i < incident->related_count; i++)
		json_put_number(json, SPAN_NONE, incident->related[i]);
	json_close(json, ']');
	put_text(json, "fingerprint", incident->fingerprint);
}

/* A sentence of words.h, in English: whoever shows it in another language asks for it there. */
static enum result put_sentence(struct json_writer *json, const char *name, const struct incident *incident,
                                enum result (*write)(const struct incident *incident, enum desk_language language, struct buffer *out))
{
	struct buffer text;
	enum result result;

	buffer_init(&text, 1024);
	result = write(incident, DESK_EN, &text);
	json_put_text(json, span_of(name), buffer_span(&text));
	buffer_done(&text);
	return result;
}

static enum result put_sentences(struct json_writer *json, const struct incident *incident)
{
	enum result title = put_sentence(json, "title", incident, words_title), severity = put_sentence(json, "severity_sentence", incident, words_severity);
	enum result citizens = put_sentence(json, "citizens_sentence", incident, words_citizens);

	return title != RESULT_OK ? title : severity != RESULT_OK ? severity : citizens;
}

enum result incident_write(const struct incident *incident, struct buffer *out)
{
	struct json_writer json;
	enum result result;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	result = put_sentences(&json, incident);
	put_head(&json, incident);
	put_kinds(&json, incident->kinds);
	put_whom(&json, incident);
	put_vectors(&json, incident);
	put_sources(&json, incident);
	put_done(&json, incident);
	put_citizens(&json, &incident->citizens);
	put_story(&json, incident);
	json_close(&json, '}');
	return json.result == RESULT_OK ? result : json.result;
}
