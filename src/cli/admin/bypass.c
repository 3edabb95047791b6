/* Bypass: a person takes the shield's later rooms out of the way of a site, for a time, with a reason. It is written to
 * memory that outlives the edge, and shown in every view until it has passed. */
#include "cli/admin/inner.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define BYPASS_MAX_MS ((uint64_t)7 * 24 * 3600 * 1000)

struct wish {
	struct json *root;
	struct span name;      /* "all" or a site's */
	uint64_t site, for_ms;
	struct span reason;
};

/* {"site": NAME} or {"all": true}. False: answered. */
static bool read_whom(struct admin *admin, struct wish *wish, struct admin_answer *answer)
{
	bool is_all = json_bool_of(json_find(wish->root, "all"));
	const struct edge_site *site;

	wish->name = json_text_of(json_find(wish->root, "site"));
	if (is_all == (wish->name.len > 0)) {
		admin_refuse(answer, 400, "say \"site\" or \"all\": true");
		return false;
	}
	if (is_all) {
		wish->name = SPAN("all");
		wish->site = EVERY_SITE;
		return true;
	}
	site = admin_find_site(admin, wish->name, answer);
	if (!site)
		return false;
	wish->site = site->key;
	return true;
}

static bool read_wish(struct admin *admin, const struct admin_request *request, struct wish *wish, struct admin_answer *answer)
{
	*wish = (struct wish){ 0 };
	if (!admin->state->switches || !admin->state->snapshot) {
		admin_refuse(answer, 503, "the memory for switches is not there");
		return false;
	}
	wish->root = admin_read_body(request, answer);
	return wish->root && read_whom(admin, wish, answer);
}

static bool read_terms(struct wish *wish, struct admin_answer *answer)
{
	const struct json *for_ms = json_find(wish->root, "for_ms");

	wish->for_ms = json_number_of(for_ms);
	wish->reason = json_text_of(json_find(wish->root, "reason"));
	if (!json_has_number(for_ms) || wish->for_ms == 0 || wish->for_ms > BYPASS_MAX_MS)
		admin_refuse(answer, 400, "\"for_ms\" is how long: up to seven days");
	else if (wish->reason.len == 0 || wish->reason.len >= sizeof(((struct site_switch *)NULL)->reason))
		admin_refuse(answer, 400, "\"reason\" is why: 1 to %zu bytes", sizeof(((struct site_switch *)NULL)->reason) - 1);
	else if (!admin_is_printable(wish->reason))
		admin_refuse(answer, 400, "\"reason\" has a control character");
	else
		return true;
	return false;
}

/* The entry of SITE, else a free one, else one that has passed. */
static struct site_switch *take_entry(struct switches *switches, uint64_t site, uint64_t now_ms)
{
	struct site_switch *free_one = NULL;

	for (size_t i = 0; i < SWITCHES_MAX; i++) {
		struct site_switch *each = &switches->list[i];

		if (each->site == site)
			return each;
		if (!free_one && (each->site == 0 || each->bypass_until_ms <= now_ms))
			free_one = each;
	}
	return free_one;
}

/* The time is stored last: a worker that looks meanwhile sees no bypass, or a whole one. */
static void write_entry(struct site_switch *entry, const struct wish *wish, uint64_t until_ms)
{
	__atomic_store_n(&entry->bypass_until_ms, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&entry->site, wish->site, __ATOMIC_RELEASE);
	memset(entry->reason, 0, sizeof(entry->reason));
	memcpy(entry->reason, wish->reason.at, wish->reason.len);
	__atomic_store_n(&entry->bypass_until_ms, until_ms, __ATOMIC_RELEASE);
}

static void answer_wish(const struct wish *wish, uint64_t until_ms, struct admin_answer *answer)
{
	struct json_writer writer;

	admin_begin_json(answer, &writer);
	json_put_text(&writer, SPAN("site"), wish->name);
	json_put_bool(&writer, SPAN("bypassed"), until_ms != 0);
	json_put_time_ms(&writer, SPAN("until"), until_ms);
	admin_finish_json(answer, &writer);
}

void admin_answer_bypass(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	uint64_t now_ms = clock_wall_ns() / 1000000;
	struct site_switch *entry;
	struct wish wish;

	if (!read_wish(admin, request, &wish, answer) || !read_terms(&wish, answer))
		goto done;
	entry = take_entry(admin->state->switches, wish.site, now_ms);
	if (!entry) {
		admin_refuse(answer, 409, "%u sites are bypassed already: end some of them, or use \"all\"", SWITCHES_MAX);
		goto done;
	}
	write_entry(entry, &wish, now_ms + wish.for_ms);
	admin_count_bypasses(admin->state);
	fprintf(stderr, "bouclier: bypass of %.*s for %llu s: %s\n", SPAN_ARG(wish.name), (unsigned long long)wish.for_ms / 1000, entry->reason);
	answer_wish(&wish, now_ms + wish.for_ms, answer);
done:
	if (wish.root)
		json_drop(wish.root);
}

void admin_answer_bypass_end(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct wish wish;

	if (read_wish(admin, request, &wish, answer)) {
		for (size_t i = 0; i < SWITCHES_MAX; i++) {
			struct site_switch *each = &admin->state->switches->list[i];

			if (each->site == wish.site)
				__atomic_store_n(&each->bypass_until_ms, 0, __ATOMIC_RELEASE);
		}
		admin_count_bypasses(admin->state);
		fprintf(stderr, "bouclier: bypass of %.*s ended\n", SPAN_ARG(wish.name));
		answer_wish(&wish, 0, answer);
	}
	if (wish.root)
		json_drop(wish.root);
}
