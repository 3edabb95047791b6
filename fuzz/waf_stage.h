/* Rules of Debian's CRS, or of the input, and requests that they are asked about. */
#ifndef FUZZ_WAF_STAGE_H
#define FUZZ_WAF_STAGE_H

#include <assert.h>
#include <dirent.h>
#include <stdio.h>

#include "../tests/waf/ruleset_reading.h"
#include "waf/waf.h"

#define CRS "/usr/share/modsecurity-crs/rules"
#define SETUP "/etc/modsecurity/crs/crs-setup.conf"
#define IDS_MAX 2000

/* Every rule of CRS at its highest level; a rule that says the body's kind. */
#define START "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecRequestBodyLimit 65536\n" \
	"SecRule REQUEST_HEADERS:Content-Type \"xml\" \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"\n" \
	"SecRule REQUEST_HEADERS:Content-Type \"json\" \"id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
#define LEVEL "SecAction \"id:3,phase:1,pass,nolog,setvar:tx.paranoia_level=4,ctl:ruleEngine=DetectionOnly,setvar:tx.crs_validate_utf8_encoding=1\"\n"

struct stage {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
};

struct answer {
	uint32_t ids[IDS_MAX];
	size_t count;
	struct waf_verdict verdict;
};

static inline void stage_add(struct stage *stage, const char *path)
{
	static char text[4 << 20];
	FILE *file = fopen(path, "rb");

	if (!file)
		return;
	assert(texts_add(&stage->reading.texts, span_of(path), span_make(text, fread(text, 1, sizeof(text), file))) == RESULT_OK);
	fclose(file);
}

static inline bool stage_arrange(struct stage *stage, const char *name)
{
	reading_load(&stage->reading, name);
	if (stage->reading.result != RESULT_OK || waf_rules_new(stage->reading.ruleset, &stage->reading.complaints, &stage->rules) != RESULT_OK) {
		stage->reading.ruleset = stage->reading.result == RESULT_OK ? NULL : stage->reading.ruleset;
		reading_done(&stage->reading);
		return false;
	}
	stage->reading.ruleset = NULL;
	stage->scratch = operator_scratch_new();
	assert(stage->scratch);
	return true;
}

/* Without the package: the rules above alone. */
static inline struct stage *stage_of_crs(void)
{
	static struct stage stage;
	struct dirent **names = NULL;
	int count = scandir(CRS, &names, NULL, alphasort);
	bool has_crs = count > 0;

	reading_start(&stage.reading);
	for (; count > 0; count--) {
		char path[512];

		snprintf(path, sizeof(path), CRS "/%s", names[count - 1]->d_name);
		if (names[count - 1]->d_name[0] != '.')
			stage_add(&stage, path);
		free(names[count - 1]);
	}
	if (has_crs)
		free(names);
	stage_add(&stage, SETUP);
	assert(texts_add(&stage.reading.texts, SPAN("/x"), has_crs ? SPAN(START LEVEL "Include " SETUP "\nInclude " CRS "/*.conf\n") : SPAN(START)) == RESULT_OK);
	assert(stage_arrange(&stage, "/x"));
	return &stage;
}

static inline bool stage_of_input(struct stage *stage, struct span rules)
{
	*stage = (struct stage){ 0 };
	reading_start(&stage->reading);
	assert(texts_add(&stage->reading.texts, SPAN("x"), rules) == RESULT_OK);
	return stage_arrange(stage, "x");
}

/* How long it took is another thing each time. */
static inline bool asks_duration(struct span rules)
{
	while (rules.len && !span_starts_nocase(rules, SPAN("DURATION")))
		rules = span_skip(rules, 1);
	return rules.len != 0;
}

static inline void stage_done(struct stage *stage)
{
	waf_rules_free(stage->rules);
	operator_scratch_free(stage->scratch);
	reading_done(&stage->reading);
}

/* "METHOD TARGET\nName: value\n...\n\nbody" */
static inline struct span head_of(struct span text, struct request_head *head, struct arena *arena)
{
	struct span line = span_cut(&text, '\n');

	*head = (struct request_head){ .version = HTTP_1_1, .method_name = span_cut(&line, ' '), .target = line.at ? line : SPAN("/"), .host = SPAN("a") };
	head->query = head->target;
	head->path = span_cut(&head->query, '?');
	head->has_query = head->query.at != NULL;
	fields_init(&head->fields, arena, 100);
	while (text.at && text.len) {
		struct span value = span_cut(&text, '\n'), name;

		if (!value.len)
			break;
		name = span_cut(&value, ':');
		if (fields_add(&head->fields, field_id_of(name), name, value.at ? span_trim(value) : SPAN("")) != RESULT_OK)
			break;
	}
	return text.at ? text : SPAN("");
}

/* The body comes STEP bytes at a time. */
static inline void stage_ask(const struct stage *stage, struct span request, size_t step, struct answer *out)
{
	struct waf_birth birth = { .rules = stage->rules, .scratch = stage->scratch, .limit_bytes = 64 << 20, .unique_id = SPAN("id"), .wall_ns = 1, .is_audited = true };
	struct waf_transaction *transaction = waf_transaction_new(&birth);
	struct request_head head;
	struct buffer log;
	struct arena arena;
	struct span body;
	enum waf_answer answer;

	assert(transaction);
	arena_init(&arena, 1 << 20, 4096);
	buffer_init(&log, 64 << 20);
	body = head_of(request, &head, &arena);
	answer = waf_request_head(transaction, &head);
	for (; answer == WAF_GO_ON && body.len; body = span_skip(body, step))
		answer = waf_request_body(transaction, span_take(body, step));
	if (answer == WAF_GO_ON)
		answer = waf_request_body_end(transaction);
	assert((answer != WAF_WAIT || waf_pause_ms(transaction)) && waf_log(transaction) != WAF_WAIT);
	*out = (struct answer){ .verdict = *waf_verdict(transaction) };
	for (const struct waf_match *match = waf_matches(transaction); match && out->count < IDS_MAX; match = match->next)
		out->ids[out->count++] = match->rule->id;
	assert(waf_audit_write(transaction, 200, NULL, &log) == RESULT_OK);
	buffer_done(&log);
	waf_transaction_free(transaction);
	arena_done(&arena);
}

#endif
