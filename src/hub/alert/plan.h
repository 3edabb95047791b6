/* The alerts' settings as the hub works with them: paths side by side, whatever they are, and what their files said.
 *
 * Shape    alert_plan_make from the settings (in the hub); alert_plan_write and alert_plan_read carry it to the process that sends
 * Limits   ALERT_PATHS_MAX; a file is at most ALERT_FILE_MAX bytes
 * Errors   reading is strict: RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY. A file that is not there leaves its path unusable, and `why` says so: the others go on
 * Owns     an arena, until alert_plan_done
 * Threads  immutable once made
 */
#ifndef BOUCLIER_HUB_ALERT_PLAN_H
#define BOUCLIER_HUB_ALERT_PLAN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "hub/alert/alert.h"
#include "packet/carrier/settings.h"

#define ALERT_FILE_MAX ((size_t)256 << 10)
#define ALERT_PLAN_MAX ((size_t)4 << 20)
#define ALERT_SECRET_LEAST 16u

#define ALERT_PATH_KIND_LIST(X) X(MAIL, "mail") X(WEBHOOK, "webhook") X(SYSLOG, "syslog")
#define X(id, name) PATH_##id,
enum alert_path_kind { ALERT_PATH_KIND_LIST(X) ALERT_PATH_KINDS };
#undef X

struct alert_path {
	enum alert_path_kind kind;
	struct span name;
	enum desk_language language;
	enum severity severity;             /* the least that is told */
	bool is_escalation;
	unsigned step;                      /* IS_ESCALATION: its place in escalate_to, from 0 */
	struct span host, url;              /* URL: as curl wants it; of syslog empty */
	uint16_t port;
	bool is_clear;                      /* no TLS */
	struct span from, user, secret;     /* SECRET: the password, or what signs */
	struct span to[ALERT_TO_MAX];
	uint32_t to_count;
	struct span ca, certificate, key;   /* PEM; empty: none was named */
	unsigned facility;
	struct span why;                    /* not empty: what is wrong with its files */
};

struct alert_plan {
	struct arena arena;
	struct span hub;                    /* the host name people know the hub by */
	struct span link;                   /* of its console, without a slash at the end */
	struct alert_path paths[ALERT_PATHS_MAX];
	uint32_t path_count;
	uint32_t escalations;
	bool has_quiet;
	unsigned quiet_from, quiet_to;      /* minutes of the day */
	unsigned quiet_days;                /* bits: 1 is Monday */
	enum severity quiet_severity;
	unsigned rate;                      /* an hour */
	uint64_t escalate_after_s;
	bool has_self_test;
	unsigned self_test;                 /* minutes of the week */
};

/* What PATH has in it: RESULT_NOT_FOUND where it could not be read. The text lives until alert_plan_make returns. */
typedef enum result (*alert_file)(void *context, struct span path, struct span *out);

/* SETTINGS may be NULL: no paths. */
enum result alert_plan_make(const struct alerts_settings *settings, struct span hub, struct span link, alert_file file, void *context, struct alert_plan *out) must_check;
enum result alert_plan_write(const struct alert_plan *plan, struct buffer *out) must_check;
enum result alert_plan_read(struct span text, struct alert_plan *out) must_check;
void alert_plan_done(struct alert_plan *plan);
const char *alert_path_kind_name(enum alert_path_kind kind);
/* ALERT_PATHS_MAX: there is none of that name. */
unsigned alert_plan_find(const struct alert_plan *plan, struct span name);

#endif
