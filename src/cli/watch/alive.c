#include "cli/watch/alive.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "edge/sites/alive.h"
#include "event/json.h"

#include "base/banned.h"

#define REPORT_MS 3000
#define REPORT_BYTES 512u

void alive_judge(unsigned status, struct span text, enum watch_state before, enum watch_finding *out, char why[EXCHANGE_ERROR_MAX])
{
	struct json *root = NULL;
	struct span said;

	*out = WATCH_SAYS_NOTHING;
	why[0] = '\0';
	if (status != 200 || json_read(text, &root) != RESULT_OK)
		return;
	said = span_equal(json_text_of(json_find(root, "shield")), SPAN("alive")) ? json_text_of(json_find(root, "alerts")) : SPAN_NONE;
	if (span_equal(said, SPAN("ok"))) {
		*out = WATCH_GOOD;
	} else if (span_equal(said, SPAN("failing"))) {
		*out = WATCH_BAD;
		snprintf(why, EXCHANGE_ERROR_MAX, "its hub reaches nobody");
	} else if (span_equal(said, SPAN("unknown")) && before != WATCH_UNKNOWN) {
		*out = WATCH_BAD;
		snprintf(why, EXCHANGE_ERROR_MAX, "its hub says nothing any more");
	}
	json_drop(root);
}

void alive_ask(const struct page_url *page, int stop_fd, enum watch_state before, enum watch_finding *out, char why[EXCHANGE_ERROR_MAX])
{
	struct page_url url = *page;
	const struct exchange ask = { .url = &url, .method = METHOD_GET, .until_ms = clock_mono_ms() + ALIVE_MS, .stop_fd = stop_fd };
	struct exchange_answer answer;

	snprintf(url.target, sizeof(url.target), "%s", ALIVE_PATH);
	if (exchange(&ask, &answer) == RESULT_OK)
		alive_judge(answer.status, buffer_span(&answer.page), before, out, why);
	else
		*out = WATCH_SAYS_NOTHING;
	exchange_done(&answer);
}

enum result alive_report(const char *socket, const char *peer, enum watch_thing thing, bool is_dead)
{
	char body[REPORT_BYTES];
	int len = snprintf(body, sizeof(body), "{\"peer\":\"%s\",\"what\":\"%s\",\"state\":\"%s\"}", peer, watch_thing_name(thing), is_dead ? "dead" : "ok");
	const struct admin_question question = { .socket = socket, .method = "POST", .path = "/api/v1/watch", .body = span_make(body, (size_t)len), .wait_ms = REPORT_MS };
	struct admin_reply reply;
	enum result result = len > 0 && (size_t)len < sizeof(body) ? admin_ask(&question, &reply) : RESULT_LIMIT;

	if (result != RESULT_OK)
		return result;
	if (reply.status == 401 || reply.status == 403)
		result = RESULT_REFUSED;
	else if (reply.status >= 300)
		result = RESULT_MALFORMED;
	admin_reply_done(&reply);
	return result;
}
