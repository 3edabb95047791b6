/* What an answer is kept under: first what was asked for, then how (Vary).
 *
 * Shape    primary: SITE (16 hexadecimal digits) " " scheme "://" host[":" port] path ["?" query], the host in lower case, the rest as it came
 *          variant: the values of the request's fields that the answer's Vary names, in order; of Accept-Encoding the codings gzip, br and
 *          zstd that are wanted at all, in that order; of Accept-Language and others what was sent, without blanks at the ends
 * Source   RFC 9111, 2 and 4.1
 * Limits   KEY_BYTES_MAX, VARIANT_BYTES_MAX, VARY_NAMES_MAX; what is longer is not kept
 * Owns     nothing; texts are written where the caller says
 *
 * Security: a path that origins read in more than one way is no key (fails closed): what is kept is given for the very bytes it was asked by. What
 * is encoded is left so: "%41" and "A" are two keys.
 */
#ifndef BOUCLIER_CACHE_KEY_H
#define BOUCLIER_CACHE_KEY_H

#include "message/head.h"

#define KEY_BYTES_MAX 4096u
#define VARIANT_BYTES_MAX 1024u
#define VARY_NAMES_MAX 8u

struct cache_place {
	uint64_t site;              /* key of the site's name */
	bool is_https;              /* as its origin is told */
};

/* RESULT_REFUSED: the path has more than one reading, or is none. RESULT_LIMIT: too long. */
enum result key_write(const struct cache_place *place, const struct request_head *request, char out[KEY_BYTES_MAX], struct span *key) must_check;
/* What follows the site in a key: "https://host/path?query". */
struct span key_url(struct span key);
/* "/path?query" */
struct span key_target(struct span key);
struct span key_target_of_url(struct span url);

enum vary_kind {
	VARY_NOTHING,
	VARY_FIELDS,
	VARY_COOKIE,                /* Cookie is among them: it is told apart by its absence alone */
	VARY_ANYTHING,              /* "*", or more or longer names than are told apart */
};
enum vary_kind key_vary_kind(const struct fields *answer);
/* The names of all Vary fields: lower case, parted by ",". RESULT_LIMIT. */
enum result key_vary_write(const struct fields *answer, char out[VARIANT_BYTES_MAX], struct span *vary) must_check;
/* What REQUEST says in the fields that VARY, as written above, names. RESULT_LIMIT. */
enum result key_variant_write(const struct fields *request, struct span vary, char out[VARIANT_BYTES_MAX], struct span *variant) must_check;
/* The codings that are told apart and that REQUEST wants, as an Accept-Encoding for all who want the same, in OUT. */
#define KEY_CODINGS_MAX 32u
struct span key_codings_write(const struct fields *request, char out[KEY_CODINGS_MAX]);
/* Each of the CODINGS of a Content-Encoding list is one of those that are told apart. */
bool key_knows_codings(struct span codings);
/* ... and REQUEST says that it can read it. */
bool key_accepts_codings(const struct fields *request, struct span codings);

#endif
