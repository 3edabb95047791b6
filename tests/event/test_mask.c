/* What the record of a match lets through. The secrets are of our own making; the numbers pass their checks. */
#include "stage.h"

#include "event/mask.h"

static void texts(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "' or 1=1 -- ", "' or 1=1 -- " },
		{ "<script>alert(1)</script>", "<script>alert(1)</script>" },
		{ "union select name from users", "union select name from users" },
		{ "in 2026, Kerkstraat 12", "in 2026, Kerkstraat 12" },
		/* national register number, plain and as it is printed */
		{ "85073003328", "*11" }, { "85.07.30-033.28", "*15" }, { "85 07 30 033 28'--", "*15'--" }, { "x=85.07.30-033.28;", "x=*15;" },
		/* IBAN */
		{ "BE68539007547034", "*16" }, { "BE68 5390 0754 7034", "*19" }, { "be68.5390.0754.7034 or 1", "*24" }, { "be68.5390.0754.7034;drop", "*19;drop" },
		{ "NO9386011117947", "*15" }, { "GB29 NWBK 6016 1331 9268 19", "*27" }, { "LC14 BOSL 1234 5678 9012 3456 7890 1234", "*39" },
		/* cards */
		{ "4111111111111111", "*16" }, { "4111 1111 1111 1111", "*19" }, { "5500-0000-0000-0004", "*19" }, { "3782.822463.10005", "*17" },
		{ "4111+1111+1111+1111", "*19" },
		/* what may open something */
		{ "hunter2", "*7" }, { "s3cr3t-0001' or 1=1", "*11' or 1=1" }, { "eyJhbGciOiJIUzI1NiJ9.e30.x", "*20.e30.x" },
		{ "abcdefghijklmnopqrstuvwxyz", "*26" },
		{ "password=hunter' or", "password=*6' or" }, { "pwd : zomer' or", "pwd : *5' or" }, { "token\":\"abc\"", "token\":\"*3\"" },
		{ "a=b&pin=no&c=d", "a=b&pin=*2&c=d" },
		/* cut: a secret that begins within the window is masked by its whole length, none is shown in part */
		{ "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<4111111111111111", "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<*16" },
		{ "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<4111", "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[MASK_TEXT_MAX];

		assert_span(mask_match(span_of(cases[i][0]), out), cases[i][1]);
	}
}

static void names(void **state)
{
	static const char *const secret[] = { "password", "passwd", "userPassword", "user[password]", "pwd", "client_secret", "csrf_token", "Authorization",
		                              "pin", "cardPin", "pin_code", "x-api-key", "api_key", "session_id", "wpnonce_token", "mot_de_passe", "mdp",
		                              "wachtwoord", "iban", "rijksregister_nummer", "niss", "json.login.pass", "CVC", "otp1" };
	static const char *const plain[] = { "message", "shopping", "q", "comment", "panel", "keyboard", "monkey", "subject", "passage", "spinner",
		                             "naam", "body", "title", "opinion" };

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++) {
		if (!mask_is_secret(span_of(secret[i])))
			fail_msg("%s is not taken for a secret", secret[i]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (mask_is_secret(span_of(plain[i])))
			fail_msg("%s is taken for a secret", plain[i]);
	}
}

static void what_is_kept(void **state)
{
	static const char *const kept[] = { "ARGS:message", "ARGS_GET:q", "ARGS_POST:comment", "FILES:f", "REQUEST_HEADERS:User-Agent", "REQUEST_METHOD" };
	static const char *const never[] = { "ARGS:password", "REQUEST_COOKIES:lang", "REQUEST_HEADERS:Authorization", "REQUEST_HEADERS:Cookie",
		                             "REQUEST_HEADERS:Referer", "REQUEST_HEADERS:X-Anything", "REQUEST_URI", "REQUEST_LINE", "QUERY_STRING",
		                             "REQUEST_BODY", "REQUEST_FILENAME", "XML:/*", "RESPONSE_BODY", "TX:0", "ARGS", "ARGS:", "", "NOBODY:x" };

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		assert_true(mask_keeps(span_of(kept[i])));
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		if (mask_keeps(span_of(never[i])))
			fail_msg("%s would be kept", never[i]);
	}
}

