/* libbouclier-waf as another program uses it: its header, its symbols, and nothing else of the house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/write_file.h"

#include <bouclier/waf.h>

#define TEXT(literal) ((struct bouclier_waf_text){ (literal), sizeof(literal) - 1 })
#define ON "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/html\n"

static struct bouclier_waf_thread *thread;
static struct bouclier_waf_rules *rules;
static struct bouclier_waf_store *store;
static size_t limit_bytes;

static void load(const char *text)
{
	struct bouclier_waf_loader *loader = bouclier_waf_loader_new();

	assert_true(bouclier_waf_add_text(loader, "base", ON, sizeof(ON) - 1));
	assert_true(bouclier_waf_add_text(loader, "own", text, strlen(text)));
	rules = bouclier_waf_load(loader);
	if (!rules)
		fail_msg("%s", bouclier_waf_complaints(loader));
	bouclier_waf_loader_free(loader);
}

static void unload(void)
{
	bouclier_waf_rules_free(rules);
	rules = NULL;
}

static struct bouclier_waf_transaction *begin(void)
{
	struct bouclier_waf_birth birth = { .size = sizeof(birth), .rules = rules, .thread = thread, .store = store, .client = "192.0.2.7:40000",
		                            .server = "[2001:db8::1]:443", .id = "an-id",
		                            .limit_bytes = limit_bytes };

	return bouclier_waf_begin(&birth);
}

/* A form is posted. */
static struct bouclier_waf_transaction *post(const char *target, const char *body, enum bouclier_waf_answer *answer)
{
	struct bouclier_waf_transaction *transaction = begin();
	size_t half = strlen(body) / 2;

	assert_non_null(transaction);
	*answer = bouclier_waf_line(transaction, TEXT("POST"), (struct bouclier_waf_text){ target, strlen(target) }, TEXT("HTTP/1.1"));
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_field(transaction, TEXT("Host"), TEXT(" www.commune.example:8443 "));
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_field(transaction, TEXT("Content-Type"), TEXT("application/x-www-form-urlencoded"));
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_head(transaction);
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_body(transaction, (struct bouclier_waf_text){ body, half });
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_body(transaction, (struct bouclier_waf_text){ body + half, strlen(body) - half });
	if (*answer == BOUCLIER_WAF_GO_ON)
		*answer = bouclier_waf_body_end(transaction);
	return transaction;
}

/* The ids of what matched, each with a space behind it. */
static const char *ids(const struct bouclier_waf_transaction *transaction)
{
	static char text[400];
	struct bouclier_waf_match match = { .size = sizeof(match) };
	size_t len = 0;

	text[0] = 0;
	while (bouclier_waf_match_next(transaction, &match))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u ", match.id);
	return text;
}

static bool is(struct bouclier_waf_text text, const char *wanted)
{
	return text.len == strlen(wanted) && memcmp(text.at, wanted, text.len) == 0;
}

/* -- requests and answers -- */

static void a_request_is_judged(void **state)
{
	struct bouclier_waf_verdict verdict = { .size = sizeof(verdict) };
	struct bouclier_waf_match match = { .size = sizeof(match) };
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	load("SecRule ARGS:q \"@contains bad\" \"id:10,phase:2,deny,status:418,severity:2,tag:'a-tag',msg:'said %{MATCHED_VAR}'\"\n"
	     "SecRule SERVER_NAME \"@streq www.commune.example\" \"id:11,phase:1,pass\"\n"
	     "SecRule REQUEST_FILENAME \"@streq /form\" \"id:12,phase:1,pass\"\n"
	     "SecRule REMOTE_ADDR \"@ipMatch 192.0.2.7\" \"id:13,phase:5,pass\"\n");
	transaction = post("/form?a=1", "q=very+bad", &answer);
	assert_int_equal(answer, BOUCLIER_WAF_STOP);
	bouclier_waf_log(transaction);
	bouclier_waf_verdict(transaction, &verdict);
	assert_int_equal(verdict.kind, BOUCLIER_WAF_DENY);
	assert_int_equal(verdict.status, 418);
	assert_int_equal(verdict.rule_id, 10);
	assert_string_equal(ids(transaction), "11 12 10 13 ");
	while (bouclier_waf_match_next(transaction, &match) && match.id != 10) {}
	assert_true(is(match.name, "ARGS:q") && is(match.value, "very bad") && is(match.msg, "said very bad") && is(match.file, "own"));
	assert_int_equal(match.line, 1);
	assert_int_equal(match.severity, 2);
	assert_true(is(bouclier_waf_match_tag(&match, 0), "a-tag") && is(bouclier_waf_match_tag(&match, 1), ""));
	bouclier_waf_end(transaction);
	transaction = post("http://www.commune.example/form", "q=good", &answer);
	assert_int_equal(answer, BOUCLIER_WAF_GO_ON);
	assert_string_equal(ids(transaction), "11 12 ");
	bouclier_waf_end(transaction);
	unload();
}

