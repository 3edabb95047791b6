/* Bans by a person: of one source in its entry (guard/ban.h), of a whole network in a list of its own (guard/ban_networks.h). */
#include "cli/admin/inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/packet.h"

#include "base/banned.h"

#define FOR_MS_DEFAULT ((uint64_t)3600 * 1000)
#define V4_PREFIX_MIN (96u + 8)
#define V6_PREFIX_MIN 16u
#define LISTED_MAX 10000u

struct ban_wish {
	struct json *root;
	struct network network;
	struct source_key key;       /* of one source; SOURCE_NONE: it is more than one */
	uint64_t for_ms;
	struct span reason;
};

static uint64_t now_us(const struct admin *admin)
{
	return admin->state->loop.now_ns / 1000;
}

static uint64_t wall_of(const struct admin *admin, uint64_t until_us)
{
	uint64_t at_us = now_us(admin);

	return clock_wall_ns() + (until_us > at_us ? until_us - at_us : 0) * 1000;
}

/* An IPv4 address is one, and so is whatever lies in one IPv6 /64. */
static void find_source(struct ban_wish *wish)
{
	bool is_v4 = address_is_v4(&wish->network.address);

	if (wish->network.prefix < (is_v4 ? 128u : 64u))
		return;
	wish->key = source_key_of(&wish->network.address);
	wish->network = source_network(wish->key);
}

static bool read_network(struct ban_wish *wish, struct admin_answer *answer)
{
	struct span text = json_text_of(json_find(wish->root, "network"));
	unsigned least;

	if (network_read(text, &wish->network) != RESULT_OK) {
		admin_refuse(answer, 400, "\"network\" is an address or a network (203.0.113.0/24), whose bits behind the prefix are zero");
		return false;
	}
	least = address_is_v4(&wish->network.address) ? V4_PREFIX_MIN : V6_PREFIX_MIN;
	if (wish->network.prefix < least) {
		admin_refuse(answer, 400, "%.*s is too much to ban: an IPv4 network is /8 at the widest, an IPv6 network /16", SPAN_ARG(text));
		return false;
	}
	find_source(wish);
	return true;
}

static bool read_wish(struct admin *admin, const struct admin_request *request, struct ban_wish *wish, struct admin_answer *answer)
{
	*wish = (struct ban_wish){ 0 };
	if (!admin->state->common.sources.header || !admin->state->common.ban_networks) {
		admin_refuse(answer, 503, "the memory for bans is not there: restart the shield");
		return false;
	}
	wish->root = admin_read_body(request, answer);
	return wish->root && read_network(wish, answer);
}

static bool read_terms(struct ban_wish *wish, struct admin_answer *answer)
{
	const struct json *for_ms = json_find(wish->root, "for_ms");

	wish->for_ms = for_ms ? json_number_of(for_ms) : FOR_MS_DEFAULT;
	wish->reason = json_text_of(json_find(wish->root, "reason"));
	if (wish->for_ms < 1000 || wish->for_ms > (uint64_t)BAN_S_MAX * 1000)
		admin_refuse(answer, 400, "\"for_ms\" is how long: from a second to a year");
	else if (wish->reason.len >= BAN_REASON_MAX)
		admin_refuse(answer, 400, "\"reason\" is why: at most %u bytes", BAN_REASON_MAX - 1);
	else if (!admin_is_printable(wish->reason))
		admin_refuse(answer, 400, "\"reason\" has a control character");
	else
		return true;
	return false;
}

static const struct network *find_overlap(const struct list_value *list, const struct network *network)
{
	const struct network *networks = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (networks_overlap(&networks[i], network))
			return &networks[i];
	}
	return NULL;
}

