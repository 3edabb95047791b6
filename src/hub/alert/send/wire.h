/* What the hub and the process that sends say to each other: frames on a stream socket.
 *
 * Shape    four bytes of length, the highest first, then a JSON text
 *            hub -> send   alert_plan_write's text: what paths there are, from now on
 *                          {"do":"send","number":7,"path":"mail","id":"...","message":"..."}: once
 *                          {"do":"fetch","number":7,"url":"https://...","clear":false,"ca":"","authorization":"","form":""}: a GET, or a POST of a form that is not empty
 *            send -> hub   {"number":7,"outcome":"arrived"|"later"|"refused","why":"..."}
 *                          {"fetched":7,"status":200,"body":"...","why":""}: status 0, and why, where there was no answer
 * Limits   WIRE_FRAME_MAX bytes a frame
 * Errors   reading is strict: RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY; whoever reads such a thing ends the conversation
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_ALERT_SEND_WIRE_H
#define BOUCLIER_HUB_ALERT_SEND_WIRE_H

#include "event/json.h"
#include "hub/alert/decide/decide.h"

#define WIRE_FRAME_MAX ALERT_PLAN_MAX
#define WIRE_WHY_MAX ALERT_WHY_BYTES

enum result wire_put(struct buffer *out, struct span text) must_check;
/* The first frame of INPUT; USED is what it and its length take. RESULT_MORE, RESULT_LIMIT. */
enum result wire_take(struct span input, struct span *frame, size_t *used) must_check;

struct wire_job {
	uint64_t number;
	char path[ALERT_NAME_MAX + 1], id[ALERT_ID_BYTES];
	struct buffer message;               /* wire_job_done */
};
enum result wire_job_put(struct buffer *out, uint64_t number, struct span path, struct span id, struct span message) must_check;
enum result wire_job_read(struct span frame, struct wire_job *out) must_check;
void wire_job_done(struct wire_job *job);

struct wire_report {
	uint64_t number;
	enum path_outcome outcome;           /* never OUTCOME_GIVEN_UP */
	char why[WIRE_WHY_MAX];
};
/* What somebody else's server answers (OpenID Connect). Only https, or, where CLEAR says so, http to this machine. */
#define WIRE_FETCH_MAX ((size_t)64 << 10)    /* of an answer, and of a form */
#define WIRE_URL_MAX 2048u
struct wire_fetch {
	uint64_t number;
	bool is_clear;
	struct span url, ca;                 /* CA: PEM; empty: the system's authorities */
	struct span authorization;           /* the value of that field; empty: none */
	struct span form;                    /* empty: a GET */
};
enum result wire_fetch_put(struct buffer *out, const struct wire_fetch *fetch) must_check;
/* OUT points into ROOT, which the caller drops. */
enum result wire_fetch_read(struct span frame, struct json **root, struct wire_fetch *out) must_check;

struct wire_fetched {
	uint64_t number;
	unsigned status;
	struct span body;
	char why[WIRE_WHY_MAX];
};
enum result wire_fetched_put(struct buffer *out, const struct wire_fetched *fetched) must_check;
enum result wire_fetched_read(struct span frame, struct json **root, struct wire_fetched *out) must_check;

enum result wire_report_put(struct buffer *out, const struct wire_report *report) must_check;
enum result wire_report_read(struct span frame, struct wire_report *out) must_check;

#endif
