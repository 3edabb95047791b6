/* What the bench's crowd reads: plans, cookies, refreshes, replies; and what it writes. Its playing is tested by test_crowd_plays.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <openssl/sha.h>
#include <cmocka.h>

#include "answer.h"
#include "ask.h"
#include "challenge.h"
#include "cookies.h"
#include "plan.h"
#include "reply.h"
#include "text.h"

#define GOOD "group one role=flood profile=tool from=23.0.0.1,2001:db8::1 ips=3 stride=300 conns=2 rate=7.5 windows=10-16,27-33 " \
	     "paths=9:/a?q=$v,91:/b body_min=215 body_max=394 random_percent=70 tls=1 h2=0 cookies=1 timeout_ms=2000\n"

static bool plan_of(struct plan *plan, const char *text)
{
	char path[] = "/tmp/plan-XXXXXX";
	int fd = mkstemp(path);
	bool read;

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	read = plan_read(plan, path);
	unlink(path);
	return read;
}

static void test_plan(void **state)
{
	static struct plan plan;
	const struct group *group = &plan.groups[0];

	(void)state;
	assert_true(plan_of(&plan, GOOD "group two role=visitor from=10.0.0.1 windows=0-60 paths=1:/ asset=/s/$n\n"));
	assert_int_equal(plan.count, 2);
	assert_string_equal(group->name, "one");
	assert_int_equal(group_actors(group), 6);
	assert_true(group->tls && group->cookies && !group->h2);
	assert_int_equal(group->body_max, 394);
	assert_int_equal(group->path_count, 2);
	assert_string_equal(group->paths[1].pattern, "/b");
	assert_string_equal(plan.groups[1].asset, "/s/$n");
	assert_true(group_window(group, 0)->begin_s == 10 && group_window(group, 15)->end_s == 16 && group_window(group, 16)->begin_s == 27);
	assert_null(group_window(group, 33));
	plan_done(&plan);
}

static void test_sources(void **state)
{
	static struct plan plan;
	char text[INET6_ADDRSTRLEN];
	union address source;

	(void)state;
	assert_true(plan_of(&plan, GOOD));
	source = group_source(&plan.groups[0], 0, 2);
	assert_string_equal(inet_ntop(AF_INET, &source.v4.sin_addr, text, sizeof text), "23.0.2.89"); /* 1 + 600 */
	source = group_source(&plan.groups[0], 1, 2);
	assert_string_equal(inet_ntop(AF_INET6, &source.v6.sin6_addr, text, sizeof text), "2001:db8:0:258::1"); /* a /64 each */
	plan_done(&plan);
}

static void test_wrong_plans(void **state)
{
	static const char *const wrong[] = {
		"grope one from=1.1.1.1\n", "group\n", "group one\n", "group one role=king from=1.1.1.1 windows=0-1 paths=1:/\n",
		"group one from=1.1.1 windows=0-1 paths=1:/\n", "group one from=1.1.1.1 windows=0 paths=1:/\n", "group one from=1.1.1.1 paths=1:/\n",
		"group one from=1.1.1.1 windows=0-1 paths=/\n", "group one from=1.1.1.1 windows=0-1 paths=0:/\n",
		"group one from=1.1.1.1 windows=0-1 paths=1:/ tls=yes\n", "group one from=1.1.1.1 windows=0-1 paths=1:/ ips=-1\n",
		"group one from=1.1.1.1 windows=0-1 paths=1:/ ips=0\n", "group one from=1.1.1.1 windows=0-1 paths=1:/ colour=red\n",
		"group one from=1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1 windows=0-1 paths=1:/\n",
		"group a_name_that_is_longer_than_anything_would_be from=1.1.1.1 windows=0-1 paths=1:/\n",
		"group one from=1.1.1.1 windows=0-1 paths=1:/ no end of line",
	};

	static struct plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (plan_of(&plan, wrong[i]))
			fail_msg("taken: %s", wrong[i]);
		plan_done(&plan);
	}
	assert_false(plan_read(&plan, "/nowhere/plan"));
}

