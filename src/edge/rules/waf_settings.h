/* The keys of `waf`: which rules are asked of a site's requests, how strictly, and what is excused from them. */
#ifndef BOUCLIER_EDGE_WAF_SETTINGS_H
#define BOUCLIER_EDGE_WAF_SETTINGS_H

#include "config/key.h"

#define RULESET_CRS "crs"

enum waf_mode { WAF_MODE_OFF, WAF_MODE_DETECT, WAF_MODE_BLOCK };
enum waf_audit_log { WAF_AUDIT_LOG_OFF, WAF_AUDIT_LOG_RELEVANT, WAF_AUDIT_LOG_ALL };
enum waf_over_limit { OVER_LIMIT_REJECT, OVER_LIMIT_PARTIAL };

/* One line of `exclusions`: what RULE says is not asked of PARAMETER (empty: of anything) of the requests that PATH and METHOD mean. */
struct waf_exclusion_settings {
	struct span rule;             /* "942100", "942100-942199", or a tag */
	struct span path;             /* as of a route; `*` is one segment; empty: every path */
	bool exact;                   /* that very path, nothing below it */
	struct list_value method;     /* struct span; empty: any */
	struct span parameter;        /* "comment", "REQUEST_COOKIES:session"; empty: all of the request */
	struct span reason;
	int64_t until_ms;             /* first millisecond of the last day, UTC; 0: for good */
};

struct waf_settings {
	int mode;                     /* enum waf_mode */
	struct span ruleset;          /* RULESET_CRS, or an absolute path */
	int64_t paranoia_level, inbound_threshold, outbound_threshold;  /* 0: as the rules have it */
	struct list_value application;  /* int: index into waf_applications */
	struct list_value exclusions;   /* struct waf_exclusion_settings */
	struct list_value upload_routes;  /* struct span: paths as of routes */
	int64_t inspect_limit, upload_limit;  /* bytes of a body that are looked at */
	int over_limit;               /* enum waf_over_limit */
	int audit_log;                /* enum waf_audit_log */
	bool response_bodies;
	struct span clamd;            /* as clamd_address_read takes it; empty: none */
	int64_t clamd_wait_ms;
	bool retreat;                 /* in block, one rule in one place may go back to detect by itself */
	int64_t graduate_ms, graduate_notice_ms;  /* from detect to block; 0: never */
};

extern const struct key_table waf_table;
/* "off", "detect", "block" */
struct span waf_mode_name(enum waf_mode mode);
/* The words of `application`, NULL at the end. */
extern const char *const waf_applications[];

#define RULE_ID_MAX 999999999u

/* "942100" or "942100-942199". False: it is a tag. */
bool waf_rule_ids(struct span rule, uint32_t *first, uint32_t *last);

#endif
