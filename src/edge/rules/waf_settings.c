#include "edge/rules/waf_settings.h"

#include "base/clock.h"
#include "edge/rules/clamd.h"
#include "message/head.h"
#include "message/path.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)
#define DAY_MS ((int64_t)24 * 3600 * 1000)

const char *const waf_applications[] = { "cpanel", "dokuwiki", "drupal", "nextcloud", "phpbb", "phpmyadmin", "wordpress", "xenforo", NULL };

bool waf_rule_ids(struct span rule, uint32_t *first, uint32_t *last)
{
	uint64_t from, to;
	struct span rest = rule, front = span_cut(&rest, '-');

	if (span_to_u64(front, RULE_ID_MAX, &from) != RESULT_OK)
		return false;
	to = from;
	if (rest.at && span_to_u64(rest, RULE_ID_MAX, &to) != RESULT_OK)
		return false;
	*first = (uint32_t)from;
	*last = (uint32_t)to;
	return true;
}

static const struct key exclusion_keys[] = {
	{ .name = "rule", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(waf_exclusion_settings, rule), .min = 1, .max = 128,
	  .help = "Which rules: an id (942100), a range (942100-942199), or a tag (attack-sqli)." },
	{ .name = "path", .type = KEY_TEXT, .offset = AT(waf_exclusion_settings, path), .max = 1024,
	  .help = "Where: a path and all below it, as of a route; * stands for one segment (/wiki/*/edit). Everywhere when it is not written." },
	{ .name = "exact", .type = KEY_BOOL, .offset = AT(waf_exclusion_settings, exact), .fallback = "false",
	  .help = "true: for that very path alone, nothing below it; a slash at its end is part of it. / is then the front page, and not the whole site." },
	{ .name = "method", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(waf_exclusion_settings, method), .max = 32,
	  .help = "For which methods; any when none is written." },
	{ .name = "parameter", .type = KEY_TEXT, .offset = AT(waf_exclusion_settings, parameter), .min = 1, .max = 255,
	  .help = "What the rules no longer look at: a parameter of query or form by its name, or a variable of rules (REQUEST_COOKIES:session, "
	          "REQUEST_HEADERS:Referer). A * at the end means all that begin so. Not written: the rules are not asked at all." },
	{ .name = "reason", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(waf_exclusion_settings, reason), .min = 3, .max = 500,
	  .help = "Why, for whoever reads this in a year." },
	{ .name = "until", .type = KEY_DATE, .offset = AT(waf_exclusion_settings, until_ms),
	  .help = "The last day (UTC) that it holds; after it the rules are asked again." },
	{ 0 },
};

static void check_rule(const struct waf_exclusion_settings *exclusion, struct key_check *check)
{
	uint32_t first, last;

	if (waf_rule_ids(exclusion->rule, &first, &last)) {
		if (first > last || !first)
			key_complain(check, "rule", SPAN_NONE, "rule: found \"%.*s\", expected a range from the lower id to the higher", SPAN_ARG(exclusion->rule));
	} else if (exclusion->rule.at[0] >= '0' && exclusion->rule.at[0] <= '9') {
		key_complain(check, "rule", SPAN_NONE, "rule: found \"%.*s\", expected an id, a range (942100-942199) or a tag", SPAN_ARG(exclusion->rule));
	}
}

static bool has_star_within(struct span path)
{
	while (path.len) {
		struct span segment = span_cut(&path, '/');

		if (segment.len > 1 && span_find(segment, '*') < segment.len)
			return true;
	}
	return false;
}

/* Of a path that no request ever has, nobody would notice that it excuses nothing. */
static void check_exact(struct span path, struct key_check *check)
{
	if (span_find(path, '?') < path.len || span_find(path, '#') < path.len)
		key_complain(check, "path", SPAN("a path ends before ? and #: parameters of a query are named by `parameter`"),
		             "path: found \"%.*s\", expected a path without ? or #, as it is exact", SPAN_ARG(path));
	else if (!path_has_one_reading(path))
		key_complain(check, "path", SPAN("without .. // ; \\ a name that begins with a dot, or %2f and its like"),
		             "path: found \"%.*s\", which can be read in more than one way: no exact path is", SPAN_ARG(path));
}

