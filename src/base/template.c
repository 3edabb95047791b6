#include "base/template.h"

#include "base/banned.h"

void template_fill(struct span words, template_part each, void *context)
{
	while (words.len) {
		size_t at = span_find(words, '{');
		bool is_value = at < words.len;

		if (at)
			each(context, span_take(words, at), false);
		words = span_skip(words, at + is_value);
		if (is_value)
			each(context, span_cut(&words, '}'), true);
	}
}
