#define _GNU_SOURCE
#include "cookies.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has_attribute(const char *value, const char *attribute)
{
	for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " ");
		if (!strncasecmp(at, attribute, strlen(attribute)))
			return true;
	}
	return false;
}

static bool is_secure(const char *value)
{
	return has_attribute(value, "secure") || !strncmp(value, "__Host-", 7) || !strncmp(value, "__Secure-", 9);
}

static void cookies_remove(struct cookies *cookies, const char *name, size_t len)
{
	for (unsigned i = 0; i < cookies->count; i++)
		if (!strncmp(cookies->all[i].pair, name, len + 1)) { /* the '=' too */
			cookies->all[i] = cookies->all[--cookies->count];
			return;
		}
}

void cookies_take(struct cookies *cookies, const char *value, bool tls)
{
	size_t len = strcspn(value, ";"), name = strcspn(value, "=");
	struct cookie *cookie;

	if (name >= len || len >= COOKIE_MAX || (is_secure(value) && !tls))
		return;
	cookies_remove(cookies, value, name);
	if (has_attribute(value, "max-age=0") || has_attribute(value, "max-age=-") || cookies->count == COOKIES_MAX)
		return;
	cookie = &cookies->all[cookies->count++];
	memcpy(cookie->pair, value, len);
	cookie->pair[len] = 0;
	cookie->secure = is_secure(value);
}

size_t cookies_write(const struct cookies *cookies, bool tls, char *buffer, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < cookies->count; i++) {
		const struct cookie *cookie = &cookies->all[i];

		if ((cookie->secure && !tls) || used + strlen(cookie->pair) + 3 > size)
			continue;
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? "; " : "", cookie->pair);
	}
	return used;
}
