/* In which country an address is, by a database of libloc (Debian's package libloc-database, or what `location update` fetched).
 * The library is loaded with the first database.
 *
 * Availability, fails open: without library or database nobody is anywhere, and whoever opens it is told why.
 *
 * Limits   looked at, not read: the file is mapped, and must not be cut while it is open (its tools replace it by renaming)
 * Owns     the mapping
 * Threads  any: one question at a time, microseconds each (libloc counts its objects without atomics)
 */
#ifndef BOUCLIER_SOURCE_GEO_H
#define BOUCLIER_SOURCE_GEO_H

#include "base/address.h"

#define GEO_NAME_MAX 64u

struct geo;

/* What an entry of the table of sources keeps (source/entry.h). */
struct geo_place {
	char country[3];               /* "": not known */
	uint32_t asn;                  /* 0: not known */
};

/* Texts with NUL; empty: not known. */
struct geo_country {
	char code[3];                  /* ISO 3166-1 alpha-2: "BE" */
	char continent[3];             /* "EU" */
	char name[GEO_NAME_MAX];       /* in English; cut where it is longer */
};

/* RESULT_NOT_FOUND: there is no library, or it lacks a function; RESULT_IO: the file cannot be opened (errno tells); RESULT_MALFORMED: it is no database;
 * RESULT_NO_MEMORY. */
enum result geo_open(const char *path, struct geo **out) must_check;
/* NULL is none. */
void geo_close(struct geo *geo);
/* RESULT_NOT_FOUND: no country is known for it. */
enum result geo_find(struct geo *geo, const struct address *address, struct geo_country *out) must_check;
/* Its country and its autonomous system, without their names. RESULT_NOT_FOUND: neither is known. */
enum result geo_find_place(struct geo *geo, const struct address *address, struct geo_place *out) must_check;

#endif
