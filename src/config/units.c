/* Numbers and their units. A unit is mandatory: "timeout: 30" has meant seconds and milliseconds in too many programs. */
#include <stdio.h>

#include "base/clock.h"
#include "config/value.h"

#include "base/banned.h"

struct unit {
	struct span name;
	int64_t factor;
};

/* Largest first: the writer takes the first that divides. */
static const struct unit durations[] = {
	{ SPAN_INIT("d"), 86400000 }, { SPAN_INIT("h"), 3600000 }, { SPAN_INIT("m"), 60000 }, { SPAN_INIT("s"), 1000 },
	{ SPAN_INIT("ms"), 1 }, { SPAN_INIT(""), 0 },
};
static const struct unit sizes[] = {
	{ SPAN_INIT("GiB"), 1 << 30 }, { SPAN_INIT("MiB"), 1 << 20 }, { SPAN_INIT("KiB"), 1 << 10 }, { SPAN_INIT("B"), 1 },
	{ SPAN_INIT(""), 0 },
};
static const struct unit speeds[] = {
	{ SPAN_INIT("GiB/s"), 1 << 30 }, { SPAN_INIT("MiB/s"), 1 << 20 }, { SPAN_INIT("KiB/s"), 1 << 10 },
	{ SPAN_INIT("B/s"), 1 }, { SPAN_INIT(""), 0 },
};
/* Decimal, as carriers count. */
static const struct unit bandwidths[] = {
	{ SPAN_INIT("Tbit/s"), 1000000000000 }, { SPAN_INIT("Gbit/s"), 1000000000 }, { SPAN_INIT("Mbit/s"), 1000000 },
	{ SPAN_INIT("kbit/s"), 1000 }, { SPAN_INIT("bit/s"), 1 }, { SPAN_INIT(""), 0 },
};
static const struct unit rates[] = {
	{ SPAN_INIT("s"), 1000 }, { SPAN_INIT("m"), 60000 }, { SPAN_INIT("h"), 3600000 }, { SPAN_INIT(""), 0 },
};
static const struct unit plain[] = { { SPAN_INIT(""), 0 } };

static const struct unit *units_of(enum key_type type)
{
	if (type == KEY_DURATION)
		return durations;
	if (type == KEY_BYTES)
		return sizes;
	if (type == KEY_BANDWIDTH)
		return bandwidths;
	return type == KEY_SPEED ? speeds : plain;
}

static size_t count_digits(struct span text)
{
	size_t count = 0;

	while (count < text.len && is_digit(text.at[count]))
		count++;
	return count;
}

static bool is_in_range(const struct key *key, int64_t value)
{
	if (value < key->min)
		return key->min == 0 && key->max == 0 && !key->choices && key->type == KEY_NUMBER;
	return key->max <= 0 || value <= key->max;
}

/* What people write instead of our units. */
static struct span guess_unit(enum key_type type, struct span wrong)
{
	static const struct { const char *said; const char *duration, *size, *speed; } guesses[] = {
		{ "", "s", "B", "B/s" },      { "s", "s", NULL, NULL },       { "sec", "s", NULL, NULL },
		{ "secs", "s", NULL, NULL },  { "seconds", "s", NULL, NULL }, { "second", "s", NULL, NULL },
		{ "min", "m", NULL, NULL },   { "mins", "m", NULL, NULL },    { "minutes", "m", NULL, NULL },
		{ "minute", "m", NULL, NULL },{ "hours", "h", NULL, NULL },   { "hour", "h", NULL, NULL },
		{ "days", "d", NULL, NULL },  { "day", "d", NULL, NULL },     { "msec", "ms", NULL, NULL },
		{ "h", "h", NULL, NULL },     { "d", "d", NULL, NULL },       { "m", "m", "MiB", "MiB/s" },
		{ "k", NULL, "KiB", "KiB/s" },{ "kb", NULL, "KiB", "KiB/s" }, { "kib", NULL, "KiB", "KiB/s" },
		{ "mb", NULL, "MiB", "MiB/s" },{ "mib", NULL, "MiB", "MiB/s" },{ "g", NULL, "GiB", "GiB/s" },
		{ "gb", NULL, "GiB", "GiB/s" },{ "gib", NULL, "GiB", "GiB/s" },{ "b", NULL, "B", "B/s" },
		{ "kib/s", NULL, NULL, "KiB/s" }, { "mib/s", NULL, NULL, "MiB/s" }, { "gib/s", NULL, NULL, "GiB/s" },
		{ "b/s", NULL, NULL, "B/s" },
	};

	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++) {
		if (span_equal_nocase(span_of(guesses[i].said), wrong))
			return span_of(type == KEY_DURATION ? guesses[i].duration : type == KEY_BYTES ? guesses[i].size : guesses[i].speed);
	}
	return SPAN_NONE;
}

