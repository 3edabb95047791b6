/* Paths without empty segments, references to themselves and to what is above them.
 *
 * The answer grows segment by segment; as long as it is a beginning of the value it is no copy. Where it may seem odd it
 * does as the reference: "bar.." counts as "..", and takes its own segment away; once a relative path has gone back to its
 * root, ".." stays as it is, until a segment says otherwise.
 */
#include "waf/transform/parts.h"

#include "base/banned.h"

struct walk {
	struct span in;
	struct arena *arena;
	bool is_win;            /* a backslash is a slash */
	bool is_relative;
	bool is_at_root;        /* a relative path that went back to where it begins */
	bool is_taken;          /* the last segment left nothing of itself */
	char *out;              /* NULL: the answer is the first LEN bytes of IN */
	size_t len;
	bool is_broken;         /* no memory */
};

static bool is_slash(const struct walk *walk, size_t at)
{
	char c = walk->in.at[at];

	return c == '/' || (walk->is_win && c == '\\');
}

static void add(struct walk *walk, const char *text, size_t len)
{
	if (walk->is_broken)
		return;
	if (!walk->out && len && memcmp(walk->in.at + walk->len, text, len) != 0) {
		walk->out = arena_take(walk->arena, walk->in.len);
		walk->is_broken = !walk->out;
		if (walk->is_broken)
			return;
		memcpy(walk->out, walk->in.at, walk->len);
	}
	if (walk->out && len)
		memcpy(walk->out + walk->len, text, len);
	walk->len += len;
}

static char last(const struct walk *walk, size_t back)
{
	return walk->out ? walk->out[walk->len - back] : walk->in.at[walk->len - back];
}

/* LEN becomes that of what stands before the last slash at or before the TO-th byte; 0 when there is none but the first. */
static void go_back(struct walk *walk, size_t to)
{
	walk->len = to;
	while (walk->len && last(walk, 0) != '/')
		walk->len--;
	walk->is_at_root = walk->len == 0;
}

static bool ends_with_dots(struct span segment)
{
	return segment.len >= 2 && segment.at[segment.len - 1] == '.' && segment.at[segment.len - 2] == '.';
}

/* A segment that ends in "..": SEGMENT's end would stand at END. */
static void add_dots(struct walk *walk, struct span segment)
{
	size_t end = walk->len + segment.len;

	if (walk->is_relative && (walk->is_at_root || end <= 3)) {
		walk->is_at_root = true;
		add(walk, segment.at, segment.len);
		return;
	}
	add(walk, segment.at, segment.len);
	if (!walk->is_broken)
		go_back(walk, end > 4 ? end - 4 : 0);
	walk->is_taken = true;
}

static void add_segment(struct walk *walk, struct span segment)
{
	bool is_self = span_equal(segment, SPAN(".")) && (!walk->len || last(walk, 1) == '/');

	walk->is_taken = is_self;
	if (ends_with_dots(segment)) {
		add_dots(walk, segment);
	} else if (is_self) {
		walk->len -= walk->len ? 1 : 0;  /* the slash before it; the one behind it follows */
	} else {
		if (segment.at[segment.len - 1] != '.' && walk->len + segment.len > 1)
			walk->is_at_root = false;
		add(walk, segment.at, segment.len);
	}
}

/* From the COUNT slashes from FROM. The reference looks at two of them: a backslash that ends a longer run stays one, and is
 * a letter as any other to what follows; of a run behind a segment that was taken away it looks at one. */
static void add_slash(struct walk *walk, size_t from, size_t count)
{
	bool is_seen = count <= (walk->is_taken ? 1 : 2);

	if (walk->len || !walk->is_relative)
		add(walk, is_seen ? "/" : walk->in.at + from + count - 1, 1);
}

static enum result normalize(struct span in, bool is_win, struct arena *arena, struct span *out)
{
	struct walk walk = { .in = in, .arena = arena, .is_win = is_win };
	size_t i = 0;

	walk.is_relative = !is_slash(&walk, 0);
	while (i < in.len) {
		size_t from = i;

		while (i < in.len && !is_slash(&walk, i))
			i++;
		if (i > from)
			add_segment(&walk, span_make(in.at + from, i - from));
		for (from = i; i < in.len && is_slash(&walk, i);)
			i++;
		if (i > from)
			add_slash(&walk, from, i - from);
	}
	if (walk.is_broken)
		return RESULT_NO_MEMORY;
	if (!walk.len && !walk.is_relative)
		walk.len = 1;  /* the root, which may be a backslash that was not seen */
	if (walk.len && last(&walk, 1) == '/' && !is_slash(&walk, in.len - 1))
		walk.len--;
	*out = span_make(walk.out ? walk.out : in.at, walk.len);
	return RESULT_OK;
}

enum result transform_normalize_path(struct span in, struct arena *arena, struct span *out)
{
	return normalize(in, false, arena, out);
}

enum result transform_normalize_path_win(struct span in, struct arena *arena, struct span *out)
{
	return normalize(in, true, arena, out);
}
