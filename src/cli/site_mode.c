#include "cli/site_mode.h"

#include "cli/admin_client.h"
#include "edge/sites/settings.h"
#include "event/json.h"

#include "base/banned.h"

static const struct json *find_site(const struct json *status, struct span name)
{
	const struct json *sites = json_find(status, "sites");

	for (size_t i = 0; i < json_length(sites); i++) {
		if (span_equal(json_text_of(json_find(json_item(sites, i), "site")), name))
			return json_item(sites, i);
	}
	return NULL;
}

static void read_mode(const struct json *waf, struct site_mode *out)
{
	const struct json *graduation = json_find(waf, "graduation");
	struct span earliest = json_text_of(json_find(graduation, "earliest"));
	struct span mode = json_text_of(json_find(waf, "mode"));

	for (int i = WAF_MODE_OFF; i <= WAF_MODE_BLOCK; i++) {
		if (span_equal(waf_mode_name((enum waf_mode)i), mode))
			out->mode = (enum waf_mode)i;
	}
	out->is_undone = span_equal(json_text_of(json_find(graduation, "state")), SPAN("undone"));
	if (span_to_text(span_take(earliest, sizeof(out->until) - 1), out->until, sizeof(out->until)) != RESULT_OK)
		out->until[0] = 0;
}

void site_mode_ask(const char *socket, const struct site *site, struct site_mode *out)
{
	struct admin_question question = { .socket = socket, .method = "GET", .path = "/status", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	struct json *root = NULL;
	const struct json *waf;

	*out = (struct site_mode){ .mode = (enum waf_mode)edge_settings_of(site->sections)->waf.mode };
	if (admin_ask(&question, &reply) != RESULT_OK)
		return;
	if (reply.status == 200 && json_read(reply.body, &root) == RESULT_OK) {
		waf = json_find(find_site(root, site->name), "waf");
		if (waf)
			read_mode(waf, out);
		json_drop(root);
	}
	admin_reply_done(&reply);
}
