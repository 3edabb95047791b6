/* Programs of partners (another administration, an application), to whom an administrator gave a token: they go first, are never asked for proof, and
 * have budgets of their own.
 *
 * Shape    a token is "partner-" and 32 characters of base64url, of 24 bytes drawn at random. It comes in the field Bouclier-Partner, over TLS only. The
 *          configuration has the SHA-256 of the whole of it, as 64 hexadecimal digits: who reads it can make no token of it, and no salt is
 *          needed for what nobody can guess
 * Units    wall_ms are milliseconds since 1970; now_us is CLOCK_MONOTONIC
 * Limits   PARTNERS_MAX a site
 * Owns     nothing
 * Threads  settings are immutable; what partners owe lies in a table that all workers share (rate_table.h)
 *
 * Security, fails closed: what is no token, is over, or cannot be hashed is nobody's. Beyond his budgets a partner is not refused for that: he waits behind
 * everybody while there is no room for all, and has no excuse where his source owes too much, so that a token that was stolen does not take the portal away
 * from those it is for.
 */
#ifndef BOUCLIER_GUARD_PARTNER_H
#define BOUCLIER_GUARD_PARTNER_H

#include "base/encode.h"
#include "config/key.h"
#include "guard/rate_table.h"

#define PARTNERS_MAX 64u
#define PARTNER_FIELD "bouclier-partner"
#define PARTNER_PREFIX "partner-"
#define PARTNER_SECRET_BYTES 24u
#define PARTNER_TOKEN_LEN (sizeof(PARTNER_PREFIX) - 1 + BASE64URL_LEN(PARTNER_SECRET_BYTES))
#define PARTNER_HASH_LEN 64u
#define PARTNER_NAME_MAX 64u

/* One of `partners`. */
struct partner_settings {
	struct span name, token;             /* its hash: PARTNER_HASH_LEN digits, lower case */
	int64_t until_ms;
	struct rate requests;
	int64_t requests_burst;
	int64_t cost_ms, cost_burst_ms;      /* of the origins' time, a second; at once */
};

extern const struct key_table partner_table;

/* What `partners` of a site says as a whole: how many, and none twice. */
void partners_check(const struct list_value *partners, struct key_check *check);
/* Letters, digits, and . _ - between them. */
bool partner_name_is_good(struct span name);

/* A new one. */
void partner_token_new(char out[PARTNER_TOKEN_LEN]);
/* RESULT_MALFORMED: TOKEN is none. RESULT_NO_MEMORY. */
enum result partner_hash(struct span token, char out[PARTNER_HASH_LEN]) must_check;
/* Whose TOKEN is, of PARTNERS; NULL: nobody's, or not any more. */
const struct partner_settings *partner_find(const struct list_value *partners, struct span token, int64_t wall_ms);
/* One more request of PARTNER at SITE. False: more than he has, or he has taken too long of the origins. */
bool partner_is_within(const struct partner_settings *partner, struct rate_table *table, uint64_t site, uint64_t now_us);
/* It is over, and an origin was held so long for it. */
void partner_charge(const struct partner_settings *partner, struct rate_table *table, uint64_t site, uint64_t cost_us, uint64_t now_us);

#endif
