/* What a client says of codings, reduced to those of which a decoded copy can be made and that are worth it: gzip, br, zstd. The
 * origin may then only encode its answer as rules can read it, and as the client can too.
 *
 * Shape    Accept-Encoding = [ coding [ ";" "q=" weight ] *( "," ... ) ]; in the client's order, with its weights, each once
 * Source   RFC 9110, 12.5.3
 * Limits   the result is at most ACCEPT_ENCODING_MAX bytes, whatever was said
 *
 * Security, fails closed: a member with a weight that is none is left out, and so is "*". Less is asked for, never more.
 */
#ifndef BOUCLIER_HTTP_ACCEPT_ENCODING_H
#define BOUCLIER_HTTP_ACCEPT_ENCODING_H

#include "message/field.h"

#define ACCEPT_ENCODING_MAX 64u

/* "gzip, br;q=0.5", in OUT; empty: none of them. */
struct span accept_encoding_reduce(const struct fields *fields, char out[ACCEPT_ENCODING_MAX]);

#endif
