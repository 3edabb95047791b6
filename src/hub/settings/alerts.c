#include "hub/settings/alerts.h"

#include "config/value.h"
#include "hub/settings/alerts_names.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

/* In the order of enum desk_language, enum severity; core rooms have no list of names to share. */
static const char *const languages[] = { "en", "nl", "fr", "de", NULL };
static const char *const path_languages[] = { "en", "nl", "fr", "de", "same", NULL };
static const char *const severities[] = { "low", "medium", "high", "critical", NULL };
static const char *const starttls[] = { "required", "never", NULL };
static const char *const facilities[] = { "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
	                                      "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", NULL };

#define NAME_KEY(of, default_name) \
	{ .name = "name", .type = KEY_TEXT, .offset = AT(of, name), .fallback = default_name, .min = 1, .max = ALERT_NAME_MAX, \
	  .help = "What the path is called, in escalate_to and in the console: small letters, digits and -. No two have the same." }
#define LANGUAGE_KEY(of) \
	{ .name = "language", .type = KEY_CHOICE, .offset = AT(of, language), .fallback = "same", .choices = path_languages, .help = "The language of what is sent here; same: that of alerts." }
#define SEVERITY_KEY(of, least) \
	{ .name = "severity", .type = KEY_CHOICE, .offset = AT(of, severity), .fallback = least, .choices = severities, .help = "What is less severe is not told here." }
#define CA_KEY(of) \
	{ .name = "ca", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = AT(of, ca), .help = "The authorities (PEM) that its certificate must come from. Without it: those of the system." }

static const struct key mail_keys[] = {
	NAME_KEY(alerts_mail_settings, "mail"),
	{ .name = "server", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(alerts_mail_settings, server), .max = 300,
	  .help = "smtp://host:587, with STARTTLS; or smtps://host:465, with TLS from the first byte." },
	{ .name = "starttls", .type = KEY_CHOICE, .offset = AT(alerts_mail_settings, starttls), .fallback = "required", .choices = starttls,
	  .help = "never: mail goes to smtp:// in the clear. Only for a server on this machine." },
	{ .name = "from", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(alerts_mail_settings, from), .max = 254, .help = "The address that mails come from." },
	{ .name = "to", .type = KEY_TEXT, .flags = KEY_REQUIRED | KEY_LIST, .offset = AT(alerts_mail_settings, to), .max = 254, .help = "Who gets them." },
	{ .name = "user", .type = KEY_TEXT, .offset = AT(alerts_mail_settings, user), .max = 255, .help = "Who logs in at the server. Without it nobody does." },
	{ .name = "password_file", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = AT(alerts_mail_settings, password_file), .help = "A file whose first line is the password." },
	CA_KEY(alerts_mail_settings),
	LANGUAGE_KEY(alerts_mail_settings),
	SEVERITY_KEY(alerts_mail_settings, "medium"),
	{ 0 },
};

static void check_name(struct span name, struct key_check *check)
{
	if (!alert_name_is_good(name))
		key_complain(check, "name", SPAN_NONE, "name: found \"%.*s\", expected small letters, digits and -, beginning with a letter", SPAN_ARG(name));
}

/* Security, fails closed: a password never crosses a network in the clear, and mail does not either. */
static void check_clear(const struct alerts_mail_settings *mail, const struct alert_destination *server, struct key_check *check)
{
	struct address address;
	bool is_here = span_equal(server->host, SPAN("localhost")) || (address_read(server->host, &address) == RESULT_OK && address_is_loopback(&address));

	if (mail->starttls == STARTTLS_NEVER && !server->is_tls && !is_here)
		key_complain(check, "starttls", SPAN_NONE, "starttls: never is for a server on this machine (localhost, 127.0.0.1, [::1])");
}

