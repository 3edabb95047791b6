/* Between variables.c and the files that know some of them: RESULT_NOT_FOUND is "not mine, or no value".
 */
#ifndef BOUCLIER_WAF_VARIABLE_PARTS_H
#define BOUCLIER_WAF_VARIABLE_PARTS_H

#include "waf/transaction.h"

/* variables_body.c: of the request's body, and of the response. */
enum result variable_get_body(struct waf_transaction *transaction, enum variable variable, struct span *out) must_check;
enum result variable_get_response(struct waf_transaction *transaction, enum variable variable, struct span *out) must_check;

/* variables_text.c: copies in the transaction's arena. RESULT_NO_MEMORY. */
enum result variable_number(struct waf_transaction *transaction, uint64_t value, struct span *out) must_check;
enum result variable_text(struct waf_transaction *transaction, const char *bytes, struct span *out) must_check;
/* All PARTS, one behind the other. */
enum result variable_join(struct waf_transaction *transaction, const struct span *parts, size_t count, struct span *out) must_check;

static inline enum result here(struct span span, struct span *out)
{
	*out = span;
	return RESULT_OK;
}

static inline enum result flag(bool is_set, struct span *out)
{
	return here(is_set ? SPAN("1") : SPAN("0"), out);
}

static inline struct span version_name(enum http_version version)
{
	return version == HTTP_1_0 ? SPAN("HTTP/1.0") : version == HTTP_2 ? SPAN("HTTP/2.0") : SPAN("HTTP/1.1");
}

#endif
