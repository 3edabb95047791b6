#include "waf/operator/phrases.h"

#include <assert.h>
#include <stdlib.h>

#include "base/banned.h"

/* Numbers of 16 bits where all fit, else of 32. */
struct table {
	uint16_t *narrow;
	uint32_t *wide;
};

struct phrase_set {
	uint32_t root[256];          /* by byte of either case; 0: stays at the root */
	struct table children;       /* state_count + 1: the children of S are children[S] .. children[S + 1] - 1 */
	struct table fail;
	struct table phrase;         /* 1 + the longest that ends in this state; 0: none */
	unsigned char *label;        /* the byte that leads to this state, lower case */
	struct span *lower;
	struct span *spelling;       /* is `lower` where every phrase is written in lower case */
	size_t phrase_count, state_count, bytes;
};

static inline uint32_t table_get(const struct table *table, size_t index)
{
	return table->narrow ? table->narrow[index] : table->wide[index];
}

static inline void table_set(struct table *table, size_t index, uint32_t number)
{
	if (table->narrow)
		table->narrow[index] = (uint16_t)number;
	else
		table->wide[index] = number;
}

struct spelled {
	struct span lower, spelling;
	size_t number;
};

static int compare_spelled(const void *a, const void *b)
{
	const struct spelled *x = a, *y = b;
	size_t least = x->lower.len < y->lower.len ? x->lower.len : y->lower.len;
	int order = memcmp(x->lower.at, y->lower.at, least);

	if (order)
		return order;
	if (x->lower.len != y->lower.len)
		return x->lower.len < y->lower.len ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static void *take(struct phrase_set *set, struct arena *arena, size_t count, size_t size)
{
	set->bytes += count * size;
	return arena_take_zero(arena, count, size);
}

static bool has_upper(struct span span)
{
	for (size_t i = 0; i < span.len; i++) {
		if (span.at[i] != ascii_lower(span.at[i]))
			return true;
	}
	return false;
}

static bool take_table(struct phrase_set *set, struct arena *arena, size_t count, struct table *table)
{
	/* No number is larger than the number of states: every phrase has one of its own. */
	if (set->state_count <= UINT16_MAX)
		table->narrow = take(set, arena, count, sizeof(uint16_t));
	else
		table->wide = take(set, arena, count, sizeof(uint32_t));
	return table->narrow || table->wide;
}

/* Copies both spellings; LOWER and SPELLING are the same bytes where they are equal. */
static enum result copy_phrases(struct phrase_set *set, struct arena *arena, const struct span *list, size_t count, struct spelled *out)
{
	size_t total = 0;
	char *text;

	for (size_t i = 0; i < count; i++) {
		if (list[i].len > PHRASES_MAX_BYTES || total > PHRASES_MAX_BYTES - list[i].len)
			return RESULT_LIMIT;
		total += list[i].len + (has_upper(list[i]) ? list[i].len : 0);
	}
	text = take(set, arena, total + 1, 1);
	if (!text)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		assert(list[i].len);
		out[i] = (struct spelled){ span_make(text, list[i].len), span_make(text, list[i].len), i };
		for (size_t b = 0; b < list[i].len; b++)
			text[b] = ascii_lower(list[i].at[b]);
		text += list[i].len;
		if (!has_upper(list[i]))
			continue;
		memcpy(text, list[i].at, list[i].len);
		out[i].spelling = span_make(text, list[i].len);
		text += list[i].len;
	}
	return RESULT_OK;
}

static size_t drop_doubles(struct spelled *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!kept || !span_equal(list[kept - 1].lower, list[i].lower))
			list[kept++] = list[i];
	}
	return kept;
}

static size_t common_prefix(struct span a, struct span b)
{
	size_t len = 0;

	while (len < a.len && len < b.len && a.at[len] == b.at[len])
		len++;
	return len;
}

static size_t count_states(const struct spelled *list, size_t count)
{
	size_t states = 1;

	for (size_t i = 0; i < count; i++)
		states += list[i].lower.len - (i ? common_prefix(list[i - 1].lower, list[i].lower) : 0);
	return states;
}

static enum result take_tables(struct phrase_set *set, struct arena *arena, const struct spelled *list)
{
	bool is_lower = true;

	for (size_t i = 0; i < set->phrase_count; i++)
		is_lower = is_lower && list[i].spelling.at == list[i].lower.at;
	if (!take_table(set, arena, set->state_count + 1, &set->children) || !take_table(set, arena, set->state_count, &set->fail) ||
	    !take_table(set, arena, set->state_count, &set->phrase))
		return RESULT_NO_MEMORY;
	set->label = take(set, arena, set->state_count, 1);
	set->lower = take(set, arena, set->phrase_count, sizeof(struct span));
	set->spelling = is_lower ? set->lower : take(set, arena, set->phrase_count, sizeof(struct span));
	if (!set->label || !set->lower || !set->spelling)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < set->phrase_count; i++) {
		set->lower[i] = list[i].lower;
		set->spelling[i] = list[i].spelling;
	}
	return RESULT_OK;
}

