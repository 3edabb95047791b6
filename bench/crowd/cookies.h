/* A browser's jar for one site.
 *
 * Shape   NAME=VALUE pairs; a new value replaces the old one, Max-Age=0 removes it
 * Limits  COOKIES_MAX cookies of COOKIE_MAX bytes; more are not kept
 * Source  RFC 6265bis, 5.6 and 5.7: what is Secure, or is called so by its prefix, neither comes nor goes over plain HTTP
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define COOKIES_MAX 8
#define COOKIE_MAX  1024

struct cookie {
	char pair[COOKIE_MAX];
	bool secure;
};

struct cookies {
	struct cookie all[COOKIES_MAX];
	unsigned count;
};

/* VALUE as it stands behind "Set-Cookie:", NUL-terminated. */
void cookies_take(struct cookies *cookies, const char *value, bool tls);

/* "a=1; b=2" into BUFFER; its length, 0 when there is nothing to send. */
size_t cookies_write(const struct cookies *cookies, bool tls, char *buffer, size_t size);
