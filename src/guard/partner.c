#include "guard/partner.h"

#include "base/hash.h"
#include "net/digest.h"
#include "net/mac.h"

#include "base/banned.h"

#define AT(member) offsetof(struct partner_settings, member)
#define WORDS 3u
#define OF_PARTNERS 0x706172746e657200u   /* tells them from rate limits, whose words begin with a hash */

enum { OF_REQUESTS, OF_COST };

/* -- what a person says -- */

static const struct key keys[] = {
	{ .name = "name", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(name), .min = 1, .max = PARTNER_NAME_MAX,
	  .help = "Who it is: letters, digits, and . _ - between them. The journal says it (bouclier.partner)." },
	{ .name = "token", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = AT(token),
	  .help = "The SHA-256 of the token, as `bouclier partner add` writes it. Nobody can make the token of it." },
	{ .name = "until", .type = KEY_TIME, .flags = KEY_REQUIRED, .offset = AT(until_ms),
	  .help = "When it ends (2027-01-31T00:00:00Z): from then on whoever shows it is a stranger." },
	{ .name = "requests", .type = KEY_RATE, .offset = AT(requests), .fallback = "50/s", .min = 1, .max = 1000000,
	  .help = "How many requests, in the long run. Beyond it he is not refused, and waits behind everybody while there is no room for all." },
	{ .name = "requests_burst", .type = KEY_NUMBER, .offset = AT(requests_burst), .fallback = "300", .min = 1, .max = GCRA_BURST_MAX,
	  .help = "How many at once." },
	{ .name = "cost", .type = KEY_DURATION, .offset = AT(cost_ms), .fallback = "2s", .min = 1, .max = 1000000,
	  .help = "How much of the origins' time each second, in the long run; beyond it likewise." },
	{ .name = "cost_burst", .type = KEY_DURATION, .offset = AT(cost_burst_ms), .fallback = "1m", .min = 1, .max = GCRA_BURST_MAX,
	  .help = "How much at once." },
	{ 0 },
};

bool partner_name_is_good(struct span name)
{
	bool is_good = name.len > 0 && name.len <= PARTNER_NAME_MAX;

	for (size_t i = 0; i < name.len && is_good; i++) {
		char c = name.at[i];
		bool is_plain = is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');

		is_good = is_plain || (i > 0 && i + 1 < name.len && (c == '.' || c == '_' || c == '-'));
	}
	return is_good;
}

static bool is_hash(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.at[i]) && !(text.at[i] >= 'a' && text.at[i] <= 'f'))
			return false;
	}
	return text.len == PARTNER_HASH_LEN;
}

/* Of time he may owe another burst: what comes at once is known only when it is over. */
static enum result make_gcra(const struct partner_settings *partner, unsigned of, struct gcra *out)
{
	const struct rate cost = { partner->cost_ms, 1000 };
	uint64_t cost_burst = (uint64_t)partner->cost_burst_ms;

	if (of == OF_COST)
		return gcra_make(&cost, cost_burst, cost_burst, 1000, RATE_OWED_MAX_US, out);
	return gcra_make(&partner->requests, (uint64_t)partner->requests_burst, 0, 1000, RATE_OWED_MAX_US, out);
}

static void check_partner(const void *values, struct key_check *check)
{
	const struct partner_settings *partner = values;
	struct gcra gcra;

	if (!partner_name_is_good(partner->name))
		key_complain(check, "name", SPAN_NONE, "name: found \"%.*s\", expected letters, digits, and . _ - between them", SPAN_ARG(partner->name));
	if (span_starts(partner->token, SPAN(PARTNER_PREFIX)))
		key_complain(check, "token", SPAN_NONE, "token: this looks like a token itself, which belongs in no file: draw another (bouclier partner add)");
	else if (!is_hash(partner->token))
		key_complain(check, "token", SPAN_NONE, "token: expected the %u hexadecimal digits, in lower case, that `bouclier partner add` writes", PARTNER_HASH_LEN);
	if (make_gcra(partner, OF_REQUESTS, &gcra) != RESULT_OK)
		key_complain(check, "requests_burst", SPAN_NONE, "a burst that takes more than a day to earn at its rate");
	if (make_gcra(partner, OF_COST, &gcra) != RESULT_OK)
		key_complain(check, "cost_burst", SPAN_NONE, "a burst that takes more than half a day to earn at its rate");
}