static void check_path(const struct waf_exclusion_settings *exclusion, struct key_check *check)
{
	struct span path = exclusion->path;

	if (!path.len && exclusion->exact)
		key_complain(check, "exact", SPAN("/ is the front page"), "exact: it wants a path; without one the exclusion holds everywhere");
	if (!path.len)
		return;
	if (path.at[0] != '/')
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a path that starts with /", SPAN_ARG(path));
	else if (has_star_within(path))
		key_complain(check, "path", SPAN("a path means all below it too: the * may not be needed"),
		             "path: found \"%.*s\", but * stands for one whole segment", SPAN_ARG(path));
	else if (exclusion->exact)
		check_exact(path, check);
}

static void check_exclusion(const void *values, struct key_check *check)
{
	const struct waf_exclusion_settings *exclusion = values;
	const struct span *methods = exclusion->method.items;

	check_rule(exclusion, check);
	check_path(exclusion, check);
	for (size_t i = 0; i < exclusion->method.count; i++) {
		if (method_of(methods[i]) == METHOD_OTHER)
			key_complain_item(check, "method", i, SPAN("methods are upper case: GET, POST, ..."),
			                  "method: found \"%.*s\", expected a method that the shield knows", SPAN_ARG(methods[i]));
	}
	if (exclusion->until_ms && exclusion->until_ms + DAY_MS <= (int64_t)(clock_wall_ns() / 1000000))
		key_warn(check, "until", "until: the day is over, the exclusion of %.*s holds no more", SPAN_ARG(exclusion->rule));
}

static const struct key_table exclusion_table = {
	.name = "exclusion", .keys = exclusion_keys, .size = sizeof(struct waf_exclusion_settings), .check = check_exclusion,
	.help = "What is excused from which rules, where, and why.",
};

static const char *const modes[] = { "off", "detect", "block", NULL };
struct span waf_mode_name(enum waf_mode mode)
{
	return span_of(modes[mode]);
}

static const char *const rulesets[] = { RULESET_CRS, NULL };
static const char *const audit_logs[] = { "off", "relevant", "all", NULL };
static const char *const over_limits[] = { "reject", "process_partial", NULL };

