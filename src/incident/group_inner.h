/* The inside of group.h, for its files alone.
 *
 * group.c          birth, feeding, the second
 * group_sites.c    which sites there are
 * group_ask.c      what is asked from outside, and taken up again
 * group_follow.c   opening, joining, coming again, giving place
 * group_site.c     what a second and a minute of a site mean
 * group_notice.c   what a notice means
 * group_origin.c   origins that are down
 * group_minute.c   what outside vantages tell, and of which minutes they may still tell it
 */
#ifndef BOUCLIER_INCIDENT_GROUP_INNER_H
#define BOUCLIER_INCIDENT_GROUP_INNER_H

#include "base/hash.h"
#include "incident/group.h"
#include "incident/signals.h"

/* Of a minute: the worst of those sites that nobody outside looks at. */
struct followed_minute {
	uint64_t number;                     /* minutes since 1970; 0: none */
	enum citizens_state worst;
};

struct followed {
	struct incident incident;
	uint64_t second[VECTOR_COUNT];       /* what this second brought, at its rate */
	bool is_seen;                        /* in this minute */
	bool is_changed, is_urgent;
	enum citizens_state worst;           /* of its sites in this minute */
	bool has_minute;
	unsigned told_people;                /* moments that are people's */
	struct followed_minute minutes[GROUP_LATE_MINUTES];
};

struct judged_minute {
	enum citizens_state state;
	bool has_expected, is_closed;
	bool in_attack, in_outage;           /* it was counted in that incident */
	uint64_t expected;
};

struct site_minute {
	uint64_t number;                     /* minutes since 1970; 0: none */
	struct citizens_minute counts;
	struct judged_minute judged;
	uint64_t attack, outage;             /* ids of the incidents that it was counted in; 0: none */
};

struct group_site {
	uint64_t key;
	char name[INCIDENT_NAME_BYTES], tenant[INCIDENT_NAME_BYTES], origin[INCIDENT_TEXT_BYTES];
	enum level level;
	bool is_closed;                      /* for maintenance */
	bool is_troubled;                    /* in this minute: nothing is learned of it */
	bool is_struck;                      /* in this minute: something of the incident was seen at this site */
	bool is_fed;                         /* in this second */
	uint32_t silent_for_s;
	struct signals signals;
	struct excess packets;               /* of the site without a name */
	struct citizens_usual usual;
	struct citizens_minute minute;
	struct site_minute *minutes;         /* [GROUP_LATE_MINUTES]; NULL: it suffered no incident, and nobody outside has looked at it yet */
	unsigned lost_minutes;               /* in a row, nobody outside reached it */
	struct site_minute recent[GROUP_RECENT];  /* the last ones, in turn, whether or not there was an incident */
	uint32_t recent_count;               /* minutes that are over */
	enum citizens_state state;
	bool is_known;
	uint64_t state_since_s;
	struct followed *attack, *outage;    /* the last ones, live or not */
	uint64_t grown[COUNTS_NUMBERS];      /* in this second: all of it; */
	uint64_t scaled[COUNTS_NUMBERS];     /* as much of it as is of the last minute; */
	uint64_t rates[VECTOR_COUNT];        /* and a second's */
	uint64_t dropped;                    /* packets */
	uint64_t packet_rates[VECTOR_COUNT];
};

struct group_origin {
	char name[INCIDENT_TEXT_BYTES];
	uint64_t down_s;                     /* since; 0: it is up */
	struct followed *told;               /* the attack that was told of it */
};

struct group {
	struct group_birth birth;
	struct hash_seed seed;
	uint64_t now_s;
	bool was_heard;                      /* counts came in this minute */
	bool has_drops;                      /* the line dropped packets in this minute */
	bool is_line_full;                   /* or drops packets, until it is said to be calm */
	struct followed *incidents[GROUP_INCIDENTS_MAX];
	unsigned count;
	struct group_site *sites[GROUP_SITES_MAX];
	unsigned site_count, watched;        /* that have minutes */
	uint16_t index[GROUP_SITES_MAX * 2];   /* by key: number of the site plus 1; 0: free */
	struct group_origin origins[GROUP_ORIGINS_MAX];
	unsigned origin_count;
	struct group_sums sums;
};

static inline bool is_live(const struct followed *followed)
{
	return followed && incident_is_live(&followed->incident);
}

/* NULL: there is no room, or no memory, which is counted. NAME may be empty. */
struct group_site *group_site_of(struct group *group, struct span name);
struct group_site *group_site_find(const struct group *group, struct span name);
/* And what is live of it. */
void group_site_belongs(struct group_site *site, struct span tenant);

/* The one that SITE suffers by an attack of KINDS, opened if there is none; NULL: none can be, or a person said that it is over. */
struct followed *group_attack_of(struct group *group, struct group_site *site, uint32_t kinds);
/* Any attack that goes on; the one seen last. NULL: none. */
struct followed *group_live_attack(const struct group *group);
/* The one of FAMILY about SUBJECT, likewise. */
struct followed *group_about(struct group *group, enum incident_family family, struct span subject);
/* The live one, or NULL. */
struct followed *group_live_about(const struct group *group, enum incident_family family, struct span subject);
/* It was seen now. */
void group_touch(struct group *group, struct followed *followed);
void group_join(struct group *group, struct followed *followed, const struct group_site *site);
void group_tell(struct group *group, struct followed *followed, enum incident_moment_kind kind, struct span text);
void group_raise(struct group *group, struct followed *followed, enum severity severity, enum severity_reason reason, uint64_t number);
/* A free place for one more, made if it must be. NULL. */
struct followed *group_place(struct group *group, enum severity severity);
/* It is followed no longer. */
void group_drop(struct group *group, unsigned index);
void group_say(struct group *group, struct followed *followed);
unsigned group_people_of(const struct incident *incident);
/* What comes now is another incident. */
bool group_is_forgotten(const struct group *group, const struct incident *incident);

void group_site_counts(struct group_site *site, const struct observation *observation);
void group_site_packets(struct group_site *site, const struct observation *observation);
void group_site_second(struct group *group, struct group_site *site);
void group_site_minute(struct group *group, struct group_site *site);
/* Something more is known of MINUTE. */
void group_site_again(struct group *group, struct group_site *site, const struct site_minute *minute);
/* The line, as somebody saw it now. */
void group_link(struct group *group, bool is_full, bool has_drops);
void group_probe(struct group *group, const struct observation *observation);
/* From now on its minutes are remembered. */
void group_minutes_watch(struct group *group, struct group_site *site);
/* SITE's minute is over; its counts are still there. */
void group_minute_keep(struct group_site *site, uint64_t number, const struct judged_minute *judged);
/* How many minutes in a row nobody outside reached SITE, of those in which somebody looked. */
unsigned group_minutes_lost(const struct group *group, const struct group_site *site);
/* Those minutes are part of OUTAGE, which was opened for them. */
void group_minutes_claim(struct group *group, struct group_site *site, struct followed *outage);
void group_notice(struct group *group, const struct observation *observation);
void group_origin_is(struct group *group, struct span name, bool is_down);
void group_origins_second(struct group *group);

#endif