const struct key_table partner_table = {
	.name = "partner", .keys = keys, .size = sizeof(struct partner_settings), .check = check_partner,
	.help = "Who shows a token that an administrator gave him (`bouclier partner`).",
};

void partners_check(const struct list_value *partners, struct key_check *check)
{
	const struct partner_settings *list = partners->items;

	if (partners->count > PARTNERS_MAX) {
		key_complain(check, "partners", SPAN_NONE, "partners: found %zu, expected at most %u", partners->count, PARTNERS_MAX);
		return;
	}
	for (size_t i = 1; i < partners->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (span_equal(list[i].name, list[j].name))
				key_complain_item(check, "partners", i, SPAN_NONE, "partners: there is one of the name %.*s already", SPAN_ARG(list[i].name));
			else if (span_equal(list[i].token, list[j].token))
				key_complain_item(check, "partners", i, SPAN_NONE, "partners: %.*s has the token of %.*s", SPAN_ARG(list[i].name), SPAN_ARG(list[j].name));
		}
	}
}

/* -- tokens -- */

void partner_token_new(char out[PARTNER_TOKEN_LEN])
{
	uint8_t secret[PARTNER_SECRET_BYTES];

	random_fill(secret, sizeof(secret));
	memcpy(out, PARTNER_PREFIX, sizeof(PARTNER_PREFIX) - 1);
	base64url_write(secret, sizeof(secret), out + sizeof(PARTNER_PREFIX) - 1);
	explicit_bzero(secret, sizeof(secret));
}

static bool is_token(struct span text)
{
	uint8_t secret[PARTNER_SECRET_BYTES];
	bool is_one = text.len == PARTNER_TOKEN_LEN && span_starts(text, SPAN(PARTNER_PREFIX)) &&
	              base64url_read(span_skip(text, sizeof(PARTNER_PREFIX) - 1), secret, sizeof(secret)) == RESULT_OK;

	explicit_bzero(secret, sizeof(secret));
	return is_one;
}

enum result partner_hash(struct span token, char out[PARTNER_HASH_LEN])
{
	uint8_t digest[DIGEST_LEN];
	enum result result = is_token(token) ? digest_plain(token, digest) : RESULT_MALFORMED;

	if (result == RESULT_OK)
		hex_write(digest, sizeof(digest), out);
	return result;
}

const struct partner_settings *partner_find(const struct list_value *partners, struct span token, int64_t wall_ms)
{
	const struct partner_settings *list = partners->items, *found = NULL;
	char hash[PARTNER_HASH_LEN];

	if (!partners->count || partner_hash(token, hash) != RESULT_OK)
		return NULL;
	for (size_t i = 0; i < partners->count; i++) {
		if (mac_equal((const uint8_t *)hash, (const uint8_t *)list[i].token.at, sizeof(hash)))
			found = &list[i];
	}
	return found && wall_ms < found->until_ms ? found : NULL;
}

/* -- budgets -- */

struct words {
	uint64_t list[WORDS];
};

/* By its hash: a new token of the same partner begins anew, and what is owed outlives a reload. */
static struct words words_of(const struct partner_settings *partner, uint64_t site, unsigned of)
{
	return (struct words){ { OF_PARTNERS + of, site, hash_span((struct hash_seed){ OF_PARTNERS, 0 }, partner->token) } };
}

bool partner_is_within(const struct partner_settings *partner, struct rate_table *table, uint64_t site, uint64_t now_us)
{
	struct words requests = words_of(partner, site, OF_REQUESTS), cost = words_of(partner, site, OF_COST);
	struct gcra gcra;
	bool is_within;

	if (make_gcra(partner, OF_REQUESTS, &gcra) != RESULT_OK)
		return false;
	is_within = rate_table_ask(table, &gcra, requests.list, WORDS, now_us) == 0;
	if (make_gcra(partner, OF_COST, &gcra) != RESULT_OK)
		return false;
	return is_within && rate_table_owes(table, cost.list, WORDS, now_us) <= gcra.tolerance + gcra.interval;
}

void partner_charge(const struct partner_settings *partner, struct rate_table *table, uint64_t site, uint64_t cost_us, uint64_t now_us)
{
	struct words words = words_of(partner, site, OF_COST);
	struct gcra gcra;

	if (cost_us >= 1000 && make_gcra(partner, OF_COST, &gcra) == RESULT_OK)
		rate_table_charge(table, &gcra, words.list, WORDS, cost_us / 1000, now_us);
}
