/* What a notice of the journal (docs/events.md) means. */
#include "incident/group_inner.h"
#include "incident/text.h"

#include "base/banned.h"

#define DAY_S 86400u

static bool find_text(struct span text, struct span part, size_t *at)
{
	for (*at = 0; *at + part.len <= text.len; (*at)++) {
		if (memcmp(text.at + *at, part.at, part.len) == 0)
			return true;
	}
	return false;
}

/* What stands between FRONT and the first of ENDS, or the end. Empty: FRONT is not there. */
static struct span between(struct span text, struct span front, const struct span *ends, size_t count)
{
	size_t at, end;

	if (!find_text(text, front, &at))
		return SPAN_NONE;
	text = span_skip(text, at + front.len);
	for (size_t i = 0; i < count; i++) {
		if (find_text(text, ends[i], &end))
			text = span_take(text, end);
	}
	return text;
}

/* -- levels -- */

static enum level level_of(struct span name)
{
	for (unsigned i = 0; i < LEVEL_COUNT; i++) {
		if (span_equal(name, span_of(level_name((enum level)i))))
			return (enum level)i;
	}
	return LEVEL_COUNT;
}

/* "from normal to attack: requests, pressure" */
static void notice_level(struct group *group, const struct observation *observation)
{
	static const struct span ends[] = { SPAN_INIT(":") };
	struct group_site *site = group_site_of(group, observation->site);
	struct span detail = observation->notice.detail, why = between(detail, SPAN(": "), NULL, 0);
	enum level level = level_of(between(detail, SPAN(" to "), ends, 1));

	if (!site || level == LEVEL_COUNT)
		return;
	/* The administrator's floor says how careful the site is, not that it is attacked. */
	site->level = span_equal(why, SPAN("floor")) ? LEVEL_NORMAL : level;
	if (is_live(site->attack)) {
		incident_count(&site->attack->incident.level_moves, 1);
		group_tell(group, site->attack, MOMENT_LEVEL, detail);
	}
}

/* -- certificates -- */

static struct span certificate_of(const struct observation *observation)
{
	static const struct span ends[] = { SPAN_INIT(" expire"), SPAN_INIT(": "), SPAN_INIT(" again") };
	struct span path = between(observation->notice.detail, SPAN("certificate "), ends, 3);

	return path.len ? path : observation->site;
}

/* Silence proves that it was renewed only when the next reminder would have come: at 21, 7 and 2 days, and each day from then on. */
static uint64_t quiet_days(uint64_t days)
{
	return 1 + (days > 7 ? days - 7 : days > 2 ? days - 2 : 1);
}

static void notice_certificate(struct group *group, const struct observation *observation, enum severity severity, enum severity_reason reason)
{
	static const struct span ends[] = { SPAN_INIT(" day") };
	struct followed *followed = group_about(group, INCIDENT_CERTIFICATE, certificate_of(observation));
	struct group_site *site = group_site_of(group, observation->site);
	uint64_t days = 0;

	if (!followed)
		return;
	if (site)
		group_join(group, followed, site);
	if (reason == FOR_EXPIRES && span_to_u64(between(observation->notice.detail, SPAN("expires in "), ends, 1), 3650, &days) == RESULT_OK)
		severity = days <= 2 ? SEVERITY_HIGH : days <= 7 ? SEVERITY_MEDIUM : SEVERITY_LOW;
	followed->incident.quiet_until_s = group->now_s + quiet_days(days) * DAY_S;
	group_tell(group, followed, MOMENT_NOTICE, observation->notice.detail);
	group_raise(group, followed, severity, reason, days);
}

/* -- what has a subject of its own -- */

enum effect { BEGINS, ENDS, HAPPENS, CERTIFICATE };

struct meaning {
	struct span action;
	enum incident_family family;
	struct span subject;
	enum effect effect;
	enum severity severity;
	enum severity_reason reason;
};

