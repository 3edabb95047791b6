/* What rules put in front of and behind a page (SecContentInjection, prepend, append), on its way to the client.
 *
 * Source   ModSecurity 2.9.7; but there a rule's own condition alone says which answers are meant. Here it is text/html, whole (no range), and
 *          as it is (no Content-Encoding): text between the bytes of anything else would break it
 * Limits   what was known when the head leaves: rules of phase 3, and of phase 4 where the body is held for them
 * Owns     nothing: the texts are the transaction's
 */
#ifndef BOUCLIER_EDGE_INJECT_H
#define BOUCLIER_EDGE_INJECT_H

#include "edge/request.h"

/* Before the head of an answer with a body is sent: its length is told with what is added. */
void inject_begin(struct request *request);
/* Says FIELD something of the body that is no longer true? */
bool inject_drops(const struct request *request, const struct field *field);

#endif
