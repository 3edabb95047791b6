/* One match in the words of ModSecurity's logs. */
#include "waf/audit.h"
#include "waf/mask.h"

#include "base/banned.h"

/* 2.9.7 cuts what it quotes at some length too. */
#define QUOTED_MAX 512u

static enum result append_escaped(struct buffer *out, struct span text)
{
	enum result result = RESULT_OK;

	text = span_take(text, QUOTED_MAX);
	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte == '"' || byte == '\\')
			result = buffer_print(out, "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			result = buffer_print(out, "\\x%02x", byte);
		else
			result = buffer_append_byte(out, (char)byte);
	}
	return result;
}

/* What MATCH says, of KIND, masked and shown. */
static enum result show(struct waf_transaction *transaction, const struct waf_match *match, enum waf_audit_kind kind, unsigned number_of_tag,
                        struct span text, struct span *out)
{
	enum result result = mask_text(transaction, text, out);

	if (result != RESULT_OK)
		return result;
	return audit_show(transaction, (struct waf_audit_text){ .kind = kind, .text = *out, .match = match, .number = number_of_tag }, out);
}

/* ` [NAME "text"]`; nothing where there is no text. */
static enum result append_tag(struct buffer *out, const char *name, struct span text)
{
	enum result result;

	if (!text.len)
		return RESULT_OK;
	result = buffer_print(out, " [%s \"", name);
	if (result == RESULT_OK)
		result = append_escaped(out, text);
	return result == RESULT_OK ? buffer_print(out, "\"]") : result;
}

static enum result append_number(struct buffer *out, const char *name, uint64_t number)
{
	char digits[DECIMAL_MAX];

	return append_tag(out, name, span_make(digits, decimal_write(number, digits)));
}

static enum result append_shown(struct waf_transaction *transaction, const struct waf_match *match, enum waf_audit_kind kind, const char *name,
                                struct span text, struct buffer *out)
{
	enum result result = show(transaction, match, kind, 0, text, &text);

	return result == RESULT_OK ? append_tag(out, name, text) : result;
}

static bool has_decided(const struct waf_transaction *transaction, const struct waf_match *match)
{
	return transaction->verdict.reason == WAF_RULE && transaction->verdict.kind != WAF_PASS && transaction->verdict.rule_id == match->rule->id;
}

static enum result append_deed(struct waf_transaction *transaction, const struct waf_match *match, struct buffer *out)
{
	const struct waf_verdict *verdict = &transaction->verdict;
	struct span url;

	if (!has_decided(transaction, match))
		return buffer_print(out, "Warning. ");
	switch (verdict->kind) {
	case WAF_DENY:
		return buffer_print(out, "Access denied with code %u (phase %u). ", verdict->status, verdict->phase);
	case WAF_DROP:
		return buffer_print(out, "Access denied with connection close (phase %u). ", verdict->phase);
	case WAF_REDIRECT:
		if (audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_SECRET, .text = verdict->url }, &url) != RESULT_OK)
			return RESULT_NO_MEMORY;
		return buffer_print(out, "Access denied with redirection to %.*s using status %u (phase %u). ", SPAN_ARG(url),
		                    verdict->status, verdict->phase);
	case WAF_ALLOW:
		return buffer_print(out, "Access allowed (phase %u). ", verdict->phase);
	case WAF_PASS:
		break;
	}
	return buffer_print(out, "Warning. ");
}

static enum result append_reason(struct waf_transaction *transaction, const struct waf_match *match, struct buffer *out)
{
	const struct rule *rule = match->rule;
	struct span name;
	enum result result;

	while (rule->chained)
		rule = rule->chained;
	if (rule->is_action)
		return buffer_print(out, "Unconditional match in SecAction.");
	if (audit_show(transaction, (struct waf_audit_text){ .kind = WAF_AUDIT_MATCH_NAME, .text = match->name, .match = match }, &name) != RESULT_OK)
		return RESULT_NO_MEMORY;
	result = rule->operator_id == OPERATOR_RX ? buffer_print(out, "Pattern match \"") :
	                                            buffer_print(out, "Operator %s%s matched \"", rule->is_negated ? "!" : "", operator_name(rule->operator_id));
	if (result == RESULT_OK)
		result = append_escaped(out, rule->parameter.text);
	if (result == RESULT_OK)
		result = buffer_print(out, "\" at ");
	if (result == RESULT_OK)
		result = append_escaped(out, name);
	return result == RESULT_OK ? buffer_append_byte(out, '.') : result;
}

static enum result append_rule(const struct rule *rule, struct buffer *out)
{
	enum result result = append_tag(out, "file", rule->place.file);

	if (result == RESULT_OK)
		result = append_number(out, "line", rule->place.line);
	if (result == RESULT_OK)
		result = append_number(out, "id", rule->id);
	return result == RESULT_OK ? append_tag(out, "rev", rule->rev) : result;
}

static enum result append_tags(struct waf_transaction *transaction, const struct waf_match *match, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < match->tag_count && result == RESULT_OK; i++) {
		struct span tag;

		result = show(transaction, match, WAF_AUDIT_MATCH_TAG, i, match->tags[i], &tag);
		if (result == RESULT_OK)
			result = append_tag(out, "tag", tag);
	}
	return result;
}

enum result audit_message(struct waf_transaction *transaction, const struct waf_match *match, struct buffer *out)
{
	static const char *const severities[] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG" };
	const struct rule *rule = match->rule;
	enum result result = append_deed(transaction, match, out);

	if (result == RESULT_OK)
		result = append_reason(transaction, match, out);
	if (result == RESULT_OK)
		result = append_rule(rule, out);
	if (result == RESULT_OK)
		result = append_shown(transaction, match, WAF_AUDIT_MATCH_MSG, "msg", match->msg, out);
	if (result == RESULT_OK)
		result = append_shown(transaction, match, WAF_AUDIT_MATCH_DATA, "data", match->log_data, out);
	if (result == RESULT_OK && rule->severity >= 0)
		result = append_tag(out, "severity", span_of(severities[rule->severity & 7]));
	if (result == RESULT_OK)
		result = append_tag(out, "ver", rule->ver);
	if (result == RESULT_OK && rule->maturity)
		result = append_number(out, "maturity", rule->maturity);
	if (result == RESULT_OK && rule->accuracy)
		result = append_number(out, "accuracy", rule->accuracy);
	return result == RESULT_OK ? append_tags(transaction, match, out) : result;
}
