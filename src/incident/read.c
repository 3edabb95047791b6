#include "incident/written.h"

#include <stdlib.h>

#include "incident/read_parts.h"
#include "incident/text.h"

#include "base/banned.h"

/* The names of enums, by number. */
static const char *family_at(unsigned index)
{
	return incident_family_name((enum incident_family)index);
}

static const char *status_at(unsigned index)
{
	return incident_status_name((enum incident_status)index);
}

static const char *severity_at(unsigned index)
{
	return severity_name((enum severity)index);
}

static const char *reason_at(unsigned index)
{
	return severity_reason_name((enum severity_reason)index);
}

static const char *moment_at(unsigned index)
{
	return moment_name((enum incident_moment_kind)index);
}

static const char *kind_at(unsigned index)
{
	static const char *const names[] = { "flood", "application", "packets" };

	return names[index];
}

static void read_head(struct reading *reading, struct incident *incident)
{
	incident->id = reading_number(reading, "id", READING_COUNT_MAX);
	incident->family = (enum incident_family)reading_name(reading, "family", INCIDENT_FAMILIES, family_at);
	incident->status = (enum incident_status)reading_name(reading, "status", STATUS_COUNT, status_at);
	incident->severity = (enum severity)reading_name(reading, "severity", SEVERITY_COUNT, severity_at);
	incident->reason = (enum severity_reason)reading_name(reading, "severity_reason", FOR_COUNT, reason_at);
	incident->number = reading_number(reading, "severity_number", READING_COUNT_MAX);
	reading_text(reading, "subject", incident->subject, sizeof(incident->subject));
	reading_text(reading, "owner", incident->owner, sizeof(incident->owner));
	incident->opened_s = reading_time(reading, "opened");
	incident->last_s = reading_time(reading, "last_seen");
	incident->contained_s = reading_time(reading, "contained");
	incident->closed_s = reading_time(reading, "closed");
	incident->quiet_until_s = reading_time(reading, "quiet_until");
	incident->held_until_s = reading_time(reading, "held_until");
	incident->is_on = reading_bool(reading, "goes_on");
	incident->waves = reading_number32(reading, "waves");
}

/* Each at most once, in their order. */
static void read_kinds(struct reading *reading, struct incident *incident)
{
	uint32_t count;
	const struct json *list = reading_list(reading, "kinds", 3, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct span name = json_text_of(json_item(list, i));
		uint32_t bit = 0;

		for (unsigned k = 0; k < 3; k++)
			bit |= span_equal(name, span_of(kind_at(k))) ? 1u << k : 0;
		reading_check(reading, bit > incident->kinds);
		incident->kinds |= bit;
	}
}

static void read_sites(struct reading *reading, struct incident *incident)
{
	const struct json *list = reading_list(reading, "sites", INCIDENT_SITES_MAX, &incident->site_count);

	for (uint32_t i = 0; i < incident->site_count; i++) {
		struct reading site;

		reading_begin(&site, json_item(list, i));
		reading_text(&site, "name", incident->sites[i].name, INCIDENT_NAME_BYTES);
		reading_text(&site, "tenant", incident->sites[i].tenant, INCIDENT_NAME_BYTES);
		reading_check(reading, reading_end(&site) && incident->sites[i].name[0]);
	}
	incident->sites_more = reading_number32(reading, "sites_more");
	list = reading_list(reading, "tenants", INCIDENT_TENANTS_MAX, &incident->tenant_count);
	for (uint32_t i = 0; i < incident->tenant_count; i++) {
		struct span tenant = json_text_of(json_item(list, i));

		reading_check(reading, tenant.len && text_is_kept(tenant, INCIDENT_NAME_BYTES, false));
		text_set(incident->tenants[i], INCIDENT_NAME_BYTES, tenant);
	}
	incident->tenants_more = reading_number32(reading, "tenants_more");
}

static void read_timeline(struct reading *reading, struct incident *incident)
{
	const struct json *list = reading_list(reading, "timeline", INCIDENT_TIMELINE_MAX, &incident->moment_count);

	for (uint32_t i = 0; i < incident->moment_count; i++) {
		struct incident_moment *moment = &incident->timeline[i];
		struct reading one;

		reading_begin(&one, json_item(list, i));
		moment->at_s = reading_time(&one, "time");
		moment->kind = (enum incident_moment_kind)reading_name(&one, "what", MOMENT_COUNT, moment_at);
		reading_text(&one, "who", moment->who, sizeof(moment->who));
		reading_text(&one, "text", moment->text, sizeof(moment->text));
		reading_check(reading, reading_end(&one) && moment_is_persons(moment->kind) == (moment->who[0] != 0));
	}
	incident->left_out = reading_number(reading, "timeline_left_out", READING_COUNT_MAX);
}

static void read_notes(struct reading *reading, struct incident *incident)
{
	const struct json *list = reading_list(reading, "notes", INCIDENT_NOTES_MAX, &incident->note_count);

	for (uint32_t i = 0; i < incident->note_count; i++) {
		struct reading one;

		reading_begin(&one, json_item(list, i));
		incident->notes[i].at_s = reading_time(&one, "time");
		reading_text(&one, "who", incident->notes[i].who, sizeof(incident->notes[i].who));
		reading_lines(&one, "text", incident->notes[i].text, sizeof(incident->notes[i].text));
		reading_check(reading, reading_end(&one));
	}
	list = reading_list(reading, "related", INCIDENT_RELATED_MAX, &incident->related_count);
	for (uint32_t i = 0; i < incident->related_count; i++) {
		reading_check(reading, json_has_number(json_item(list, i)));
		incident->related[i] = json_number_of(json_item(list, i));
	}
	reading_text(reading, "fingerprint", incident->fingerprint, sizeof(incident->fingerprint));
}

/* The sentences may be of another version's words: they are read past. */
static bool read_all(const struct json *root, struct incident *incident)
{
	struct reading reading;

	reading_begin(&reading, root);
	reading_check(&reading, json_has_text(reading_member(&reading, "title")) && json_has_text(reading_member(&reading, "severity_sentence")) &&
	              json_has_text(reading_member(&reading, "citizens_sentence")));
	read_head(&reading, incident);
	read_kinds(&reading, incident);
	read_sites(&reading, incident);
	read_vectors(&reading, incident);
	read_sources(&reading, incident);
	read_done(&reading, incident);
	read_citizens(&reading, &incident->citizens);
	read_timeline(&reading, incident);
	read_notes(&reading, incident);
	return reading_end(&reading) && incident->opened_s && incident->id;
}

enum result incident_read(struct span text, struct incident *out)
{
	struct incident *incident;
	struct json *root = NULL;
	enum result result;

	if (text.len > WRITTEN_MAX)
		return RESULT_LIMIT;
	result = json_read(text, &root);
	if (result != RESULT_OK)
		return result;
	incident = calloc(1, sizeof(*incident));
	result = !incident ? RESULT_NO_MEMORY : read_all(root, incident) ? RESULT_OK : RESULT_MALFORMED;
	if (result == RESULT_OK)
		*out = *incident;
	free(incident);
	json_drop(root);
	return result;
}
