/* What an outside vantage saw, minute by minute, as `bouclier probe` writes it and the hub reads it. docs/probe.md names the members.
 *
 * Shape    {"version":1, "name", "sequence", "sent", "minutes":[{"from", "sites":[{"host", "asked", "in_time", "slow", "refused", "unreachable",
 *          "dns", "connect", "tls", "http", "timeout", "challenged", "bytes", "took_ms", "slowest_ms", "certificate_until"}]}]}
 *          asked = in_time + slow + refused + unreachable, and unreachable = the sum of the steps that failed
 *          Its signature is Ed25519 over PROBE_REPORT_PREFIX and the very bytes of the text
 * Units    seconds since 1970 (UTC), written as RFC 3339; a minute begins at a whole one
 * Limits   PROBE_REPORT_...: a text is at most PROBE_REPORT_BYTES
 * Errors   reading is strict: what is missing, unknown, of another kind, or contradicts itself is RESULT_MALFORMED; RESULT_LIMIT, RESULT_NO_MEMORY
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_PROBE_REPORT_H
#define BOUCLIER_INCIDENT_PROBE_REPORT_H

#include "base/buffer.h"
#include "incident/observation.h"

#define PROBE_REPORT_VERSION 1u
#define PROBE_REPORT_PREFIX "bouclier-probe-report-1\n"
#define PROBE_REPORT_SIGNATURE "Bouclier-Signature"     /* fields of the request: base64, and the name whose key it is of */
#define PROBE_REPORT_NAME "Bouclier-Vantage"
#define PROBE_REPORT_PATH "/api/v1/probes/report"
#define PROBE_REPORT_BYTES ((size_t)256 << 10)
#define PROBE_REPORT_MINUTES 15u
#define PROBE_REPORT_SITES 32u
#define PROBE_NAME_MAX 63u
#define PROBE_HOST_MAX 253u
#define PROBE_LOOKS_MAX 1000u                           /* of one site in a minute */

/* Where a look failed before there was an answer. X(ID, name) */
#define PROBE_STEP_LIST(X) \
	X(DNS, dns)          /* the name has no address */ \
	X(CONNECT, connect)  /* no TCP connection */ \
	X(TLS, tls)          /* the certificate, or the handshake */ \
	X(HTTP, http)        /* no HTTP, or cut off in the middle */ \
	X(TIMEOUT, timeout)  /* any of them took too long */

enum probe_step {
#define X(id, name) PROBE_STEP_##id,
	PROBE_STEP_LIST(X)
#undef X
	PROBE_STEPS,
};
const char *probe_step_name(enum probe_step step);

/* What was seen of one site in one minute. */
struct probe_counts {
	uint32_t asked;
	uint32_t in_time, slow;              /* a page of the portal, within CITIZENS_SLOW_MS and later */
	uint32_t refused;                    /* an answer that is no page: 4xx, 5xx */
	uint32_t failed[PROBE_STEPS];        /* unreachable, by step */
	uint32_t challenged;                 /* had to prove himself on the way */
	uint64_t bytes, took_ms;             /* of all of them */
	uint32_t slowest_ms;
	uint64_t certificate_until_s;        /* when the certificate that was shown last ends; 0: none was seen */
};

struct probe_site {
	char host[PROBE_HOST_MAX + 1];       /* as the URL has it, with a port that is not the scheme's: "www.commune.example" */
	struct probe_counts counts;
};

struct probe_minute {
	uint64_t from_s;
	uint32_t site_count;
	struct probe_site sites[PROBE_REPORT_SITES];
};

struct probe_report {
	char name[PROBE_NAME_MAX + 1];
	uint64_t sequence;                   /* more than that of every report before */
	uint64_t sent_s;
	uint32_t minute_count;
	struct probe_minute minutes[PROBE_REPORT_MINUTES];  /* the oldest first, none twice */
};

uint32_t probe_unreachable(const struct probe_counts *counts);
/* Letters, digits, '-', '.' and '_'; not empty. */
bool probe_name_is_good(struct span name);
/* Appends. */
enum result probe_report_write(const struct probe_report *report, struct buffer *out) must_check;
/* OUT may be changed on failure. */
enum result probe_report_read(struct span text, struct probe_report *out) must_check;
/* One minute alone, as it is kept: the object of "minutes". */
enum result probe_minute_write(const struct probe_minute *minute, struct buffer *out) must_check;
enum result probe_minute_read(struct span text, struct probe_minute *out) must_check;
/* What incident/ is told of it. SITE is the name that its host has here. */
struct observation probe_observe(const struct probe_minute *minute, const struct probe_site *of, struct span site);

#endif