static void assert_jar(const struct cookies *jar, bool tls, const char *wanted)
{
	char text[4096] = "";

	cookies_write(jar, tls, text, sizeof text);
	assert_string_equal(text, wanted);
}

static void test_cookies(void **state)
{
	static struct cookies jar;

	(void)state;
	cookies_take(&jar, "a=1; Path=/", false);
	cookies_take(&jar, "ab=2", true);
	cookies_take(&jar, "a=3; HttpOnly", true);
	assert_jar(&jar, false, "ab=2; a=3");
	cookies_take(&jar, "__Host-t=x; Path=/; Secure", false); /* a secret does not come over plain HTTP */
	cookies_take(&jar, "s=y;secure", false);
	assert_jar(&jar, true, "ab=2; a=3");
	cookies_take(&jar, "__Host-t=x; Path=/; Secure", true);
	assert_jar(&jar, true, "ab=2; a=3; __Host-t=x");
	assert_jar(&jar, false, "ab=2; a=3"); /* nor does it go */
	cookies_take(&jar, "ab=; Max-Age=0", true);
	assert_jar(&jar, false, "a=3");
	cookies_take(&jar, "no value", true);
	cookies_take(&jar, "", true);
	assert_jar(&jar, false, "a=3");
}

static void test_cookies_limits(void **state)
{
	static struct cookies jar;
	char pair[COOKIE_MAX + 8], little[8];

	(void)state;
	memset(pair, 'x', sizeof pair);
	pair[1] = '=';
	pair[sizeof pair - 1] = 0;
	cookies_take(&jar, pair, false);
	assert_int_equal(jar.count, 0);
	for (unsigned i = 0; i < COOKIES_MAX + 3; i++) {
		snprintf(pair, sizeof pair, "n%u=v", i);
		cookies_take(&jar, pair, false);
	}
	assert_int_equal(jar.count, COOKIES_MAX);
	assert_true(cookies_write(&jar, false, little, sizeof little) < sizeof little);
}

