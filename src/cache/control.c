#include "cache/control.h"

#include "message/scan.h"

#include "base/banned.h"

struct flag_word {
	struct span name;
	size_t offset;
};

#define FLAG(text, member) { SPAN_INIT(text), offsetof(struct cache_control, member) }

static const struct flag_word flags[] = {
	FLAG("no-store", no_store), FLAG("no-cache", no_cache), FLAG("private", is_private), FLAG("public", is_public),
	FLAG("must-revalidate", must_revalidate), FLAG("proxy-revalidate", proxy_revalidate), FLAG("only-if-cached", only_if_cached),
};

static const struct flag_word ages[] = {
	FLAG("max-age", max_age), FLAG("s-maxage", s_maxage), FLAG("min-fresh", min_fresh),
	FLAG("stale-while-revalidate", while_revalidate), FLAG("stale-if-error", if_error),
};

/* A quoted string at the front of REST; escapes are left as they are: no age has any. False: it has no end. */
static bool cut_quoted(struct span *rest, struct span *value)
{
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->at[i] == '\\') {
			i++;
		} else if (rest->at[i] == '"') {
			*value = span_make(rest->at + 1, i - 1);
			*rest = span_skip(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* NAME [ "=" VALUE ] up to the next comma. False: broken. */
static bool cut_directive(struct span *rest, struct span *name, struct span *value)
{
	const char *end = scan_token(rest->at, rest->at + rest->len);

	*name = span_make(rest->at, (size_t)(end - rest->at));
	*value = SPAN_NONE;
	*rest = span_skip(*rest, name->len);
	if (rest->len && rest->at[0] == '=') {
		*rest = span_skip(*rest, 1);
		if (rest->len && rest->at[0] == '"') {
			if (!cut_quoted(rest, value))
				return false;
		} else {
			*value = span_trim(span_take(*rest, span_find(*rest, ',')));
		}
		if (!value->at)
			*value = SPAN("");
	}
	/* Whatever else stands before the comma is no part of a directive. */
	*rest = span_skip(*rest, span_find(*rest, ',') + 1);
	return true;
}

static int64_t read_age(struct span value)
{
	uint64_t seconds = 0;
	enum result result = span_to_u64(value, (uint64_t)CONTROL_SECONDS_MAX, &seconds);

	return result == RESULT_OK ? (int64_t)seconds : result == RESULT_LIMIT ? CONTROL_SECONDS_MAX : 0;
}

static void take(struct cache_control *control, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (span_equal_nocase(flags[i].name, name))
			*(bool *)(void *)((char *)control + flags[i].offset) = true;
	}
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		int64_t *age = (int64_t *)(void *)((char *)control + ages[i].offset);

		if (!span_equal_nocase(ages[i].name, name))
			continue;
		if (*age == CONTROL_NONE || read_age(value) < *age)
			*age = read_age(value);
	}
}

static void read_list(struct span list, struct cache_control *out)
{
	struct span name, value;

	for (list = span_trim(list); list.len; list = span_trim(list)) {
		if (!cut_directive(&list, &name, &value)) {
			out->is_broken = true;
			return;
		}
		take(out, name, value);
	}
}

void cache_control_read(const struct fields *fields, struct cache_control *out)
{
	*out = (struct cache_control){ .max_age = CONTROL_NONE, .s_maxage = CONTROL_NONE, .min_fresh = CONTROL_NONE,
	                               .while_revalidate = CONTROL_NONE, .if_error = CONTROL_NONE };
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id != FIELD_CACHE_CONTROL)
			continue;
		out->has_any = true;
		read_list(fields->list[i].value, out);
	}
	/* RFC 9111, 5.4: of requests that say nothing else. In an answer it has no meaning. */
	if (!out->has_any && fields_has_token(fields, FIELD_PRAGMA, SPAN("no-cache")))
		out->no_cache = true;
}
