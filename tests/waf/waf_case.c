/* Asks the engine about requests, offline: for test_crs.py and for figures.
 *
 *     waf-case [-n TIMES] START FILE... < cases        each case: "REQUEST_BYTES RESPONSE_BYTES\n", then those bytes
 *
 * START and FILEs are rule files and what they name. One line of JSON for each case: the rules that matched, the verdict. With
 * -n every request (without its response) is judged TIMES times, and CPU time is told. Requests are cut leniently: what is
 * no HTTP is another room's matter. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../waf/ruleset_reading.h"
#include "waf/waf.h"

#define TEXT_MAX (8 << 20)
#define LIMIT_BYTES (64 << 20)
#define FIELDS_MAX 1000

static char text[TEXT_MAX];

struct stage {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	unsigned long times;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "waf-case: %s: %s\n", what, why);
	exit(2);
}

static enum result never_find(void *context, const struct address *address, struct span *code, struct span *name)
{
	(void)context, (void)address, (void)code, (void)name;
	return RESULT_NOT_FOUND;
}

static enum result never_ask(void *context, struct span name, struct address *answer)
{
	(void)context, (void)name, (void)answer;
	return RESULT_NOT_FOUND;
}

static void add(struct stage *stage, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t count;

	if (!file)
		die(path, "cannot be opened");
	count = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (texts_add(&stage->reading.texts, span_of(path), span_make(text, count)) != RESULT_OK)
		die(path, "cannot be kept");
}

static void load(struct stage *stage, char **paths, int count)
{
	reading_start(&stage->reading);
	stage->reading.operator_ports.geo_find = never_find;
	stage->reading.operator_ports.rbl_ask = never_ask;
	for (int i = 0; i < count; i++)
		add(stage, paths[i]);
	reading_load(&stage->reading, paths[0]);
	if (stage->reading.result != RESULT_OK)
		die(paths[0], reading_said(&stage->reading));
	if (waf_rules_new(stage->reading.ruleset, &stage->reading.complaints, &stage->rules) != RESULT_OK)
		die(paths[0], "cannot be arranged");
	stage->reading.ruleset = NULL;
	stage->scratch = operator_scratch_new();
	if (!stage->scratch)
		die("scratch", "no memory");
}

static struct span line_of(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* What is left is the body. */
static struct span fields_of(struct span rest, struct fields *fields)
{
	while (rest.at && rest.len) {
		struct span line = line_of(&rest), value = line, name;

		if (!line.len)
			break;
		name = span_cut(&value, ':');
		if (fields_add(fields, field_id_of(name), name, span_trim(value)) != RESULT_OK)
			die("request", "too many fields");
	}
	return rest.at ? rest : SPAN("");
}

static void target_of(struct request_head *head)
{
	struct span rest = head->target;

	for (size_t i = 0; i + 2 < rest.len && rest.at[0] != '/'; i++) {
		if (memcmp(rest.at + i, "://", 3) == 0) {
			head->scheme = span_take(rest, i);
			rest = span_skip(rest, i + 3);
			rest = span_skip(rest, span_find(rest, '/'));
			break;
		}
	}
	head->has_query = span_find(rest, '?') < rest.len;
	head->path = span_take(rest, span_find(rest, '?'));
	head->query = span_skip(rest, head->path.len + 1);
	if (!head->path.len)
		head->path = SPAN("/");
}

static struct span request_of(struct span bytes, struct request_head *head)
{
	struct span rest = bytes, line = line_of(&rest);
	size_t space = span_find_last(line, ' ');
	const struct field *host;

	head->method_name = span_cut(&line, ' ');
	head->method = method_of(head->method_name);
	head->version = HTTP_1_1;
	if (span_starts(span_skip(line, span_find_last(line, ' ') + 1), SPAN("HTTP/")) && space) {
		head->version = span_ends(line, SPAN("/1.0")) ? HTTP_1_0 : span_ends(line, SPAN("/2.0")) ? HTTP_2 : HTTP_1_1;
		line = span_take(line, span_find_last(line, ' '));
	}
	head->target = line;
	target_of(head);
	rest = fields_of(rest, &head->fields);
	host = fields_find(&head->fields, FIELD_HOST);
	if (host)
		head->host = span_take(host->value, span_find(host->value, ':'));
	return rest;
}

