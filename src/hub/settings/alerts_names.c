#include "hub/settings/alerts_names.h"

#include <stdio.h>

#include "config/value.h"

#include "base/banned.h"

const char *const alerts_day_names[ALERTS_DAYS + 1] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", NULL };

/* -- times -- */

enum result alerts_minute_read(struct span text, unsigned *out)
{
	uint64_t hour, minute;

	if (text.len != 5 || text.at[2] != ':' || span_to_u64(span_take(text, 2), 23, &hour) != RESULT_OK || span_to_u64(span_skip(text, 3), 59, &minute) != RESULT_OK)
		return RESULT_MALFORMED;
	*out = (unsigned)(hour * 60 + minute);
	return RESULT_OK;
}

enum result alerts_week_minute_read(struct span text, unsigned *out)
{
	struct span rest = text, day = span_cut(&rest, ' ');
	unsigned minute;

	if (span_equal(text, SPAN("off")))
		return RESULT_NOT_FOUND;
	for (unsigned i = 0; i < ALERTS_DAYS; i++) {
		if (span_equal(day, span_of(alerts_day_names[i])) && alerts_minute_read(rest, &minute) == RESULT_OK) {
			*out = i * 1440 + minute;
			return RESULT_OK;
		}
	}
	return RESULT_MALFORMED;
}

/* -- where to -- */

enum result alert_authority_read(struct span text, uint16_t port, struct alert_destination *out)
{
	bool is_v6 = text.len && text.at[0] == '[';
	size_t end = is_v6 ? span_find(text, ']') + 1 : span_find(text, ':');
	struct span host = span_take(text, end), rest = span_skip(text, end);
	struct address address;
	uint64_t number = port;

	if (end > text.len || !host.len || host.len > KEY_HOST_MAX || (rest.len && (rest.at[0] != ':' || span_to_u64(span_skip(rest, 1), 65535, &number) != RESULT_OK || number == 0)))
		return RESULT_MALFORMED;
	if (is_v6) {
		host = span_take(span_skip(host, 1), host.len - 2);
		if (address_read(host, &address) != RESULT_OK || address_is_v4(&address))
			return RESULT_MALFORMED;
	}
	for (size_t i = 0; i < host.len && !is_v6; i++) {
		char c = ascii_lower(host.at[i]);

		if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || (c == '-' && i)))
			return RESULT_MALFORMED;
	}
	out->host = host;
	out->port = (uint16_t)number;
	return RESULT_OK;
}

enum result alert_mail_server_read(struct span text, struct alert_destination *out)
{
	struct alert_destination read = { .is_tls = span_starts(text, SPAN("smtps://")) };
	enum result result;

	if (!read.is_tls && !span_starts(text, SPAN("smtp://")))
		return RESULT_MALFORMED;
	result = alert_authority_read(span_skip(text, read.is_tls ? 8 : 7), read.is_tls ? ALERT_SMTPS_PORT : ALERT_SMTP_PORT, &read);
	if (result == RESULT_OK)
		*out = read;
	return result;
}

enum result alert_syslog_address_read(struct span text, struct alert_destination *out)
{
	struct alert_destination read = { .is_tls = true };
	enum result result = span_starts(text, SPAN("tls://")) ? alert_authority_read(span_skip(text, 6), ALERT_SYSLOG_PORT, &read) : RESULT_MALFORMED;

	if (result == RESULT_OK)
		*out = read;
	return result;
}

void alerts_destinations(const struct alerts_settings *settings, void (*each)(void *context, const struct alert_destination *destination, const char *key), void *context)
{
	const struct alerts_mail_settings *mail = settings->mail.items;
	const struct alerts_webhook_settings *webhooks = settings->webhooks.items;
	const struct alerts_syslog_settings *syslog = settings->syslog.items;
	struct alert_destination destination;
	char key[ALERT_NAME_MAX + 64];

	for (size_t i = 0; i < settings->mail.count; i++) {
		snprintf(key, sizeof(key), "hub: alerts: mail %.*s: server", SPAN_ARG(mail[i].name));
		if (alert_mail_server_read(mail[i].server, &destination) == RESULT_OK)
			each(context, &destination, key);
	}
	for (size_t i = 0; i < settings->webhooks.count; i++) {
		snprintf(key, sizeof(key), "hub: alerts: webhooks %.*s: url", SPAN_ARG(webhooks[i].name));
		destination = (struct alert_destination){ webhooks[i].url.host, webhooks[i].url.port, webhooks[i].url.is_tls };
		each(context, &destination, key);
	}
	for (size_t i = 0; i < settings->syslog.count; i++) {
		snprintf(key, sizeof(key), "hub: alerts: syslog %.*s: address", SPAN_ARG(syslog[i].name));
		if (alert_syslog_address_read(syslog[i].address, &destination) == RESULT_OK)
			each(context, &destination, key);
	}
}