static void check_mail(const void *values, struct key_check *check)
{
	const struct alerts_mail_settings *mail = values;
	const struct span *to = mail->to.items;
	struct alert_destination server;

	check_name(mail->name, check);
	if (alert_mail_server_read(mail->server, &server) != RESULT_OK)
		key_complain(check, "server", SPAN("smtp://mail.example:587"), "server: found \"%.*s\", expected smtp:// or smtps://, a host, and perhaps a port", SPAN_ARG(mail->server));
	else
		check_clear(mail, &server, check);
	if (!alert_address_is_good(mail->from))
		key_complain(check, "from", SPAN_NONE, "from: found \"%.*s\", expected an address (shield@commune.example)", SPAN_ARG(mail->from));
	if (mail->to.count == 0 || mail->to.count > ALERT_TO_MAX)
		key_complain(check, "to", SPAN_NONE, "to: found %zu addresses, expected 1 to %u", mail->to.count, ALERT_TO_MAX);
	for (size_t i = 0; i < mail->to.count; i++) {
		if (!alert_address_is_good(to[i]))
			key_complain_item(check, "to", i, SPAN_NONE, "to: found \"%.*s\", expected an address (it@commune.example)", SPAN_ARG(to[i]));
	}
	if (!mail->user.len != !mail->password_file.len)
		key_complain(check, mail->user.len ? "user" : "password_file", SPAN_NONE, "user and password_file belong together");
}

static const struct key_table mail_table = {
	.name = "mail", .keys = mail_keys, .size = sizeof(struct alerts_mail_settings), .check = check_mail, .help = "Alerts by mail.",
};

static const struct key webhook_keys[] = {
	NAME_KEY(alerts_webhook_settings, "webhook"),
	{ .name = "url", .type = KEY_URL, .flags = KEY_REQUIRED, .offset = AT(alerts_webhook_settings, url), .help = "Where alerts are POSTed to, as JSON (docs/alerts.md)." },
	{ .name = "secret_file", .type = KEY_PATH, .flags = KEY_HUB_FILE | KEY_REQUIRED, .offset = AT(alerts_webhook_settings, secret_file),
	  .help = "A file whose first line, of 16 bytes at least, signs what is sent: HMAC-SHA256 over time and body." },
	CA_KEY(alerts_webhook_settings),
	{ .name = "insecure", .type = KEY_BOOL, .offset = AT(alerts_webhook_settings, insecure), .fallback = "false",
	  .help = "true: http:// is allowed, to a loopback or private address." },
	LANGUAGE_KEY(alerts_webhook_settings),
	SEVERITY_KEY(alerts_webhook_settings, "low"),
	{ 0 },
};

static void check_webhook(const void *values, struct key_check *check)
{
	const struct alerts_webhook_settings *webhook = values;
	struct address address;

	check_name(webhook->name, check);
	if (webhook->url.is_tls)
		return;
	if (!webhook->insecure)
		key_complain(check, "url", SPAN_NONE, "url: only https:// is allowed (http:// to this machine or a private address, with insecure: true)");
	else if (address_read(webhook->url.host, &address) != RESULT_OK || !address_is_private(&address))
		key_complain(check, "url", SPAN_NONE, "url: with insecure: true http:// goes to a loopback or private address, written as one");
}

static const struct key_table webhook_table = {
	.name = "webhook", .keys = webhook_keys, .size = sizeof(struct alerts_webhook_settings), .check = check_webhook, .help = "Alerts to another program.",
};

static const struct key syslog_keys[] = {
	NAME_KEY(alerts_syslog_settings, "syslog"),
	{ .name = "address", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(alerts_syslog_settings, address), .max = 300, .help = "tls://host:6514 (RFC 5425)." },
	CA_KEY(alerts_syslog_settings),
	{ .name = "certificate", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = AT(alerts_syslog_settings, certificate), .help = "The certificate (PEM, with its chain) that we show." },
	{ .name = "key", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = AT(alerts_syslog_settings, key), .help = "Its key. Without it: in the file of the certificate." },
	{ .name = "facility", .type = KEY_CHOICE, .offset = AT(alerts_syslog_settings, facility), .fallback = "local0", .choices = facilities, .help = "The facility of the messages." },
	LANGUAGE_KEY(alerts_syslog_settings),
	SEVERITY_KEY(alerts_syslog_settings, "low"),
	{ 0 },
};

static void check_syslog(const void *values, struct key_check *check)
{
	const struct alerts_syslog_settings *syslog = values;
	struct alert_destination destination;

	check_name(syslog->name, check);
	if (alert_syslog_address_read(syslog->address, &destination) != RESULT_OK)
		key_complain(check, "address", SPAN("tls://log.example:6514"), "address: found \"%.*s\", expected tls://, a host, and perhaps a port", SPAN_ARG(syslog->address));
	if (syslog->key.len && !syslog->certificate.len)
		key_complain(check, "key", SPAN_NONE, "key: there is no certificate that it belongs to");
}