/* "1G", "1 Gbps", "1gbit/s": what people write instead of 1Gbit/s. */
static struct span guess_bandwidth(struct span wrong)
{
	static const char *const endings[] = { "", "bit", "bits", "bps", "b/s", "bit/s", "bits/s" };

	for (const struct unit *unit = bandwidths; unit->factor > 1; unit++) {
		for (size_t i = 0; wrong.len && i < sizeof(endings) / sizeof(*endings); i++) {
			if (span_equal_nocase(span_take(wrong, 1), span_take(unit->name, 1)) && span_equal_nocase(span_skip(wrong, 1), span_of(endings[i])))
				return unit->name;
		}
	}
	return SPAN_NONE;
}

static void suggest_unit(const struct key *key, struct span digits, struct span wrong, char words[96])
{
	struct span unit = key->type == KEY_BANDWIDTH ? guess_bandwidth(span_trim(wrong)) : guess_unit(key->type, span_trim(wrong));

	if (unit.len && digits.len < 20)
		snprintf(words, 96, "did you mean %.*s%.*s?", SPAN_ARG(digits), SPAN_ARG(unit));
}

static enum result apply_unit(const struct key *key, struct span digits, struct span name, char words[96], int64_t *out)
{
	const struct unit *unit = units_of(key->type);
	uint64_t count;

	if (span_to_u64(digits, INT64_MAX, &count) != RESULT_OK)
		return RESULT_MALFORMED;
	if (key->type != KEY_NUMBER && !(count == 0 && name.len == 0)) {
		while (unit->factor && !span_equal(unit->name, name))
			unit++;
		if (!unit->factor) {
			suggest_unit(key, digits, name, words);
			return RESULT_MALFORMED;
		}
		return __builtin_mul_overflow((int64_t)count, unit->factor, out) ? RESULT_LIMIT : RESULT_OK;
	}
	if (name.len)
		return RESULT_MALFORMED;
	*out = (int64_t)count;
	return RESULT_OK;
}

enum result units_read(const struct key *key, struct span text, char words[96], int64_t *out)
{
	bool is_negative = key->type == KEY_NUMBER && text.len && text.at[0] == '-';
	struct span rest = is_negative ? span_skip(text, 1) : text;
	size_t digits = count_digits(rest);
	int64_t value = 0;
	enum result result;

	for (int i = 0; key->type == KEY_NUMBER && key->choices && key->choices[i]; i++) {
		if (span_equal(text, span_of(key->choices[i]))) {
			*out = -1 - i;
			return RESULT_OK;
		}
	}
	result = apply_unit(key, span_take(rest, digits), span_skip(rest, digits), words, &value);
	if (result != RESULT_OK)
		return result;
	value = is_negative ? -value : value;
	if (!is_in_range(key, value))
		return RESULT_LIMIT;
	*out = value;
	return RESULT_OK;
}

enum result units_write(enum key_type type, int64_t value, struct buffer *out)
{
	const struct unit *unit = units_of(type);

	if (value == 0 || type == KEY_NUMBER)
		return buffer_print(out, "%lld", (long long)value);
	while (unit[1].factor && value % unit->factor)
		unit++;
	return buffer_print(out, "%lld%.*s", (long long)(value / unit->factor), SPAN_ARG(unit->name));
}

/* "10r/m", "10/min", "10 per minute", "10": what people write instead of 10/m. */
static void suggest_rate(struct span text, char words[96])
{
	static const struct { const char *said, *unit; } guesses[] = {
		{ "", "s" }, { "sec", "s" }, { "second", "s" }, { "seconds", "s" }, { "rps", "s" }, { "min", "m" }, { "minute", "m" }, { "minutes", "m" },
		{ "rpm", "m" }, { "hour", "h" }, { "hours", "h" }, { "s", "s" }, { "m", "m" }, { "h", "h" },
	};
	struct span digits = span_take(text, count_digits(text)), wrong = span_trim(span_skip(text, digits.len));

	if (span_starts_nocase(wrong, SPAN("per ")))
		wrong = span_trim(span_skip(wrong, 4));
	if (span_starts_nocase(wrong, SPAN("r/")))
		wrong = span_skip(wrong, 1);
	if (wrong.len && wrong.at[0] == '/')
		wrong = span_trim(span_skip(wrong, 1));
	for (size_t i = 0; digits.len && digits.len < 20 && i < sizeof(guesses) / sizeof(*guesses); i++) {
		if (span_equal_nocase(span_of(guesses[i].said), wrong))
			snprintf(words, 96, "did you mean %.*s/%s?", SPAN_ARG(digits), guesses[i].unit);
	}
}

