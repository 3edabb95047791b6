/* What a refused head would have said, for those who only look: rules and events. The strict reader has stopped at the first
 * fault; this goes over the same bytes again and takes what it can.
 *
 * Shape    lines end in LF, with a CR before it or not; words of the first line are parted by blanks: the first is the method,
 *          the last (a third, or one that begins "HTTP/") the version, what is between them the target. A line with a name and a
 *          colon is a field; one that begins with a blank goes on the field before it, joined by a space; others are skipped
 * Source   none: every server guesses in its own way. Of a head that the strict reader accepts it says what that one says,
 *          but for the framing (body, wants_close, expects_continue), which is not looked at
 * Limits   those of the strict reader: head_bytes, target_bytes, fields; what is beyond is left out
 * Owns     nothing: spans point into INPUT, joined values into the arena of head->fields (left as they came where it is full)
 *
 * A name that is no token has no id: who goes by ids (the host, the client's address) does not believe it.
 *
 * Security: a guess. Never to be forwarded, and nothing is to be allowed because of it: only a request that is refused
 * already is represented.
 */
#ifndef BOUCLIER_HTTP_REPRESENT_H
#define BOUCLIER_HTTP_REPRESENT_H

#include "http/head_reader.h"

/* INPUT: all bytes that came, or those of the head. The caller has called fields_init on head->fields, once; fields that were read
 * are forgotten. version_text is set unless the version is one of ours; it is empty where none was said. */
void request_represent(struct span input, const struct http_limits *limits, struct request_head *head);

/* INPUT, which grows, holds the empty line that ends the head for request_represent. LOOKED, 0 at first, remembers how far it was searched. */
bool request_is_all_there(struct span input, size_t *looked);

#endif
