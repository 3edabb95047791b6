#define _GNU_SOURCE
#include "answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES  64
#define VALUE_MAX_BYTES 2048

void answer_reset(struct answer *answer)
{
	answer->status = 0;
	answer->is_page = false;
	answer->location[0] = answer->refresh[0] = 0;
	answer->page_len = 0;
}

void answer_field(struct answer *answer, const char *name, const char *value)
{
	if (!strcasecmp(name, ANSWER_MARK))
		answer->is_page = true;
	else if (!strcasecmp(name, "location"))
		snprintf(answer->location, sizeof answer->location, "%s", value);
	else if (!strcasecmp(name, "refresh"))
		snprintf(answer->refresh, sizeof answer->refresh, "%s", value);
	else if (answer->cookies && !strcasecmp(name, "set-cookie"))
		cookies_take(answer->cookies, value, answer->tls);
}

void answer_head(struct answer *answer, const char *head)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		char name[NAME_MAX_BYTES], value[VALUE_MAX_BYTES];
		size_t len, colon;

		line += 2;
		len = strcspn(line, "\r\n");
		colon = strcspn(line, ":\r\n");
		if (colon >= len || colon >= sizeof name)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)colon, line);
		colon += 1 + strspn(line + colon + 1, " \t");
		if (colon <= len)
			snprintf(value, sizeof value, "%.*s", (int)(len - colon), line + colon);
		else
			value[0] = 0;
		answer_field(answer, name, value);
	}
}
