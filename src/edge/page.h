/* What a person sees when there is nothing to deliver: a plain, accessible page in the reader's language (NL, FR, DE, EN by
 * Accept-Language), with the request id and whom to call. Programs that ask for JSON get problem details (RFC 9457).
 *
 * Owns     the body lives in the request's arena
 */
#ifndef BOUCLIER_EDGE_PAGE_H
#define BOUCLIER_EDGE_PAGE_H

#include "base/buffer.h"

struct request;

enum page_language { PAGE_EN, PAGE_NL, PAGE_FR, PAGE_DE, PAGE_LANGUAGES };

struct page {
	struct span type, body;
};

/* Out of memory gives an empty body: the status still says it all. */
void page_make(struct request *request, unsigned status, struct page *page);
/* The language that the visitor likes best of these (Accept-Language), and its tag for `lang`. */
enum page_language page_language_of(const struct request *request);
const char *page_language_tag(enum page_language language);
/* What every refusal ends with: when to come back (request->retry_s, if it says), whom to call, and the reference. */
enum result page_write_foot(const struct request *request, unsigned status, enum page_language language, struct buffer *out) must_check;

#endif
