/* Asks libmodsecurity 3 about requests, as waf-case asks our engine: for test_libmodsecurity.py, which compares them.
 *
 *     ask-libmodsecurity START < cases        each case: "REQUEST_BYTES RESPONSE_BYTES\n", then those bytes; the response is not looked at
 *
 * One line of JSON for each case: the ids that were logged. Rule files are read by the library itself. */
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (8 << 20)
#define IDS_MAX 200

static char text[TEXT_MAX + 1];

struct told {
	unsigned long ids[IDS_MAX];
	unsigned count;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "ask-libmodsecurity: %s: %s\n", what, why ? why : "failed");
	exit(2);
}

/* What the library logs of a rule that matched: '... [id "942100"] ...'. */
static void hear(void *told_pointer, const void *message)
{
	struct told *told = told_pointer;
	const char *id = strstr(message, "[id \"");

	if (id && told->count < IDS_MAX)
		told->ids[told->count++] = strtoul(id + 5, NULL, 10);
}

/* A line without its end; AT moves behind it. */
static char *line_of(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!end)
		die("request", "no end of its head");
	*at = end + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

static void add_fields(Transaction *transaction, char **at)
{
	for (char *line = line_of(at); *line; line = line_of(at)) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		if (!msc_add_request_header(transaction, (unsigned char *)line, (unsigned char *)value))
			die(line, "cannot be added");
	}
}

/* Every phase is asked, whatever an earlier one said: the rules only detect. */
static void judge(Transaction *transaction, char *request, size_t len)
{
	char *at = request, *line = line_of(&at), *target = strchr(line, ' '), *version = strrchr(line, ' ');

	if (!target || target == version)
		die("request", "no request line");
	*target++ = *version++ = '\0';
	msc_process_connection(transaction, "127.0.0.1", 40000, "127.0.0.1", 80);
	msc_process_uri(transaction, target, line, strchr(version, '/') ? strchr(version, '/') + 1 : version);
	add_fields(transaction, &at);
	msc_process_request_headers(transaction);
	if (at < request + len)
		msc_append_request_body(transaction, (unsigned char *)at, (size_t)(request + len - at));
	msc_process_request_body(transaction);
	msc_process_logging(transaction);
}

static void tell(const struct told *told)
{
	printf("{\"rules\":[");
	for (unsigned i = 0; i < told->count; i++)
		printf("%s{\"id\":%lu}", i ? "," : "", told->ids[i]);
	printf("]}\n");
	fflush(stdout);
}

int main(int count, char **words)
{
	ModSecurity *library = msc_init();
	RulesSet *rules = msc_create_rules_set();
	const char *why = NULL;
	size_t request, response;

	if (count != 2 || !library || !rules)
		die("usage", "ask-libmodsecurity START < cases");
	msc_set_log_cb(library, hear);
	if (msc_rules_add_file(rules, words[1], &why) < 0)
		die(words[1], why);
	while (scanf("%zu %zu", &request, &response) == 2 && getchar() == '\n' && request + response <= TEXT_MAX) {
		struct told told = { 0 };
		Transaction *transaction = msc_new_transaction(library, rules, &told);

		if (!transaction || fread(text, 1, request + response, stdin) != request + response)
			die("case", "cut short");
		text[request] = '\0';
		judge(transaction, text, request);
		msc_transaction_cleanup(transaction);
		tell(&told);
	}
	msc_rules_cleanup(rules);
	msc_cleanup(library);
	return 0;
}
