#include "text.h"

#include <stdio.h>
#include <string.h>

#include "random.h"

#define VALUE_MAX 64
#define MILLION   1000000
#define SAME      "inschrijving"
/* What CRS blocks at paranoia 1, written as a browser writes it. */
#define INJECTION "1%27%20UNION%20SELECT%20login,password%20FROM%20users--%20-"

const char *text_path(const struct group *group, uint64_t *random)
{
	double at = random_share(random) * group->path_weights;
	unsigned i = 0;

	for (; i + 1 < group->path_count && at >= group->paths[i].weight; i++)
		at -= group->paths[i].weight;
	return group->paths[i].pattern;
}

static void word_write(uint64_t *random, char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		word[i] = (char)('a' + random_next(random) % 26);
	word[len] = 0;
}

static void value_write(const struct group *group, uint64_t *random, char *value)
{
	if (group->evil_ppm && random_next(random) % MILLION < group->evil_ppm)
		strcpy(value, INJECTION);
	else if (random_next(random) % 100 < group->random_percent)
		word_write(random, value, 6 + random_next(random) % 7);
	else
		strcpy(value, SAME);
}

void text_target(const struct group *group, const char *pattern, uint64_t *random, char *target)
{
	size_t used = 0;

	for (; *pattern && used + VALUE_MAX < TEXT_TARGET_MAX; pattern++) {
		char value[VALUE_MAX + 1] = {*pattern, 0};

		if (*pattern == '$' && pattern[1]) {
			if (*++pattern == 'v')
				value_write(group, random, value);
			else
				snprintf(value, sizeof value, "%u", (unsigned)(random_next(random) % 1000000));
		}
		used += (size_t)snprintf(target + used, TEXT_TARGET_MAX - used, "%s", value);
	}
	target[used] = 0;
}

size_t text_body(const struct group *group, uint64_t *random, char *body)
{
	unsigned more = group->body_max > group->body_min ? group->body_max - group->body_min : 0;
	size_t wanted = group->body_min + random_next(random) % (more + 1), used = 0;

	if (wanted > TEXT_BODY_MAX - 1)
		wanted = TEXT_BODY_MAX - 1;
	for (unsigned field = 0; used < wanted; field++) {
		char value[VALUE_MAX + 1];

		value_write(group, random, value);
		used += (size_t)snprintf(body + used, TEXT_BODY_MAX - used, "%sfield%u=%s", used ? "&" : "", field, value);
	}
	return wanted;
}

void text_agent(uint64_t *random, char *agent)
{
	unsigned version = 100 + (unsigned)(random_next(random) % 40);

	switch (random_next(random) % 4) {
	case 0:
		snprintf(agent, TEXT_AGENT_MAX, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
			 "Chrome/%u.0.0.0 Safari/537.36", version);
		return;
	case 1:
		snprintf(agent, TEXT_AGENT_MAX, "Mozilla/5.0 (X11; Linux x86_64; rv:%u.0) Gecko/20100101 Firefox/%u.0", version, version);
		return;
	case 2:
		snprintf(agent, TEXT_AGENT_MAX, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
			 "Gecko) Version/17.%u Safari/605.1.15", version % 7);
		return;
	default:
		snprintf(agent, TEXT_AGENT_MAX, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_%u like Mac OS X) AppleWebKit/605.1.15 "
			 "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1", version % 7);
	}
}
