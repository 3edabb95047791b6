/* One request, before a protocol writes it.
 *
 * Shape   fields in the order in which this client sends them: a fingerprint is made of it
 * Owns    nothing: names and values point to constants, to the actor, or into the ask itself
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "cookies.h"
#include "plan.h"
#include "text.h"

#define ASK_FIELDS_MAX 16
#define ASK_COOKIE_MAX 4096
#define ASK_BYTES_MAX  (16 * 1024) /* head and body */

struct ask_field {
	const char *name, *value; /* names in lower case, as HTTP/2 has them */
};

struct ask {
	const char *method, *scheme, *host;
	char target[TEXT_TARGET_MAX];
	struct ask_field fields[ASK_FIELDS_MAX];
	unsigned count;
	char cookie[ASK_COOKIE_MAX], length[16];
	char body[TEXT_BODY_MAX];
	size_t body_len;
	bool endless;   /* the head promises a body that only drips: slow attackers */
};

/* What the client asks for. */
struct ask_order {
	const struct group *group;
	const char *agent;
	const struct cookies *cookies; /* may be NULL */
	bool tls, is_part;             /* is_part: a picture or a style, not the page */
	const char *referer;           /* may be NULL */
};

/* TARGET and body are the caller's to set, before; METHOD follows from the body. */
void ask_fill(struct ask *ask, const struct ask_order *order);

/* As HTTP/1.1 into BUFFER of ASK_BYTES_MAX: its length. COMPLETE false leaves the head open. */
size_t ask_write(const struct ask *ask, bool complete, bool last, char *buffer);