static void an_answer_is_judged(void **state)
{
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	load("SecRule RESPONSE_HEADERS:Server \"@streq old\" \"id:20,phase:3,pass\"\n"
	     "SecRule RESPONSE_BODY \"@contains secret\" \"id:21,phase:4,deny\"\n");
	transaction = post("/", "", &answer);
	assert_int_equal(answer, BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_answer_line(transaction, 200, TEXT("OK")), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_field(transaction, TEXT("Server"), TEXT("old")), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_field(transaction, TEXT("Content-Type"), TEXT("text/html")), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_answer_head(transaction), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_answer_body(transaction, TEXT("a sec")), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_answer_body(transaction, TEXT("ret")), BOUCLIER_WAF_GO_ON);
	assert_int_equal(bouclier_waf_answer_end(transaction), BOUCLIER_WAF_STOP);
	assert_string_equal(ids(transaction), "20 21 ");
	bouclier_waf_end(transaction);
	unload();
}

static void a_store_remembers(void **state)
{
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer = BOUCLIER_WAF_FAILED;

	(void)state;
	assert_null(bouclier_waf_store_new(1000));
	store = bouclier_waf_store_new(1 << 20);
	assert_non_null(store);
	load("SecAction \"id:30,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1\"\n"
	     "SecRule IP:SEEN \"@ge 3\" \"id:31,phase:1,deny\"\n");
	for (unsigned i = 1; i <= 3; i++) {
		transaction = post("/", "", &answer);
		assert_int_equal(answer, i == 3 ? BOUCLIER_WAF_STOP : BOUCLIER_WAF_GO_ON);
		bouclier_waf_log(transaction);
		bouclier_waf_end(transaction);
	}
	unload();
	bouclier_waf_store_free(store);
	store = NULL;
}

/* Nobody sleeps in a library: it says how long. */
static void a_pause_is_told(void **state)
{
	struct bouclier_waf_verdict verdict = { .size = sizeof(verdict) };
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	load("SecAction \"id:40,phase:1,deny,pause:60000\"\n");
	transaction = post("/", "", &answer);
	bouclier_waf_verdict(transaction, &verdict);
	assert_int_equal(answer, BOUCLIER_WAF_STOP);
	assert_in_range(verdict.pause_ms, 50000, 60000);
	bouclier_waf_end(transaction);
	unload();
}

/* -- what fails is refused -- */

static void what_is_not_its_turn_fails(void **state)
{
	struct bouclier_waf_verdict verdict = { .size = sizeof(verdict) };
	struct bouclier_waf_transaction *transaction;

	(void)state;
	load("SecAction \"id:50,phase:1,pass,nolog\"\n");
	transaction = begin();
	assert_int_equal(bouclier_waf_body(transaction, TEXT("early")), BOUCLIER_WAF_FAILED);
	assert_int_equal(bouclier_waf_line(transaction, TEXT("GET"), TEXT("/"), TEXT("HTTP/1.1")), BOUCLIER_WAF_FAILED);
	bouclier_waf_log(transaction);
	bouclier_waf_verdict(transaction, &verdict);
	assert_int_equal(verdict.kind, BOUCLIER_WAF_DENY);
	bouclier_waf_end(transaction);
	unload();
}

