/* What clients write: targets from patterns, bodies, names of browsers.
 *
 * Shape   in a pattern  $n a number, always new;  $v a value: new in RANDOM_PERCENT of the cases, else always the same
 * Limits  a target below TEXT_TARGET_MAX, a body up to TEXT_BODY_MAX bytes: longer ones are cut
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

#define TEXT_TARGET_MAX 512
#define TEXT_BODY_MAX   4096
#define TEXT_AGENT_MAX  192

/* One of the group's paths, by weight. */
const char *text_path(const struct group *group, uint64_t *random);

void text_target(const struct group *group, const char *pattern, uint64_t *random, char *target);

/* A form of BODY_MIN to BODY_MAX bytes: its length. */
size_t text_body(const struct group *group, uint64_t *random, char *body);

/* The name of some browser, version and all. */
void text_agent(uint64_t *random, char *agent);
