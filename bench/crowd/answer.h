/* What a client looks at in an answer, whatever protocol brought it.
 *
 * Shape   fields one by one, then the page's text as far as PAGE has room
 * Owns    nothing: PAGE and COOKIES are the actor's, either may be NULL
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "cookies.h"

#define ANSWER_LOCATION_MAX 512
#define ANSWER_MARK         "x-bench-page" /* the origin's, on everything it answers */

struct answer {
	int status;
	bool is_page;                       /* the origin made it */
	char location[ANSWER_LOCATION_MAX]; /* of a redirect, "" without */
	char refresh[ANSWER_LOCATION_MAX];  /* the Refresh field, "" without */
	struct cookies *cookies;
	bool tls;
	char *page;
	size_t page_len, page_size;
};

/* For the next one: what belongs to the actor stays. */
void answer_reset(struct answer *answer);

/* NAME in any case; both NUL-terminated. */
void answer_field(struct answer *answer, const char *name, const char *value);

/* All fields of an HTTP/1.1 HEAD, a line each, NUL-terminated. */
void answer_head(struct answer *answer, const char *head);
