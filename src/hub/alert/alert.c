#include "hub/alert/alert.h"

#include "incident/text.h"

#include "base/banned.h"

void alert_facts_of(const struct incident *incident, struct alert_facts *out)
{
	*out = (struct alert_facts){
		.id = incident->id, .family = incident->family, .status = incident->status, .severity = incident->severity, .reason = incident->reason,
		.number = incident->number, .waves = incident->waves, .sites = (uint64_t)incident->site_count + incident->sites_more, .since_s = incident->opened_s,
	};
	if (incident->site_count)
		text_set(out->site, sizeof(out->site), span_of(incident->sites[0].name));
	text_set(out->subject, sizeof(out->subject), span_of(incident->subject));
	out->vantage = citizens_share(&incident->citizens, &out->per_mille);
}

const char *alert_kind_name(enum alert_kind kind)
{
#define X(id, name) name,
	static const char *const names[] = { ALERT_KIND_LIST(X) };
#undef X

	return names[kind];
}

const char *alert_warning_name(enum alert_warning warning)
{
#define X(id, name, severity, moment) name,
	static const char *const names[] = { ALERT_WARNING_LIST(X) };
#undef X

	return names[warning];
}

enum severity alert_warning_severity(enum alert_warning warning)
{
#define X(id, name, severity, moment) SEVERITY_##severity,
	static const enum severity severities[] = { ALERT_WARNING_LIST(X) };
#undef X

	return severities[warning];
}

bool alert_warning_is_moment(enum alert_warning warning)
{
#define X(id, name, severity, moment) moment,
	static const bool moments[] = { ALERT_WARNING_LIST(X) };
#undef X

	return moments[warning];
}
