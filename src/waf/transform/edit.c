#include "waf/transform/edit.h"

#include <assert.h>

#include "base/banned.h"

static bool begin(struct edit *edit)
{
	if (!edit->out && !edit->is_broken) {
		edit->out = arena_take(edit->arena, edit->max_bytes);
		edit->is_broken = !edit->out;
	}
	return !edit->is_broken;
}

/* Most pieces are a few bytes, for which a call of memcpy costs more than the bytes do. */
static void add(struct edit *edit, const char *text, size_t len)
{
	char *to = edit->out + edit->len;

	assert(len <= edit->max_bytes - edit->len);
	if (len < 8)
		for (size_t i = 0; i < len; i++)
			to[i] = text[i];
	else
		memcpy(to, text, len);
	edit->len += len;
}

void edit_replace(struct edit *edit, size_t from, size_t to, const char *text, size_t len)
{
	assert(edit->kept <= from && from <= to && to <= edit->in.len);
	if (!edit->out && to - from == len && memcmp(edit->in.at + from, text, len) == 0)
		return;
	if (!begin(edit))
		return;
	add(edit, edit->in.at + edit->kept, from - edit->kept);
	add(edit, text, len);
	edit->kept = to;
}

enum result edit_end(struct edit *edit, struct span *out)
{
	if (edit->is_broken)
		return RESULT_NO_MEMORY;
	if (!edit->out) {
		*out = edit->in;
		return RESULT_OK;
	}
	add(edit, edit->in.at + edit->kept, edit->in.len - edit->kept);
	*out = span_make(edit->out, edit->len);
	return RESULT_OK;
}
