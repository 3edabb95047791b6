#include "cache/cookie.h"

#include "guard/token.h"

#include "base/banned.h"

#define PARTS_MAX 8

/* Parts of names that the cookies of somebody have in that application. "^" in front: the name begins so. */
struct application_cookies {
	struct span name;
	const char *parts[PARTS_MAX];
};

static const struct application_cookies known[] = {
	/* WDBPREFIX_session, WDBPREFIXUserID, WDBPREFIXUserName, WDBPREFIXToken, WDBPREFIXLoggedOut; CentralAuth has its own. */
	{ SPAN_INIT("mediawiki"), { "session", "userid", "username", "token", "^centralauth_", "loggedout" } },
	{ SPAN_INIT("wordpress"), { "^wordpress_logged_in", "^wordpress_sec", "^wp-postpass", "^comment_author", "^wp-settings", "^wordpress_no_cache",
	                            "^woocommerce_", "^wp_woocommerce_session" } },
	{ SPAN_INIT("drupal"), { "^sess", "^ssess", "^no_cache", "^drupal.", "^comment_info_", "^drupal_" } },
};

/* What servers and frameworks call them: PHPSESSID, JSESSIONID, ASP.NET_SessionId, sessionid, connect.sid, laravel_session, XSRF-TOKEN... */
static const char *const everywhere[] = { "sess", "sid", "auth", "token", "login", "logged", "user", "jwt", "csrf", "xsrf", "secret", "ident", "account",
	                                  "cart", "basket", "remember", "passw", "postpass", "comment_author" };

/* Google Analytics, Matomo, Meta, Clarity: written by scripts of the page to tell visitors apart, and no portal looks at them for what it says. "^" as above;
 * otherwise the whole name. */
static const char *const statistics[] = { "_ga", "^_ga_", "_gid", "_gat", "^_gat_", "^_gac_", "^__utm", "^_pk_id.", "^_pk_ses.", "^_pk_ref.", "^_pk_cvar.",
	                                  "^_pk_hsr.", "_fbp", "_clck", "_clsk" };

static bool has_part(struct span name, const char *part)
{
	return part[0] == '^' ? span_starts_nocase(name, span_of(part + 1)) : span_contains_nocase(name, span_of(part));
}

static bool is_known_session(struct span name, const struct application_cookies *application)
{
	for (size_t i = 0; i < PARTS_MAX && application->parts[i]; i++) {
		if (has_part(name, application->parts[i]))
			return true;
	}
	return false;
}

static bool looks_like_session(struct span name)
{
	for (size_t i = 0; i < sizeof(everywhere) / sizeof(*everywhere); i++) {
		if (has_part(name, everywhere[i]))
			return true;
	}
	return false;
}

static bool is_statistics(struct span name)
{
	for (size_t i = 0; i < sizeof(statistics) / sizeof(*statistics); i++) {
		if (statistics[i][0] == '^' ? has_part(name, statistics[i]) : span_equal(name, span_of(statistics[i])))
			return true;
	}
	return false;
}

static const struct application_cookies *find_application(struct span name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (span_equal(known[i].name, name))
			return &known[i];
	}
	return NULL;
}

static enum cookie_kind kind_of(struct span name, const struct span *applications, size_t count)
{
	enum cookie_kind kind = COOKIE_OTHER;

	if (span_equal(name, SPAN(TOKEN_COOKIE_TLS)) || span_equal(name, SPAN(TOKEN_COOKIE)))
		return COOKIE_NONE;  /* ours: the origin does not see it */
	if (!name.len || looks_like_session(name))
		return COOKIE_SESSION;
	for (size_t i = 0; i < count; i++) {
		const struct application_cookies *application = find_application(applications[i]);

		if (application && is_known_session(name, application))
			return COOKIE_SESSION;
		if (application)
			kind = COOKIE_NONE;
	}
	return is_statistics(name) ? COOKIE_NONE : kind;
}

enum cookie_kind cookie_kind_of(const struct fields *request, const struct span *applications, size_t count)
{
	enum cookie_kind most = COOKIE_NONE;

	for (unsigned i = 0; i < request->count && most != COOKIE_SESSION; i++) {
		struct span rest = request->list[i].id == FIELD_COOKIE ? request->list[i].value : SPAN_NONE;

		while (rest.len && most != COOKIE_SESSION) {
			struct span pair = span_trim(span_cut(&rest, ';'));
			size_t equals = span_find(pair, '=');
			struct span name = equals < pair.len ? span_trim(span_take(pair, equals)) : SPAN_NONE;
			enum cookie_kind kind = pair.len ? kind_of(name, applications, count) : COOKIE_NONE;

			most = kind > most ? kind : most;
		}
	}
	return most;
}
