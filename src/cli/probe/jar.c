#include "cli/probe/jar.h"

#include <stdio.h>

#include "base/banned.h"

/* What is sent in a field may hold nothing that ends it, or the cookie. */
static bool is_pair(struct span pair)
{
	for (size_t i = 0; i < pair.len; i++) {
		if ((unsigned char)pair.at[i] <= ' ' || (unsigned char)pair.at[i] >= 0x7f || pair.at[i] == ';' || pair.at[i] == ',')
			return false;
	}
	return pair.len && span_find(pair, '=') > 0 && span_find(pair, '=') < pair.len;
}

void jar_put(struct jar *jar, struct span value)
{
	struct span pair = span_trim(span_take(value, span_find(value, ';'))), rest = span_of(jar->text);
	struct span name = span_take(pair, span_find(pair, '=') + 1);
	char text[JAR_MAX];
	size_t len = 0;

	if (!is_pair(pair) || pair.len >= sizeof(text))
		return;
	while (rest.len) {
		struct span one = span_trim(span_cut(&rest, ';'));

		if (!one.len || span_starts(one, name))
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s; ", SPAN_ARG(one));
		if (len + pair.len >= sizeof(text))
			return;
	}
	memcpy(text + len, pair.at, pair.len);
	text[len + pair.len] = '\0';
	memcpy(jar->text, text, sizeof(text));
}
