/* Which kind of client asks: a hash of what one program does alike in every request and another does otherwise. It says nothing of who asks:
 * all citizens with one browser are of a few kinds, and so is a flood that comes from one tool.
 *
 * Shape    32 bits of
 *            - which of the fields in KIND_FIELDS the client sent, in which order, and whether it wrote each with a capital
 *            - the version of HTTP; of HTTP/2 the order of the pseudo-header fields, the SETTINGS and the connection's first window
 *            - of JA4 the version, ciphers and ALPN: what a resumed session does not change
 *          A browser asks for a page, for its parts and for what scripts want in slightly different ways: those are kinds of their own
 * Limits   what the same client sends in one request and not in the next is left out: cookies, Referer, Content-*, conditions, Authorization,
 *          Priority; what proxies add; and every name that is not in the list, so that inventing names makes no new kind
 * Owns     nothing
 * Threads  pure
 *
 * A program that imitates a browser in all this is of its kind: a kind is a reason to let somebody wait behind others, never to refuse him.
 *
 * Source   JA4 (FoxIO, BSD 3-clause); the idea of hashing SETTINGS, window and pseudo-header order is that of Akamai, "Passive Fingerprinting of
 *          HTTP/2 Clients" (2017)
 */
#ifndef BOUCLIER_SOURCE_KIND_H
#define BOUCLIER_SOURCE_KIND_H

#include "message/head.h"

#define KIND_TEXT_LEN 8u

struct kind_parts {
	const struct request_head *head;
	uint64_t h2;             /* h2_session_kind; 0: HTTP/1, or the connection is a proxy's */
	struct span ja4;         /* empty: no TLS, or it is a proxy's */
};

/* Never 0. */
uint32_t kind_of(const struct kind_parts *parts);
/* As people read it: hexadecimal digits, the highest first. */
void kind_write(uint32_t kind, char out[KIND_TEXT_LEN]);

#endif
