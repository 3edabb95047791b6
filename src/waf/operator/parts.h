/* What the operators' files share: a compiled operator, and what each kind of it can do. Not for other folders. */
#ifndef BOUCLIER_WAF_OPERATOR_PARTS_H
#define BOUCLIER_WAF_OPERATOR_PARTS_H

#include "waf/operator/networks.h"
#include "waf/operator/operator.h"
#include "waf/operator/phrases.h"
#include "waf/operator/regex.h"

struct operator {
	enum operator_id id;
	bool has_macro;
	struct span parameter;
	const struct operator_ports *ports;
	struct operator_limits limits;
	/* One of these, by the kind. */
	struct regex *regex;
	const struct phrase_set *phrases;
	const struct networks *networks;
	struct byte_set bytes;           /* @validateByteRange: those allowed */
	struct span text;                /* @strmatch: its phrase; @rbl: what stands before the address ("KEY.") */
	int number;                      /* @eq ...: the parameter, where no macro stands in it */
};

struct operator_kind {
	/* NULL: the parameter's text is all it needs. */
	enum result (*compile)(struct operator *operator, const struct operator_birth *birth);
	/* NULL: never compiles. */
	enum match (*match)(const struct operator *operator, const struct operator_call *call, struct span value,
	                    struct captures *captures);
	bool expands_macros;             /* %{...} in the parameter means something */
};

/* By operator_id. */
extern const struct operator_kind operator_kinds[OPERATOR_COUNT];

typedef enum result compile_function(struct operator *operator, const struct operator_birth *birth);
typedef enum match match_function(const struct operator *operator, const struct operator_call *call, struct span value,
                                  struct captures *captures);

compile_function expression_compile, lines_compile, words_compile, word_files_compile, one_word_compile, networks_compile_list,
	networks_compile_file, number_compile, byte_range_compile, geo_compile, rbl_compile, inspect_compile, sqli_compile, xss_compile,
	refused_compile;
match_function expression_match, expression_match_global, words_match, one_word_match, networks_match, number_eq, number_ge, number_gt,
	number_le, number_lt, text_begins, text_contains, text_contains_word, text_ends, text_equals, text_within, byte_range_match,
	url_encoding_match, utf8_match, card_match, cpf_match, ssn_match, svnr_match, geo_match, rbl_match, inspect_match, sqli_match,
	xss_match, never_match, always_match;

static inline enum match captured(struct captures *captures, struct span span)
{
	captures->count = 1;
	captures->list[0] = span;
	return MATCH_YES;
}

static inline enum match match_if(bool is_match)
{
	return is_match ? MATCH_YES : MATCH_NO;
}

/* isspace of the C locale. */
static inline bool is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline struct span white_trim(struct span span)
{
	while (span.len && is_white(span.at[0]))
		span = span_skip(span, 1);
	while (span.len && is_white(span.at[span.len - 1]))
		span.len--;
	return span;
}

#endif
