/* A line of the detail stream as what the store files it by.
 *
 * Shape    the line is a JSON object whose seal was looked at; members at its top count, the first of a name
 * Owns     nothing: spans point into the line, or into SPACE
 * Threads  pure function
 */
#ifndef BOUCLIER_STORE_ROW_H
#define BOUCLIER_STORE_ROW_H

#include "base/span.h"

#define ROW_NAME_MAX 512u          /* what a name's text takes at most, escapes gone; longer ones are cut, and then too long to be kept */
#define ROW_DECISION_UNKNOWN 255u

struct row {
	uint64_t time_ms;          /* 0: none that can be read */
	struct span tenant, site;  /* empty: none */
	unsigned decision;         /* enum decision, or ROW_DECISION_UNKNOWN */
	bool has_request;
	uint32_t request;          /* the first 8 digits of bouclier.request_id */
};

struct row_space {
	char tenant[ROW_NAME_MAX], site[ROW_NAME_MAX];
};

/* Always gives a row: of what cannot be read, what could be. A line that is no object has no tenant: it must not be anybody's by half. */
void row_read(struct span line, struct row_space *space, struct row *out);
/* "2026-01-31T23:59:59.123Z"; 0 when TEXT is nothing like it. */
uint64_t row_time(struct span text);
/* 32 hexadecimal digits; false: TEXT is not that. */
bool row_request(struct span text, uint32_t *out);

#endif