static const struct meaning meanings[] = {
	{ SPAN_INIT("certificate-expires"), INCIDENT_CERTIFICATE, SPAN_INIT(""), CERTIFICATE, SEVERITY_LOW, FOR_EXPIRES },
	{ SPAN_INIT("certificate-expired"), INCIDENT_CERTIFICATE, SPAN_INIT(""), CERTIFICATE, SEVERITY_HIGH, FOR_EXPIRED },
	{ SPAN_INIT("certificate-revoked"), INCIDENT_CERTIFICATE, SPAN_INIT(""), CERTIFICATE, SEVERITY_HIGH, FOR_REVOKED },
	{ SPAN_INIT("staple-missing"), INCIDENT_CERTIFICATE, SPAN_INIT(""), CERTIFICATE, SEVERITY_LOW, FOR_STAPLE },
	{ SPAN_INIT("certificate-renewed"), INCIDENT_CERTIFICATE, SPAN_INIT(""), ENDS, SEVERITY_LOW, FOR_EXPIRES },
	{ SPAN_INIT("staple-renewed"), INCIDENT_CERTIFICATE, SPAN_INIT(""), ENDS, SEVERITY_LOW, FOR_STAPLE },
	{ SPAN_INIT("lines-lost"), INCIDENT_INTEGRITY, SPAN_INIT("journal"), HAPPENS, SEVERITY_MEDIUM, FOR_RECORDS_LOST },
	{ SPAN_INIT("audit-log-lost"), INCIDENT_INTEGRITY, SPAN_INIT("audit log"), HAPPENS, SEVERITY_MEDIUM, FOR_RECORDS_LOST },
	{ SPAN_INIT("continuity-damaged"), INCIDENT_INTEGRITY, SPAN_INIT("copies"), HAPPENS, SEVERITY_MEDIUM, FOR_DAMAGED },
	{ SPAN_INIT("cache-disk-damaged"), INCIDENT_INTEGRITY, SPAN_INIT("cache"), HAPPENS, SEVERITY_MEDIUM, FOR_DAMAGED },
	{ SPAN_INIT("config-went-back"), INCIDENT_INTEGRITY, SPAN_INIT("configuration"), HAPPENS, SEVERITY_MEDIUM, FOR_WENT_BACK },
	{ SPAN_INIT("backup-failed"), INCIDENT_INTEGRITY, SPAN_INIT("backup"), BEGINS, SEVERITY_MEDIUM, FOR_NO_BACKUP },
	{ SPAN_INIT("backup-made"), INCIDENT_INTEGRITY, SPAN_INIT("backup"), ENDS, SEVERITY_MEDIUM, FOR_NO_BACKUP },
	{ SPAN_INIT("audit-log-stopped"), INCIDENT_CAPACITY, SPAN_INIT("audit log"), BEGINS, SEVERITY_MEDIUM, FOR_DISK },
	{ SPAN_INIT("audit-log-written"), INCIDENT_CAPACITY, SPAN_INIT("audit log"), ENDS, SEVERITY_MEDIUM, FOR_DISK },
	{ SPAN_INIT("continuity-stopped"), INCIDENT_CAPACITY, SPAN_INIT("copies"), BEGINS, SEVERITY_LOW, FOR_DISK },
	{ SPAN_INIT("continuity-kept"), INCIDENT_CAPACITY, SPAN_INIT("copies"), ENDS, SEVERITY_LOW, FOR_DISK },
	{ SPAN_INIT("cache-disk-stopped"), INCIDENT_CAPACITY, SPAN_INIT("cache"), BEGINS, SEVERITY_LOW, FOR_DISK },
	{ SPAN_INIT("cache-disk-kept"), INCIDENT_CAPACITY, SPAN_INIT("cache"), ENDS, SEVERITY_LOW, FOR_DISK },
};

static void notice_over(struct group *group, const struct observation *observation, const struct meaning *meaning)
{
	struct span subject = meaning->family == INCIDENT_CERTIFICATE ? certificate_of(observation) : meaning->subject;
	struct followed *followed = group_live_about(group, meaning->family, subject);

	if (!followed)
		return;
	/* Of a certificate the response is well again; that it expires is another matter. */
	if (meaning->reason == FOR_STAPLE && followed->incident.reason != FOR_STAPLE)
		return;
	followed->incident.is_on = false;
	followed->incident.quiet_until_s = 0;
	group_touch(group, followed);
	group_tell(group, followed, MOMENT_NOTICE, observation->notice.detail);
}

