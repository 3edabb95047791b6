/* What tests of alerts begin with: a plan with paths, made as the hub makes it, and incidents. */
#ifndef BOUCLIER_TESTS_HUB_ALERT_H
#define BOUCLIER_TESTS_HUB_ALERT_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/check.h"
#include "hub/alert/hours.h"
#include "hub/alert/plan.h"

#define MINUTE 60u
#define HOUR 3600u
#define DAY 86400u
/* Tuesday, 2026-01-13 11:00 UTC: 12:00 in Brussels. */
#define NOON 1768302000u

static struct span test_people[] = { SPAN_INIT("it@commune.example"), SPAN_INIT("mayor@commune.example") };
static struct alerts_mail_settings test_mail[3] = {
	{ .name = SPAN_INIT("mail"), .server = SPAN_INIT("smtp://mail.example"), .from = SPAN_INIT("shield@commune.example"), .to = { test_people, 2 }, .language = DESK_EN, .severity = SEVERITY_MEDIUM },
	{ .name = SPAN_INIT("boss"), .server = SPAN_INIT("smtps://mail.example"), .from = SPAN_INIT("shield@commune.example"), .to = { test_people, 1 }, .language = DESK_FR, .severity = SEVERITY_MEDIUM },
	{ .name = SPAN_INIT("region"), .server = SPAN_INIT("smtp://[2001:db8::25]:2525"), .from = SPAN_INIT("shield@commune.example"), .to = { test_people, 1 }, .language = DESK_DE, .severity = SEVERITY_MEDIUM },
};
static __attribute__((unused)) struct alerts_webhook_settings test_webhook = { .name = SPAN_INIT("webhook"), .secret_file = SPAN_INIT("/secret"), .language = DESK_LANGUAGES, .severity = SEVERITY_LOW,
	                                                   .url = { .is_tls = true, .host = SPAN_INIT("hooks.example"), .path = SPAN_INIT("/alerts"), .port = 443 } };
static __attribute__((unused)) struct alerts_syslog_settings test_syslog = { .name = SPAN_INIT("syslog"), .address = SPAN_INIT("tls://log.example"), .facility = 16, .language = DESK_NL, .severity = SEVERITY_LOW };
static __attribute__((unused)) struct span test_escalate[] = { SPAN_INIT("boss"), SPAN_INIT("region") };
static __attribute__((unused)) struct alerts_quiet_settings test_quiet = { .from = SPAN_INIT("22:00"), .to = SPAN_INIT("07:00"), .severity = SEVERITY_CRITICAL };
static struct alerts_settings test_settings = { .language = DESK_EN, .rate = 12, .escalate_after_ms = 900000, .self_test = SPAN_INIT("off") };
static struct alert_plan test_plan;

static enum result test_file(void *context, struct span path, struct span *out)
{
	(void)context;
	if (!span_equal(path, SPAN("/secret")))
		return RESULT_NOT_FOUND;
	*out = SPAN("0123456789abcdef\nand more\n");
	return RESULT_OK;
}

static inline void test_plan_make(void)
{
	alert_plan_done(&test_plan);
	assert_ok(alert_plan_make(&test_settings, SPAN("hub.commune.example"), SPAN("https://hub.commune.example:8444"), test_file, NULL, &test_plan));
}

/* One mail to it@ and the mayor, and nothing else. */
static inline int test_begin(void **unused)
{
	(void)unused;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	hours_begin();
	test_settings = (struct alerts_settings){ .language = DESK_EN, .rate = 12, .escalate_after_ms = 900000, .self_test = SPAN("off"), .mail = { test_mail, 1 } };
	test_plan_make();
	return 0;
}

static inline int test_end(void **unused)
{
	(void)unused;
	alert_plan_done(&test_plan);
	return 0;
}

static struct incident test_incident;

static inline struct incident *test_attack(uint64_t id, enum severity severity, uint64_t now_s)
{
	incident_init(&test_incident, id, INCIDENT_ATTACK, SPAN_NONE, now_s);
	incident_add_site(&test_incident, SPAN("www.commune.example"), SPAN("commune"));
	test_incident.severity = severity;
	test_incident.reason = severity == SEVERITY_CRITICAL ? FOR_UNREACHABLE : FOR_HELD;
	test_incident.number = 1234;
	return &test_incident;
}

#endif
