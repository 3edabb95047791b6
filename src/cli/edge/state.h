/* cli/: the program. main.c knows the commands, one file each; role_check.c and role.c are what the keeper starts;
 * wiring.c is the only place that knows every room's section, sink and key table.
 *
 * The state of a running edge, as its service thread sees it: what orders of the keeper change, and what views show.
 *
 * Threads  the service thread's, but for what the rooms say is safe from any
 */
#ifndef BOUCLIER_CLI_EDGE_STATE_H
#define BOUCLIER_CLI_EDGE_STATE_H

#include "base/loop.h"
#include "edge/worker.h"
#include "event/event.h"
#include "net/ticket_keys.h"
#include "process/keeper.h"
#include "process/role.h"
#include "waf/ports.h"

#define EDGE_WORKERS_MAX 32u   /* of one edge; several live side by side while some drain */
#define EDGE_SLOTS (EDGE_WORKERS_MAX + 1)  /* of the journal's memory: its workers, and its own notices */

/* What a person switched for a site until a time, in memory that outlives the edge. */
#define SWITCHES_MAX 1024u
struct site_switch {
	uint64_t site;             /* plan_site_key; 0: free; UINT64_MAX: every site */
	uint64_t bypass_until_ms;  /* wall clock, milliseconds since 1970; 0: not bypassed */
	char reason[112];          /* with NUL */
};
struct switches {
	struct site_switch list[SWITCHES_MAX];
};

/* Sites of which "is this a proxy that you forgot to trust?" was said, and when. */
#define PROXY_NOTICES 64u
struct proxy_notice {
	uint64_t site;             /* its key; 0: free */
	uint64_t at_ms;
};

struct admin;
struct error_marks;
struct edge_cache_disk;
struct edge_certificates;
struct edge_continuity;
struct edge_graduates;
struct edge_link;
struct edge_names;
struct edge_ocsp;
struct edge_packet;
struct edge_pulses;
struct health;
struct observed;

struct edge_state {
	struct role_link *link;
	struct edge_start start;
	struct loop loop;                    /* of the service thread */
	struct watch orders;                 /* the keeper's channel */
	struct edge_common common;
	struct collection_port collections;
	struct worker *workers[EDGE_WORKERS_MAX];
	unsigned worker_count;
	struct snapshot *snapshot;           /* the current one, held */
	struct edge_plan plan;               /* what it was made of */
	struct snapshot *retired;            /* those before it that somebody still reads (retired.c) */
	struct edge_file_kept *kept_files;   /* of tenants: what served before it broke (files.c) */

	struct edge_rules_kept *kept_rules;  /* compiled, of the snapshot that serves (rules.c) */

	const struct shared_keeper *keeper;  /* may be NULL */
	struct ticket_keys *tickets;
	struct switches *switches;
	struct admitted *admitted;           /* whom a person let in; NULL: there is no memory */
	uint32_t swept;                      /* of references: where the next look at what is too old begins */
	struct maintenances *maintenances;   /* sites that a person closed until a time; NULL: there is no memory */
	struct edge_cache_disk *cache_disk;  /* NULL: there is none */
	struct edge_continuity *continuity;  /* copies on disk; NULL: none are kept */
	struct edge_graduates *graduates;
	struct hits *hits;                   /* what rules hit; NULL: not counted */
	struct proxy_notice proxy_notices[PROXY_NOTICES];  /* sources.c */
	uint64_t impostors_told, impostors_told_ms;  /* sources.c: how many of them, and when */
	struct meters *meters;               /* what levels are learned from; NULL: no site has one */
	struct observed *observed;           /* what would have been done to those that observe; NULL: not counted */
	struct error_marks *errors;          /* history.c: failures before a reload and since; NULL: there is no memory */
	bool has_asked_back;
	uint64_t confirm_id;                 /* of the confirmation that was asked for last */
	char confirm_who[128];
	uint64_t metered_ms;                 /* when they were looked at last */
	struct event *event;
	int state_fd, journal_fd, audit_fd;  /* folders; -1: none */

	struct edge_names *names;
	struct health *health;
	struct edge_certificates *certificates;
	struct edge_ocsp *ocsp;
	struct edge_packet *packet;          /* the kernel filter's controller */
	struct edge_link *line;              /* to the internet */
	char packet_note[512];               /* what the last reload leaves to a person (edge_packet_reload) */
	struct edge_pulses *pulses;
	struct admin *admin;
	struct timer clock;
	uint64_t rotated_ms, drain_until_ms;
	uint64_t started_wall_ns;
	uint64_t reload_id;
	int journal_error, audit_error;      /* errno that was told; 0: none */
	uint64_t audit_lost, audit_told_ms;  /* what was told */
	bool is_draining, has_said_why;
	int exit_code;
};

#endif
