/* incident/: what the journal says of nodes becomes incidents: one attack is one incident, not a thousand alerts.
 *
 * Lines become observations (observe.h), observations of many seconds become incidents that open, join, are contained, come again and close
 * (group.h); what citizens experienced of them is counted beside (citizens.h). People acknowledge them and write notes (people.h). An incident is
 * plain values: it is written as JSON and read again (written.h), told in a sentence in four languages (words.h), and known again by what makes
 * attacks alike (fingerprint.h). Pure: no file, no clock; what is kept is kept by whoever feeds it.
 *
 * Units    seconds since 1970 (UTC); counts of requests, connections and packets as the vector says; peaks a second
 * Limits   sizeof(struct incident) bytes, about 68 KiB; lists INCIDENT_..._MAX, and what did not fit is counted in `..._more` or `left_out`
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_INCIDENT_H
#define BOUCLIER_INCIDENT_INCIDENT_H

#include "edge/fact.h"
#include "guard/level.h"
#include "incident/citizens.h"
#include "source/geo.h"

#define INCIDENT_NAME_BYTES 128u      /* of sites, tenants, with NUL */
#define INCIDENT_WHO_BYTES 64u
#define INCIDENT_TEXT_BYTES 256u      /* of what it is about, and of a line of the timeline */
#define INCIDENT_NOTE_BYTES 1024u
#define INCIDENT_PRINT_BYTES 320u     /* of the fingerprint */
#define INCIDENT_SITES_MAX 24u
#define INCIDENT_TENANTS_MAX 32u
#define INCIDENT_FAMILIES_MAX 16u
#define INCIDENT_PLACES_MAX 32u
#define INCIDENT_RELATED_MAX 8u
#define INCIDENT_TIMELINE_MAX 64u
#define INCIDENT_TIMELINE_FIRST 16u   /* which always stay */
#define INCIDENT_NOTES_MAX 32u
#define INCIDENT_COUNT_MAX ((uint64_t)1 << 62)

/* Each list: X(ID, "name"). */
#define INCIDENT_FAMILY_LIST(X) \
	X(ATTACK, "attack") \
	X(OUTAGE, "outage") \
	X(CERTIFICATE, "certificate") \
	X(INTEGRITY, "integrity") \
	X(CAPACITY, "capacity")
#define INCIDENT_STATUS_LIST(X) \
	X(NEW, "new") \
	X(ACKNOWLEDGED, "acknowledged") \
	X(CONTAINED, "contained") \
	X(CLOSED, "closed")
#define SEVERITY_LIST(X) \
	X(LOW, "low") \
	X(MEDIUM, "medium") \
	X(HIGH, "high") \
	X(CRITICAL, "critical")
/* Why it is as severe. What is said about each is in words.h; some have a number. */
#define SEVERITY_REASON_LIST(X) \
	X(WATCHED, "watched")              /* something is unusual; nobody suffers */ \
	X(HELD, "held")                    /* NUMBER requests and packets were refused; no citizen is known to suffer */ \
	X(DEGRADED, "degraded")            /* for NUMBER minutes */ \
	X(UNREACHABLE, "unreachable")      /* for NUMBER minutes */ \
	X(ORIGIN_DOWN, "origin-down") \
	X(LINE_FULL, "line-full") \
	X(EXPIRES, "expires")              /* the certificate, in NUMBER days */ \
	X(EXPIRED, "expired") \
	X(REVOKED, "revoked") \
	X(STAPLE, "staple") \
	X(RECORDS_LOST, "records-lost") \
	X(DAMAGED, "damaged") \
	X(DISK, "disk") \
	X(WENT_BACK, "went-back")          /* the configuration */ \
	X(NO_BACKUP, "no-backup")