static void print_text(struct span span)
{
	putchar('"');
	for (size_t i = 0; i < span.len; i++) {
		unsigned char byte = (unsigned char)span.at[i];

		if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\')
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

static void tell(const struct waf_transaction *transaction)
{
	const struct waf_verdict *verdict = waf_verdict(transaction);

	printf("{\"rules\":[");
	for (const struct waf_match *match = waf_matches(transaction); match; match = match->next) {
		printf("{\"id\":%u,\"name\":", match->rule->id);
		print_text(match->name);
		printf(",\"msg\":");
		print_text(match->msg);
		printf(",\"data\":");
		print_text(match->log_data);
		printf("}%s", match->next ? "," : "");
	}
	printf("],\"verdict\":%d,\"reason\":%d,\"rule\":%u,\"status\":%u}\n", verdict->kind, verdict->reason, verdict->rule_id, verdict->status);
}

static struct waf_transaction *born(const struct stage *stage)
{
	struct waf_birth birth = { .rules = stage->rules, .scratch = stage->scratch, .limit_bytes = LIMIT_BYTES, .unique_id = SPAN("case") };
	struct waf_transaction *transaction;

	if (endpoint_read(SPAN("127.0.0.1:40000"), &birth.source) != RESULT_OK ||
	    endpoint_read(SPAN("127.0.0.1:80"), &birth.destination) != RESULT_OK)
		die("address", "cannot be read");
	transaction = waf_transaction_new(&birth);
	if (!transaction)
		die("transaction", "no memory");
	return transaction;
}

static void judge_response(struct waf_transaction *transaction, struct span bytes, struct arena *arena)
{
	struct response_head head = { .version = HTTP_1_1 };
	struct span rest = bytes, line = line_of(&rest);
	uint64_t status = 200;

	fields_init(&head.fields, arena, FIELDS_MAX);
	if (span_to_u64(span_take(span_skip(line, 9), 3), 999, &status) != RESULT_OK)
		die("response", "no status");
	head.status = (unsigned)status;
	rest = fields_of(rest, &head.fields);
	if (waf_response_head(transaction, &head) != WAF_GO_ON || waf_response_body(transaction, rest) != WAF_GO_ON)
		return;
	if (waf_response_end(transaction) == WAF_WAIT)
		die("response", "waits");
}

static enum waf_answer judge_request(struct waf_transaction *transaction, const struct request_head *head, struct span body)
{
	enum waf_answer answer = waf_request_head(transaction, head);

	if (answer == WAF_GO_ON)
		answer = waf_request_body(transaction, body);
	return answer == WAF_GO_ON ? waf_request_body_end(transaction) : answer;
}

static void run(const struct stage *stage, struct span request, struct span response)
{
	struct waf_transaction *transaction = born(stage);
	struct request_head head = { 0 };
	struct arena arena;
	struct span body;

	arena_init(&arena, LIMIT_BYTES, 65536);
	fields_init(&head.fields, &arena, FIELDS_MAX);
	body = request_of(request, &head);
	if (judge_request(transaction, &head, body) == WAF_GO_ON && response.len)
		judge_response(transaction, response, &arena);
	if (waf_log(transaction) == WAF_WAIT)
		die("log", "waits");
	tell(transaction);
	waf_transaction_free(transaction);
	arena_done(&arena);
}

static void measure(const struct stage *stage, struct span request)
{
	struct request_head head = { 0 };
	struct arena arena;
	struct span body;
	clock_t start;

	arena_init(&arena, LIMIT_BYTES, 65536);
	fields_init(&head.fields, &arena, FIELDS_MAX);
	body = request_of(request, &head);
	start = clock();
	for (unsigned long i = 0; i < stage->times; i++) {
		struct waf_transaction *transaction = born(stage);

		if (judge_request(transaction, &head, body) == WAF_WAIT || waf_log(transaction) == WAF_WAIT)
			die("request", "waits");
		waf_transaction_free(transaction);
	}
	fprintf(stderr, "%.1f us of CPU a request, of %zu bytes\n", (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / (double)stage->times,
	        request.len);
	arena_done(&arena);
}

int main(int count, char **words)
{
	struct stage stage = { 0 };
	int first = 1;
	size_t request, response;

	if (count > 3 && strcmp(words[1], "-n") == 0) {
		stage.times = strtoul(words[2], NULL, 10);
		first = 3;
	}
	if (count <= first)
		die("usage", "waf-case [-n TIMES] START FILE... < cases");
	load(&stage, words + first, count - first);
	while (scanf("%zu %zu", &request, &response) == 2 && getchar() == '\n' && request + response <= sizeof(text)) {
		if (fread(text, 1, request + response, stdin) != request + response)
			die("case", "cut short");
		run(&stage, span_make(text, request), span_make(text + request, response));
		if (stage.times)
			measure(&stage, span_make(text, request));
		fflush(stdout);
	}
	operator_scratch_free(stage.scratch);
	waf_rules_free(stage.rules);
	reading_done(&stage.reading);
	return 0;
}
