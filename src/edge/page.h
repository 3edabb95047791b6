/* What a person sees when there is nothing to deliver: a plain, accessible page in the reader's language (NL, FR, DE, EN by
 * Accept-Language), with the request id and whom to call. Programs that ask for JSON get problem details (RFC 9457).
 *
 * Owns     the body lives in the request's arena
 */
#ifndef BOUCLIER_EDGE_PAGE_H
#define BOUCLIER_EDGE_PAGE_H

#include "base/span.h"

struct request;

struct page {
	struct span type, body;
};

/* Out of memory gives an empty body: the status still says it all. */
void page_make(struct request *request, unsigned status, struct page *page);

#endif
