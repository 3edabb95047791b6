/* Whose cookies they are. */
#include "heads.h"

#include "cache/cookie.h"

#include "base/banned.h"

static void kinds(void **state)
{
	static const struct { const char *fields, *application; enum cookie_kind kind; } rows[] = {
		{ "", NULL, COOKIE_NONE },
		{ "Cookie: |", NULL, COOKIE_NONE },
		{ "Cookie: lang=nl|", NULL, COOKIE_OTHER },
		{ "Cookie: __Host-bouclier=x|", NULL, COOKIE_NONE },              /* ours */
		{ "Cookie: bouclier=x; lang=nl|", NULL, COOKIE_OTHER },
		{ "Cookie: _ga=GA1.2; consent=yes|", NULL, COOKIE_OTHER },
		{ "Cookie: _ga=GA1.2; _pk_id.1.2ab=x; __utma=1; _ga_AB12=x|", NULL, COOKIE_NONE },
		{ "Cookie: _gallery=dark|", NULL, COOKIE_OTHER },
		{ "Cookie: _pk_identity=x|", NULL, COOKIE_SESSION },
		{ "Cookie: lang=nl|", "cpanel", COOKIE_OTHER },
		{ "Cookie: lang=nl|", "wordpress", COOKIE_NONE },
		{ "Cookie: lang=session|", NULL, COOKIE_OTHER },                 /* names count, not values */
		{ "Cookie: PHPSESSID=1|", NULL, COOKIE_SESSION },
		{ "Cookie: lang=nl; JSESSIONID=1|", NULL, COOKIE_SESSION },
		{ "Cookie: lang=nl|Cookie: ASP.NET_SessionId=1|", NULL, COOKIE_SESSION },
		{ "Cookie: connect.sid=1|", NULL, COOKIE_SESSION },
		{ "Cookie: XSRF-TOKEN=1|", NULL, COOKIE_SESSION },
		{ "Cookie: nameless|", "wordpress", COOKIE_SESSION },
		{ "Cookie: =value|", "wordpress", COOKIE_SESSION },
		{ "Cookie: ;;lang=nl;|", NULL, COOKIE_OTHER },
		{ "Cookie: wordpress_logged_in_0123=x|", "wordpress", COOKIE_SESSION },
		{ "Cookie: wp-settings-1=x|", "wordpress", COOKIE_SESSION },
		{ "Cookie: comment_author_0123=x|", "wordpress", COOKIE_SESSION },
		{ "Cookie: wp-postpass_0123=x|", NULL, COOKIE_SESSION },
		{ "Cookie: wikiUserID=1|", "mediawiki", COOKIE_SESSION },
		{ "Cookie: wiki_session=1|", "mediawiki", COOKIE_SESSION },
		{ "Cookie: wikiLoggedOut=1|", "mediawiki", COOKIE_SESSION },
		{ "Cookie: mwclientpreferences=1|", "mediawiki", COOKIE_NONE },
		{ "Cookie: SSESS0123=1|", "drupal", COOKIE_SESSION },
		{ "Cookie: NO_CACHE=1|", "drupal", COOKIE_SESSION },
		{ "Cookie: Drupal.visitor.name=1|", "drupal", COOKIE_SESSION },
		{ "Cookie: has_js=1|", "drupal", COOKIE_NONE },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span application = span_of(rows[i].application);

		print_message("%s for %s\n", rows[i].fields, rows[i].application ? rows[i].application : "nobody");
		heads_ask(&heads, "GET /", rows[i].fields);
		assert_int_equal(cookie_kind_of(&heads.request.fields, &application, application.len ? 1 : 0), rows[i].kind);
	}
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
