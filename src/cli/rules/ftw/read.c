#include "cli/rules/ftw/case.h"

#include <stdio.h>

#include "base/suggest.h"

#include "base/banned.h"

struct file {
	struct ftw_suite *suite;
	struct span meta_name;
	bool is_enabled;
	bool is_broken;
};

static const struct span top_keys[] = { SPAN_INIT("tests"), SPAN_INIT("meta"), SPAN_INIT("rule_id"), SPAN_INIT("version") };
static const struct span test_keys[] = { SPAN_INIT("test_title"), SPAN_INIT("test_id"), SPAN_INIT("rule_id"), SPAN_INIT("stages"), SPAN_INIT("enabled"),
	SPAN_INIT("desc"), SPAN_INIT("description"), SPAN_INIT("tags") };
static const struct span stage_keys[] = { SPAN_INIT("input"), SPAN_INIT("output"), SPAN_INIT("stage"), SPAN_INIT("description") };
static const struct span input_keys[] = { SPAN_INIT("method"), SPAN_INIT("uri"), SPAN_INIT("version"), SPAN_INIT("headers"), SPAN_INIT("ordered_headers"),
	SPAN_INIT("data"), SPAN_INIT("encoded_data"), SPAN_INIT("encoded_request"), SPAN_INIT("raw_request"), SPAN_INIT("stop_magic"),
	SPAN_INIT("autocomplete_headers"), SPAN_INIT("follow_redirect"), SPAN_INIT("save_cookie"), SPAN_INIT("dest_addr"), SPAN_INIT("port"),
	SPAN_INIT("protocol"), SPAN_INIT("virtual_host_mode"), SPAN_INIT("uris"), SPAN_INIT("response") };
static const struct span output_keys[] = { SPAN_INIT("status"), SPAN_INIT("response_contains"), SPAN_INIT("log_contains"), SPAN_INIT("no_log_contains"),
	SPAN_INIT("log"), SPAN_INIT("expect_error"), SPAN_INIT("retry_once"), SPAN_INIT("isolated"), SPAN_INIT("expect_ids"), SPAN_INIT("no_expect_ids") };
static const struct span log_keys[] = { SPAN_INIT("expect_id"), SPAN_INIT("expect_ids"), SPAN_INIT("no_expect_ids"), SPAN_INIT("match_regex"),
	SPAN_INIT("no_match_regex") };

static void wrong(struct file *file, const struct node *node, const char *what)
{
	complain(file->suite->complaints, COMPLAINT_ERROR, node_place(node), SPAN_NONE, "%s, found %s", what, node_describe(node).text);
	file->is_broken = true;
}

static bool is_known(const struct span *keys, size_t count, struct span key, struct suggestion *suggestion)
{
	for (size_t i = 0; i < count; i++) {
		if (span_equal(keys[i], key))
			return true;
		suggestion_offer(suggestion, keys[i]);
	}
	return false;
}

/* False: NODE is no mapping. A key that nobody reads is told: what it asks for would not be tested. */
static bool check_keys(struct file *file, const struct node *node, const char *what, const struct span *keys, size_t count)
{
	if (node->kind != NODE_MAPPING) {
		wrong(file, node, what);
		return false;
	}
	node_each(child, node) {
		struct suggestion suggestion;

		suggestion_init(&suggestion, child->key->text);
		if (is_known(keys, count, child->key->text, &suggestion))
			continue;
		complain(file->suite->complaints, COMPLAINT_ERROR, node_place(child->key), suggestion_sentence(&suggestion), "unknown key %s in a test",
		         node_describe(child->key).text);
		file->is_broken = true;
	}
	return true;
}
#define CHECK_KEYS(file, node, what, keys) check_keys((file), (node), (what), (keys), sizeof(keys) / sizeof(*(keys)))

static bool is_nothing(const struct node *node)
{
	return !node || (node->kind == NODE_SCALAR && node->is_plain && !node->text.len);
}

/* What KEY says, or FALLBACK where it says nothing. */
static struct span take_text(struct file *file, const struct node *mapping, const char *key, const char *fallback)
{
	const struct node *node = node_find(mapping, span_of(key));

	if (!is_nothing(node) && node->kind != NODE_SCALAR)
		wrong(file, node, "expected text");
	return is_nothing(node) || node->kind != NODE_SCALAR ? span_of(fallback) : node->text;
}

