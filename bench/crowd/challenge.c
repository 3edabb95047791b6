#define _GNU_SOURCE
#include "challenge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECOND_MS 1000

const char *reference_path(const char *reference, bool *tls)
{
	const char *host = strstr(reference, "://"), *path;

	if (!host || host > reference + 5)
		return reference;
	*tls = !strncasecmp(reference, "https", 5);
	path = strchr(host + 3, '/');
	return path ? path : "/";
}

bool refresh_read(const char *text, unsigned *wait_ms, char *target, size_t size)
{
	char *end;
	double wait_s = strtod(text, &end);
	const char *url = strcasestr(end, "url=");
	bool tls = false;

	if (end == text || !(wait_s >= 0 && wait_s <= CHALLENGE_WAIT_MAX_S))
		return false;
	*wait_ms = (unsigned)(wait_s * SECOND_MS);
	if (url) {
		url += 4 + strspn(url + 4, "'\"");
		url = reference_path(url, &tls);
		snprintf(target, size, "%.*s", (int)strcspn(url, "'\"> \r\n"), url);
	}
	return true;
}

/* The tag that begins before AT is inside <noscript>. */
static bool is_without_script(const char *page, const char *at)
{
	bool inside = false;

	for (const char *tag = page; (tag = strcasestr(tag, "noscript>")) && tag < at; tag++)
		inside = tag == page || tag[-1] != '/';
	return inside;
}

static bool meta_refresh_read(const struct group *group, const struct answer *answer, struct challenge *challenge)
{
	const char *page = answer->page_len ? answer->page : "";
	const char *meta = strcasestr(page, "http-equiv=\"refresh\""), *content = meta ? strcasestr(meta, "content=\"") : NULL;

	if (!content || (group->script && is_without_script(page, meta)))
		return false;
	return refresh_read(content + strlen("content=\""), &challenge->wait_ms, challenge->next.target, TEXT_TARGET_MAX);
}

bool challenge_meet(const struct group *group, const struct answer *answer, const char *asked, struct challenge *challenge)
{
	*challenge = (struct challenge){0};
	if (group->script && solver_solve(answer, &challenge->next)) {
		challenge->wait_ms = challenge->next.work_ms;
		return true;
	}
	snprintf(challenge->next.target, TEXT_TARGET_MAX, "%s", asked);
	challenge->is_announced = true;
	if (!group->refresh)
		return false;
	return (answer->refresh[0] && refresh_read(answer->refresh, &challenge->wait_ms, challenge->next.target, TEXT_TARGET_MAX)) ||
	       meta_refresh_read(group, answer, challenge);
}
