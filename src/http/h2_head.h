/* Builds a request head, or trailers, out of the decoded fields of a header block, one call a field. libnghttp2's own
 * checks are off: these are stricter, know which fault it was, and are made once.
 *
 * Source   RFC 9113, sections 8.2 and 8.3; RFC 8441, section 4; RFC 9110, section 6.5.1 (trailers)
 * Limits   sizes as SETTINGS_MAX_HEADER_LIST_SIZE counts them (name, value and 32 bytes a field, each cookie crumb a field):
 *          http_limits.head_bytes; fields and crumbs http_limits.fields each
 * Owns     nothing; what it keeps is copied into the arena
 */
#ifndef BOUCLIER_HTTP_H2_HEAD_H
#define BOUCLIER_HTTP_H2_HEAD_H

#include "http/head_reader.h"

struct h2_crumb;

struct h2_head {
	struct request_head *head;
	struct fields *into;             /* head->fields, then the trailers */
	struct h2_crumb *crumbs, **crumbs_end;
	size_t crumbs_bytes;
	size_t list_bytes;
	unsigned crumbs_count;
	uint8_t seen;                    /* pseudo-header fields */
	bool has_regular;
	bool is_trailers;
	bool is_full;                    /* nothing more is kept */
	enum http_fault fault;           /* the first */
};

/* RESULT_NO_MEMORY when ARENA is full. */
enum result h2_head_begin(struct h2_head *build, struct arena *arena, const struct http_limits *limits) must_check;
enum result h2_trailers_begin(struct h2_head *build, struct arena *arena) must_check;
/* NAME and VALUE need to last for the call only. What is wrong with them is kept in build->fault. Even then what fits is kept, as far
 * as it can be represented (as represent.h has it: a broken name has no id): never to be forwarded, for rules and events to see.
 * Beyond head_bytes, or once is_full is set, nothing is kept, only counted. */
void h2_head_add(struct h2_head *build, const struct http_limits *limits, struct span name, struct span value);
/* The block is complete: joins the cookie, checks the fields together, sets host, path, body. Returns build->fault. */
enum http_fault h2_head_end(struct h2_head *build, const struct http_limits *limits, bool is_whole_message) must_check;

#endif