static bool take_switch(struct file *file, const struct node *mapping, const char *key, bool fallback, bool *is_said)
{
	static const struct span yes[] = { SPAN_INIT("true"), SPAN_INIT("yes"), SPAN_INIT("on"), SPAN_INIT("1") };
	static const struct span no[] = { SPAN_INIT("false"), SPAN_INIT("no"), SPAN_INIT("off"), SPAN_INIT("0") };
	const struct node *node = node_find(mapping, span_of(key));

	if (is_said)
		*is_said = !is_nothing(node);
	if (is_nothing(node))
		return fallback;
	for (size_t i = 0; node->kind == NODE_SCALAR && i < 4; i++) {
		if (span_equal_nocase(node->text, yes[i]) || span_equal_nocase(node->text, no[i]))
			return span_equal_nocase(node->text, yes[i]);
	}
	wrong(file, node, "expected true or false");
	return fallback;
}

static void take_number(struct file *file, const struct node *node, uint32_t max, struct ftw_ids *out)
{
	uint64_t number = 0;

	if (node->kind != NODE_SCALAR || span_to_u64(node->text, max, &number) != RESULT_OK) {
		wrong(file, node, "expected a number");
		return;
	}
	if (out->count == FTW_IDS_MAX)
		wrong(file, node, "more numbers than one expectation may have");
	else
		out->list[out->count++] = (uint32_t)number;
}

/* A number, or a list of them. */
static void take_numbers(struct file *file, const struct node *mapping, const char *key, uint32_t max, struct ftw_ids *out)
{
	const struct node *node = node_find(mapping, span_of(key));

	if (is_nothing(node))
		return;
	if (node->kind != NODE_LIST) {
		take_number(file, node, max, out);
		return;
	}
	node_each(item, node)
		take_number(file, item, max, out);
}

/* -- what is sent -- */

static const struct node *take_headers(struct file *file, const struct node *node)
{
	const struct node *ordered = node_find(node, SPAN("ordered_headers")), *headers = node_find(node, SPAN("headers"));
	const struct node *chosen = !is_nothing(ordered) ? ordered : headers;

	if (is_nothing(chosen))
		return NULL;
	if (chosen->kind != (chosen == ordered ? NODE_LIST : NODE_MAPPING)) {
		wrong(file, chosen, chosen == ordered ? "expected a list of headers" : "expected a mapping of headers");
		return NULL;
	}
	node_each(child, chosen) {
		const struct node *name = chosen == ordered ? node_find(child, SPAN("name")) : child->key;
		const struct node *value = chosen == ordered ? node_find(child, SPAN("value")) : child;

		if (!name || name->kind != NODE_SCALAR || !value || value->kind != NODE_SCALAR)
			wrong(file, child, "expected a header: its name and its value, as text");
	}
	return chosen;
}

static const struct node *take_data(struct file *file, const struct node *node)
{
	const struct node *data = node_find(node, SPAN("data"));

	if (is_nothing(data))
		return NULL;
	if (data->kind == NODE_MAPPING)
		wrong(file, data, "expected text, or a list of lines");
	if (data->kind == NODE_LIST) {
		node_each(line, data) {
			if (line->kind != NODE_SCALAR)
				wrong(file, line, "expected a line of text");
		}
	}
	return data;
}

static void read_input(struct file *file, const struct node *node, struct ftw_stage *stage)
{
	struct ftw_input *input = &stage->input;
	bool has_auto;

	if (!CHECK_KEYS(file, node, "expected input: a mapping", input_keys))
		return;
	input->method = take_text(file, node, "method", "GET");
	input->uri = take_text(file, node, "uri", "/");
	input->version = take_text(file, node, "version", "HTTP/1.1");
	input->headers = take_headers(file, node);
	input->data = take_data(file, node);
	input->encoded_data = take_text(file, node, "encoded_data", "");
	input->encoded_request = take_text(file, node, "encoded_request", "");
	input->raw_request = take_text(file, node, "raw_request", "");
	input->autocompletes = take_switch(file, node, "autocomplete_headers", false, &has_auto);
	if (!has_auto)
		input->autocompletes = !take_switch(file, node, "stop_magic", false, NULL);
	if (take_switch(file, node, "follow_redirect", false, NULL) || take_switch(file, node, "save_cookie", false, NULL))
		stage->skip = "it goes on with what the origin answers";
	if (!is_nothing(node_find(node, SPAN("response"))))
		stage->skip = "it says what the origin is to answer";
}

/* -- what is expected -- */