static void targets(void **state)
{
	static const struct {
		const char *target, *want;
		bool is_whole;
		size_t value_len;
	} cases[] = {
		{ "ARGS:message", "ARGS:message", true, 5 }, { "REQUEST_URI", "REQUEST_URI", true, 5 }, { "ARGS:", "ARGS:", true, 5 },
		{ "ARGS:json.items.0.name", "ARGS:json.items.0.name", true, 5 }, { "XML:/*", "XML:/*", true, 5 },
		{ "ARGS:user[address][line_12]", "ARGS:user[address][line_12]", true, 5 }, { "ARGS:tx_news_pi1[item]", "ARGS:tx_news_pi1[item]", true, 5 },
		{ "ARGS:tx_news_pi1", "ARGS:*11", false, 0 }, { "ARGS_NAMES:tx_news_pi1", "ARGS_NAMES:*11", false, 5 },
		{ "ARGS_NAMES:message", "ARGS_NAMES:message", true, 5 }, { "ARGS_NAMES:s3cr3t-0001' or 1=1", "ARGS_NAMES:*11' or 1=1", false, 5 },
		{ "ARGS:4111111111111111", "ARGS:*16", false, 5 }, { "ARGS:json.geheim-0001", "ARGS:json.*11", false, 5 },
		{ "ARGS:a1b2c3d4e5", "ARGS:*10", false, 5 },
		{ "ARGS:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "ARGS:*52", false, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[MASK_TEXT_MAX];
		bool is_whole;

		assert_span(mask_target(span_of(cases[i].target), cases[i].value_len, out, &is_whole), cases[i].want);
		assert_int_equal(is_whole, cases[i].is_whole);
	}
}

/* Whatever is masked at whatever place of the window, and however long a name is: never beyond its room. */
static void every_cut(void **state)
{
	char text[200], out[MASK_TEXT_MAX + 1];
	bool is_whole;

	(void)state;
	for (size_t front = 0; front < 120; front++) {
		memset(text, '<', sizeof(text));
		for (size_t i = front; i < sizeof(text); i++)
			text[i] = (char)('0' + i % 10);
		memcpy(text, "ARGS_NAMES:", 11);
		out[MASK_TEXT_MAX] = '#';
		assert_true(mask_match(span_make(text, sizeof(text)), out).len <= MASK_TEXT_MAX);
		assert_true(mask_target(span_make(text, sizeof(text)), 1, out, &is_whole).len <= MASK_TEXT_MAX);
		assert_false(is_whole);
		assert_int_equal(out[MASK_TEXT_MAX], '#');
	}
}

static void pairs(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "name=jan", "name=*3" }, { "a=b=c", "a=*3" }, { "=x", "=*1" }, { "q=", "q=*0" }, { "hidden", "*6" },
		{ "user%5Bname%5d=x", "user%5Bname%5d=*1" }, { "tx_news_pi1[item]=1", "tx_news_pi1[item]=*1" },
		{ "QWxhZGRpbjpvcGVuc2VzYW1l==", "*26" }, { "zomer==", "*7" }, { "===", "*3" }, { "hunter2=", "*7=*0" }, { "%68unter%32=", "*11=*0" },
		{ "{\"user\":\"jan\",\"password\":\"hunter2=x\"}", "*33=*3" }, { "jan peeters=", "*11=*0" }, { "jan+peeters=", "*11=*0" },
		{ "%7b%22a=x", "*7=*1" }, { "a%=x", "*2=*1" }, { "a%4=x", "*3=*1" }, { "4111111111111111=x", "*16=*1" }, { "a\"b=x", "*3=*1" },
		{ "%22=x", "*3=*1" }, { "caf\xc3\xa9=x", "*5=*1" },
	};
	char longest[MASK_NAME_MAX + 2], out[MASK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_span(mask_pair(span_of(cases[i][0]), out), cases[i][1]);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 10 == 9 ? '.' : 'a';
	longest[MASK_NAME_MAX] = '=';
	assert_int_equal(mask_pair(span_make(longest, MASK_NAME_MAX + 2), out).len, MASK_NAME_MAX + 3);
	longest[MASK_NAME_MAX] = 'a';
	longest[MASK_NAME_MAX + 1] = '=';
	assert_span(mask_pair(span_make(longest, MASK_NAME_MAX + 2), out), "*73=*0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(names), cmocka_unit_test(what_is_kept), cmocka_unit_test(targets), cmocka_unit_test(every_cut),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
