#include "hub/alert/hours.h"

#include <time.h>

#include "base/banned.h"

#define DAY_MINUTES 1440u
#define WEEK_MINUTES (7 * DAY_MINUTES)
#define MARGIN_S 7200u

struct moment {
	unsigned day, minute;   /* 0 is Monday; of the day */
};

void hours_begin(void)
{
	tzset();
}

static struct moment moment_of(uint64_t at_s)
{
	time_t time = (time_t)at_s;
	struct tm local;

	if (!localtime_r(&time, &local))
		return (struct moment){ 0, 0 };
	return (struct moment){ (unsigned)(local.tm_wday + 6) % 7, (unsigned)(local.tm_hour * 60 + local.tm_min) };
}

bool hours_are_quiet(const struct alert_plan *plan, uint64_t now_s)
{
	struct moment now = moment_of(now_s);
	unsigned today = 1u << now.day, yesterday = 1u << (now.day + 6) % 7;

	if (!plan->has_quiet)
		return false;
	if (plan->quiet_from < plan->quiet_to)
		return plan->quiet_days & today && now.minute >= plan->quiet_from && now.minute < plan->quiet_to;
	return (plan->quiet_days & today && now.minute >= plan->quiet_from) || (plan->quiet_days & yesterday && now.minute < plan->quiet_to);
}

/* How long ago it was due is counted on the wall, which twice a year is an hour wrong: two hours of margin. */
bool hours_self_test_is_due(const struct alert_plan *plan, uint64_t last_s, uint64_t now_s)
{
	struct moment now = moment_of(now_s);
	unsigned minute = now.day * DAY_MINUTES + now.minute, late = (minute + WEEK_MINUTES - plan->self_test) % WEEK_MINUTES;

	return plan->has_self_test && late < DAY_MINUTES && now_s >= last_s + late * 60u + MARGIN_S;
}

void hours_write(uint64_t at_s, char out[HOURS_TEXT_BYTES])
{
	time_t time = (time_t)at_s;
	struct tm local;

	out[0] = 0;
	if (localtime_r(&time, &local))
		(void)!strftime(out, HOURS_TEXT_BYTES, "%Y-%m-%d %H:%M %z", &local);
}
