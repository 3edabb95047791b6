#include "waf/language/texts.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>

#include "base/banned.h"

void texts_init(struct texts *texts, size_t limit_bytes)
{
	*texts = (struct texts){ 0 };
	arena_init(&texts->arena, limit_bytes, 64 * 1024);
}

void texts_done(struct texts *texts)
{
	arena_done(&texts->arena);
	texts->list = (struct bag){ 0 };
}

/* Where NAME is, or belongs. */
static size_t locate(const struct texts *texts, struct span name)
{
	const struct named_text *list = texts->list.items;
	size_t low = 0, high = texts->list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum result texts_add(struct texts *texts, struct span name, struct span bytes)
{
	size_t at = locate(texts, name), behind = texts->list.count - at;
	struct named_text text, *list = texts->list.items;

	if (behind && span_equal(list[at].name, name))
		return RESULT_REFUSED;
	if (texts->list.count == TEXTS_MAX)
		return RESULT_LIMIT;
	text.name = arena_copy(&texts->arena, name);
	text.bytes = arena_copy(&texts->arena, bytes);
	if (!text.name.at || !text.bytes.at || !bag_add(&texts->list, &texts->arena, sizeof(text)))
		return RESULT_NO_MEMORY;
	list = texts->list.items;
	memmove(&list[at + 1], &list[at], behind * sizeof(*list));
	list[at] = text;
	return RESULT_OK;
}

enum result texts_get(const struct texts *texts, struct span name, struct span *kept_name, struct span *bytes)
{
	const struct named_text *text = (const struct named_text *)texts->list.items + locate(texts, name);

	if (text == (const struct named_text *)texts->list.items + texts->list.count || !span_equal(text->name, name))
		return RESULT_NOT_FOUND;
	*kept_name = text->name;
	*bytes = text->bytes;
	return RESULT_OK;
}

enum result texts_resolve(struct span from, struct span pattern, char out[PATH_MAX])
{
	size_t slash = span_find_last(from, '/');
	struct span folder = slash < from.len ? span_take(from, slash + 1) : SPAN("");
	int count;

	if (pattern.len && pattern.at[0] == '/')
		folder = SPAN("");
	if (memchr(pattern.at, 0, pattern.len))
		return RESULT_MALFORMED;
	count = snprintf(out, PATH_MAX, "%.*s%.*s", SPAN_ARG(folder), SPAN_ARG(pattern));
	return count < 0 || count >= PATH_MAX ? RESULT_LIMIT : RESULT_OK;
}

enum result texts_find(void *context, struct span from, struct span pattern, size_t index, struct span *name, struct span *bytes)
{
	const struct texts *texts = context;
	const struct named_text *list = texts->list.items;
	char path[PATH_MAX];
	enum result result = texts_resolve(from, pattern, path);

	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < texts->list.count; i++) {
		/* arena_copy puts a NUL behind a name. */
		if ((span_equal(list[i].name, span_of(path)) || fnmatch(path, list[i].name.at, FNM_PATHNAME | FNM_PERIOD) == 0) && index-- == 0) {
			*name = list[i].name;
			*bytes = list[i].bytes;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}
