/* POST /admit {"reference": ID, "for_ms": how long}, DELETE /admit {"reference": ID}, and GET /admit, which lists: citizens who were refused, and whom a
 * person lets in. What is said, and what goes to the journal, names references and no address: who may know more asks the journal by them. */
#include "cli/admin/inner.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/encode.h"
#include "edge/caller/reference.h"

#include "base/banned.h"

#define FOR_MS_DEFAULT ((uint64_t)3600 * 1000)
#define ID_LEN 16u

struct admit_wish {
	struct json *root;
	uint64_t id[2];
	char text[2 * ID_LEN + 1];
	uint64_t for_ms;
};

static uint64_t now_us(const struct admin *admin)
{
	return admin->state->loop.now_ns / 1000;
}

static uint64_t wall_of(const struct admin *admin, uint64_t at_us)
{
	return clock_wall_ns() + at_us * 1000 - now_us(admin) * 1000;
}

static void write_id(const uint64_t id[2], char out[2 * ID_LEN + 1])
{
	hex_write(id, ID_LEN, out);
	out[2 * ID_LEN] = 0;
}

/* False: answered. */
static bool read_wish(struct admin *admin, const struct admin_request *request, struct admit_wish *wish, struct admin_answer *answer)
{
	*wish = (struct admit_wish){ 0 };
	if (!admin->state->common.references || !admin->state->snapshot)
		admin_refuse(answer, 503, "the memory for references is not there: restart the shield");
	else if (!(wish->root = admin_read_body(request, answer)))
		return false;
	else if (hex_read(json_text_of(json_find(wish->root, "reference")), wish->id, ID_LEN) != RESULT_OK)
		admin_refuse(answer, 400, "\"reference\" is the %u hexadecimal digits at the foot of the page", 2 * ID_LEN);
	else {
		write_id(wish->id, wish->text);
		return true;
	}
	return false;
}

static bool read_length(struct admit_wish *wish, struct admin_answer *answer)
{
	const struct json *for_ms = json_find(wish->root, "for_ms");

	wish->for_ms = for_ms ? json_number_of(for_ms) : FOR_MS_DEFAULT;
	if (wish->for_ms >= 1000 && wish->for_ms <= (uint64_t)ADMITTED_S_MAX * 1000)
		return true;
	admin_refuse(answer, 400, "\"for_ms\" is how long: from a second to a day");
	return false;
}

/* -- what keeps its source out -- */

/* A person's word is a person's to take back. */
static bool is_banned_by_hand(struct admin *admin, struct source_key key, uint64_t *until_us)
{
	const struct edge_common *common = &admin->state->common;
	struct network network = source_network(key);
	struct banned_network around;
	struct source_hold hold;
	struct ban_fact fact = { 0 };
	bool is_banned = false;

	if (common->ban_networks && ban_networks_find(common->ban_networks, &network.address, now_us(admin), &around)) {
		*until_us = around.until_us;
		return true;
	}
	if (!common->sources.header || source_table_take(&common->sources, key, now_us(admin), SOURCE_FIND, &hold) != RESULT_OK)
		return false;
	is_banned = ban_is_on(hold.entry, now_us(admin));
	if (is_banned)
		fact = ban_of(hold.entry, now_us(admin));
	source_table_give(&hold);
	*until_us = fact.until_us;
	return is_banned && fact.reason == BAN_BY_HAND;
}

static void lift(struct admin *admin, struct source_key key)
{
	struct bans bans = caller_bans(&admin->state->common, plan_of(admin->state->snapshot));
	enum result result = admin->state->common.sources.header ? ban_lift(&bans, key, now_us(admin)) : RESULT_NOT_FOUND;

	(void)result;  /* most were not banned */
}

/* -- orders -- */

static struct span site_name(const struct admin *admin, uint64_t key)
{
	const struct edge_site *site = plan_find_site(plan_of(admin->state->snapshot), key);

	return site ? site->site->name : SPAN_NONE;
}

static void tell(struct admin *admin, struct span site, const char *text)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = SPAN("admit"), .site = site, .detail = span_of(text) };

	fprintf(stderr, "bouclier: %s\n", text);
	if (admin->state->event)
		event_notice(admin->state->event, &notice);
}

