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
/* RFC 3339 with milliseconds, UTC, with a NUL. */
void clock_write_iso(uint64_t wall_ns, char out[CLOCK_ISO_LEN + 1]);

#endif
