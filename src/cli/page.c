#include "cli/page.h"

#include "base/encode.h"

#include <stdio.h>

#include "base/banned.h"

static __attribute__((format(printf, 2, 0))) void print_list(struct page *page, const char *format, va_list list)
{
	if (page->result == RESULT_OK)
		page->result = buffer_print_list(page->out, format, list);
}

void page_print(struct page *page, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_list(page, format, list);
	va_end(list);
}

void page_color(struct page *page, enum page_color color, const char *format, ...)
{
	static const char *const marks[] = {
		[PAGE_PLAIN] = "", [PAGE_RED] = "\033[1;31m", [PAGE_GREEN] = "\033[32m", [PAGE_YELLOW] = "\033[33m",
		[PAGE_DIM] = "\033[2m", [PAGE_BOLD] = "\033[1m",
	};
	bool is_marked = page->has_color && color != PAGE_PLAIN;
	va_list list;

	if (is_marked)
		page_print(page, "%s", marks[color]);
	va_start(list, format);
	print_list(page, format, list);
	va_end(list);
	if (is_marked)
		page_print(page, "\033[0m");
}

void page_text(struct page *page, struct span text, unsigned width)
{
	unsigned columns = 0;

	while (text.len && page->result == RESULT_OK && (!width || columns < width)) {
		size_t count = utf8_length(text);
		struct span shown = !count || utf8_is_control(text) ? SPAN("?") : span_take(text, count);

		page->result = buffer_append(page->out, shown);
		columns++;
		text = span_skip(text, count ? count : 1);
	}
	for (; columns < width; columns++)
		page_print(page, " ");
}

struct short_text short_number(double number)
{
	static const char units[] = { 0, 'k', 'M', 'G', 'T' };
	struct short_text out;
	unsigned unit = 0;

	while (number >= 10000 && unit + 1 < sizeof(units)) {
		number /= 1000;
		unit++;
	}
	if (unit)
		snprintf(out.text, sizeof(out.text), "%.1f%c", number, units[unit]);
	else
		snprintf(out.text, sizeof(out.text), number > 0 && number < 10 && number != (double)(int)number ? "%.1f" : "%.0f", number);
	return out;
}

struct short_text short_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	struct short_text out;
	double number = (double)bytes;
	unsigned unit = 0;

	while (number >= 1024 && unit < 5) {
		number /= 1024;
		unit++;
	}
	snprintf(out.text, sizeof(out.text), unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
	return out;
}

struct short_text short_seconds(uint64_t seconds)
{
	unsigned long long s = seconds;
	struct short_text out;

	if (s >= 86400)
		snprintf(out.text, sizeof(out.text), "%llu d %llu h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(out.text, sizeof(out.text), "%llu h %llu m", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(out.text, sizeof(out.text), "%llu m %llu s", s / 60, s % 60);
	else
		snprintf(out.text, sizeof(out.text), "%llu s", s);
	return out;
}

struct short_text short_us(double us)
{
	struct short_text out;

	if (us < 1000000)
		snprintf(out.text, sizeof(out.text), "%.1f ms", us / 1000);
	else
		snprintf(out.text, sizeof(out.text), "%.1f s", us / 1000000);
	return out;
}

static void add_member(void *context, struct span name, const struct json *value)
{
	uint64_t *sum = context;

	(void)name;
	*sum += json_number_of(value);
}

uint64_t json_sum(const struct json *object)
{
	uint64_t sum = 0;

	json_each(object, add_member, &sum);
	return sum;
}