static void too_many_fields_fail(void **state)
{
	enum bouclier_waf_answer answer = BOUCLIER_WAF_GO_ON;
	struct bouclier_waf_transaction *transaction;

	(void)state;
	load("SecAction \"id:60,phase:1,pass,nolog\"\n");
	transaction = begin();
	assert_int_equal(bouclier_waf_line(transaction, TEXT("GET"), TEXT("/"), TEXT("HTTP/1.1")), BOUCLIER_WAF_GO_ON);
	for (unsigned i = 0; i < BOUCLIER_WAF_FIELDS_MAX; i++)
		assert_int_equal(bouclier_waf_field(transaction, TEXT("X"), TEXT("y")), BOUCLIER_WAF_GO_ON);
	answer = bouclier_waf_field(transaction, TEXT("X"), TEXT("y"));
	assert_int_equal(answer, BOUCLIER_WAF_FAILED);
	assert_int_equal(bouclier_waf_head(transaction), BOUCLIER_WAF_FAILED);
	bouclier_waf_end(transaction);
	unload();
}

static void a_birth_without_sense_is_none(void **state)
{
	struct bouclier_waf_birth birth = { .size = sizeof(birth), .thread = thread, .client = "192.0.2.7:1", .server = "192.0.2.8:2" };

	(void)state;
	assert_null(bouclier_waf_begin(&birth));
	load("SecAction \"id:70,phase:1,pass,nolog\"\n");
	birth.rules = rules;
	birth.client = "192.0.2.7";
	assert_null(bouclier_waf_begin(&birth));
	birth.client = "192.0.2.7:1";
	birth.size = 8;
	assert_null(bouclier_waf_begin(&birth));
	unload();
}

/* Security: whatever has no room is refused, wherever that shows. */
static void a_limit_refuses(void **state)
{
	static char body[8000];
	unsigned refused = 0;

	(void)state;
	memset(body, 'a', sizeof(body) - 1);
	load("SecRule ARGS|REQUEST_BODY \"@rx ^b\" \"id:71,phase:2,deny\"\n");
	for (limit_bytes = 200; limit_bytes < 200000; limit_bytes += limit_bytes / 2) {
		struct bouclier_waf_verdict verdict = { .size = sizeof(verdict) };
		enum bouclier_waf_answer answer = BOUCLIER_WAF_FAILED;
		struct bouclier_waf_transaction *transaction = begin();

		bouclier_waf_end(transaction);
		if (transaction)
			transaction = post("/", body, &answer);
		if (!transaction)
			continue;
		if (answer == BOUCLIER_WAF_GO_ON) {
			bouclier_waf_end(transaction);
			break;
		}
		refused++;
		bouclier_waf_verdict(transaction, &verdict);
		assert_int_equal(verdict.kind, BOUCLIER_WAF_DENY);
		assert_int_equal(verdict.reason, BOUCLIER_WAF_NO_MEMORY);
		bouclier_waf_end(transaction);
	}
	assert_true(refused > 3 && limit_bytes < 200000);
	limit_bytes = 0;
	unload();
}

static void broken_rules_are_told(void **state)
{
	struct bouclier_waf_loader *loader = bouclier_waf_loader_new();
	static const char broken[] = "SecRule ARGS \"@contans x\" \"id:1,phase:2,deny\"\nSecNonsense On\n";

	(void)state;
	assert_false(bouclier_waf_add_text(loader, "a\"b", "", 0));
	assert_false(bouclier_waf_add_file(loader, ""));
	assert_true(bouclier_waf_add_text(loader, "broken.conf", broken, sizeof(broken) - 1));
	assert_false(bouclier_waf_add_text(loader, "broken.conf", "", 0));
	assert_true(bouclier_waf_add_file(loader, "/nonexistent/rules.conf"));
	assert_null(bouclier_waf_load(loader));
	assert_non_null(strstr(bouclier_waf_complaints(loader), "broken.conf:1:"));
	assert_non_null(strstr(bouclier_waf_complaints(loader), "did you mean @contains?"));
	assert_non_null(strstr(bouclier_waf_complaints(loader), "broken.conf:2:"));
	assert_non_null(strstr(bouclier_waf_complaints(loader), "/nonexistent/rules.conf"));
	assert_null(bouclier_waf_load(loader));
	bouclier_waf_loader_free(loader);
}

/* -- files -- */

