/* RFC 5424. The number behind the @ is the one that RFC 5612 keeps for examples: the house has none of its own. */
#include "base/clock.h"
#include "base/encode.h"
#include "hub/alert/message/message.h"
#include "hub/alert/message/words.h"

#include "base/banned.h"

#define HOST_MAX 255u

/* Of RFC 5424, section 6.2.1. */
static unsigned priority(const struct alert_plan *plan, const struct alert *alert)
{
	static const unsigned severities[SEVERITY_COUNT] = { 5, 4, 3, 2 };
	bool is_calm = alert->kind == ALERT_SELF_TEST || alert->kind == ALERT_TEST || alert->kind == ALERT_CONTAINED || alert->kind == ALERT_CLOSED || alert->kind == ALERT_WARNING_OVER ||
	               alert->kind == ALERT_PATH_UP;

	return plan->paths[alert->path].facility * 8 + (is_calm ? 6 : severities[alert->severity]);
}

/* PRINTUSASCII; "-" for none. */
static enum result put_host(struct span host, struct buffer *out)
{
	bool is_good = host.len && host.len <= HOST_MAX;

	for (size_t i = 0; i < host.len; i++)
		is_good &= host.at[i] > ' ' && host.at[i] < 0x7f;
	return buffer_append(out, is_good ? host : SPAN("-"));
}

/* PARAM-VALUE: '"', '\' and ']' are escaped; what is no character, or a control character, is '?'. */
static enum result put_parameter(const char *name, struct span value, struct buffer *out)
{
	enum result result = buffer_print(out, " %s=\"", name);

	while (value.len && result == RESULT_OK) {
		size_t count = utf8_length(value);
		bool is_good = count && (unsigned char)value.at[0] >= ' ' && value.at[0] != 0x7f;

		count = count ? count : 1;
		if (is_good && strchr("\"\\]", value.at[0]))
			result = buffer_append_byte(out, '\\');
		if (result == RESULT_OK)
			result = buffer_append(out, is_good ? span_take(value, count) : SPAN("?"));
		value = span_skip(value, count);
	}
	return result == RESULT_OK ? buffer_append_byte(out, '"') : result;
}

static enum result put_data(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	char digits[DECIMAL_MAX];
	struct span incident = alert->has_facts && !alert->facts.is_warning ? span_make(digits, decimal_write(alert->facts.id, digits)) : SPAN_NONE;
	struct { const char *name; struct span value; } parameters[] = {
		{ "id", span_of(alert->id) }, { "thread", span_of(alert->thread) }, { "severity", span_of(severity_name(alert->severity)) }, { "path", plan->paths[alert->path].name },
		{ "incident", incident }, { "site", alert->has_facts ? span_of(alert->facts.site) : SPAN_NONE }, { "about", span_of(alert->path_name) },
		{ "warning", alert->has_facts && alert->facts.is_warning ? span_of(alert_warning_name(alert->facts.warning)) : SPAN_NONE },
	};
	enum result result = buffer_append(out, SPAN("[bouclier@32473"));

	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]) && result == RESULT_OK; i++) {
		if (parameters[i].value.len)
			result = put_parameter(parameters[i].name, parameters[i].value, out);
	}
	return result == RESULT_OK ? buffer_append(out, SPAN("] \xef\xbb\xbf")) : result;
}

enum result alert_syslog(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	char time[CLOCK_ISO_LEN + 1];
	enum result result;

	clock_write_iso_ms(alert->at_s * 1000, time);
	result = buffer_print(out, "<%u>1 %s ", priority(plan, alert), time);
	if (result == RESULT_OK)
		result = put_host(plan->hub, out);
	if (result == RESULT_OK)
		result = buffer_print(out, " bouclier - %s ", alert_kind_name(alert->kind));
	if (result == RESULT_OK)
		result = put_data(plan, alert, out);
	return result == RESULT_OK ? alert_subject(plan, alert, out) : result;
}

enum result alert_message(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	switch (plan->paths[alert->path].kind) {
	case PATH_MAIL:
		return alert_mail(plan, alert, out);
	case PATH_WEBHOOK:
		return alert_json(plan, alert, out);
	case PATH_SYSLOG:
	case ALERT_PATH_KINDS:
		break;
	}
	return alert_syslog(plan, alert, out);
}
