#include "hub/api/inner.h"
#include "incident/words.h"
#include "incident/written.h"

#include "base/banned.h"

static enum result write_title(const void *about, enum desk_language language, struct buffer *out)
{
	return words_title(about, language, out);
}

static void put_sites(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("sites"), '[');
	for (uint32_t i = 0; i < incident->site_count; i++)
		json_put_text(json, SPAN_NONE, span_of(incident->sites[i].name));
	json_close(json, ']');
	json_put_number(json, SPAN("sites_more"), incident->sites_more);
}

void brief_put(struct json_writer *json, struct span name, const struct incident *incident)
{
	json_open(json, name, '{');
	json_put_number(json, SPAN("id"), incident->id);
	json_put_text(json, SPAN("family"), span_of(incident_family_name(incident->family)));
	json_put_text(json, SPAN("status"), span_of(incident_status_name(incident->status)));
	json_put_text(json, SPAN("severity"), span_of(severity_name(incident->severity)));
	json_put_time_ms(json, SPAN("opened"), incident->opened_s * 1000);
	json_put_time_ms(json, SPAN("last"), incident->last_s * 1000);
	json_put_time_ms(json, SPAN("contained"), incident->contained_s * 1000);
	json_put_time_ms(json, SPAN("closed"), incident->closed_s * 1000);
	put_sites(json, incident);
	if (incident->owner[0])
		json_put_text(json, SPAN("owner"), span_of(incident->owner));
	else
		json_put_null(json, SPAN("owner"));
	json_put_number(json, SPAN("waves"), incident->waves);
	served_put_incident(json, incident);
	served_sentences(json, SPAN("sentence"), incident, write_title);
	json_put_number(json, SPAN("version"), keep_version(incident));
	json_close(json, '}');
}

typedef enum result (*words_writer)(const struct incident *incident, enum desk_language language, struct buffer *out);

static void put_sentence(struct json_writer *json, struct span name, const struct incident *incident, enum desk_language language, words_writer write)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, 4096);
	result = write(incident, language, &text);
	json_put_text(json, name, buffer_span(&text));
	if (json->result == RESULT_OK)
		json->result = result;
	buffer_done(&text);
}

static void put_sentences(struct json_writer *json, const struct incident *incident)
{
	json_open(json, SPAN("sentences"), '{');
	for (unsigned i = 0; i < DESK_LANGUAGES; i++) {
		enum desk_language language = (enum desk_language)i;

		json_open(json, served_language(language), '{');
		put_sentence(json, SPAN("title"), incident, language, words_title);
		put_sentence(json, SPAN("severity"), incident, language, words_severity);
		put_sentence(json, SPAN("citizens"), incident, language, words_citizens);
		json_close(json, '}');
	}
	json_close(json, '}');
}

enum result brief_put_whole(struct json_writer *json, const struct incident *incident)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, WRITTEN_MAX);
	result = incident_write(incident, &text);
	if (result == RESULT_OK)
		json_put_raw(json, SPAN("incident"), buffer_span(&text));
	buffer_done(&text);
	json_put_number(json, SPAN("version"), keep_version(incident));
	served_put_incident(json, incident);
	put_sentences(json, incident);
	return result == RESULT_OK ? json->result : result;
}
