/* source/: who asks. The socket says who is at its other end; proxies that are trusted say for whom they ask.
 *
 * Security: fails closed. A client's own X-Forwarded-For or Forwarded is never believed: only an unbroken chain of
 * trusted proxies, from the socket backwards, is.
 */
#ifndef BOUCLIER_SOURCE_SOURCE_H
#define BOUCLIER_SOURCE_SOURCE_H

#include "base/address.h"
#include "config/key.h"
#include "message/field.h"

bool source_is_trusted(const struct list_value *networks, const struct address *address);

/* The client's address: PEER, unless PEER is one of TRUSTED (struct network); then the last entry of X-Forwarded-For (or,
 * without one, of Forwarded) that is not trusted itself. An entry that is no address ends the search: the last good one stands.
 * At most 32 entries are looked at. */
struct address source_identify(const struct address *peer, const struct list_value *trusted, const struct fields *fields);

#endif
