/* Reads the members of a JSON object strictly: each must be there, be of its kind and within its limits, and there must be no others.
 *
 * Shape    reading_begin, each member once, reading_end. The first failure is remembered, whatever is read after it
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_READING_H
#define BOUCLIER_INCIDENT_READING_H

#include "base/span.h"
#include "event/json.h"

struct reading {
	const struct json *object;
	size_t members;
	bool is_bad;
};

void reading_begin(struct reading *reading, const struct json *object);
/* False: something was wrong, or there are members that were not read. */
bool reading_end(const struct reading *reading);

/* All of TEXT: READ_MEMBERS reads its object into OUT, and says whether it was good. RESULT_MALFORMED: it was not, or is no JSON; RESULT_NO_MEMORY. */
enum result reading_whole(struct span text, bool (*read_members)(const struct json *root, void *out), void *out) must_check;
/* The same, where OUT points into ROOT: the caller drops it after RESULT_OK. */
enum result reading_kept(struct span text, bool (*read_members)(const struct json *root, void *out), void *out, struct json **root) must_check;

uint64_t reading_number(struct reading *reading, const char *name, uint64_t max);
static inline uint32_t reading_number32(struct reading *reading, const char *name)
{
	return (uint32_t)reading_number(reading, name, UINT32_MAX);
}
bool reading_bool(struct reading *reading, const char *name);
/* Seconds since 1970; 0 for null. A time with a part of a second is none. */
uint64_t reading_time(struct reading *reading, const char *name);
/* Text that text_set would keep as it is, or text_set_lines. */
void reading_text(struct reading *reading, const char *name, char *out, size_t size);
void reading_lines(struct reading *reading, const char *name, char *out, size_t size);
/* Which of COUNT names. */
unsigned reading_name(struct reading *reading, const char *name, unsigned count, const char *(*name_of)(unsigned index));
/* A list of at most MAX; NULL when something is wrong. */
const struct json *reading_list(struct reading *reading, const char *name, size_t max, uint32_t *count);
const struct json *reading_member(struct reading *reading, const char *name);
void reading_check(struct reading *reading, bool is_good);

#endif
