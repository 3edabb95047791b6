/* The path that a request asks for, as segments: cut at "/" first and decoded then, so that an encoded slash never cuts anything.
 *
 * Shape    "/" segment *( "/" segment ), decoded by percent_decode; the last may be empty ("/", "/a/"), no other
 * Limits   WEB_SEGMENTS_MAX (RESULT_LIMIT)
 * Errors   RESULT_MALFORMED: what percent_decode refuses; "\"; "." and "..", also between encoded slashes; an empty segment. Security, fails closed:
 *          nobody behind this resolves dots, and none are left for anybody who does
 * Owns     spans lie in ARENA
 * Threads  any
 */
#ifndef BOUCLIER_HUB_WEB_READ_PATH_H
#define BOUCLIER_HUB_WEB_READ_PATH_H

#include "base/arena.h"

#define WEB_SEGMENTS_MAX 16u

struct web_path {
	struct span segments[WEB_SEGMENTS_MAX];
	size_t count;                /* at least 1 */
	struct span text;            /* decoded, but "/" and "%" within a segment, which stay "%2F" and "%25": each text is one list of segments */
};

/* RESULT_OK, MALFORMED, LIMIT, NO_MEMORY. */
enum result web_path_read(struct span raw, struct arena *arena, struct web_path *out) must_check;

/* -- what a route says of it: "/api/v1/incidents/{id}/note" -- */

#define WEB_PATTERN_PARTS_MAX 4u

/* Literal segments of letters, digits, "-", "_" and ".", and at most WEB_PATTERN_PARTS_MAX {names}; no empty segment but in "/". */
bool web_pattern_is_valid(struct span pattern);
/* PARTS are untouched unless true. Of patterns that match one path the highest RANK is meant: literal where others have a part, sooner counts more. */
bool web_pattern_matches(struct span pattern, const struct web_path *path, struct span parts[WEB_PATTERN_PARTS_MAX], uint32_t *rank);

#endif
