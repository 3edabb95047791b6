#include "event/history/diff.h"

#include <stdlib.h>

#include "base/banned.h"

#define AROUND 3u

struct lines {
	struct span *list;
	size_t count;
};

/* What becomes of each line: of A whether it goes, of B whether it is new. */
struct script {
	struct lines a, b;
	bool *is_gone, *is_new;
};

static enum result split(struct span text, struct lines *out)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	out->list = calloc(count + 1, sizeof(*out->list));
	out->count = 0;
	if (!out->list)
		return RESULT_NO_MEMORY;
	while (text.len) {
		size_t len = span_find(text, '\n') + 1;

		out->list[out->count++] = span_take(text, len);
		text = span_skip(text, len);
	}
	return RESULT_OK;
}

/* -- the script between the common beginning and end: A[0..N) and B[0..M) -- */

struct middle {
	const struct span *a, *b;
	ptrdiff_t n, m;
	bool *is_gone, *is_new;
};

#define NOWHERE ((ptrdiff_t)-1)

/* Where diagonal k is entered by edit d, from V, what d - 1 edits reached: x, or NOWHERE when both ways leave the grid. */
static ptrdiff_t enter(const struct middle *middle, const ptrdiff_t *v, ptrdiff_t d, ptrdiff_t k, bool *is_down)
{
	ptrdiff_t down = NOWHERE, right = NOWHERE;

	if (k < d && v[k + 1] != NOWHERE && v[k + 1] - k <= middle->m)
		down = v[k + 1];
	if (k > -d && v[k - 1] != NOWHERE && v[k - 1] < middle->n)
		right = v[k - 1] + 1;
	*is_down = down >= right;
	return *is_down ? down : right;
}

static ptrdiff_t slide(const struct middle *middle, ptrdiff_t x, ptrdiff_t k)
{
	while (x != NOWHERE && x < middle->n && x - k < middle->m && span_equal(middle->a[x], middle->b[x - k]))
		x++;
	return x;
}

static void walk_back(const struct middle *middle, ptrdiff_t *const *traces, ptrdiff_t last)
{
	ptrdiff_t x = middle->n, y = middle->m;

	for (ptrdiff_t d = last; d > 0; d--) {
		ptrdiff_t k = x - y;
		bool is_down;

		x = enter(middle, traces[d - 1] + d - 1, d, k, &is_down);
		y = x - k;
		if (is_down)
			middle->is_new[--y] = true;
		else
			middle->is_gone[--x] = true;
	}
}

static void replace_all(const struct middle *middle)
{
	memset(middle->is_gone, true, (size_t)middle->n);
	memset(middle->is_new, true, (size_t)middle->m);
}

/* One round: V, what D edits reach, of BEFORE, what one fewer did. Both are centred at diagonal 0. */
static bool step(const struct middle *middle, const ptrdiff_t *before, ptrdiff_t d, ptrdiff_t *v)
{
	bool is_down;

	for (ptrdiff_t k = -d; k <= d; k += 2)
		v[k] = slide(middle, d ? enter(middle, before, d, k, &is_down) : 0, k);
	return middle->n - middle->m >= -d && middle->n - middle->m <= d && (d + middle->n - middle->m) % 2 == 0 && v[middle->n - middle->m] == middle->n;
}

static enum result find_script(const struct middle *middle)
{
	ptrdiff_t *traces[DIFF_EDITS_MAX + 1] = { NULL };
	enum result result = RESULT_OK;
	bool is_over = false;
	ptrdiff_t d = 0;

	for (; d <= (ptrdiff_t)DIFF_EDITS_MAX && !is_over; d++) {
		traces[d] = calloc((size_t)(2 * d + 1), sizeof(**traces));
		if (!traces[d]) {
			result = RESULT_NO_MEMORY;
			break;
		}
		is_over = step(middle, d ? traces[d - 1] + d - 1 : NULL, d, traces[d] + d);
	}
	if (result == RESULT_OK && is_over)
		walk_back(middle, traces, d - 1);
	else if (result == RESULT_OK)
		replace_all(middle);
	for (size_t i = 0; i <= DIFF_EDITS_MAX; i++)
		free(traces[i]);
	return result;
}

static enum result compare(struct script *script)
{
	size_t front = 0, back = 0;
	size_t least = script->a.count < script->b.count ? script->a.count : script->b.count;
	struct middle middle;