static void test_refresh(void **state)
{
	static const struct {
		const char *text;
		bool read;
		unsigned wait_ms;
		const char *target;
	} rows[] = {
		{"5; url=/x?y=1", true, 5000, "/x?y=1"}, {"0.5;URL='https://bench.test/x'", true, 500, "/x"}, {"3", true, 3000, "/asked"},
		{"6; url=\"/quoted\"", true, 6000, "/quoted"}, {"61; url=/x", false, 0, ""}, {"-1", false, 0, ""}, {"soon", false, 0, ""},
		{"", false, 0, ""}, {"nan", false, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char target[TEXT_TARGET_MAX] = "/asked";
		unsigned wait_ms = 0;

		assert_int_equal(refresh_read(rows[i].text, &wait_ms, target, sizeof target), rows[i].read);
		if (rows[i].read) {
			assert_int_equal(wait_ms, rows[i].wait_ms);
			assert_string_equal(target, rows[i].target);
		}
	}
}

static bool meets(bool script, bool refresh, const char *field, const char *page, struct challenge *challenge)
{
	struct group group = {.script = script, .refresh = refresh};
	char text[512];
	struct answer answer = {.status = 503, .page = text, .page_len = strlen(page)};

	snprintf(text, sizeof text, "%s", page);
	snprintf(answer.refresh, sizeof answer.refresh, "%s", field);
	return challenge_meet(&group, &answer, "/asked", challenge);
}

static void test_challenges(void **state)
{
	static const char meta[] = "<html><META http-equiv=\"refresh\" content=\"4; url=/in\">";
	static const char hidden[] = "<script>x</script><noscript><meta http-equiv=\"refresh\" content=\"6; url=/in\"></noscript>";
	struct challenge challenge;

	(void)state;
	assert_true(meets(false, true, "2; url=/f", "", &challenge));
	assert_true(challenge.is_announced && challenge.wait_ms == 2000);
	assert_string_equal(challenge.next.target, "/f");
	assert_true(meets(false, true, "", meta, &challenge));
	assert_int_equal(challenge.wait_ms, 4000);
	assert_string_equal(challenge.next.target, "/in");
	assert_true(meets(false, true, "", hidden, &challenge));
	assert_int_equal(challenge.wait_ms, 6000);
	assert_false(meets(true, true, "", hidden, &challenge)); /* with script nobody sees it */
	assert_true(meets(true, true, "", meta, &challenge));
	assert_false(meets(false, false, "2", meta, &challenge));
	assert_false(meets(false, true, "", "<p>refused</p>", &challenge));
	assert_false(meets(false, true, "", "<meta http-equiv=\"refresh\">", &challenge));
}

static void test_references(void **state)
{
	bool tls = false;

	(void)state;
	assert_string_equal(reference_path("https://bench.test/page?id=1", &tls), "/page?id=1");
	assert_true(tls); /* a redirect's scheme is followed */
	assert_string_equal(reference_path("/here", &tls), "/here");
	assert_true(tls);
	assert_string_equal(reference_path("http://bench.test", &tls), "/");
	assert_false(tls);
	assert_string_equal(reference_path("/x?u=https://other", &tls), "/x?u=https://other");
	assert_false(tls);
}

static void test_answer(void **state)
{
	static struct cookies jar;
	struct answer answer = {.cookies = &jar, .tls = true};

	(void)state;
	answer_head(&answer, "HTTP/1.1 200 OK\r\nX-Bench-Page: 1\r\nSet-Cookie:  a=1; Secure\r\nLOCATION: /x\r\nRefresh:5\r\nno colon\r\nEmpty:\r\nLast: y");
	assert_true(answer.is_page);
	assert_string_equal(answer.location, "/x");
	assert_string_equal(answer.refresh, "5");
	assert_jar(&jar, true, "a=1");
	answer_reset(&answer);
	assert_true(!answer.is_page && !answer.location[0] && !answer.refresh[0] && answer.cookies == &jar);
}

/* Whatever the pieces, the same bytes are kept. */
static void test_reply_keeps(void **state)
{
	static const struct {
		const char *text, *kept;
		size_t size;
	} rows[] = {
		{"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nhello", "hello", 64},
		{"HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nhello", "hel", 4},
		{"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "hello", 64},
		{"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\r\r\n0\r\n\r\n", "\r", 64},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t step = 1; step <= strlen(rows[i].text); step++) {
			static struct reply reply;
			char kept[64] = "";
			enum reply_result result = REPLY_MORE;

			reply_reset(&reply);
			reply.kept = kept;
			reply.kept_size = rows[i].size;
			for (size_t at = 0, len = strlen(rows[i].text); at < len && result == REPLY_MORE; at += step)
				result = reply_read(&reply, rows[i].text + at, step < len - at ? step : len - at);
			assert_int_equal(result, REPLY_DONE);
			assert_string_equal(kept, rows[i].kept);
			assert_int_equal(reply.kept_len, strlen(rows[i].kept));
		}
}

static void test_random_values(void **state)
{
	struct group group = {.random_percent = 70, .body_min = 215, .body_max = 394};
	uint64_t random = 1;
	unsigned same = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char target[TEXT_TARGET_MAX], body[TEXT_BODY_MAX];
		size_t len;

		text_target(&group, "/s?q=$v", &random, target);
		same += !strcmp(target, "/s?q=inschrijving");
		len = text_body(&group, &random, body);
		assert_in_range(len, 215, 394);
	}
	assert_in_range(same, 2800, 3200);
	group.evil_ppm = 1000000;
	for (unsigned i = 0; i < 10; i++) {
		char target[TEXT_TARGET_MAX];

		text_target(&group, "/s?q=$v", &random, target);
		assert_non_null(strstr(target, "UNION%20SELECT"));
	}
}

static void test_long_patterns_are_cut(void **state)
{
	struct group group = {.random_percent = 100};
	char pattern[2048], target[TEXT_TARGET_MAX];
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof pattern; i += 2)
		memcpy(pattern + i, "$v", 2);
	pattern[sizeof pattern - 2] = 0;
	text_target(&group, pattern, &random, target);
	assert_true(strlen(target) < sizeof target);
}

