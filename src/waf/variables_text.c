#include "waf/variable_parts.h"

#include "base/banned.h"

enum result variable_number(struct waf_transaction *transaction, uint64_t value, struct span *out)
{
	char digits[DECIMAL_MAX];

	*out = arena_copy(&transaction->arena, span_make(digits, decimal_write(value, digits)));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result variable_text(struct waf_transaction *transaction, const char *bytes, struct span *out)
{
	*out = arena_copy(&transaction->arena, span_of(bytes));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result variable_join(struct waf_transaction *transaction, const struct span *parts, size_t count, struct span *out)
{
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	at = arena_take(&transaction->arena, len);
	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, len);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].at, parts[i].len);
		at += parts[i].len;
	}
	return RESULT_OK;
}