static void read_log(struct file *file, const struct node *node, struct ftw_output *output)
{
	const struct node *log = node_find(node, SPAN("log"));

	output->contains = take_text(file, node, "log_contains", "");
	output->not_contains = take_text(file, node, "no_log_contains", "");
	take_numbers(file, node, "expect_ids", UINT32_MAX, &output->expect_ids);  /* a slip in files of CRS 4: it belongs into log */
	take_numbers(file, node, "no_expect_ids", UINT32_MAX, &output->no_expect_ids);
	if (is_nothing(log) || !CHECK_KEYS(file, log, "expected log: a mapping", log_keys))
		return;
	take_numbers(file, log, "expect_id", UINT32_MAX, &output->expect_ids);
	take_numbers(file, log, "expect_ids", UINT32_MAX, &output->expect_ids);
	take_numbers(file, log, "no_expect_ids", UINT32_MAX, &output->no_expect_ids);
	output->contains = take_text(file, log, "match_regex", output->contains.len ? output->contains.at : "");
	output->not_contains = take_text(file, log, "no_match_regex", output->not_contains.len ? output->not_contains.at : "");
}

static void read_output(struct file *file, const struct node *node, struct ftw_stage *stage)
{
	struct ftw_output *output = &stage->output;

	if (!CHECK_KEYS(file, node, "expected output: a mapping", output_keys))
		return;
	take_numbers(file, node, "status", 999, &output->statuses);
	if (output->statuses.count == 1 && !output->statuses.list[0])
		output->statuses.count = 0;  /* go-ftw: 0 is none */
	read_log(file, node, output);
	output->expects_error = take_switch(file, node, "expect_error", false, &output->has_error);
	output->is_isolated = take_switch(file, node, "isolated", false, NULL);
	output->retries = take_switch(file, node, "retry_once", false, NULL);
	output->asks_for_answer = take_text(file, node, "response_contains", "").len > 0;
	if (!output->statuses.count && !output->contains.len && !output->not_contains.len && !output->expect_ids.count && !output->no_expect_ids.count &&
	    !output->has_error && !output->asks_for_answer)
		wrong(file, node, "expected something that can be right or wrong: log, status, expect_error");
}

/* -- tests -- */

static struct ftw_stage *read_stage(struct file *file, const struct node *node)
{
	struct ftw_stage *stage = arena_new(&file->suite->document.arena, struct ftw_stage);
	const struct node *inner = node->kind == NODE_MAPPING ? node_find(node, SPAN("stage")) : NULL, *input, *output;

	if (!stage || !CHECK_KEYS(file, node, "expected a stage: a mapping", stage_keys))
		return stage;
	stage->input.is_go = !inner;
	if (inner) {
		node = inner;
		if (!CHECK_KEYS(file, node, "expected a stage: a mapping", stage_keys))
			return stage;
	}
	input = node_find(node, SPAN("input"));
	output = node_find(node, SPAN("output"));
	if (is_nothing(input) || is_nothing(output)) {
		wrong(file, node, "expected a stage with input and output");
		return stage;
	}
	read_input(file, input, stage);
	read_output(file, output, stage);
	return stage;
}

/* STAGE, once for each of `uris` where there are some: the same request to several targets, of which the same is expected. LAST moves on. */
static enum result add_stage(struct file *file, const struct node *node, struct ftw_stage *stage, struct ftw_stage ***last)
{
	const struct node *inner = node_find(node, SPAN("stage")), *input = node_find(inner ? inner : node, SPAN("input")), *uris = NULL;

	if (input && input->kind == NODE_MAPPING)
		uris = node_find(input, SPAN("uris"));
	if (is_nothing(uris) || uris->kind != NODE_LIST || !uris->count || uris->count > FTW_STAGES_MAX) {
		if (!is_nothing(uris))
			wrong(file, uris, "expected uris: a list of 1 to 32");
		**last = stage;
		*last = &stage->next;
		return RESULT_OK;
	}
	node_each(uri, uris) {
		struct ftw_stage *copy = arena_new(&file->suite->document.arena, struct ftw_stage);

		if (!copy)
			return RESULT_NO_MEMORY;
		if (uri->kind != NODE_SCALAR)
			wrong(file, uri, "expected a target, as text");
		*copy = *stage;
		copy->input.uri = uri->kind == NODE_SCALAR ? uri->text : SPAN("/");
		**last = copy;
		*last = &copy->next;
	}
	return RESULT_OK;
}

static enum result read_stages(struct file *file, const struct node *test, struct ftw_case *one)
{
	const struct node *stages = node_find(test, SPAN("stages"));
	struct ftw_stage **last = &one->stages;

