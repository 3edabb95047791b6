#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/banned.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

void clock_write_http(uint64_t wall_ns, char out[CLOCK_HTTP_LEN + 1])
{
	/* Not strftime: its names follow the locale, HTTP's do not. */
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	struct tm t;

	gmtime_r(&seconds, &t);
	snprintf(out, CLOCK_HTTP_LEN + 1, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[t.tm_wday], (unsigned)t.tm_mday % 100u,
	         months[t.tm_mon], (unsigned)(t.tm_year + 1900) % 10000u, (unsigned)t.tm_hour % 100u, (unsigned)t.tm_min % 100u,
	         (unsigned)t.tm_sec % 100u);
}

void clock_write_iso(uint64_t wall_ns, char out[CLOCK_ISO_LEN + 1])
{
	clock_write_iso_ms(wall_ns / 1000000u, out);
}

void clock_write_iso_ms(uint64_t wall_ms, char out[CLOCK_ISO_LEN + 1])
{
	uint64_t ms = wall_ms < CLOCK_ISO_MS_MAX ? wall_ms : CLOCK_ISO_MS_MAX;
	time_t seconds = (time_t)(ms / 1000);
	struct tm t;

	gmtime_r(&seconds, &t);
	snprintf(out, CLOCK_ISO_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(t.tm_year + 1900) % 10000u,
	         (unsigned)(t.tm_mon + 1) % 100u, (unsigned)t.tm_mday % 100u, (unsigned)t.tm_hour % 100u, (unsigned)t.tm_min % 100u,
	         (unsigned)t.tm_sec % 100u, (unsigned)(ms % 1000u));
}
