#include "waf/operator/parts.h"

#include "base/banned.h"

const struct operator_kind operator_kinds[OPERATOR_COUNT] = {
	[OPERATOR_BEGINS_WITH] = { NULL, operator_text_begins, true },
	[OPERATOR_CONTAINS] = { NULL, operator_text_contains, true },
	[OPERATOR_CONTAINS_WORD] = { NULL, operator_text_contains_word, true },
	[OPERATOR_DETECT_SQLI] = { operator_sqli_compile, operator_sqli_match, false },
	[OPERATOR_DETECT_XSS] = { operator_xss_compile, operator_xss_match, false },
	[OPERATOR_ENDS_WITH] = { NULL, operator_text_ends, true },
	[OPERATOR_EQ] = { operator_number_compile, operator_number_eq, true },
	[OPERATOR_GE] = { operator_number_compile, operator_number_ge, true },
	[OPERATOR_GEO_LOOKUP] = { operator_geo_compile, operator_geo_match, false },
	[OPERATOR_GT] = { operator_number_compile, operator_number_gt, true },
	[OPERATOR_INSPECT_FILE] = { operator_inspect_compile, operator_inspect_match, false },
	[OPERATOR_IP_MATCH] = { operator_networks_compile_list, operator_networks_match, false },
	[OPERATOR_IP_MATCH_FROM_FILE] = { operator_networks_compile_file, operator_networks_match, false },
	[OPERATOR_LE] = { operator_number_compile, operator_number_le, true },
	[OPERATOR_LT] = { operator_number_compile, operator_number_lt, true },
	[OPERATOR_NO_MATCH] = { NULL, operator_never_match, false },
	[OPERATOR_PM] = { operator_words_compile, operator_words_match, false },
	[OPERATOR_PM_FROM_FILE] = { operator_word_files_compile, operator_words_match, false },
	[OPERATOR_RBL] = { operator_rbl_compile, operator_rbl_match, false },
	[OPERATOR_RSUB] = { operator_refused_compile, operator_never_match, false },
	[OPERATOR_RX] = { operator_rx_compile, operator_rx_match, true },
	[OPERATOR_RX_GLOBAL] = { operator_rx_compile, operator_rx_match_global, true },
	[OPERATOR_STREQ] = { NULL, operator_text_equals, true },
	[OPERATOR_STR_MATCH] = { operator_one_word_compile, operator_one_word_match, false },
	[OPERATOR_UNCONDITIONAL_MATCH] = { NULL, operator_always_match, false },
	[OPERATOR_VALIDATE_BYTE_RANGE] = { operator_byte_range_compile, operator_byte_range_match, false },
	[OPERATOR_VALIDATE_DTD] = { operator_refused_compile, operator_never_match, false },
	[OPERATOR_VALIDATE_SCHEMA] = { operator_refused_compile, operator_never_match, false },
	[OPERATOR_VALIDATE_URL_ENCODING] = { NULL, operator_url_encoding_match, false },
	[OPERATOR_VALIDATE_UTF8_ENCODING] = { NULL, operator_utf8_match, false },
	[OPERATOR_VERIFY_CC] = { operator_lines_compile, operator_card_match, false },
	[OPERATOR_VERIFY_CPF] = { operator_lines_compile, operator_cpf_match, false },
	[OPERATOR_VERIFY_SSN] = { operator_lines_compile, operator_ssn_match, false },
	[OPERATOR_VERIFY_SVNR] = { operator_lines_compile, operator_svnr_match, false },
	[OPERATOR_WITHIN] = { NULL, operator_text_within, true },
};

enum match operator_never_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)value;
	(void)captures;
	return MATCH_NO;
}

enum match operator_always_match(const struct operator *operator, const struct operator_call *call, struct span value,
                                 struct captures *captures)
{
	(void)operator;
	(void)call;
	(void)value;
	(void)captures;
	return MATCH_YES;
}

enum result operator_refused_compile(struct operator *operator, const struct operator_birth *birth)
{
	const char *name = operator_name(operator->id);

	complain(birth->complaints, COMPLAINT_ERROR, birth->place, SPAN_NONE, "@%s: %s", name,
	         operator_refusal(span_of(name)));
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
	if (has_macro && !kind->expands_macros && kind->compile != operator_refused_compile)
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

enum match operator_match(const struct operator *operator, const struct operator_call *call, struct span value,
                          struct captures *captures)
{
	enum match match;

	captures->count = 0;
	if (!value.at)
		value = SPAN("");
	match = operator_kinds[operator->id].match(operator, call, value, captures);
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

/* What injection.c and valid.c look for: a word is no SQL, text without < and = no markup. */
bool operator_bytes(const struct operator *operator, struct byte_set *out)
{
	static const struct byte_set not_word = { { ~0x03ff000000000000u, ~0x07fffffe87fffffeu, UINT64_MAX, UINT64_MAX } };
	static const struct byte_set markup = { { (uint64_t)1 << '<' | (uint64_t)1 << '=', 0, 0, 0 } };
	static const struct byte_set percent = { { (uint64_t)1 << '%', 0, 0, 0 } };
	static const struct byte_set high = { { 0, 0, UINT64_MAX, UINT64_MAX } };

	switch ((int)operator->id) {
	case OPERATOR_DETECT_SQLI:
		*out = not_word;
		return true;
	case OPERATOR_DETECT_XSS:
		*out = markup;
		return true;
	case OPERATOR_VALIDATE_URL_ENCODING:
		*out = percent;
		return true;
	case OPERATOR_VALIDATE_UTF8_ENCODING:
		*out = high;
		return true;
	case OPERATOR_VALIDATE_BYTE_RANGE:
		for (unsigned i = 0; i < 4; i++)
			out->words[i] = ~operator->bytes.words[i];
		return true;
	default:
		return false;
	}
}
