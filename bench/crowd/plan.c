#define _GNU_SOURCE
#include "plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

typedef bool (*value_reader)(struct group *group, void *field, char *text);

struct key {
	const char *name;
	size_t offset;
	value_reader read;
};

static const char *const role_names[ROLE_COUNT] = {"visitor", "flood", "reset", "slow_head", "slow_body", "slow_read", "churn"};
static const char *const profile_names[PROFILE_COUNT] = {"browser", "tool", "partner", "crawler"};

static bool number_read(const char *text, double *number)
{
	char *end;

	errno = 0;
	*number = strtod(text, &end);
	return !errno && end != text && !*end && *number >= 0 && *number <= 4e9;
}

static bool count_read(struct group *group, void *field, char *text)
{
	double number;

	(void)group;
	if (!number_read(text, &number))
		return false;
	*(unsigned *)field = (unsigned)number;
	return true;
}

static bool rate_read(struct group *group, void *field, char *text)
{
	(void)group;
	return number_read(text, field);
}

static bool flag_read(struct group *group, void *field, char *text)
{
	(void)group;
	*(bool *)field = *text == '1';
	return !strcmp(text, "0") || !strcmp(text, "1");
}

static bool text_read(struct group *group, void *field, char *text)
{
	char **kept = field;

	(void)group;
	free(*kept);
	*kept = strdup(text);
	return *kept;
}

static bool word_read(const char *const *words, int count, int *found, const char *text)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], text)) {
			*found = i;
			return true;
		}
	return false;
}

static bool role_read(struct group *group, void *field, char *text)
{
	int found = 0;

	(void)field;
	if (!word_read(role_names, ROLE_COUNT, &found, text))
		return false;
	group->role = (enum role)found;
	return true;
}

static bool profile_read(struct group *group, void *field, char *text)
{
	int found = 0;

	(void)field;
	if (!word_read(profile_names, PROFILE_COUNT, &found, text))
		return false;
	group->profile = (enum profile)found;
	return true;
}

/* A,B,C: addresses of either family. */
static bool from_read(struct group *group, void *field, char *text)
{
	char *rest = NULL;

	(void)field;
	for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		union address *address = &group->from[group->from_count];

		if (group->from_count++ == PLAN_FROM_MAX)
			return false;
		if (inet_pton(AF_INET, one, &address->v4.sin_addr) == 1)
			address->v4.sin_family = AF_INET;
		else if (inet_pton(AF_INET6, one, &address->v6.sin6_addr) == 1)
			address->v6.sin6_family = AF_INET6;
		else
			return false;
	}
	return group->from_count > 0;
}

/* WEIGHT:PATTERN,WEIGHT:PATTERN */
static bool paths_read(struct group *group, void *field, char *text)
{
	char *rest = NULL;

	(void)field;
	for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		struct path *path = &group->paths[group->path_count];
		char *colon = strchr(one, ':');

		if (!colon || group->path_count == PLAN_PATHS_MAX)
			return false;
		*colon = 0;
		path->pattern = strdup(colon + 1);
		group->path_count++;
		if (!path->pattern || !number_read(one, &path->weight))
			return false;
		group->path_weights += path->weight;
	}
	return group->path_weights > 0;
}

/* BEGIN-END,BEGIN-END in seconds, ascending */
static bool windows_read(struct group *group, void *field, char *text)
{
	char *rest = NULL;

	(void)field;
	for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		struct window *window = &group->windows[group->window_count];
		char *dash = strchr(one, '-');

		if (!dash || group->window_count++ == PLAN_WINDOWS_MAX)
			return false;
		*dash = 0;
		if (!number_read(one, &window->begin_s) || !number_read(dash + 1, &window->end_s))
			return false;
	}
	return group->window_count > 0;
}