	if (is_nothing(stages) || stages->kind != NODE_LIST || !stages->count || stages->count > FTW_STAGES_MAX) {
		wrong(file, stages ? stages : test, "expected stages: a list of 1 to 32");
		return RESULT_OK;
	}
	node_each(node, stages) {
		struct ftw_stage *stage = read_stage(file, node);

		if (!stage || add_stage(file, node, stage, &last) != RESULT_OK)
			return RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}

/* "942100-1": its title, or the number of its rule and its own. */
static struct span title_of(struct file *file, const struct node *top, const struct node *test, unsigned number)
{
	struct span title = take_text(file, test, "test_title", ""), rule = take_text(file, test, "rule_id", "");
	struct span id = take_text(file, test, "test_id", "");
	char text[200];
	int len;

	if (title.len)
		return title;
	if (!rule.len)
		rule = take_text(file, top, "rule_id", "");
	if (!rule.len)
		rule = span_take(file->meta_name, span_find_last(file->meta_name, '.'));
	rule = span_take(rule, 80);
	if (id.len)
		len = snprintf(text, sizeof(text), "%.*s-%.*s", SPAN_ARG(rule), SPAN_ARG(span_take(id, 80)));
	else
		len = snprintf(text, sizeof(text), "%.*s-%u", SPAN_ARG(rule), number);
	return arena_copy(&file->suite->document.arena, span_make(text, (size_t)len));
}

static enum result read_test(struct file *file, const struct node *top, const struct node *test, unsigned number)
{
	struct ftw_case *one = arena_new(&file->suite->document.arena, struct ftw_case);
	enum result result;

	if (!one)
		return RESULT_NO_MEMORY;
	if (!CHECK_KEYS(file, test, "expected a test: a mapping", test_keys))
		return RESULT_OK;
	one->place = node_place(test);
	one->title = title_of(file, top, test, number);
	if (!one->title.at)
		return RESULT_NO_MEMORY;
	if (!take_switch(file, test, "enabled", file->is_enabled, NULL))
		one->skip = "it is disabled in its file";
	result = read_stages(file, test, one);
	*file->suite->last = one;
	file->suite->last = &one->next;
	file->suite->count++;
	return result;
}

static enum result read_tests(struct file *file, const struct node *top)
{
	const struct node *tests = node_find(top, SPAN("tests")), *meta = node_find(top, SPAN("meta"));
	unsigned number = 0;

	file->is_enabled = true;
	if (!is_nothing(meta) && meta->kind == NODE_MAPPING) {
		file->is_enabled = take_switch(file, meta, "enabled", true, NULL);
		file->meta_name = take_text(file, meta, "name", "");
	}
	if (tests->kind != NODE_LIST) {
		wrong(file, tests, "expected tests: a list");
		return RESULT_OK;
	}
	node_each(test, tests) {
		enum result result = file->suite->count < FTW_CASES_MAX ? read_test(file, top, test, ++number) : RESULT_LIMIT;

		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

void ftw_suite_init(struct ftw_suite *suite, struct complaints *complaints)
{
	*suite = (struct ftw_suite){ .complaints = complaints };
	suite->last = &suite->first;
	document_init(&suite->document);
}

void ftw_suite_done(struct ftw_suite *suite)
{
	document_done(&suite->document);
}

enum result ftw_read(struct ftw_suite *suite, struct span name, struct span text)
{
	struct ftw_case **last = suite->last;
	struct file file = { .suite = suite };
	size_t errors = suite->complaints->errors, count = suite->count;
	struct span *kept = arena_new(&suite->document.arena, struct span);
	struct node *top = NULL;
	enum result result;

	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = arena_copy(&suite->document.arena, name);
	if (!kept->at)
		return RESULT_NO_MEMORY;
	if (text.len > FTW_FILE_BYTES_MAX) {
		complain(suite->complaints, COMPLAINT_ERROR, (struct place){ *kept, 0, 0 }, SPAN_NONE, "more than %zu MiB", FTW_FILE_BYTES_MAX >> 20);
		return RESULT_MALFORMED;
	}
	document_allow(&suite->document, FTW_NODES_MAX);
	result = document_read(&suite->document, kept, text, suite->complaints, &top);
	if (result == RESULT_OK && top && node_find(top, SPAN("tests")) && CHECK_KEYS(&file, top, "expected a file of tests: a mapping", top_keys))
		result = read_tests(&file, top);
	if (result == RESULT_OK && (file.is_broken || suite->complaints->errors != errors))
		result = RESULT_MALFORMED;
	if (result != RESULT_OK) {
		*last = NULL;
		suite->last = last;
		suite->count = count;
	}
	return result;
}
