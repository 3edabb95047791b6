/* What a route's requests are asked: a rule set and the site's overlay of it, and how much of a body is looked at.
 *
 * Owns     struct edge_wafs, which lives with the plan, holds rule sets and owns overlays; equal settings are one struct edge_waf
 * Threads  immutable once the plan is made
 */
#ifndef BOUCLIER_EDGE_WAF_H
#define BOUCLIER_EDGE_WAF_H

#include "edge/rules/rule_set.h"
#include "edge/rules/clamd.h"
#include "edge/rules/waf_settings.h"
#include "waf/overlay.h"

/* What a request's transaction may take: files that a virus scanner is shown, all together, and what rules make of the rest. */
#define WAF_TRANSACTION_BYTES_MAX ((size_t)32 << 20)

struct edge_waf {
	enum waf_mode mode;                 /* detect or block */
	const struct waf_rules *rules;
	const struct waf_overlay *overlay;
	uint64_t inspect_limit, upload_limit;  /* bytes of a body; the second of multipart/form-data */
	bool is_rejecting;                  /* a body beyond its limit is refused; otherwise what fits is judged */
	bool response_bodies, is_audited;
	struct clamd_address clamd;
	uint64_t clamd_wait_ms;
	struct list_value upload_routes;    /* struct span; the snapshot's */
	struct span ruleset;                /* as it is named; the snapshot's */
	const unsigned char *digest;        /* DIGEST_LEN bytes: of the rules, whatever they are called */
};

/* PATH is one where contents of files are not judged. False of a path that may be read in two ways. */
bool edge_waf_is_upload(const struct edge_waf *waf, struct span path);

/* How much of the body of a request with FIELDS is looked at. */
uint64_t edge_waf_body_limit(const struct edge_waf *waf, const struct fields *fields);
/* Would the rules that matched have refused the request? In `detect` too. */
bool edge_waf_refuses(const struct waf_transaction *transaction);

/* Who is told what SETTINGS say and the rules do not have. COMPLAINTS may be NULL. */
struct waf_told {
	struct complaints *complaints;
	struct place place;
	struct span site;
};

/* An overlay of SET as SETTINGS have it, in MODE. */
enum result waf_overlay_make(const struct waf_settings *settings, enum waf_mode mode, const struct rule_set *set, const struct waf_told *told,
                             struct waf_overlay **out) must_check;

struct edge_wafs;

struct edge_wafs *edge_wafs_new(void) must_check;
void edge_wafs_free(struct edge_wafs *wafs);
/* The one for SETTINGS (which must live as long), MODE and SET; made and SET held when there is none yet. */
enum result edge_wafs_find(struct edge_wafs *wafs, const struct waf_settings *settings, enum waf_mode mode, struct rule_set *set,
                           const struct edge_waf **out) must_check;
/* The first rule that asks for countries, and whose answer matters; NULL: there is none. */
const struct rule *edge_wafs_find_geo(const struct edge_wafs *wafs);

#endif
