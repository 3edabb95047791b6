/* Asks the engine about requests, offline: for test_crs.py and for figures.
 *
 *     waf-case [-n TIMES] [-a] [-w] START FILE... < cases   each case: "REQUEST_BYTES RESPONSE_BYTES\n", then those bytes
 *
 * START and FILEs are rule files and what they name. One line of JSON for each case: the rules that matched, the verdict. With
 * -n every request (without its response) is judged TIMES times, and CPU time is told; with -a every rule is asked of every
 * value; with -w the engine gives the thread back before each value. Requests are cut leniently: what is no HTTP is another
 * room's matter. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../waf/ruleset_reading.h"
#include "http/represent.h"
#include "waf/waf.h"

#define TEXT_MAX (8 << 20)
#define LIMIT_BYTES (64 << 20)
#define FIELDS_MAX 1000

/* What ASKS answers once it waits no more. */
#define AGAIN(asks) ({ enum waf_answer answer_; while ((answer_ = (asks)) == WAF_WAIT) wait_count++; answer_; })
static unsigned long wait_count;

static char text[TEXT_MAX];

struct stage {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	struct waf_spares *spares;
	unsigned long times;
	bool asks_all, waits;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "waf-case: %s: %s\n", what, why);
	exit(2);
}

static enum result never_find(void *context, const struct address *address, struct country *out)
{
	(void)context, (void)address, (void)out;
	return RESULT_NOT_FOUND;
}

static enum result never_ask(void *context, struct span name, struct span zone, struct address *answer)
{
	(void)context, (void)name, (void)zone, (void)answer;
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
	stage->spares = waf_spares_new(1);
	if (!stage->scratch || !stage->spares)
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

/* RFC 9112, section 3.2.2: a target that names a host counts, not the field. Apache replaces the field, so that rules see it. */
static void host_of(struct request_head *head)
{
	struct span authority = SPAN_NONE;
	struct field *host = NULL;

	for (unsigned i = 0; i < head->fields.count && !host; i++)
		host = head->fields.list[i].id == FIELD_HOST ? &head->fields.list[i] : NULL;
	if (head->method == METHOD_CONNECT && head->target.len && head->target.at[0] != '/')
		authority = head->target;
	else if (head->scheme.len)
		authority = span_take(span_skip(head->target, head->scheme.len + 3), span_find(span_skip(head->target, head->scheme.len + 3), '/'));
	if (!host)
		return;
	if (authority.len)
		host->value = authority;
	head->host = span_take(host->value, span_find(host->value, ':'));
}

static struct span request_of(struct span bytes, struct request_head *head)
{
	const struct http_limits limits = { .head_bytes = SIZE_MAX, .target_bytes = SIZE_MAX, .fields = FIELDS_MAX };
	struct span rest = bytes;

	request_represent(bytes, &limits, head);
	host_of(head);
	while (rest.at && line_of(&rest).len)
		;
	return rest.at ? rest : SPAN("");
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

/* Whenever it is looked at, a slice has passed. */
static uint64_t hurried_ns(void *context)
{
	return ++*(uint64_t *)context;
}

static struct waf_transaction *born(const struct stage *stage)
{
	struct waf_birth birth = { .rules = stage->rules, .scratch = stage->scratch, .spares = stage->spares, .limit_bytes = LIMIT_BYTES,
		                   .asks_all = stage->asks_all, .unique_id = SPAN("case") };
	static uint64_t hurried;
	struct waf_transaction *transaction;

	if (endpoint_read(SPAN("127.0.0.1:40000"), &birth.source) != RESULT_OK ||
	    endpoint_read(SPAN("127.0.0.1:80"), &birth.destination) != RESULT_OK)
		die("address", "cannot be read");
	if (stage->waits)
		birth.time = (struct waf_time){ .now_ns = hurried_ns, .context = &hurried, .slice_ns = 1, .look_bytes = 1 };
	transaction = waf_transaction_new(&birth);
	if (!transaction)
		die("transaction", "no memory");
	return transaction;
}

/* HEAD lives as long as the transaction. */
static void judge_response(struct waf_transaction *transaction, struct span bytes, struct arena *arena, struct response_head *head)
{
	struct span rest = bytes, line = line_of(&rest);
	uint64_t status = 200;

	fields_init(&head->fields, arena, FIELDS_MAX);
	if (span_to_u64(span_take(span_skip(line, 9), 3), 999, &status) != RESULT_OK)
		die("response", "no status");
	head->status = (unsigned)status;
	head->reason = span_skip(line, 13);
	rest = fields_of(rest, &head->fields);
	if (AGAIN(waf_response_head(transaction, head)) != WAF_GO_ON || waf_response_body(transaction, rest) != WAF_GO_ON)
		return;
	(void)AGAIN(waf_response_end(transaction));
}

static enum waf_answer judge_request(struct waf_transaction *transaction, const struct request_head *head, struct span body)
{
	enum waf_answer answer = AGAIN(waf_request_head(transaction, head));

	if (answer == WAF_GO_ON)
		answer = waf_request_body(transaction, body);
	return answer == WAF_GO_ON ? AGAIN(waf_request_body_end(transaction)) : answer;
}

static void run(const struct stage *stage, struct span request, struct span response)
{
	struct waf_transaction *transaction = born(stage);
	struct response_head response_head = { .version = HTTP_1_1 };
	struct request_head head = { 0 };
	struct arena arena;
	struct span body;

	arena_init(&arena, LIMIT_BYTES, 65536);
	fields_init(&head.fields, &arena, FIELDS_MAX);
	body = request_of(request, &head);
	if (judge_request(transaction, &head, body) == WAF_GO_ON && response.len)
		judge_response(transaction, response, &arena, &response_head);
	(void)AGAIN(waf_log(transaction));
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

		(void)judge_request(transaction, &head, body);
		(void)AGAIN(waf_log(transaction));
		waf_transaction_free(transaction);
	}
	fprintf(stderr, "%.1f us of CPU a request, of %zu bytes\n", (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / (double)stage->times,
	        request.len);
	arena_done(&arena);
}

int main(int count, char **words)
{
	struct stage stage = { 0 };
	int first;
	size_t request, response;

	for (int option; (option = getopt(count, words, "+n:aw")) != -1; ) {
		if (option == 'n')
			stage.times = strtoul(optarg, NULL, 10);
		stage.asks_all |= option == 'a';
		stage.waits |= option == 'w';
	}
	first = optind;
	if (count <= first)
		die("usage", "waf-case [-n TIMES] [-a] [-w] START FILE... < cases");
	load(&stage, words + first, count - first);
	while (scanf("%zu %zu", &request, &response) == 2 && getchar() == '\n' && request + response <= sizeof(text)) {
		if (fread(text, 1, request + response, stdin) != request + response)
			die("case", "cut short");
		run(&stage, span_make(text, request), span_make(text + request, response));
		if (stage.times)
			measure(&stage, span_make(text, request));
		fflush(stdout);
	}
	if (stage.waits && !wait_count)
		die("-w", "nothing waited");
	waf_spares_free(stage.spares);
	operator_scratch_free(stage.scratch);
	waf_rules_free(stage.rules);
	reading_done(&stage.reading);
	return 0;
}