/* What the attack consists of. X(ID, "name", UNIT) */
#define INCIDENT_VECTOR_LIST(X) \
	X(REQUEST_FLOOD, "request-flood", REQUESTS)            /* more than the source or the portal may get */ \
	X(APPLICATION, "application", REQUESTS)                /* what the rules of the WAF know */ \
	X(MALFORMED, "malformed-requests", REQUESTS)           /* not HTTP, or for nobody here */ \
	X(SLOW, "slow-requests", REQUESTS) \
	X(KNOWN_SOURCES, "known-sources", REQUESTS)            /* banned or denied before */ \
	X(CONNECTION_FLOOD, "connection-flood", REQUESTS) \
	X(HANDSHAKE, "tls-handshake", REQUESTS) \
	X(OUT_OF_STATE, "tcp-out-of-state", PACKETS) \
	X(REFLECTED, "udp-reflection", PACKETS) \
	X(PACKET_FLOOD, "packet-flood", PACKETS)               /* from sources that send too many */ \
	X(BAD_PACKETS, "bad-packets", PACKETS)                 /* impossible ones, and fragments */ \
	X(CLOSED_PORTS, "closed-ports", PACKETS) \
	X(KNOWN_NETWORKS, "known-networks", PACKETS)           /* banned or denied before */
/* What happened, in the timeline. X(ID, "name", IMPORTANT) */
#define INCIDENT_MOMENT_LIST(X) \
	X(OPENED, "opened", true) \
	X(SITE, "site", false)                  /* another site is concerned */ \
	X(LEVEL, "level", false) \
	X(NOTICE, "notice", false) \
	X(SEVERITY, "severity", true) \
	X(CONTAINED, "contained", true)         /* nothing of it was seen for a while */ \
	X(WAVE, "second-wave", true) \
	X(CLOSED, "closed", true) \
	X(LEFT, "left", true)                   /* followed no longer: others needed its place */ \
	X(ACKNOWLEDGED, "acknowledged", true)   /* these are people's */ \
	X(NOTED, "noted", true) \
	X(CONTAINED_BY, "contained-by", true) \
	X(CLOSED_BY, "closed-by", true) \
	X(REOPENED_BY, "reopened-by", true)

#define X(id, name) INCIDENT_##id,
enum incident_family { INCIDENT_FAMILY_LIST(X) INCIDENT_FAMILIES };
#undef X
#define X(id, name) STATUS_##id,
enum incident_status { INCIDENT_STATUS_LIST(X) STATUS_COUNT };
#undef X
#define X(id, name) SEVERITY_##id,
enum severity { SEVERITY_LIST(X) SEVERITY_COUNT };
#undef X
#define X(id, name) FOR_##id,
enum severity_reason { SEVERITY_REASON_LIST(X) FOR_COUNT };
#undef X
#define X(id, name, unit) VECTOR_##id,
enum incident_vector { INCIDENT_VECTOR_LIST(X) VECTOR_COUNT };
#undef X
#define X(id, name, important) MOMENT_##id,
enum incident_moment_kind { INCIDENT_MOMENT_LIST(X) MOMENT_COUNT };
#undef X
enum vector_unit { UNIT_REQUESTS, UNIT_PACKETS };  /* requests and connections are one unit */

/* Kinds of what opens an attack: bits. Two sites that are attacked at the same time in the same kind suffer one attack. */
#define ATTACK_IS_FLOOD 1u         /* the level of the site */
#define ATTACK_IS_APPLICATION 2u   /* refusals by rules */
#define ATTACK_IS_PACKETS 4u       /* below HTTP; of no site */

struct incident_site {
	char name[INCIDENT_NAME_BYTES], tenant[INCIDENT_NAME_BYTES];  /* TENANT empty: not known */
};

struct vector_share {
	uint64_t count, peak;
};

/* Of rules: the first three digits of their ids (942: SQL injection in the Core Rule Set). In sampled lines. */
struct rule_family {
	uint32_t number;
	uint64_t lines;
};

struct incident_place {
	char country[3];               /* "": this is a network of ASN */
	uint32_t asn;
	uint64_t lines;
};

struct incident_moment {
	uint64_t at_s;
	enum incident_moment_kind kind;
	char who[INCIDENT_WHO_BYTES];  /* empty: nobody, it was measured */
	char text[INCIDENT_TEXT_BYTES];
};

struct incident_note {
	uint64_t at_s;
	char who[INCIDENT_WHO_BYTES];
	char text[INCIDENT_NOTE_BYTES];
};