#define KEY(name, read) {#name, offsetof(struct group, name), read}
static const struct key keys[] = {
	{"role", 0, role_read}, {"profile", 0, profile_read}, {"from", 0, from_read}, {"paths", 0, paths_read},
	{"windows", 0, windows_read}, KEY(ips, count_read), KEY(stride, count_read), KEY(conns, count_read),
	KEY(rate, rate_read), KEY(host, text_read), KEY(asset, text_read), KEY(assets, count_read), KEY(body_min, count_read),
	KEY(body_max, count_read), KEY(random_percent, count_read), KEY(evil_ppm, count_read), KEY(tls, flag_read),
	KEY(h2, flag_read), KEY(cookies, flag_read), KEY(script, flag_read), KEY(refresh, flag_read),
	KEY(streams, count_read), KEY(keep, count_read), KEY(visits, count_read), KEY(interval_ms, count_read),
	KEY(hold_ms, count_read), KEY(think_ms, count_read), KEY(timeout_ms, count_read),
};

static bool pair_read(struct group *group, char *pair)
{
	char *value = strchr(pair, '=');

	if (!value)
		return false;
	*value++ = 0;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strcmp(keys[i].name, pair))
			return keys[i].read(group, (char *)group + keys[i].offset, value);
	return false;
}

/* The words of one line; NULL, or the word that is wrong. */
static const char *group_read(struct plan *plan, char *line)
{
	char *rest = NULL, *word = strtok_r(line, " \n", &rest), *name = word ? strtok_r(NULL, " \n", &rest) : NULL;
	struct group *group = &plan->groups[plan->count];

	if (!word)
		return NULL;
	if (strcmp(word, "group") || !name || strlen(name) >= sizeof group->name || plan->count == PLAN_GROUPS_MAX)
		return word;
	plan->count++;
	*group = (struct group){.ips = 1, .stride = 1, .conns = 1, .rate = 1, .streams = 1, .timeout_ms = 10000,
				.interval_ms = 1000, .think_ms = 5000};
	strcpy(group->name, name);
	while ((word = strtok_r(NULL, " \n", &rest)))
		if (!pair_read(group, word))
			return word;
	return group->from_count && group->window_count && group->path_count && group_actors(group) ? NULL : name;
}

bool plan_read(struct plan *plan, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[LINE_MAX_BYTES];
	const char *wrong = NULL;
	unsigned number = 0;

	*plan = (struct plan){0};
	if (!file) {
		perror(path);
		return false;
	}
	while (!wrong && fgets(line, sizeof line, file)) {
		number++;
		wrong = strchr(line, '\n') ? group_read(plan, line) : "line";
	}
	fclose(file);
	if (wrong)
		fprintf(stderr, "%s:%u: wrong: %s\n", path, number, wrong);
	return !wrong;
}

void plan_done(struct plan *plan)
{
	for (unsigned i = 0; i < plan->count; i++) {
		for (unsigned k = 0; k < plan->groups[i].path_count; k++)
			free(plan->groups[i].paths[k].pattern);
		free(plan->groups[i].asset);
		free(plan->groups[i].host);
	}
}

const char *group_host(const struct group *group)
{
	return group->host ? group->host : HOST_DEFAULT;
}

unsigned group_actors(const struct group *group)
{
	return group->ips * group->conns;
}

/* IPv6 clients have a /64 each: their number goes into its last bytes, not into the interface's. */
union address group_source(const struct group *group, unsigned which, unsigned n)
{
	union address source = group->from[which % group->from_count];
	uint32_t step = n * group->stride, part;

	if (source.any.sa_family == AF_INET) {
		source.v4.sin_addr.s_addr = htonl(ntohl(source.v4.sin_addr.s_addr) + step);
		return source;
	}
	memcpy(&part, source.v6.sin6_addr.s6_addr + 4, sizeof part);
	part = htonl(ntohl(part) + step);
	memcpy(source.v6.sin6_addr.s6_addr + 4, &part, sizeof part);
	return source;
}

const struct window *group_window(const struct group *group, double s)
{
	for (unsigned i = 0; i < group->window_count; i++)
		if (s < group->windows[i].end_s)
			return &group->windows[i];
	return NULL;
}
