/* Reads the members of a JSON object one by one, in place, without building anything: a line of the journal, or an object
 * inside one.
 *
 * Shape    RFC 8259
 * Limits   MEMBER_DEPTH_MAX of nesting in a value
 * Owns     nothing: spans point into the text
 */
#ifndef BOUCLIER_EVENT_MEMBER_H
#define BOUCLIER_EVENT_MEMBER_H

#include "base/span.h"

#define MEMBER_DEPTH_MAX 8

enum member_kind { MEMBER_TEXT, MEMBER_NUMBER, MEMBER_WORD, MEMBER_LIST, MEMBER_OBJECT };

struct member {
	struct span name;        /* as written, between its quotes; empty for an element of a list */
	enum member_kind kind;
	struct span value;       /* MEMBER_TEXT: between the quotes, escapes as they are; otherwise the whole value */
};

struct members {
	struct span rest;
	bool is_list, is_begun;
};

/* TEXT is a whole object or a whole list. */
void members_init(struct members *members, struct span text);
/* RESULT_END after the last one, if nothing but white space follows; RESULT_MALFORMED. OUT is untouched unless RESULT_OK. */
enum result members_next(struct members *members, struct member *out) must_check;
/* The first member of OBJECT with that name, which has no escapes. RESULT_NOT_FOUND, RESULT_MALFORMED. */
enum result member_find(struct span object, struct span name, struct member *out) must_check;
/* The text that VALUE of a MEMBER_TEXT stands for, into OUT of SIZE bytes; what has no escapes is returned as it is.
 * What does not fit is left out. */
struct span member_text(struct span value, char *out, size_t size);

#endif