/* -- names -- */

/* Part of what RFC 5321 allows: letters, digits and what is usual in mailboxes; nothing that a header, or an envelope, could mean otherwise. */
bool alert_address_is_good(struct span address)
{
	size_t at = span_find(address, '@');
	struct span domain = span_skip(address, at + 1);

	if (at == 0 || at > 64 || at >= address.len || !domain.len || address.len > 254)
		return false;
	for (size_t i = 0; i < address.len; i++) {
		char c = ascii_lower(address.at[i]);

		if (i != at && !((c >= 'a' && c <= 'z') || is_digit(c) || (c && strchr(i < at ? ".!#$%&'*+-/=?^_`{|}~" : ".-", c))))
			return false;
	}
	return domain.at[0] != '.' && domain.at[0] != '-' && domain.at[domain.len - 1] != '.' && address.at[0] != '-';
}

bool alert_name_is_good(struct span name)
{
	if (!name.len || name.len > ALERT_NAME_MAX || name.at[0] < 'a' || name.at[0] > 'z')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!((name.at[i] >= 'a' && name.at[i] <= 'z') || is_digit(name.at[i]) || name.at[i] == '-'))
			return false;
	}
	return true;
}

struct names {
	struct span list[ALERT_PATHS_MAX];
	size_t count;
	struct key_check *check;
};

static bool has_name(const struct names *names, struct span name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (span_equal(names->list[i], name))
			return true;
	}
	return false;
}

static void add_name(struct names *names, const char *key, size_t index, struct span name)
{
	if (has_name(names, name))
		key_complain_item(names->check, key, index, SPAN("name: another"), "two paths are called \"%.*s\"", SPAN_ARG(name));
	else if (names->count == ALERT_PATHS_MAX)
		key_complain_item(names->check, key, index, SPAN_NONE, "more than %u paths of alerts", ALERT_PATHS_MAX);
	else
		names->list[names->count++] = name;
}

void alerts_check_names(const struct alerts_settings *alerts, struct key_check *check)
{
	const struct alerts_mail_settings *mail = alerts->mail.items;
	const struct alerts_webhook_settings *webhooks = alerts->webhooks.items;
	const struct alerts_syslog_settings *syslog = alerts->syslog.items;
	const struct span *escalate = alerts->escalate_to.items;
	struct names names = { .check = check };

	for (size_t i = 0; i < alerts->mail.count; i++)
		add_name(&names, "mail", i, mail[i].name);
	for (size_t i = 0; i < alerts->webhooks.count; i++)
		add_name(&names, "webhooks", i, webhooks[i].name);
	for (size_t i = 0; i < alerts->syslog.count; i++)
		add_name(&names, "syslog", i, syslog[i].name);
	for (size_t i = 0; i < alerts->escalate_to.count; i++) {
		if (!has_name(&names, escalate[i]))
			key_complain_item(check, "escalate_to", i, SPAN_NONE, "escalate_to: no path is called \"%.*s\"", SPAN_ARG(escalate[i]));
		for (size_t j = 0; j < i; j++) {
			if (span_equal(escalate[i], escalate[j]))
				key_complain_item(check, "escalate_to", i, SPAN_NONE, "escalate_to: \"%.*s\" is there twice", SPAN_ARG(escalate[i]));
		}
	}
	if (alerts->escalate_to.count && alerts->escalate_to.count >= names.count)
		key_complain(check, "escalate_to", SPAN_NONE, "escalate_to names every path: none is left that is told first");
}
