#include "waf/operator/parts.h"

#include "base/banned.h"

const struct operator_kind operator_kinds[OPERATOR_COUNT] = {
	[OPERATOR_BEGINS_WITH] = { NULL, text_begins, true },
	[OPERATOR_CONTAINS] = { NULL, text_contains, true },
	[OPERATOR_CONTAINS_WORD] = { NULL, text_contains_word, true },
	[OPERATOR_DETECT_SQLI] = { sqli_compile, sqli_match, false },
	[OPERATOR_DETECT_XSS] = { xss_compile, xss_match, false },
	[OPERATOR_ENDS_WITH] = { NULL, text_ends, true },
	[OPERATOR_EQ] = { number_compile, number_eq, true },
	[OPERATOR_GE] = { number_compile, number_ge, true },
	[OPERATOR_GEO_LOOKUP] = { geo_compile, geo_match, false },
	[OPERATOR_GT] = { number_compile, number_gt, true },
	[OPERATOR_INSPECT_FILE] = { inspect_compile, inspect_match, false },
	[OPERATOR_IP_MATCH] = { networks_compile_list, networks_match, false },
	[OPERATOR_IP_MATCH_FROM_FILE] = { networks_compile_file, networks_match, false },
	[OPERATOR_LE] = { number_compile, number_le, true },
	[OPERATOR_LT] = { number_compile, number_lt, true },
	[OPERATOR_NO_MATCH] = { NULL, never_match, false },
	[OPERATOR_PM] = { words_compile, words_match, false },
	[OPERATOR_PM_FROM_FILE] = { word_files_compile, words_match, false },
	[OPERATOR_RBL] = { rbl_compile, rbl_match, false },
	[OPERATOR_RSUB] = { refused_compile, never_match, false },
	[OPERATOR_RX] = { expression_compile, expression_match, true },
	[OPERATOR_RX_GLOBAL] = { expression_compile, expression_match_global, true },
	[OPERATOR_STREQ] = { NULL, text_equals, true },
	[OPERATOR_STR_MATCH] = { one_word_compile, one_word_match, false },
	[OPERATOR_UNCONDITIONAL_MATCH] = { NULL, always_match, false },
	[OPERATOR_VALIDATE_BYTE_RANGE] = { byte_range_compile, byte_range_match, false },
	[OPERATOR_VALIDATE_DTD] = { refused_compile, never_match, false },
	[OPERATOR_VALIDATE_SCHEMA] = { refused_compile, never_match, false },
	[OPERATOR_VALIDATE_URL_ENCODING] = { NULL, url_encoding_match, false },
	[OPERATOR_VALIDATE_UTF8_ENCODING] = { NULL, utf8_match, false },
	[OPERATOR_VERIFY_CC] = { lines_compile, card_match, false },
	[OPERATOR_VERIFY_CPF] = { lines_compile, cpf_match, false },
	[OPERATOR_VERIFY_SSN] = { lines_compile, ssn_match, false },
	[OPERATOR_VERIFY_SVNR] = { lines_compile, svnr_match, false },
	[OPERATOR_WITHIN] = { NULL, text_within, true },
};

enum match never_match(const struct operator *operator, const struct operator_call *call, struct span value, struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)value;
	(void)captures;
	return MATCH_NO;
}

enum match always_match(const struct operator *operator, const struct operator_call *call, struct span value, struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)value;
	(void)captures;
	return MATCH_YES;
}

enum result refused_compile(struct operator *operator, const struct operator_birth *birth)
{
	const char *name = operator_name(operator->id);

	complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "%s", operator_refusal(span_of(name)));
	return RESULT_REFUSED;
}

enum result operator_compile(enum operator_id id, struct span parameter, bool has_macro, const struct operator_birth *birth,
                             struct operator **out)
{
	struct operator *operator = arena_new(birth->arena, struct operator);
	const struct operator_kind *kind = &operator_kinds[id];
	enum result result;

	if (!operator)
		return RESULT_NO_MEMORY;
	*operator = (struct operator){ .id = id, .has_macro = has_macro && kind->expands_macros, .ports = birth->ports };
	if (birth->limits)
		operator->limits = *birth->limits;
	operator->parameter = arena_copy(birth->arena, parameter);
	if (!operator->parameter.at)
		return RESULT_NO_MEMORY;
	if (has_macro && !kind->expands_macros && kind->compile != refused_compile)
		complain(birth->complaints, COMPLAINT_WARNING, birth->place, SPAN_NONE, "@%s does not expand %%{...}: it stands for itself",
		         operator_name(id));
	result = kind->compile ? kind->compile(operator, birth) : RESULT_OK;
	if (result == RESULT_OK)
		*out = operator;
	else
		operator_done(operator);
	return result;
}

void operator_done(struct operator *operator)
{
	if (operator)
		regex_done(operator->regex);
}

enum match operator_match(const struct operator *operator, const struct operator_call *call, struct span value, struct captures *captures)
{
	enum match match;

	captures->count = 0;
	if (!value.at)
		value = SPAN("");
	if (operator->has_macro) {
		match = operator_kinds[operator->id].match(operator, call, value, captures);
	} else {
		struct operator_call constant = *call;

		constant.parameter = operator->parameter;
		match = operator_kinds[operator->id].match(operator, &constant, value, captures);
	}
	if (match != MATCH_YES)
		captures->count = 0;
	return match;
}

struct span operator_pattern(const struct operator *operator)
{
	return operator->regex ? operator->parameter : SPAN_NONE;
}

const struct span *operator_phrases(const struct operator *operator, size_t *count)
{
	*count = 0;
	return operator->phrases ? phrase_set_list(operator->phrases, count) : NULL;
}
