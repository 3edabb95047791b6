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
	int64_t number;                  /* @eq ...: the parameter, where no macro stands in it */
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

/* One of each for a kind, or for several. */
typedef enum result compile_function(struct operator *operator, const struct operator_birth *birth);
typedef enum match match_function(const struct operator *operator, const struct operator_call *call, struct span value,
                                  struct captures *captures);

compile_function operator_rx_compile, operator_lines_compile, operator_words_compile, operator_word_files_compile,
	operator_one_word_compile, operator_networks_compile_list, operator_networks_compile_file, operator_number_compile,
	operator_byte_range_compile, operator_geo_compile, operator_rbl_compile, operator_inspect_compile,
	operator_sqli_compile, operator_xss_compile, operator_refused_compile;
match_function operator_rx_match, operator_rx_match_global, operator_words_match, operator_one_word_match,
	operator_networks_match, operator_number_eq, operator_number_ge, operator_number_gt, operator_number_le,
	operator_number_lt, operator_text_begins, operator_text_contains, operator_text_contains_word, operator_text_ends,
	operator_text_equals, operator_text_within, operator_byte_range_match, operator_url_encoding_match,
	operator_utf8_match, operator_card_match, operator_cpf_match, operator_ssn_match, operator_svnr_match,
	operator_geo_match, operator_rbl_match, operator_inspect_match, operator_sqli_match, operator_xss_match,
	operator_never_match, operator_always_match;

static inline enum match captured(struct captures *captures, struct span span)
{
	captures->count = 1;
	captures->list[0] = span;
	return MATCH_YES;
}

/* What is asked for: as expanded for this request, or as compiled. */
static inline struct span parameter_of(const struct operator *operator, const struct operator_call *call)
{
	return operator->has_macro ? call->parameter : operator->parameter;
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
