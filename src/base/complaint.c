#include "base/complaint.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define TEXT_MAX_BYTES (1024 * 1024)
#define ONE_MAX_BYTES 2048

void complaints_init(struct complaints *complaints)
{
	*complaints = (struct complaints){ 0 };
	arena_init(&complaints->arena, TEXT_MAX_BYTES, 4096);
}

void complaints_done(struct complaints *complaints)
{
	arena_done(&complaints->arena);
	free(complaints->list);
	complaints_init(complaints);
}

static struct complaint *add(struct complaints *complaints)
{
	if (complaints->count == COMPLAINTS_MAX)
		return NULL;
	if (complaints->count == complaints->size) {
		size_t size = complaints->size ? complaints->size * 2 : 16;
		struct complaint *list = reallocarray(complaints->list, size, sizeof(*list));

		if (!list)
			return NULL;
		complaints->list = list;
		complaints->size = size;
	}
	return &complaints->list[complaints->count];
}

/* Text that is too long is cut, between two characters, rather than lost. */
static struct span print_text(char text[ONE_MAX_BYTES], const char *format, va_list list) __attribute__((format(printf, 2, 0)));
static struct span print_text(char text[ONE_MAX_BYTES], const char *format, va_list list)
{
	int count = vsnprintf(text, ONE_MAX_BYTES, format, list);
	size_t len = count < 0 ? 0 : (size_t)count;

	if (len < ONE_MAX_BYTES)
		return span_make(text, len);
	len = ONE_MAX_BYTES - 4;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(text + len, "...", 3);
	return span_make(text, len + 3);
}

void complain(struct complaints *complaints, enum complaint_kind kind, struct place place, struct span suggestion,
              const char *format, ...)
{
	struct complaint *complaint = add(complaints);
	char text[ONE_MAX_BYTES];
	va_list list;

	if (kind == COMPLAINT_ERROR)
		complaints->errors++;
	va_start(list, format);
	if (complaint)
		*complaint = (struct complaint){ kind, arena_copy(&complaints->arena, place.file), place.line, place.column,
			                         arena_copy(&complaints->arena, print_text(text, format, list)),
			                         arena_copy(&complaints->arena, suggestion) };
	va_end(list);
	if (complaint && complaint->file.at && complaint->text.at && complaint->suggestion.at)
		complaints->count++;
	else
		complaints->dropped++;
}

bool complaints_have(const struct complaints *complaints, struct place place, struct span text)
{
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *said = &complaints->list[i];

		if (said->line == place.line && said->column == place.column && span_equal(said->text, text) &&
		    span_equal(said->file, place.file))
			return true;
	}
	return false;
}

static enum result write_one(const struct complaint *complaint, struct buffer *out)
{
	enum result result = RESULT_OK;

	if (complaint->file.len)
		result = buffer_print(out, "%.*s:", SPAN_ARG(complaint->file));
	if (result == RESULT_OK && complaint->line)
		result = buffer_print(out, "%u:%u:", complaint->line, complaint->column);
	if (result == RESULT_OK)
		result = buffer_print(out, "%s%s: %.*s", complaint->file.len || complaint->line ? " " : "",
		                      complaint->kind == COMPLAINT_ERROR ? "error" : "warning", SPAN_ARG(complaint->text));
	if (result == RESULT_OK && complaint->suggestion.len)
		result = buffer_print(out, " (%.*s)", SPAN_ARG(complaint->suggestion));
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}

enum result complaints_write(const struct complaints *complaints, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < complaints->count && result == RESULT_OK; i++)
		result = write_one(&complaints->list[i], out);
	if (result == RESULT_OK && complaints->dropped)
		result = buffer_print(out, "and %zu more that are not shown\n", complaints->dropped);
	return result;
}