static const struct key waf_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(waf_settings, mode), .fallback = "off", .choices = modes,
	  .help = "off: no rule is asked. detect: rules are asked and what they find is written down; nothing is refused or held. block: what they "
	          "refuse is refused." },
	{ .name = "ruleset", .type = KEY_PATH, .flags = KEY_TENANTS, .offset = AT(waf_settings, ruleset), .fallback = RULESET_CRS, .choices = rulesets,
	  .help = "crs: the OWASP rules of Debian's package modsecurity-crs. A folder: a CRS release as it is unpacked (crs-setup.conf, rules/, "
	          "plugins/), or any folder of .conf files. A .conf file: what it says and includes." },
	{ .name = "paranoia_level", .type = KEY_NUMBER, .offset = AT(waf_settings, paranoia_level), .min = 1, .max = 4,
	  .help = "How much CRS suspects; as crs-setup.conf says when it is not written, which is 1." },
	{ .name = "inbound_threshold", .type = KEY_NUMBER, .offset = AT(waf_settings, inbound_threshold), .min = 1, .max = 10000,
	  .help = "The anomaly score from which a request is refused; as crs-setup.conf says when it is not written, which is 5." },
	{ .name = "outbound_threshold", .type = KEY_NUMBER, .offset = AT(waf_settings, outbound_threshold), .min = 1, .max = 10000,
	  .help = "The same for a response; 4." },
	{ .name = "application", .type = KEY_CHOICE, .flags = KEY_LIST, .offset = AT(waf_settings, application), .choices = waf_applications,
	  .help = "What runs on the site: the rule set's own exclusions for it apply." },
	{ .name = "exclusions", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(waf_settings, exclusions), .table = &exclusion_table,
	  .help = "What is excused from which rules." },
	{ .name = "inspect_limit", .type = KEY_BYTES, .offset = AT(waf_settings, inspect_limit), .fallback = "1MiB", .min = 1024, .max = 1 << 30,
	  .help = "How much of a request's body is looked at." },
	{ .name = "upload_limit", .type = KEY_BYTES, .offset = AT(waf_settings, upload_limit), .fallback = "12MiB", .min = 1024, .max = 1 << 30,
	  .help = "The same of a form with files (multipart/form-data)." },
	{ .name = "over_limit", .type = KEY_CHOICE, .offset = AT(waf_settings, over_limit), .fallback = "reject", .choices = over_limits,
	  .help = "A body beyond its limit. reject: 413. process_partial: what fits is judged, the rest passes." },
	{ .name = "upload_routes", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(waf_settings, upload_routes), .max = 1024,
	  .help = "Paths, and all below them, where files of a form (multipart/form-data) are passed on as they come: head and form fields are "
	          "judged before the origin has the end of the form, contents of files are not." },
	{ .name = "response_bodies", .type = KEY_BOOL, .offset = AT(waf_settings, response_bodies), .fallback = "false",
	  .help = "Whether rules look at the bodies of responses (CRS 950 to 959)." },
	{ .name = "clamd", .type = KEY_TEXT, .flags = KEY_ADMINISTRATOR, .offset = AT(waf_settings, clamd), .max = 255,
	  .help = "The virus scanner that rules with @inspectFile ask: unix:/run/clamav/clamd.ctl, or the address and port of a clamd "
	          "(127.0.0.1:3310). What it does not say is clean is refused in `block`. Without one, those rules never match." },
	{ .name = "clamd_wait", .type = KEY_DURATION, .offset = AT(waf_settings, clamd_wait_ms), .fallback = "10s", .min = 100, .max = 120000,
	  .help = "How long it may take over the files of one request, the wait for their turn included." },
	{ .name = "audit_log", .type = KEY_CHOICE, .offset = AT(waf_settings, audit_log), .fallback = "off", .choices = audit_logs,
	  .help = "ModSecurity's audit log, below audit/TENANT/SITE of the state folder, in the format, type and parts that the rules say. relevant: of "
	          "requests that a rule with auditlog matched, or whose status SecAuditLogRelevantStatus means. all: of every request. Bodies, cookies, "
	          "credentials and values of queries and forms are masked as in the journal." },
	{ .name = "retreat", .type = KEY_BOOL, .offset = AT(waf_settings, retreat), .fallback = "true",
	  .help = "In block: whether one rule, in one parameter of one path, goes back to detect by itself for seven days when it begins to "
	          "refuse many visitors with a history of clean requests. Rules about the protocol never do, and no more than three a day." },
	{ .name = "graduate", .type = KEY_DURATION, .offset = AT(waf_settings, graduate_ms), .max = 365 * DAY_MS,
	  .help = "In detect: when for this long rules refuse no visitors who seem to be citizens, the site moves to block by itself, after it "
	          "was announced. bouclier rules graduate SITE --undo takes it back. Not written, or 0: it never does." },
	{ .name = "graduate_notice", .type = KEY_DURATION, .offset = AT(waf_settings, graduate_notice_ms), .fallback = "24h", .max = 30 * DAY_MS,
	  .help = "How long before the move it is announced, in status and in the journal." },
	{ 0 },
};

static void check_waf(const void *values, struct key_check *check)
{
	const struct waf_settings *settings = values;
	const struct span *routes = settings->upload_routes.items;
	struct clamd_address scanner;

	for (size_t i = 0; i < settings->upload_routes.count; i++) {
		if (!routes[i].len || routes[i].at[0] != '/')
			key_complain_item(check, "upload_routes", i, SPAN_NONE, "upload_routes: found \"%.*s\", expected a path that starts with /",
			                  SPAN_ARG(routes[i]));
	}
	if (settings->clamd.len && clamd_address_read(settings->clamd, &scanner) != RESULT_OK)
		key_complain(check, "clamd", SPAN("unix:/run/clamav/clamd.ctl, or 127.0.0.1:3310"),
		             "clamd: found \"%.*s\", expected unix: and the path of a socket, or an address and a port", SPAN_ARG(settings->clamd));
	if (settings->upload_limit < settings->inspect_limit)
		key_complain(check, "upload_limit", SPAN_NONE, "upload_limit is smaller than inspect_limit");
}

const struct key_table waf_table = {
	.name = "waf", .keys = waf_keys, .size = sizeof(struct waf_settings), .check = check_waf,
	.help = "Rules that are asked of requests and responses.",
};