static void files_include_files(void **state)
{
	static const char *const names[] = { "start.conf", "b1.conf", "b2.conf", "words.data" };
	char folder[] = "/tmp/bouclier-library-XXXXXX", path[200];
	struct bouclier_waf_loader *loader = bouclier_waf_loader_new();
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file_in(folder, names[0], ON "Include b*.conf\n");
	write_file_in(folder, names[1], "SecRule ARGS \"@pmFromFile words.data\" \"id:80,phase:2,pass\"\n");
	write_file_in(folder, names[2], "SecAction \"id:81,phase:2,deny\"\n");
	write_file_in(folder, names[3], "word\n");
	snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
	assert_true(bouclier_waf_add_file(loader, path));
	rules = bouclier_waf_load(loader);
	if (!rules)
		fail_msg("%s", bouclier_waf_complaints(loader));
	bouclier_waf_loader_free(loader);
	transaction = post("/", "a=one+word", &answer);
	assert_int_equal(answer, BOUCLIER_WAF_STOP);
	assert_string_equal(ids(transaction), "80 81 ");
	bouclier_waf_end(transaction);
	unload();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* What a glob names and nobody can read is an error: rules behind it would be missing. */
static void an_unreadable_file_of_a_glob_is_told(void **state)
{
	char folder[] = "/tmp/bouclier-library-XXXXXX", path[200], middle[200];
	struct bouclier_waf_loader *loader = bouclier_waf_loader_new();

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file_in(folder, "a.conf", "SecAction \"id:80,phase:2,pass\"\n");
	write_file_in(folder, "c.conf", "SecAction \"id:81,phase:2,deny\"\n");
	snprintf(middle, sizeof(middle), "%s/b.conf", folder);
	assert_int_equal(mkdir(middle, 0700), 0);
	snprintf(path, sizeof(path), "Include %s/*.conf\n", folder);
	assert_true(bouclier_waf_add_text(loader, "start", path, strlen(path)));
	assert_null(bouclier_waf_load(loader));
	assert_true(strlen(bouclier_waf_complaints(loader)) != 0);
	bouclier_waf_loader_free(loader);
	rmdir(middle);
	for (const char *name = "ac"; *name; name++) {
		snprintf(path, sizeof(path), "%s/%c.conf", folder, *name);
		unlink(path);
	}
	rmdir(folder);
}

/* "://" in a query makes no absolute target of one without a leading slash. */
static void a_relative_target_keeps_its_query(void **state)
{
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	load(ON "SecRule ARGS \"@contains evil\" \"id:80,phase:2,deny\"\n");
	transaction = post("index.php?q=evil&u=a://b/", "", &answer);
	assert_int_equal(answer, BOUCLIER_WAF_STOP);
	bouclier_waf_end(transaction);
	unload();
}

/* A caller that was built when the structs were shorter: nothing behind what it knows is touched. */
static void an_older_caller_is_served(void **state)
{
	struct bouclier_waf_match match = { .size = offsetof(struct bouclier_waf_match, msg), .line = 77 };
	struct bouclier_waf_verdict verdict = { .size = offsetof(struct bouclier_waf_verdict, pause_ms), .pause_ms = 77 };
	struct bouclier_waf_transaction *transaction;
	enum bouclier_waf_answer answer;

	(void)state;
	load("SecAction \"id:90,phase:1,deny,msg:'said'\"\n");
	transaction = post("/", "", &answer);
	assert_true(bouclier_waf_match_next(transaction, &match));
	bouclier_waf_verdict(transaction, &verdict);
	assert_int_equal(match.id, 90);
	assert_int_equal(match.line, 77);
	assert_null(match.msg.at);
	assert_int_equal(verdict.rule_id, 90);
	assert_int_equal(verdict.pause_ms, 77);
	bouclier_waf_end(transaction);
	unload();
}

static int start(void **state)
{
	(void)state;
	thread = bouclier_waf_thread_new();
	return thread ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	bouclier_waf_thread_free(thread);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_judged), cmocka_unit_test(an_answer_is_judged), cmocka_unit_test(a_store_remembers),
		cmocka_unit_test(a_pause_is_told), cmocka_unit_test(what_is_not_its_turn_fails), cmocka_unit_test(too_many_fields_fail),
		cmocka_unit_test(a_birth_without_sense_is_none), cmocka_unit_test(a_limit_refuses),
		cmocka_unit_test(broken_rules_are_told), cmocka_unit_test(files_include_files),
		cmocka_unit_test(an_unreadable_file_of_a_glob_is_told), cmocka_unit_test(a_relative_target_keeps_its_query),
		cmocka_unit_test(an_older_caller_is_served),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
