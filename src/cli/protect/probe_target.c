/* Where to knock, and with what key. */
#include "cli/admin_client.h"
#include "cli/protect/probe.h"
#include "event/json.h"
#include "net/settings.h"

#include "base/banned.h"

bool probe_target_find(const struct snapshot *snapshot, struct probe_target *target)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items, *chosen = NULL;
	static const char *const loopback[2] = { "::1", "127.0.0.1" };

	for (size_t i = net->listen.count; i > 0; i--) {
		if (!listen[i - 1].proxy_protocol && (!chosen || listen[i - 1].is_tls || !chosen->is_tls))
			chosen = &listen[i - 1];
	}
	if (!chosen)
		return false;
	target->endpoint = chosen->address;
	target->is_tls = chosen->is_tls;
	if (address_is_any(&chosen->address.address) &&
	    address_read(span_of(loopback[address_is_v4(&chosen->address.address)]), &target->endpoint.address) != RESULT_OK)
		return false;
	return true;
}

struct span probe_key_ask(const char *socket, char key[PROBE_KEY_TEXT])
{
	struct admin_question question = { .socket = socket, .method = "POST", .path = "/probe", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	struct json *root = NULL;
	struct span text = SPAN_NONE;

	if (admin_ask(&question, &reply) != RESULT_OK)
		return SPAN_NONE;
	if (json_read(reply.body, &root) == RESULT_OK) {
		text = json_text_of(json_find(root, "key"));
		text = span_to_text(text, key, PROBE_KEY_TEXT) == RESULT_OK ? span_make(key, text.len) : SPAN_NONE;
		json_drop(root);
	}
	admin_reply_done(&reply);
	return text;
}
