/* A load of rules from texts in memory, for tests and fuzzers: what came of it, and what was complained of. */
#ifndef BOUCLIER_TESTS_RULESET_READING_H
#define BOUCLIER_TESTS_RULESET_READING_H

#include <stdlib.h>

#include "base/buffer.h"
#include "waf/language/texts.h"
#include "waf/operator/regex.h"

struct reading {
	struct texts texts;
	struct complaints complaints;
	struct language_ports ports;
	struct operator_ports operator_ports;
	size_t limit_bytes;
	struct ruleset *ruleset;     /* NULL: the load failed */
	enum result result;
	struct buffer said;          /* complaints as a person reads them */
};

static inline enum result reading_file(void *context, struct span rule_file, struct span path, struct span *text)
{
	struct span name;

	return texts_find(context, rule_file, path, 0, &name, text);
}

static inline void reading_start(struct reading *reading)
{
	*reading = (struct reading){ .limit_bytes = 64 << 20 };
	texts_init(&reading->texts, 64 << 20);
	complaints_init(&reading->complaints);
	buffer_init(&reading->said, 4 << 20);
	reading->ports = (struct language_ports){ &reading->texts, texts_find };
	reading->operator_ports = (struct operator_ports){ .context = &reading->texts, .file_read = reading_file };
}

static inline void reading_load(struct reading *reading, const char *name)
{
	struct language_birth birth = { &reading->ports, &reading->operator_ports, &reading->complaints, reading->limit_bytes };

	reading->result = ruleset_read(&birth, span_of(name), &reading->ruleset);
	if (complaints_write(&reading->complaints, &reading->said) != RESULT_OK || buffer_append_byte(&reading->said, 0) != RESULT_OK)
		abort();
}

static inline void reading_done(struct reading *reading)
{
	if (reading->ruleset)
		ruleset_free(reading->ruleset);
	texts_done(&reading->texts);
	complaints_done(&reading->complaints);
	buffer_done(&reading->said);
}

/* One text, called "x". */
static inline void reading_of(struct reading *reading, struct span text)
{
	reading_start(reading);
	if (texts_add(&reading->texts, SPAN("x"), text) != RESULT_OK)
		abort();
	reading_load(reading, "x");
}

static inline const char *reading_said(const struct reading *reading)
{
	return buffer_span(&reading->said).at;
}

#ifdef CMOCKA_H_
/* A text that must load; its warnings are in `said`. */
static inline const struct rule *reading_good(struct reading *reading, const char *text)
{
	reading_of(reading, span_of(text));
	if (reading->result != RESULT_OK)
		fail_msg("%s", reading_said(reading));
	return reading->ruleset->first;
}

static inline void assert_span(struct span span, const char *text)
{
	if (!span_equal(span, span_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(span), text);
}
#endif

#endif
