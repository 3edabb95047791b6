#include "hub/alert/decide/facts_json.h"

#include "incident/reading.h"

#include "base/banned.h"

#define COUNT_MAX ((uint64_t)INT64_MAX)

static const char *warning_at(unsigned index)
{
	return alert_warning_name((enum alert_warning)index);
}

static const char *family_at(unsigned index)
{
	return incident_family_name((enum incident_family)index);
}

static const char *reason_at(unsigned index)
{
	return severity_reason_name((enum severity_reason)index);
}

static const char *vantage_at(unsigned index)
{
	return vantage_name((enum vantage)index);
}

const char *facts_status_at(unsigned index)
{
	return incident_status_name((enum incident_status)index);
}

const char *facts_severity_at(unsigned index)
{
	return severity_name((enum severity)index);
}

void facts_write(struct json_writer *json, struct span name, const struct alert_facts *facts)
{
	json_open(json, name, '{');
	json_put_bool(json, SPAN("is_warning"), facts->is_warning);
	json_put_text(json, SPAN("warning"), span_of(warning_at(facts->warning)));
	json_put_number(json, SPAN("id"), facts->id);
	json_put_text(json, SPAN("family"), span_of(family_at(facts->family)));
	json_put_text(json, SPAN("status"), span_of(facts_status_at(facts->status)));
	json_put_text(json, SPAN("severity"), span_of(facts_severity_at(facts->severity)));
	json_put_text(json, SPAN("reason"), span_of(reason_at(facts->reason)));
	json_put_number(json, SPAN("number"), facts->number);
	json_put_number(json, SPAN("waves"), facts->waves);
	json_put_number(json, SPAN("sites"), facts->sites);
	json_put_text(json, SPAN("site"), span_of(facts->site));
	json_put_text(json, SPAN("subject"), span_of(facts->subject));
	json_put_number(json, SPAN("since"), facts->since_s);
	json_put_text(json, SPAN("vantage"), span_of(vantage_at(facts->vantage)));
	json_put_number(json, SPAN("per_mille"), facts->per_mille);
	json_close(json, '}');
}

bool facts_read(const struct json *from, struct alert_facts *out)
{
	struct reading reading;

	reading_begin(&reading, from);
	out->is_warning = reading_bool(&reading, "is_warning");
	out->warning = (enum alert_warning)reading_name(&reading, "warning", WARNING_COUNT, warning_at);
	out->id = reading_number(&reading, "id", COUNT_MAX);
	out->family = (enum incident_family)reading_name(&reading, "family", INCIDENT_FAMILIES, family_at);
	out->status = (enum incident_status)reading_name(&reading, "status", STATUS_COUNT, facts_status_at);
	out->severity = (enum severity)reading_name(&reading, "severity", SEVERITY_COUNT, facts_severity_at);
	out->reason = (enum severity_reason)reading_name(&reading, "reason", FOR_COUNT, reason_at);
	out->number = reading_number(&reading, "number", COUNT_MAX);
	out->waves = reading_number32(&reading, "waves");
	out->sites = reading_number(&reading, "sites", COUNT_MAX);
	reading_text(&reading, "site", out->site, sizeof(out->site));
	reading_text(&reading, "subject", out->subject, sizeof(out->subject));
	out->since_s = reading_number(&reading, "since", COUNT_MAX);
	out->vantage = (enum vantage)reading_name(&reading, "vantage", VANTAGE_COUNT, vantage_at);
	out->per_mille = (unsigned)reading_number(&reading, "per_mille", 1000);
	return reading_end(&reading);
}
