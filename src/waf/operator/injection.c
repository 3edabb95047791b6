/* @detectSQLi and @detectXSS. */
#include "waf/operator/libinjection.h"
#include "waf/operator/parts.h"

#include "base/banned.h"

static enum result compile(struct operator *operator, const struct operator_birth *birth)
{
	const char *why = NULL;

	if (libinjection_get(&why))
		return RESULT_OK;
	complain(birth->complaints, COMPLAINT_ERROR, birth->place,
	         SPAN("install Debian's package libmodsecurity3, or remove the rules that ask for it"), "@%s: %s",
	         operator_name(operator->id), why);
	return RESULT_REFUSED;
}

enum result operator_sqli_compile(struct operator *operator, const struct operator_birth *birth)
{
	return compile(operator, birth);
}

enum result operator_xss_compile(struct operator *operator, const struct operator_birth *birth)
{
	return compile(operator, birth);
}

/* Letters, digits and underscores: one bare word, or a number and a word. libinjection knows no attack in these bytes, which
 * tests/waf/test_operator_injection.c asks of the library itself. Most values of most requests are such words. */
static bool is_word(const struct operator_call *call, struct span value)
{
	static const struct byte_set words = { { 0x03ff000000000000u, 0x07fffffe87fffffeu, 0, 0 } };

	if (call->bytes)
		return byte_set_within(call->bytes, &words);
	for (size_t i = 0; i < value.len; i++) {
		if (!byte_set_has(&words, (unsigned char)value.at[i]))
			return false;
	}
	return true;
}

static enum match judge(int answer)
{
	return answer == 1 ? MATCH_YES : answer == 0 ? MATCH_NO : MATCH_BROKEN;
}

enum match operator_sqli_match(const struct operator *operator, const struct operator_call *call, struct span value,
                               struct captures *captures)
{
	char fingerprint[LIBINJECTION_FINGERPRINT_BYTES] = "";
	const char *why = NULL;
	const struct libinjection *libinjection = libinjection_get(&why);
	enum match match;

	(void)operator;
	if (is_word(call, value))
		return MATCH_NO;
	if (!libinjection)
		return MATCH_BROKEN;
	match = judge(libinjection->sqli(value.at, value.len, fingerprint));
	fingerprint[sizeof(fingerprint) - 1] = '\0';
	if (match == MATCH_YES)
		captured(captures, arena_copy(call->arena, span_of(fingerprint)));
	return match;
}

/* Without < no tag begins, and without = no attribute gets a value: nothing that libinjection calls an attack is left, whichever
 * context it supposes. The same test asks it. */
static bool is_markless(const struct operator_call *call, struct span value)
{
	if (call->bytes)
		return !byte_set_has(call->bytes, '<') && !byte_set_has(call->bytes, '=');
	return span_find(value, '<') == value.len && span_find(value, '=') == value.len;
}

enum match operator_xss_match(const struct operator *operator, const struct operator_call *call, struct span value,
                              struct captures *captures)
{
	const char *why = NULL;
	const struct libinjection *libinjection = libinjection_get(&why);
	enum match match;

	(void)operator;
	if (is_markless(call, value))
		return MATCH_NO;
	if (!libinjection)
		return MATCH_BROKEN;
	match = judge(libinjection->xss(value.at, value.len));
	if (match == MATCH_YES)
		captured(captures, value);
	return match;
}
