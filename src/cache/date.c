#include "cache/date.h"

#include "base/banned.h"

#define DAY_S 86400

/* A cursor over what is left, which remembers that something did not fit. */
struct date_reader {
	struct span rest;
	bool is_wrong;
};

static void expect(struct date_reader *reader, struct span text)
{
	reader->is_wrong |= !span_starts(reader->rest, text);
	reader->rest = span_skip(reader->rest, text.len);
}

static int read_word(struct date_reader *reader, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		struct span word = span_of(words[i]);

		if (span_starts(reader->rest, word)) {
			reader->rest = span_skip(reader->rest, word.len);
			return i;
		}
	}
	reader->is_wrong = true;
	return 0;
}

static int read_number(struct date_reader *reader, size_t digits, int max)
{
	uint64_t number = 0;

	if (reader->rest.len < digits || span_to_u64(span_take(reader->rest, digits), (uint64_t)max, &number) != RESULT_OK)
		reader->is_wrong = true;
	reader->rest = span_skip(reader->rest, digits);
	return (int)number;
}

static int read_month(struct date_reader *reader)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	return read_word(reader, months, 12);
}

struct moment {
	int year, month, day, hour, minute, second;
};

static void read_time(struct date_reader *reader, struct moment *moment)
{
	moment->hour = read_number(reader, 2, 23);
	expect(reader, SPAN(":"));
	moment->minute = read_number(reader, 2, 59);
	expect(reader, SPAN(":"));
	moment->second = read_number(reader, 2, 60);
}

/* The civil calendar, counted from March so that the leap day is the last of a year. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month < 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_of(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && is_leap);
}

static int64_t seconds_of(const struct moment *moment)
{
	return days_since_1970(moment->year, moment->month, moment->day) * DAY_S + moment->hour * 3600 + moment->minute * 60 + moment->second;
}

static void read_fixed(struct date_reader *reader, struct moment *moment)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	read_word(reader, days, 7);
	expect(reader, SPAN(", "));
	moment->day = read_number(reader, 2, 31);
	expect(reader, SPAN(" "));
	moment->month = read_month(reader);
	expect(reader, SPAN(" "));
	moment->year = read_number(reader, 4, 9999);
	expect(reader, SPAN(" "));
	read_time(reader, moment);
	expect(reader, SPAN(" GMT"));
}

static void read_rfc850(struct date_reader *reader, struct moment *moment, int64_t now_s)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

	read_word(reader, days, 7);
	expect(reader, SPAN(", "));
	moment->day = read_number(reader, 2, 31);
	expect(reader, SPAN("-"));
	moment->month = read_month(reader);
	expect(reader, SPAN("-"));
	moment->year = 2000 + read_number(reader, 2, 99);
	expect(reader, SPAN(" "));
	read_time(reader, moment);
	expect(reader, SPAN(" GMT"));
	while (moment->year > 1970 && days_since_1970(moment->year - 50, moment->month, moment->day) * DAY_S > now_s)
		moment->year -= 100;
}

static void read_asctime(struct date_reader *reader, struct moment *moment)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	read_word(reader, days, 7);
	expect(reader, SPAN(" "));
	moment->month = read_month(reader);
	expect(reader, SPAN(" "));
	if (span_starts(reader->rest, SPAN(" "))) {
		expect(reader, SPAN(" "));
		moment->day = read_number(reader, 1, 9);
	} else {
		moment->day = read_number(reader, 2, 31);
	}
	expect(reader, SPAN(" "));
	read_time(reader, moment);
	expect(reader, SPAN(" "));
	moment->year = read_number(reader, 4, 9999);
}

enum result http_date_read(struct span text, int64_t now_s, int64_t *out)
{
	struct date_reader reader = { text, false };
	struct moment moment = { 0 };

	if (text.len > 3 && text.at[3] == ',')
		read_fixed(&reader, &moment);
	else if (text.len > 3 && text.at[3] == ' ')
		read_asctime(&reader, &moment);
	else
		read_rfc850(&reader, &moment, now_s);
	if (reader.is_wrong || reader.rest.len || moment.year < 1970 || moment.day < 1 || moment.day > days_of(moment.year, moment.month))
		return RESULT_MALFORMED;
	*out = seconds_of(&moment);
	return RESULT_OK;
}