static void answer_admitted(struct admin *admin, const struct admit_wish *wish, const struct reference *reference, uint64_t until_us, struct admin_answer *answer)
{
	const char *why = reason_name(reference->why < REASON_COUNT ? (enum reason)reference->why : REASON_NONE);
	struct span site = site_name(admin, reference->site);
	char text[256], until[CLOCK_ISO_LEN + 1];
	struct json_writer json;

	clock_write_iso(wall_of(admin, until_us), until);
	snprintf(text, sizeof(text), "who was refused under reference %s (%s) is let in until %s", wish->text, why, until);
	tell(admin, site, text);
	admin_begin_json(answer, &json);
	json_put_text(&json, SPAN("reference"), span_of(wish->text));
	json_put_bool(&json, SPAN("admitted"), true);
	json_put_text(&json, SPAN("site"), site);
	json_put_time(&json, SPAN("refused"), wall_of(admin, reference->at_ms * 1000));
	json_put_text(&json, SPAN("reason"), span_of(why));
	json_put_time(&json, SPAN("until"), wall_of(admin, until_us));
	admin_finish_json(answer, &json);
}

static void admit(struct admin *admin, const struct admit_wish *wish, const struct reference *reference, struct admin_answer *answer)
{
	struct source_key key = { reference->source, (enum source_kind)reference->kind };
	uint64_t until_us = now_us(admin) + wish->for_ms * 1000, banned_us = 0;
	char banned[CLOCK_ISO_LEN + 1];

	if (is_banned_by_hand(admin, key, &banned_us)) {
		clock_write_iso(wall_of(admin, banned_us), banned);
		admin_refuse(answer, 409, "a person banned the source of %s until %s: if it is to come in, lift that first (bouclier bans, bouclier unban)", wish->text, banned);
	} else if (admitted_add(admin->state->admitted, &(struct admitted_source){ until_us, key, { wish->id[0], wish->id[1] } }, now_us(admin)) != RESULT_OK) {
		admin_refuse(answer, 409, "%u sources are let in already: end some of them (bouclier admit lists them)", ADMITTED_MAX);
	} else {
		lift(admin, key);
		answer_admitted(admin, wish, reference, until_us, answer);
	}
}

void admin_answer_admit(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct reference reference;
	struct admit_wish wish;

	if (read_wish(admin, request, &wish, answer) && read_length(&wish, answer)) {
		if (references_find(admin->state->common.references, wish.id, now_us(admin) / 1000, &reference) == RESULT_OK)
			admit(admin, &wish, &reference, answer);
		else
			admin_refuse(answer, 404, "no refusal of the last %u hours that admit could help with has the reference %s (bouclier explain %s asks the journal what became of it)",
			             REFERENCE_LIFETIME_S / 3600, wish.text, wish.text);
	}
	if (wish.root)
		json_drop(wish.root);
}

/* -- whom it concerns now -- */

uint64_t admin_count_admitted(const struct edge_state *state)
{
	struct admitted_source list[ADMITTED_MAX];

	return state->admitted ? admitted_list(state->admitted, state->loop.now_ns / 1000, list) : 0;
}

static bool find_by_reference(const struct admin *admin, const uint64_t id[2], struct source_key *key)
{
	struct admitted_source list[ADMITTED_MAX];
	unsigned count = admitted_list(admin->state->admitted, now_us(admin), list);

	for (unsigned i = 0; i < count; i++) {
		if (list[i].reference[0] == id[0] && list[i].reference[1] == id[1]) {
			*key = list[i].key;
			return true;
		}
	}
	return false;
}

void admin_answer_admit_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct admit_wish wish;
	struct source_key key;
	struct json_writer json;
	char text[128];

	if (read_wish(admin, request, &wish, answer)) {
		if (find_by_reference(admin, wish.id, &key) && admitted_end(admin->state->admitted, key, now_us(admin)) == RESULT_OK) {
			snprintf(text, sizeof(text), "who was refused under reference %s is not let in any more", wish.text);
			tell(admin, SPAN_NONE, text);
			admin_begin_json(answer, &json);
			json_put_text(&json, SPAN("reference"), span_of(wish.text));
			json_put_bool(&json, SPAN("admitted"), false);
			admin_finish_json(answer, &json);
		} else {
			admin_refuse(answer, 404, "nobody is let in by the reference %s", wish.text);
		}
	}
	if (wish.root)
		json_drop(wish.root);
}

void admin_answer_admitted(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct admitted_source list[ADMITTED_MAX];
	unsigned count = admin->state->admitted ? admitted_list(admin->state->admitted, now_us(admin), list) : 0;
	char id[2 * ID_LEN + 1];
	struct json_writer json;

	(void)request;
	admin_begin_json(answer, &json);
	json_open(&json, SPAN("admitted"), '[');
	for (unsigned i = 0; i < count; i++) {
		write_id(list[i].reference, id);
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("reference"), span_of(id));
		json_put_time(&json, SPAN("until"), wall_of(admin, list[i].until_us));
		json_close(&json, '}');
	}
	json_close(&json, ']');
	admin_finish_json(answer, &json);
}