enum result rate_read(const struct key *key, struct span text, char words[96], struct rate *out)
{
	const struct unit *unit = rates;
	struct span rest = text, count_text = span_cut(&rest, '/');
	uint64_t count;

	while (unit->factor && !span_equal(unit->name, rest))
		unit++;
	if (!unit->factor || span_to_u64(count_text, INT64_MAX, &count) != RESULT_OK) {
		suggest_rate(text, words);
		return RESULT_MALFORMED;
	}
	if (!is_in_range(key, (int64_t)count))
		return RESULT_LIMIT;
	*out = (struct rate){ (int64_t)count, unit->factor };
	return RESULT_OK;
}

enum result rate_write(const struct rate *rate, struct buffer *out)
{
	const struct unit *unit = rates;

	while (unit[1].factor && unit->factor != rate->per_ms)
		unit++;
	return buffer_print(out, "%lld/%.*s", (long long)rate->count, SPAN_ARG(unit->name));
}

/* COUNT digits at AT as a number within FIRST..LAST. */
static bool read_field(struct span text, size_t at, size_t count, uint64_t first, uint64_t last, int64_t *out)
{
	uint64_t value;

	if (at + count > text.len || span_to_u64(span_take(span_skip(text, at), count), last, &value) != RESULT_OK || value < first)
		return false;
	*out = (int64_t)value;
	return true;
}

/* Days since 1970-01-01 of a day of the Gregorian calendar, by counting years from March (leap days come last). */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t from_march = (month + 9) % 12;

	year -= month <= 2;
	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

static int64_t month_days(int64_t year, int64_t month)
{
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month == 2)
		return is_leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* "Z", "+01:00": minutes to take off. */
static bool read_zone(struct span text, int64_t *minutes)
{
	int64_t hour, minute;

	if (span_equal(text, SPAN("Z"))) {
		*minutes = 0;
		return true;
	}
	if (text.len != 6 || (text.at[0] != '+' && text.at[0] != '-') || text.at[3] != ':' ||
	    !read_field(text, 1, 2, 0, 23, &hour) || !read_field(text, 4, 2, 0, 59, &minute))
		return false;
	*minutes = (text.at[0] == '+' ? 1 : -1) * (hour * 60 + minute);
	return true;
}

#define YEAR_FIRST 1971
#define YEAR_LAST 9999

/* "2026-01-31", at the front of TEXT. */
static bool read_day(struct span text, int64_t *days)
{
	int64_t year, month, day;

	if (text.len < 10 || text.at[4] != '-' || text.at[7] != '-' || !read_field(text, 0, 4, YEAR_FIRST, YEAR_LAST, &year) ||
	    !read_field(text, 5, 2, 1, 12, &month) || !read_field(text, 8, 2, 1, (uint64_t)month_days(year, month), &day))
		return false;
	*days = days_since_1970(year, month, day);
	return true;
}

enum result date_read(struct span text, int64_t *out)
{
	int64_t days;

	if (text.len != 10 || !read_day(text, &days))
		return RESULT_MALFORMED;
	*out = days * 24 * 3600 * 1000;
	return RESULT_OK;
}

/* RFC 3339: 2026-01-31T08:00:00Z, with up to three digits of a second. No leap second: a clock cannot show it. */
enum result time_read(struct span text, int64_t *out)
{
	int64_t days, hour, minute, second, ms = 0, zone;
	size_t at = 19;

	if (text.len < 20 || text.at[10] != 'T' || text.at[13] != ':' || text.at[16] != ':' || !read_day(text, &days) ||
	    !read_field(text, 11, 2, 0, 23, &hour) ||
	    !read_field(text, 14, 2, 0, 59, &minute) || !read_field(text, 17, 2, 0, 59, &second))
		return RESULT_MALFORMED;
	if (text.at[at] == '.') {
		int64_t scale = 100;

		for (at++; at < text.len && is_digit(text.at[at]); at++, scale /= 10)
			ms += (text.at[at] - '0') * scale;
		if (at == 20 || at > 23)
			return RESULT_MALFORMED;
	}
	if (!read_zone(span_skip(text, at), &zone))
		return RESULT_MALFORMED;
	ms += (((days * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000;
	if (ms > (int64_t)CLOCK_ISO_MS_MAX || ms < (int64_t)CLOCK_ISO_MS_MIN)  /* west of Greenwich the last year ends later, east of it the first begins sooner */
		return RESULT_MALFORMED;
	*out = ms;
	return RESULT_OK;
}