static const struct key_table syslog_table = {
	.name = "syslog", .keys = syslog_keys, .size = sizeof(struct alerts_syslog_settings), .check = check_syslog, .help = "Alerts as syslog messages, over TLS.",
};

static const struct key quiet_keys[] = {
	{ .name = "from", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(alerts_quiet_settings, from), .max = 5, .help = "When they begin, in the machine's own time: \"22:00\"." },
	{ .name = "to", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(alerts_quiet_settings, to), .max = 5, .help = "When they end: \"07:00\". Sooner than from: on the next day." },
	{ .name = "days", .type = KEY_CHOICE, .flags = KEY_LIST, .offset = AT(alerts_quiet_settings, days), .choices = alerts_day_names,
	  .help = "The days on which they begin. Without it: every day." },
	{ .name = "severity", .type = KEY_CHOICE, .offset = AT(alerts_quiet_settings, severity), .fallback = "critical", .choices = severities,
	  .help = "What is as severe, or more so, goes through." },
	{ 0 },
};

static void check_quiet(const void *values, struct key_check *check)
{
	const struct alerts_quiet_settings *quiet = values;
	unsigned from = 0, to = 0;
	bool has_from = alerts_minute_read(quiet->from, &from) == RESULT_OK, has_to = alerts_minute_read(quiet->to, &to) == RESULT_OK;

	if (!has_from || !has_to)
		key_complain(check, has_from ? "to" : "from", SPAN("\"22:00\""), "quiet_hours: expected a time of day, from 00:00 to 23:59");
	else if (from == to)
		key_complain(check, "to", SPAN_NONE, "quiet_hours: from and to are the same time");
}

static const struct key_table quiet_table = {
	.name = "quiet_hours", .keys = quiet_keys, .size = sizeof(struct alerts_quiet_settings), .check = check_quiet,
	.help = "When mail and webhooks are silent: what comes then is told in one digest at their end.",
};

static const struct key alerts_keys[] = {
	{ .name = "language", .type = KEY_CHOICE, .offset = AT(alerts_settings, language), .fallback = "en", .choices = languages, .help = "The language of alerts." },
	{ .name = "mail", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(alerts_settings, mail), .table = &mail_table, .help = "Mail: one mapping, or a list of them." },
	{ .name = "webhooks", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(alerts_settings, webhooks), .table = &webhook_table, .help = "Other programs, over HTTPS." },
	{ .name = "syslog", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(alerts_settings, syslog), .table = &syslog_table, .help = "Syslog servers, over TLS." },
	{ .name = "quiet_hours", .type = KEY_MAP, .flags = KEY_OPTIONAL, .offset = AT(alerts_settings, quiet_hours), .table = &quiet_table,
	  .help = "When mail and webhooks are silent." },
	{ .name = "rate", .type = KEY_NUMBER, .offset = AT(alerts_settings, rate), .fallback = "12", .min = 2, .max = 1000,
	  .help = "At most so many mails (or calls of a webhook) an hour on each path; what is more is told in one summary." },
	{ .name = "escalate_after", .type = KEY_DURATION, .offset = AT(alerts_settings, escalate_after_ms), .fallback = "15m", .min = 60000, .max = 24 * 3600000,
	  .help = "When nobody has acknowledged an incident for so long, the first path of escalate_to is told; after as long again, the next." },
	{ .name = "escalate_to", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(alerts_settings, escalate_to), .max = ALERT_NAME_MAX,
	  .help = "Names of paths, in their order. They are told of nothing else but paths that fail, and the self-test." },
	{ .name = "self_test", .type = KEY_TEXT, .offset = AT(alerts_settings, self_test), .fallback = "monday 09:00", .max = 20,
	  .help = "When each path gets a test, each week, in the machine's own time; off: never." },
	{ 0 },
};

static void check_alerts(const void *values, struct key_check *check)
{
	const struct alerts_settings *alerts = values;
	unsigned minute;

	if (alerts_week_minute_read(alerts->self_test, &minute) == RESULT_MALFORMED)
		key_complain(check, "self_test", SPAN("monday 09:00"), "self_test: found \"%.*s\", expected a day and a time, or off", SPAN_ARG(alerts->self_test));
	alerts_check_names(alerts, check);
}

const struct key_table alerts_table = {
	.name = "alerts", .keys = alerts_keys, .size = sizeof(struct alerts_settings), .check = check_alerts, .help = "Whom to tell, how, and when not.",
};
