#include "store/latest.h"

#include <stdlib.h>

#include "base/banned.h"

static enum result grow(struct latest *latest, uint32_t slot)
{
	uint32_t size = latest->size ? latest->size : 64;
	struct latest_line *slots;

	if (slot < latest->size)
		return RESULT_OK;
	while (size <= slot)
		size *= 2;
	slots = reallocarray(latest->slots, size, sizeof(slots[0]));
	if (!slots)
		return RESULT_NO_MEMORY;
	memset(slots + latest->size, 0, (size - latest->size) * sizeof(slots[0]));
	latest->slots = slots;
	latest->size = size;
	return RESULT_OK;
}

static char *copy_of(struct span text)
{
	char *copy = malloc(text.len + 1);

	if (copy && text.len)
		memcpy(copy, text.at, text.len);
	return copy;
}

static enum result read_line(struct latest *latest, const struct statement *row)
{
	int64_t slot = statement_number(row, 0);
	struct span line = statement_text(row, 1);
	enum result result = slot >= 0 && slot < 1 << 20 ? grow(latest, (uint32_t)slot) : RESULT_MALFORMED;

	if (result != RESULT_OK)
		return result;
	latest->slots[slot].kept = copy_of(line);
	latest->slots[slot].kept_len = line.len;
	return latest->slots[slot].kept ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result latest_init(struct latest *latest, struct database *database, uint32_t source)
{
	struct statement *rows;
	enum result result;

	*latest = (struct latest){ .database = database, .source = source };
	result = statement_new(database, "INSERT OR REPLACE INTO latest(source, slot, line) VALUES(?1, ?2, ?3)", &latest->save);
	if (result != RESULT_OK)
		return result;
	result = statement_new(database, "SELECT slot, line FROM latest WHERE source = ?1", &rows);
	if (result != RESULT_OK)
		return result;
	statement_bind_number(rows, 1, source);
	while ((result = statement_step(rows)) == RESULT_OK && (result = read_line(latest, rows)) == RESULT_OK)
		;
	statement_free(rows);
	return result == RESULT_END ? RESULT_OK : result;
}

void latest_done(struct latest *latest)
{
	for (uint32_t i = 0; i < latest->size; i++) {
		free(latest->slots[i].kept);
		free(latest->slots[i].next);
	}
	free(latest->slots);
	free(latest->touched);
	statement_free(latest->save);
}

struct span latest_find(const struct latest *latest, uint32_t slot)
{
	const struct latest_line *line = slot < latest->size ? &latest->slots[slot] : NULL;

	if (!line)
		return SPAN_NONE;
	return line->next ? span_make(line->next, line->next_len) : span_make(line->kept, line->kept_len);
}

static enum result touch(struct latest *latest, uint32_t slot)
{
	if (latest->touched_count == latest->touched_size) {
		unsigned size = latest->touched_size ? latest->touched_size * 2 : 64;
		uint32_t *touched = reallocarray(latest->touched, size, sizeof(touched[0]));

		if (!touched)
			return RESULT_NO_MEMORY;
		latest->touched = touched;
		latest->touched_size = size;
	}
	latest->touched[latest->touched_count++] = slot;
	return RESULT_OK;
}

enum result latest_set(struct latest *latest, uint32_t slot, struct span text)
{
	enum result result = grow(latest, slot);
	char *copy;

	if (result == RESULT_OK && !latest->slots[slot].next)
		result = touch(latest, slot);
	if (result != RESULT_OK)
		return result;
	copy = copy_of(text);
	if (!copy)
		return RESULT_NO_MEMORY;
	free(latest->slots[slot].next);
	latest->slots[slot].next = copy;
	latest->slots[slot].next_len = text.len;
	return RESULT_OK;
}

enum result latest_save(struct latest *latest)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < latest->touched_count && result == RESULT_OK; i++) {
		const struct latest_line *line = &latest->slots[latest->touched[i]];

		if (!line->next)
			continue;
		statement_bind_number(latest->save, 1, latest->source);
		statement_bind_number(latest->save, 2, latest->touched[i]);
		statement_bind_text(latest->save, 3, span_make(line->next, line->next_len));
		result = statement_run(latest->save);
	}
	return result;
}

void latest_keep(struct latest *latest)
{
	for (unsigned i = 0; i < latest->touched_count; i++) {
		struct latest_line *line = &latest->slots[latest->touched[i]];

		if (!line->next)
			continue;
		free(line->kept);
		line->kept = line->next;
		line->kept_len = line->next_len;
		line->next = NULL;
	}
	latest->touched_count = 0;
}

void latest_undo(struct latest *latest)
{
	for (unsigned i = 0; i < latest->touched_count; i++) {
		free(latest->slots[latest->touched[i]].next);
		latest->slots[latest->touched[i]].next = NULL;
	}
	latest->touched_count = 0;
}
