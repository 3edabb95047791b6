/* POST /bgp: a rule for the carrier was announced, or is no more (cli/bgp/). Nothing is done about it here: it is written down, as other orders of persons are. */
#include "cli/admin/inner.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define WORDS_MAX 1024u
#define DETAIL_MAX 2048u

static bool is_good(struct span text)
{
	return text.len < WORDS_MAX && admin_is_printable(text);
}

/* "3 until 2026-11-29T20:30:00Z, by An Janssens: flow to=198.51.100.7/32 protocol=17"; "3, over: flow to=198.51.100.7/32 protocol=17" */
static void describe(const struct json *root, char out[DETAIL_MAX])
{
	struct span rule = json_text_of(json_find(root, "rule")), by = json_text_of(json_find(root, "by")), why = json_text_of(json_find(root, "withdrawn"));
	unsigned long long number = json_number_of(json_find(root, "number")), until_ms = json_number_of(json_find(root, "until_ms"));
	char until[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms(until_ms < CLOCK_ISO_MS_MAX ? until_ms : CLOCK_ISO_MS_MAX, until);
	if (why.len)
		snprintf(out, DETAIL_MAX, "%llu, %.*s: %.*s", number, SPAN_ARG(why), SPAN_ARG(rule));
	else
		snprintf(out, DETAIL_MAX, "%llu until %.19sZ, %s%.*s: %.*s", number, until, by.len ? "by " : "nobody said by whom", SPAN_ARG(by), SPAN_ARG(rule));
}

void admin_answer_bgp(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct json *root = admin_read_body(request, answer);
	bool is_withdrawn = json_text_of(json_find(root, "withdrawn")).len > 0;
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = is_withdrawn ? SPAN("bgp-withdrawn") : SPAN("bgp-announced") };
	char detail[DETAIL_MAX];
	struct json_writer json;

	if (!root)
		return;
	if (!json_text_of(json_find(root, "rule")).len || !is_good(json_text_of(json_find(root, "rule"))) || !is_good(json_text_of(json_find(root, "by"))) ||
	    !is_good(json_text_of(json_find(root, "withdrawn")))) {
		admin_refuse(answer, 400, "\"rule\", \"by\" and \"withdrawn\" are a line of text each, and there is a rule");
	} else {
		describe(root, detail);
		notice.detail = span_of(detail);
		fprintf(stderr, "bouclier: BGP: %s %s\n", is_withdrawn ? "withdrawn:" : "announced:", detail);
		if (admin->state->event)
			event_notice(admin->state->event, &notice);
		admin_begin_json(answer, &json);
		admin_finish_json(answer, &json);
	}
	json_drop(root);
}
