#include "cache/condition.h"

#include "cache/date.h"

#include "base/banned.h"

static struct span value_of(const struct fields *fields, enum field_id id)
{
	const struct field *field = fields_find(fields, id);

	return field ? field->value : SPAN_NONE;
}

static struct span opaque(struct span tag)
{
	return span_starts(tag, SPAN("W/")) ? span_skip(tag, 2) : tag;
}

/* One entity tag at the front of REST, which may hold commas: [ "W/" ] DQUOTE *etagc DQUOTE. */
static bool cut_tag(struct span *rest, struct span *tag)
{
	size_t start = span_starts(*rest, SPAN("W/")) ? 3 : 1;
	struct span inner = span_skip(*rest, start);
	size_t end = span_find(inner, '"');

	if (rest->len < start || rest->at[start - 1] != '"' || end == inner.len)
		return false;
	*tag = span_take(*rest, start + end + 1);
	*rest = span_trim(span_skip(*rest, tag->len));
	if (rest->len && rest->at[0] != ',')
		return false;
	while (rest->len && (rest->at[0] == ',' || rest->at[0] == ' ' || rest->at[0] == '\t'))
		*rest = span_skip(*rest, 1);
	return true;
}

static bool list_matches(struct span list, struct span tag)
{
	struct span each;

	if (span_equal(list, SPAN("*")))
		return true;
	while (list.len && cut_tag(&list, &each)) {
		if (tag.len && span_equal(opaque(each), opaque(tag)))
			return true;
	}
	return false;
}

bool condition_is_not_modified(const struct fields *request, const struct fields *answer, int64_t now_s)
{
	struct span tag = value_of(answer, FIELD_ETAG), since = value_of(request, FIELD_IF_MODIFIED_SINCE);
	struct span changed = value_of(answer, FIELD_LAST_MODIFIED);
	int64_t since_s, changed_s;

	if (fields_find(request, FIELD_IF_NONE_MATCH)) {
		for (unsigned i = 0; i < request->count; i++) {
			if (request->list[i].id == FIELD_IF_NONE_MATCH && list_matches(request->list[i].value, tag))
				return true;
		}
		return false;
	}
	if (!changed.len)
		changed = value_of(answer, FIELD_DATE);
	return since.len && fields_count(request, FIELD_IF_MODIFIED_SINCE) == 1 && http_date_read(since, now_s, &since_s) == RESULT_OK &&
	       http_date_read(changed, now_s, &changed_s) == RESULT_OK && changed_s <= since_s;
}

bool condition_allows_range(const struct fields *request, const struct fields *answer, int64_t now_s)
{
	struct span wanted = value_of(request, FIELD_IF_RANGE);
	struct span changed = value_of(answer, FIELD_LAST_MODIFIED);
	int64_t changed_s, date_s;

	if (!fields_find(request, FIELD_IF_RANGE))
		return true;
	if (wanted.len && wanted.at[0] == '"')
		return span_equal(wanted, value_of(answer, FIELD_ETAG));
	return span_equal(wanted, changed) && http_date_read(changed, now_s, &changed_s) == RESULT_OK &&
	       http_date_read(value_of(answer, FIELD_DATE), now_s, &date_s) == RESULT_OK && changed_s < date_s;
}

bool condition_is_for_origin(const struct fields *request)
{
	return fields_find(request, FIELD_IF_MATCH) || fields_find(request, FIELD_IF_UNMODIFIED_SINCE);
}