/* Security, fails closed: whoever runs the shield, or stands between it and all its visitors, is never locked out. */
static bool is_exempt(struct admin *admin, const struct ban_wish *wish, struct admin_answer *answer)
{
	const struct guard_top_settings *guard = guard_top_settings(admin->state->snapshot);
	const struct network *found = find_overlap(&plan_of(admin->state->snapshot)->exempt, &wish->network);
	const struct network *managed = find_overlap(&guard->management, &wish->network);
	char text[NETWORK_TEXT_MAX], own[NETWORK_TEXT_MAX];

	if (!found)
		return false;
	network_write(&wish->network, text);
	network_write(managed ? managed : found, own);
	if (managed)
		admin_refuse(answer, 409, "%s is never banned: it is, or holds, %s of management, where the shield is run from", text, own);
	else if (found->prefix == 128 && address_is_loopback(&found->address))
		admin_refuse(answer, 409, "%s is never banned: %s is this machine itself", text, own);
	else
		admin_refuse(answer, 409, "%s is never banned: it is, or holds, %s of trusted_proxies, through which visitors come", text, own);
	return true;
}

/* Of one source: whole networks are no business of the kernel filter. */
static void put_filter(struct admin *admin, struct json_writer *json)
{
	static const char *const words[] = { [EDGE_PACKET_TOLD] = "told", [EDGE_PACKET_OWED] = "owed", [EDGE_PACKET_AWAY] = "away" };
	uint64_t lapses_ns;
	enum edge_packet_line line = edge_packet_line(admin->state->packet, &lapses_ns);

	if (line == EDGE_PACKET_NONE)
		return;
	json_put_text(json, SPAN("filter"), span_of(words[line]));
	if (line == EDGE_PACKET_AWAY)
		json_put_time(json, SPAN("filter_lapses"), clock_wall_ns() + lapses_ns - clock_mono_ns());  /* past, perhaps */
}

static void answer_ban(struct admin *admin, const struct ban_wish *wish, uint64_t until_us, struct admin_answer *answer)
{
	char text[NETWORK_TEXT_MAX], until[CLOCK_ISO_LEN + 1], detail[512];
	struct json_writer json;
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = until_us ? SPAN("ban") : SPAN("unban") };
	uint64_t wall_ns = until_us ? wall_of(admin, until_us) : 0;

	network_write(&wish->network, text);
	clock_write_iso(wall_ns, until);
	if (until_us)
		snprintf(detail, sizeof(detail), "%s is banned until %s: %.*s", text, until, SPAN_ARG(wish->reason.len ? wish->reason : SPAN("by hand")));
	else
		snprintf(detail, sizeof(detail), "%s is not banned any more", text);
	notice.detail = span_of(detail);
	fprintf(stderr, "bouclier: %s\n", detail);
	if (admin->state->event)
		event_notice(admin->state->event, &notice);
	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("network"), span_of(text));
	json_put_bool(&json, SPAN("banned"), until_us != 0);
	json_put_time(&json, SPAN("until"), wall_ns);
	if (wish->key.kind != SOURCE_NONE)
		put_filter(admin, &json);
	admin_finish_json(answer, &json);
}

static enum result ban(struct admin *admin, const struct ban_wish *wish, uint64_t *until_us)
{
	const struct edge_common *common = &admin->state->common;
	struct bans bans = caller_bans(common, plan_of(admin->state->snapshot));
	struct ban_fact fact = { 0 };
	enum result result;

	*until_us = now_us(admin) + wish->for_ms * 1000;
	if (wish->key.kind == SOURCE_NONE) {
		result = ban_networks_add(common->ban_networks, &wish->network, *until_us, wish->reason, now_us(admin));
		if (result == RESULT_OK)
			ban_forget_known(&common->sources, &wish->network, now_us(admin));
		return result;
	}
	result = ban_source(&bans, wish->key, BAN_BY_HAND, (uint32_t)((wish->for_ms + 999) / 1000), now_us(admin), &fact);
	*until_us = fact.until_us;
	return result;
}

void admin_answer_ban(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct ban_wish wish;
	uint64_t until_us;
	enum result result;

	if (read_wish(admin, request, &wish, answer) && read_terms(&wish, answer) && !is_exempt(admin, &wish, answer)) {
		result = ban(admin, &wish, &until_us);
		if (result == RESULT_OK)
			answer_ban(admin, &wish, until_us, answer);
		else if (result == RESULT_LIMIT)
			admin_refuse(answer, 409, "%u networks are banned already: lift some, or use denylist", BAN_NETWORKS_MAX);
		else
			admin_refuse(answer, 503, "the table of sources does not answer");
	}
	if (wish.root)
		json_drop(wish.root);
}