	while (front < least && span_equal(script->a.list[front], script->b.list[front]))
		front++;
	while (back < least - front && span_equal(script->a.list[script->a.count - 1 - back], script->b.list[script->b.count - 1 - back]))
		back++;
	middle = (struct middle){ script->a.list + front, script->b.list + front, (ptrdiff_t)(script->a.count - front - back),
		                  (ptrdiff_t)(script->b.count - front - back), script->is_gone + front, script->is_new + front };
	return find_script(&middle);
}

/* -- writing -- */

static enum result write_line(char mark, struct span line, struct buffer *out)
{
	enum result result = buffer_append_byte(out, mark);

	if (result == RESULT_OK)
		result = buffer_append(out, line);
	if (result == RESULT_OK && !span_ends(line, SPAN("\n")))
		result = buffer_append(out, SPAN("\n\\ No newline at end of file\n"));
	return result;
}

struct place_pair {
	size_t a, b;
};

static bool is_over(const struct script *script, struct place_pair at)
{
	return at.a == script->a.count && at.b == script->b.count;
}

static bool is_change(const struct script *script, struct place_pair at)
{
	return (at.a < script->a.count && script->is_gone[at.a]) || (at.b < script->b.count && script->is_new[at.b]);
}

static struct place_pair next(const struct script *script, struct place_pair at)
{
	if (at.a < script->a.count && script->is_gone[at.a])
		return (struct place_pair){ at.a + 1, at.b };
	if (at.b < script->b.count && script->is_new[at.b])
		return (struct place_pair){ at.a, at.b + 1 };
	return (struct place_pair){ at.a + 1, at.b + 1 };
}

/* The end of the hunk that has its first change at AT: behind it come twice AROUND equal lines, or the end. */
static struct place_pair hunk_end(const struct script *script, struct place_pair at)
{
	struct place_pair end = at;
	size_t equal = 0;

	while (!is_over(script, at) && equal <= 2 * AROUND) {
		bool was_change = is_change(script, at);

		equal = was_change ? 0 : equal + 1;
		at = next(script, at);
		if (was_change || equal <= AROUND)
			end = at;
	}
	return end;
}

static enum result write_head(struct place_pair from, struct place_pair to, struct buffer *out)
{
	size_t a = to.a - from.a, b = to.b - from.b;

	return buffer_print(out, "@@ -%zu,%zu +%zu,%zu @@\n", from.a + (a != 0), a, from.b + (b != 0), b);
}

static enum result write_hunk(const struct script *script, struct place_pair from, struct place_pair to, struct buffer *out)
{
	enum result result = write_head(from, to, out);

	while (result == RESULT_OK && (from.a < to.a || from.b < to.b)) {
		if (from.a < script->a.count && script->is_gone[from.a])
			result = write_line('-', script->a.list[from.a], out);
		else if (from.b < script->b.count && script->is_new[from.b])
			result = write_line('+', script->b.list[from.b], out);
		else
			result = write_line(' ', script->a.list[from.a], out);
		from = next(script, from);
	}
	return result;
}

static enum result write_hunks(const struct script *script, struct buffer *out)
{
	struct place_pair at = { 0, 0 }, written = { 0, 0 };
	enum result result = RESULT_OK;

	while (!is_over(script, at) && result == RESULT_OK) {
		size_t before;
		struct place_pair end;

		if (!is_change(script, at)) {
			at = next(script, at);
			continue;
		}
		before = at.a - written.a < AROUND ? at.a - written.a : AROUND;
		end = hunk_end(script, at);
		result = write_hunk(script, (struct place_pair){ at.a - before, at.b - before }, end, out);
		at = written = end;
	}
	return result;
}

enum result diff_write(const struct diff_side *a, const struct diff_side *b, struct buffer *out)
{
	struct script script = { .is_gone = NULL };
	enum result result;

	if (span_equal(a->text, b->text))
		return RESULT_OK;
	result = split(a->text, &script.a);
	if (result == RESULT_OK)
		result = split(b->text, &script.b);
	if (result == RESULT_OK) {
		script.is_gone = calloc(script.a.count + 1, sizeof(bool));
		script.is_new = calloc(script.b.count + 1, sizeof(bool));
		result = script.is_gone && script.is_new ? compare(&script) : RESULT_NO_MEMORY;
	}
	if (result == RESULT_OK)
		result = buffer_print(out, "--- %.*s\n+++ %.*s\n", SPAN_ARG(a->name), SPAN_ARG(b->name));
	if (result == RESULT_OK)
		result = write_hunks(&script, out);
	free(script.is_gone);
	free(script.is_new);
	free(script.a.list);
	free(script.b.list);
	return result;
}