struct incident {
	uint64_t id;
	enum incident_family family;
	enum incident_status status;
	enum severity severity;                 /* the highest that it had */
	enum severity_reason reason;
	uint64_t number;                        /* of REASON */
	char subject[INCIDENT_TEXT_BYTES];      /* what it is about: an origin, a certificate. Empty: an attack on sites */
	char owner[INCIDENT_WHO_BYTES];
	uint64_t opened_s, last_s;              /* it was first, and last seen */
	uint64_t contained_s, closed_s;         /* 0: it is not */
	uint64_t quiet_until_s;                 /* silence says nothing before */
	uint64_t held_until_s;                  /* a person contained or closed it: what goes on before is no second wave */
	bool is_on;                             /* it goes on until it is said to be over */
	uint32_t waves;                         /* 1, and one for each time that it came again */
	uint32_t kinds;                         /* ATTACK_IS_... */

	struct incident_site sites[INCIDENT_SITES_MAX];
	uint32_t site_count, sites_more;
	char tenants[INCIDENT_TENANTS_MAX][INCIDENT_NAME_BYTES];
	uint32_t tenant_count, tenants_more;

	struct vector_share vectors[VECTOR_COUNT];
	struct rule_family families[INCIDENT_FAMILIES_MAX];
	uint32_t family_count;
	struct incident_place countries[INCIDENT_PLACES_MAX], networks[INCIDENT_PLACES_MAX];
	uint32_t country_count, network_count;
	uint64_t countries_other, networks_other;  /* lines of those that had no place, or are not known */

	uint64_t decisions[DECISION_COUNT];     /* what the shield did: requests and connections */
	enum level level;                       /* the highest */
	uint64_t level_moves, bans;             /* bans that people said */
	struct citizens citizens;

	struct incident_moment timeline[INCIDENT_TIMELINE_MAX];
	uint32_t moment_count;
	uint64_t left_out;                      /* moments */
	struct incident_note notes[INCIDENT_NOTES_MAX];
	uint32_t note_count;
	uint64_t related[INCIDENT_RELATED_MAX];
	uint32_t related_count;
	char fingerprint[INCIDENT_PRINT_BYTES];
};

void incident_init(struct incident *incident, uint64_t id, enum incident_family family, struct span subject, uint64_t now_s);
static inline bool incident_is_live(const struct incident *incident)
{
	return incident->status == STATUS_NEW || incident->status == STATUS_ACKNOWLEDGED;
}
bool incident_has_site(const struct incident *incident, struct span name);
/* True: it was not there, and there was room. Without room it is counted, each time. */
bool incident_add_site(struct incident *incident, struct span name, struct span tenant);
/* Of a site that is there, where its tenant was not known. */
void incident_set_tenant(struct incident *incident, struct span name, struct span tenant);
void incident_add_rule(struct incident *incident, uint32_t rule);
/* Where one was who was refused. */
void incident_add_source(struct incident *incident, const struct geo_place *place);
/* A moment that was measured: room is made by what is neither important nor among the first, and without any it is left out and counted. */
void incident_tell(struct incident *incident, uint64_t at_s, enum incident_moment_kind kind, struct span text);
/* A person's, which is never left out: RESULT_LIMIT when every moment is a person's. */
enum result incident_tell_of(struct incident *incident, uint64_t at_s, enum incident_moment_kind kind, struct span who, struct span text) must_check;
/* Judges how severe it is now; it is never less than before. True: it has become more severe. */
bool incident_judge(struct incident *incident);
/* Makes it as severe as that, unless it is already. */
bool incident_raise(struct incident *incident, enum severity severity, enum severity_reason reason, uint64_t number);
/* What was refused, requests and packets. */
uint64_t incident_refused(const struct incident *incident);
/* Thousandths of everything that was counted in the vector's unit. */
unsigned vector_per_mille(const struct incident *incident, enum incident_vector vector);
/* At most INCIDENT_COUNT_MAX. */
void incident_count(uint64_t *sum, uint64_t add);

const char *incident_family_name(enum incident_family family);
const char *incident_status_name(enum incident_status status);
const char *severity_name(enum severity severity);
const char *severity_reason_name(enum severity_reason reason);
const char *vector_name(enum incident_vector vector);
enum vector_unit vector_unit(enum incident_vector vector);
const char *moment_name(enum incident_moment_kind kind);
bool moment_is_persons(enum incident_moment_kind kind);

#endif
