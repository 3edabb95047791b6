/* Time. Two clocks that are never mixed: `now_ms` of CLOCK_MONOTONIC for how long, wall time for when.
 *
 * Units    milliseconds unless the name says otherwise
 */
#ifndef BOUCLIER_BASE_CLOCK_H
#define BOUCLIER_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_mono_ns(void);
static inline uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}
/* Nanoseconds since 1970, UTC. */
uint64_t clock_wall_ns(void);

#define CLOCK_HTTP_LEN 29  /* "Sun, 06 Nov 1994 08:49:37 GMT" */
#define CLOCK_ISO_LEN 24   /* "1994-11-06T08:49:37.123Z" */
/* IMF-fixdate of RFC 9110, section 5.6.7, with a NUL. */
void clock_write_http(uint64_t wall_ns, char out[CLOCK_HTTP_LEN + 1]);
#define CLOCK_ISO_MS_MIN 31536000000u     /* 1971-01-01T00:00:00Z: what is read is not sooner */
#define CLOCK_ISO_MS_MAX 253402300799999u  /* 9999-12-31T23:59:59.999Z: later than that has no four digits */
/* RFC 3339 with milliseconds, UTC, with a NUL. Nanoseconds end in 2554: what a person may have said (config/value.h) is written from milliseconds. */
void clock_write_iso(uint64_t wall_ns, char out[CLOCK_ISO_LEN + 1]);
void clock_write_iso_ms(uint64_t wall_ms, char out[CLOCK_ISO_LEN + 1]);  /* at most CLOCK_ISO_MS_MAX */

#endif