/* The lookalike citizen's fields are the tools', one by one; a browser's are not. */
static void test_fingerprints(void **state)
{
	static struct ask browser, tool;
	static char text[ASK_BYTES_MAX];
	struct group group = {.profile = PROFILE_TOOL};
	struct ask_order order = {.group = &group, .agent = "Agent"};

	(void)state;
	strcpy(tool.target, "/x");
	ask_fill(&tool, &order);
	ask_write(&tool, true, false, text);
	assert_string_equal(text, "GET /x HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: Agent\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
			    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n");
	group.profile = PROFILE_BROWSER;
	ask_fill(&browser, &order);
	assert_true(browser.count > tool.count);
	group.profile = PROFILE_TOOL;
	memcpy(tool.body, "a=1", 3);
	tool.body_len = 3;
	ask_fill(&tool, &order);
	text[ask_write(&tool, true, true, text)] = 0;
	assert_non_null(strstr(text, "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(text, "Content-Length: 3\r\nConnection: close\r\n\r\na=1"));
}

#define ASK "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PAGE "<noscript><meta http-equiv=\"refresh\" content=\"3; url=/admit?ask=" ASK ";to=/a%3fb=1\"></noscript>" \
	     "<main data-ask=\"" ASK "\" data-admit=\"/admit\" data-bits=\"12\" data-parts=\"3\" data-wait=\"2\">"

/* Each number of the answer makes the first bits of a SHA-256 zero; of a page that lacks something there is no answer. */
static void test_solver(void **state)
{
	static const char *const lacking[] = { "data-ask", "data-admit", "data-bits", "data-parts", "data-wait", ";to=" };
	char page[1024] = PAGE;
	struct answer answer = { .page = page, .page_len = sizeof(PAGE) - 1, .page_size = sizeof(page) };
	unsigned char seed[SHA256_DIGEST_LENGTH], text[24] = { 0 }, digest[SHA256_DIGEST_LENGTH];
	struct solution solution;
	char *work;

	(void)state;
	assert_true(solver_solve(&answer, &solution));
	assert_int_equal(strncmp(solution.target, "/admit?ask=" ASK "&to=/a%3fb=1&work=", strlen("/admit?ask=" ASK "&to=/a%3fb=1&work=")), 0);
	assert_true(solution.work_ms > 0 && solution.body_len == 0);
	SHA256((const unsigned char *)ASK, 64, seed);
	memcpy(text, seed, 16);
	work = strstr(solution.target, "work=") + 5;
	for (unsigned part = 0; part < 3; part++) {
		uint32_t number = htonl((uint32_t)strtoul(work, &work, 16));

		assert_int_equal(*work, part < 2 ? '.' : 0);
		work += part < 2;
		text[19] = (unsigned char)part;
		memcpy(text + 20, &number, 4);
		SHA256(text, sizeof(text), digest);
		assert_int_equal(digest[0] | (digest[1] & 0xf0), 0);
	}
	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); i++) {
		memcpy(page, PAGE, sizeof(PAGE));
		*strstr(page, lacking[i]) = '_';
		assert_false(solver_solve(&answer, &solution));
	}
	memcpy(page, PAGE, sizeof(PAGE));
	memcpy(strstr(page, "data-parts"), "data-parts=\"0\"", strlen("data-parts=\"0\""));
	assert_true(solver_solve(&answer, &solution));
	assert_string_equal(solution.target, "/admit?ask=" ASK "&to=/a%3fb=1");
	assert_int_equal(solution.work_ms, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),           cmocka_unit_test(test_sources),       cmocka_unit_test(test_wrong_plans),
		cmocka_unit_test(test_cookies),        cmocka_unit_test(test_cookies_limits), cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_challenges),     cmocka_unit_test(test_references),    cmocka_unit_test(test_answer),
		cmocka_unit_test(test_reply_keeps),    cmocka_unit_test(test_random_values), cmocka_unit_test(test_long_patterns_are_cut),
		cmocka_unit_test(test_fingerprints),   cmocka_unit_test(test_solver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