/* What else keeps it out: the network around it. */
static void refuse_unban(struct admin *admin, const struct ban_wish *wish, struct admin_answer *answer)
{
	struct banned_network around;
	char text[NETWORK_TEXT_MAX], wide[NETWORK_TEXT_MAX];

	network_write(&wish->network, text);
	if (!ban_networks_find(admin->state->common.ban_networks, &wish->network.address, now_us(admin), &around)) {
		admin_refuse(answer, 404, "%s is not banned", text);
		return;
	}
	network_write(&around.network, wide);
	admin_refuse(answer, 404, "%s is not banned by itself: %s, which it is in, is", text, wide);
}

void admin_answer_unban(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct ban_wish wish;

	if (read_wish(admin, request, &wish, answer)) {
		const struct edge_common *common = &admin->state->common;
		struct bans bans = caller_bans(common, plan_of(admin->state->snapshot));
		enum result result = wish.key.kind == SOURCE_NONE ? ban_networks_lift(common->ban_networks, &wish.network, now_us(admin)) :
		                                                    ban_lift(&bans, wish.key, now_us(admin));

		if (result == RESULT_OK)
			answer_ban(admin, &wish, 0, answer);
		else
			refuse_unban(admin, &wish, answer);
	}
	if (wish.root)
		json_drop(wish.root);
}

/* -- the list -- */

struct ban_listing {
	const struct admin *admin;
	struct json_writer json;
	uint64_t count;
};

static void list_one(struct ban_listing *listing, const struct network *network, struct span reason, uint64_t until_us, const struct ban_fact *fact)
{
	char text[NETWORK_TEXT_MAX];

	if (++listing->count > LISTED_MAX)
		return;
	network_write(network, text);
	json_open(&listing->json, SPAN_NONE, '{');
	json_put_text(&listing->json, SPAN("network"), span_of(text));
	json_put_text(&listing->json, SPAN("reason"), reason);
	json_put_time(&listing->json, SPAN("until"), wall_of(listing->admin, until_us));
	json_put_number(&listing->json, SPAN("times"), fact ? fact->times : 1);
	json_put_bool(&listing->json, SPAN("cut"), fact && fact->may_drop);
	json_close(&listing->json, '}');
}

static void list_source(void *context, const struct ban_fact *fact)
{
	list_one(context, &fact->network, span_of(ban_reason_name(fact->reason)), fact->until_us, fact);
}

static void list_all(struct ban_listing *listing, struct banned_network *networks)
{
	const struct edge_common *common = &listing->admin->state->common;
	struct bans bans = caller_bans(common, plan_of(listing->admin->state->snapshot));
	unsigned count = common->ban_networks ? ban_networks_list(common->ban_networks, now_us(listing->admin), networks) : 0;

	for (unsigned i = 0; i < count; i++) {
		struct span reason = span_take(span_make(networks[i].reason, BAN_REASON_MAX), strnlen(networks[i].reason, BAN_REASON_MAX));

		list_one(listing, &networks[i].network, reason.len ? reason : span_of(ban_reason_name(BAN_BY_HAND)), networks[i].until_us, NULL);
	}
	if (common->sources.header)
		ban_each(&bans, now_us(listing->admin), list_source, listing);
}

void admin_answer_bans(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct ban_listing listing = { .admin = admin };
	struct banned_network *networks = calloc(BAN_NETWORKS_MAX, sizeof(*networks));

	(void)request;
	if (!networks) {
		admin_refuse(answer, 503, "out of memory");
		return;
	}
	admin_begin_json(answer, &listing.json);
	json_open(&listing.json, SPAN("bans"), '[');
	list_all(&listing, networks);
	json_close(&listing.json, ']');
	json_put_number(&listing.json, SPAN("more"), listing.count > LISTED_MAX ? listing.count - LISTED_MAX : 0);
	admin_finish_json(answer, &listing.json);
	free(networks);
}