static void notice_subject(struct group *group, const struct observation *observation, const struct meaning *meaning)
{
	struct group_site *site = observation->site.len ? group_site_of(group, observation->site) : NULL;
	struct followed *followed = group_about(group, meaning->family, meaning->subject);

	if (!followed)
		return;
	followed->incident.is_on = meaning->effect == BEGINS;
	if (site)
		group_join(group, followed, site);
	group_tell(group, followed, MOMENT_NOTICE, observation->notice.detail.len ? observation->notice.detail : observation->notice.action);
	group_raise(group, followed, meaning->severity, meaning->reason, 0);
}

static bool notice_meant(struct group *group, const struct observation *observation)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *meaning = &meanings[i];

		if (!span_equal(observation->notice.action, meaning->action))
			continue;
		if (meaning->effect == CERTIFICATE)
			notice_certificate(group, observation, meaning->severity, meaning->reason);
		else if (meaning->effect == ENDS)
			notice_over(group, observation, meaning);
		else
			notice_subject(group, observation, meaning);
		return true;
	}
	return false;
}

/* -- the rest -- */

static void notice_ban(struct group *group, const struct observation *observation)
{
	struct followed *attack = group_live_attack(group);

	if (!attack)
		return;
	incident_count(&attack->incident.bans, 1);
	group_tell(group, attack, MOMENT_NOTICE, observation->notice.detail);
}

/* Whatever else happens to a site that suffers an incident belongs to its story. */
static void notice_other(struct group *group, const struct observation *observation)
{
	struct group_site *site = observation->site.len ? group_site_find(group, observation->site) : NULL;
	struct followed *followed = !site ? NULL : is_live(site->attack) ? site->attack : is_live(site->outage) ? site->outage : NULL;

	if (followed)
		group_tell(group, followed, MOMENT_NOTICE, observation->notice.detail.len ? observation->notice.detail : observation->notice.action);
}

/* "eth0: 812.4 Mbit/s in, ..., 3400 packets lost a second" (docs/packet-carrier.md). It is so until the line is said to be calm. */
static void notice_line(struct group *group, const struct observation *observation)
{
	struct span detail = observation->notice.detail;
	bool is_full = span_equal(observation->notice.action, SPAN("line-full")), has_drops = span_contains(detail, SPAN("packets lost"));
	struct followed *capacity, *attack;

	group->is_line_full = is_full || (has_drops && !span_equal(observation->notice.action, SPAN("line-calm")));
	attack = group_live_attack(group);
	capacity = group_live_about(group, INCIDENT_CAPACITY, SPAN("line"));
	if (capacity && !group->is_line_full)
		group_touch(group, capacity);
	if (attack || capacity)
		group_tell(group, attack ? attack : capacity, MOMENT_NOTICE, detail.len ? detail : observation->notice.action);
}

static void notice_maintenance(struct group *group, const struct observation *observation, bool is_closed)
{
	struct group_site *site = group_site_of(group, observation->site);

	if (site)
		site->is_closed = is_closed;
	notice_other(group, observation);
}

void group_notice(struct group *group, const struct observation *observation)
{
	struct span action = observation->notice.action;

	if (span_equal(action, SPAN("level")))
		notice_level(group, observation);
	else if (span_equal(action, SPAN("origin-down")) || span_equal(action, SPAN("origin-up")))
		group_origin_is(group, observation->notice.origin, span_equal(action, SPAN("origin-down")));
	else if (span_equal(action, SPAN("ban")))
		notice_ban(group, observation);
	else if (span_equal(action, SPAN("maintenance")) || span_equal(action, SPAN("maintenance-over")))
		notice_maintenance(group, observation, span_equal(action, SPAN("maintenance")));
	else if (span_starts(action, SPAN("line-")))
		notice_line(group, observation);
	else if (!notice_meant(group, observation))
		notice_other(group, observation);
}