/* The child of STATE by BYTE (lower case), 0 when there is none: the root is nobody's child. */
static uint32_t child_of(const struct phrase_set *set, uint32_t state, unsigned char byte)
{
	uint32_t low = table_get(&set->children, state), high = table_get(&set->children, state + 1);

	while (high - low > 8) {
		uint32_t middle = low + (high - low) / 2;

		if (set->label[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	for (; low < high; low++) {
		if (set->label[low] == byte)
			return low;
	}
	return 0;
}

/* While the states are made: the phrases below a state are first .. end - 1, all with the same first DEPTH bytes. */
struct growth {
	uint32_t *first, *end, *parent;
};

/* Where PARENT goes on failing, or from there, until a child by BYTE is found. Shallower states are finished already. */
static uint32_t fail_of(const struct phrase_set *set, uint32_t parent, unsigned char byte)
{
	while (parent) {
		uint32_t child;

		parent = table_get(&set->fail, parent);
		child = child_of(set, parent, byte);
		if (child)
			return child;
	}
	return 0;
}

/* Makes the children of STATE, whose prefix has DEPTH bytes, at NEXT and on; returns the number behind them. */
static uint32_t grow(struct phrase_set *set, const struct growth *growth, uint32_t state, size_t depth, uint32_t next)
{
	uint32_t at = growth->first[state];

	table_set(&set->children, state, next);
	if (at < growth->end[state] && set->lower[at].len == depth)
		at++;  /* the phrase that is this prefix: sorted before those it begins */
	while (at < growth->end[state]) {
		unsigned char byte = (unsigned char)set->lower[at].at[depth];

		growth->first[next] = at;
		growth->parent[next] = state;
		set->label[next] = byte;
		while (at < growth->end[state] && (unsigned char)set->lower[at].at[depth] == byte)
			at++;
		growth->end[next++] = at;
	}
	return next;
}

/* Depth by depth. `children` of a whole depth are known before the next one's `fail` is looked for. */
static void grow_all(struct phrase_set *set, const struct growth *growth)
{
	uint32_t from = 0, end = 1, next = 1;

	growth->end[0] = (uint32_t)set->phrase_count;
	for (size_t depth = 0; from < end; depth++) {
		for (uint32_t state = from; state < end; state++)
			next = grow(set, growth, state, depth, next);
		table_set(&set->children, end, next);  /* so far: the end of the last one's children */
		for (uint32_t state = end; state < next; state++) {
			uint32_t first = growth->first[state], fail = fail_of(set, growth->parent[state], set->label[state]);

			table_set(&set->fail, state, fail);
			table_set(&set->phrase, state, set->lower[first].len == depth + 1 ? first + 1 : table_get(&set->phrase, fail));
		}
		from = end;
		end = next;
	}
	assert(next == set->state_count);
	table_set(&set->children, set->state_count, next);
}

static void fill_root(struct phrase_set *set)
{
	for (unsigned byte = 0; byte < 256; byte++)
		set->root[byte] = child_of(set, 0, (unsigned char)ascii_lower((char)byte));
}

static enum result make_states(struct phrase_set *set)
{
	uint32_t *scratch = calloc(set->state_count, 3 * sizeof(uint32_t));
	struct growth growth = { scratch, scratch + set->state_count, scratch + 2 * set->state_count };

	if (!scratch)
		return RESULT_NO_MEMORY;
	grow_all(set, &growth);
	fill_root(set);
	free(scratch);
	return RESULT_OK;
}

enum result phrase_set_new(struct arena *arena, const struct span *list, size_t count, struct phrase_set **out)
{
	struct phrase_set *set = arena_new(arena, struct phrase_set);
	struct spelled *spelled = calloc(count + 1, sizeof(*spelled));
	enum result result = set && spelled ? RESULT_OK : RESULT_NO_MEMORY;

	if (result == RESULT_OK) {
		set->bytes = sizeof(*set);
		result = copy_phrases(set, arena, list, count, spelled);
	}
	if (result == RESULT_OK) {
		qsort(spelled, count, sizeof(*spelled), compare_spelled);
		set->phrase_count = drop_doubles(spelled, count);
		set->state_count = count_states(spelled, set->phrase_count);
		result = take_tables(set, arena, spelled);
	}
	if (result == RESULT_OK)
		result = make_states(set);
	if (result == RESULT_OK)
		*out = set;
	free(spelled);
	return result;
}

/* The state after BYTE. */
static uint32_t step(const struct phrase_set *set, uint32_t state, unsigned char byte)
{
	unsigned char lower = (unsigned char)ascii_lower((char)byte);

	while (state) {
		uint32_t child = child_of(set, state, lower);

		if (child)
			return child;
		state = table_get(&set->fail, state);
	}
	return set->root[byte];
}

bool phrase_set_find(const struct phrase_set *set, struct span value, struct span *found)
{
	uint32_t state = 0, phrase;

	for (size_t i = 0; i < value.len; i++) {
		state = step(set, state, (unsigned char)value.at[i]);
		phrase = table_get(&set->phrase, state);
		if (phrase) {
			*found = set->spelling[phrase - 1];
			return true;
		}
	}
	return false;
}

const struct span *phrase_set_list(const struct phrase_set *set, size_t *count)
{
	*count = set->phrase_count;
	return set->lower;
}

size_t phrase_set_bytes(const struct phrase_set *set)
{
	return set->bytes;
}
