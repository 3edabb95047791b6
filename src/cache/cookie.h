/* What a request's cookies say about who asks: somebody whom the application knows, or anybody.
 *
 * Shape    Cookie: name=value; name=value (RFC 6265, 5.4); only names count, in any case
 * Owns     nothing
 *
 * Security, fails closed: a name that looks like a session's, a login's or a key's is one, whatever the application; a piece without a name is
 * somebody's too. Which names an application gives them is written in cookie.c.
 */
#ifndef BOUCLIER_CACHE_COOKIE_H
#define BOUCLIER_CACHE_COOKIE_H

#include "message/field.h"

enum cookie_kind {
	COOKIE_NONE,       /* there are none, or only those of known statistics, or that the named application does not look at for what everybody sees */
	COOKIE_OTHER,      /* there are some, and nobody said what they are */
	COOKIE_SESSION,    /* somebody's own: kept for nobody, and answered with what is kept for nobody */
};

/* APPLICATIONS: names as the preset of exclusions has them ("mediawiki"); those whose cookies are not known here are as none. */
enum cookie_kind cookie_kind_of(const struct fields *request, const struct span *applications, size_t count);

#endif
