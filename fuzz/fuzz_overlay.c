/* Whatever paths exclusions and requests have: an exclusion never reaches beyond the path it names, and for a path with one
 * plain reading it holds all of it. A line for each exclusion, with "=" in front one that is exact; the last line is the request's path. */
#include <assert.h>

#include "../tests/waf/ruleset_reading.h"
#include "message/path.h"
#include "waf/overlay.h"

#define MOST 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_slash(struct span path)
{
	return path.len > 1 && path.at[path.len - 1] == '/';
}

/* The same by looking: every segment of what EXCLUSION says against PATH's. */
static bool reaches(const struct waf_exclusion *exclusion, struct span path)
{
	char one[4096], other[4096];
	struct span segments = span_skip(path_tidy(exclusion->path, one), 1), rest = span_skip(path_tidy(path, other), 1);

	while (segments.len) {
		struct span segment = span_cut(&segments, '/'), found = rest.len ? span_cut(&rest, '/') : SPAN("");

		if (!found.len || (!span_equal(segment, found) && !span_equal(segment, SPAN("*"))))
			return false;
	}
	return !exclusion->is_exact || (!rest.len && path_has_one_reading(path) && has_slash(path) == has_slash(exclusion->path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct waf_rules *rules;
	static struct operator_scratch *scratch;
	struct waf_exclusion list[MOST] = { { 0 } };
	struct span rest = span_make((const char *)data, size), path = SPAN("/");
	struct request_head head = { .method_name = SPAN("GET"), .method = METHOD_GET };
	struct waf_birth birth = { .limit_bytes = 1 << 20 };
	struct waf_overlay_birth made = { .engine = ENGINE_ON, .exclusions = list };
	struct waf_transaction *transaction;
	struct waf_overlay *overlay;
	bool is_asked[MOST] = { false };

	if (!rules) {
		struct reading reading;

		reading_of(&reading, SPAN("SecAction \"id:1,phase:1,pass,log\"\nSecAction \"id:2,phase:1,pass,log\"\nSecAction \"id:3,phase:1,pass,log\"\n"
		                          "SecAction \"id:4,phase:1,pass,log\"\nSecAction \"id:5,phase:1,pass,log\"\nSecAction \"id:6,phase:1,pass,log\"\n"));
		assert(waf_rules_new(reading.ruleset, &reading.complaints, &rules) == RESULT_OK);
		reading.ruleset = NULL;
		reading_done(&reading);
		scratch = operator_scratch_new();
	}
	while (rest.len && size < 4096) {
		struct span line = span_cut(&rest, '\n');
		bool is_exact = line.len && line.at[0] == '=';

		line = span_skip(line, is_exact);
		if (line.len && line.at[0] == '/' && rest.at && made.exclusion_count < MOST) {
			list[made.exclusion_count] = (struct waf_exclusion){ .path = line, .is_exact = is_exact };
			list[made.exclusion_count].first = list[made.exclusion_count].last = (uint32_t)made.exclusion_count + 1;
			made.exclusion_count++;
		} else if (line.len && line.at[0] == '/') {
			path = line;
		}
	}
	made.rules = birth.rules = rules;
	if (waf_overlay_new(&made, NULL, &overlay) != RESULT_OK)
		return 0;  /* a path is too deep */
	birth.scratch = scratch;
	birth.overlay = overlay;
	head.path = head.target = path;
	transaction = waf_transaction_new(&birth);
	assert(transaction && waf_request_head(transaction, &head) == WAF_GO_ON);
	for (const struct waf_match *match = waf_matches(transaction); match; match = match->next)
		is_asked[match->rule->id - 1] = true;
	for (size_t i = 0; i < made.exclusion_count; i++) {
		assert(is_asked[i] || reaches(&list[i], path));
		assert(!is_asked[i] || !path_is_plain(path) || span_find(path, 0) < path.len || !reaches(&list[i], path));
	}
	waf_transaction_free(transaction);
	waf_overlay_free(overlay);
	return 0;
}
