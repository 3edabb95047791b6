/* What is remembered of one source: 64 bytes, one line of the cache. Pure: an entry and a time in, an entry out.
 *
 * Shape    all numbers, no pointer: it lies in memory that processes share (source/table.h)
 * Units    `now_us` is CLOCK_MONOTONIC in microseconds, which all processes of a machine agree on. Budgets are kept as what is
 *          *owed*: the theoretical arrival time of GCRA minus `at_us`, so that a clock that wraps or steps harms none
 * Limits   a budget owes at most ENTRY_OWED_MAX_US (71 minutes); hours count to 7 years of uptime and stay there: what is recent then stays recent
 * Threads  whoever holds the entry (source_table_take)
 *
 *     offset  0  key           upper 64 bits of IPv6, or IPv4; `kind` says which
 *             8  at_us         last seen, and the moment that `owed_us` is relative to
 *            16  owed_us[6]    requests, bytes, cost, errors, connections, handshakes
 *            40  asn           0: not known
 *            44  ban_until_s   0: never banned
 *            48  country       two letters, 0: not known
 *            50  client        16 bits of a hash of the last client's fingerprint; 0: none yet
 *            52  token_h       hour of the last valid token, plus one; 0: never
 *            54  shared_h      the same of the last time that another client than the one before came
 *            56  open[2]       open connections, of the edges that epoch[2] names
 *            60  epoch[2]
 *            62  kind, flags, why it was banned
 *            63  ban_level, lane
 */
#ifndef BOUCLIER_SOURCE_ENTRY_H
#define BOUCLIER_SOURCE_ENTRY_H

#include "base/address.h"

enum source_kind {
	SOURCE_NONE,
	SOURCE_V4,       /* one IPv4 address */
	SOURCE_V6,       /* an IPv6 /64: what one household or one telephone has */
	SOURCE_V6_WIDE,  /* an IPv6 /48 that has become one source */
};

enum source_budget {
	BUDGET_REQUESTS, BUDGET_BYTES, BUDGET_COST, BUDGET_ERRORS, BUDGET_CONNECTIONS, BUDGET_HANDSHAKES,
	BUDGET_COUNT,
};

/* How much an entry is worth keeping, the least first. */
enum source_class {
	CLASS_STRANGER,
	CLASS_BANNED,    /* now */
	CLASS_KNOWN,     /* a citizen who was here before */
	CLASS_TOKEN,     /* showed a valid token within 24 h; or is trusted */
};

#define ENTRY_OWED_MAX_US UINT32_MAX
#define ENTRY_SKEW_US 1000000u           /* readings of the clock of several threads differ by less */
#define ENTRY_KNOWN_S (7u * 86400)       /* a citizen who does not come for longer is a stranger again */
#define ENTRY_RECENT_H 24u
#define ENTRY_BAN_LEVEL_MAX 15u

struct source_key {
	uint64_t bits;
	enum source_kind kind;
};

struct source_entry {
	uint64_t key;
	uint64_t at_us;
	uint32_t owed_us[BUDGET_COUNT];
	uint32_t asn;
	uint32_t ban_until_s;
	uint16_t country;
	uint16_t client;
	uint16_t token_h, shared_h;
	uint16_t open[2];
	uint8_t epoch[2];
	uint8_t kind : 2, is_known : 1, is_trusted : 1, is_placed : 1, ban_reason : 3;  /* is_placed: country and ASN were looked up */
	uint8_t ban_level : 4, lane : 4;
};

_Static_assert(sizeof(struct source_entry) == 64, "an entry is one line of the cache");

/* SOURCE_V4 or SOURCE_V6. */
struct source_key source_key_of(const struct address *address);
struct source_key source_key_of_entry(const struct source_entry *entry);
/* The network that KEY stands for: a /32, a /64 or a /48. */
struct network source_network(struct source_key key);

/* Makes ENTRY a source that nobody has seen before. */
void entry_begin(struct source_entry *entry, struct source_key key, uint64_t now_us);
/* To be done first whenever an entry is looked at: budgets are paid off by the time that went by.
 *
 * A clock that reads up to ENTRY_SKEW_US earlier than before stands still. One that was set back farther takes everything with
 * it (what is owed, how long a ban lasts): nobody is locked out for as long as the step was. */
void entry_advance(struct source_entry *entry, uint64_t now_us);
/* Of an entry that is advanced to now, or (for what may be forgotten) one that is not. */
enum source_class entry_class(const struct source_entry *entry, uint64_t now_us);

/* It showed a valid token. */
void entry_saw_token(struct source_entry *entry, uint64_t now_us);
bool entry_has_token(const struct source_entry *entry, uint64_t now_us);
/* A client came whose fingerprint has HASH: another one than before makes the source a shared one for 24 h. A /48 always is.
 * A guess that costs an attacker nothing: it never keeps an entry from being forgotten, it only keeps a page for those behind it. */
void entry_saw_client(struct source_entry *entry, uint64_t hash, uint64_t now_us);
bool entry_is_shared(const struct source_entry *entry, uint64_t now_us);
/* "BE" or ""; ASN 0: not known. */
void entry_set_place(struct source_entry *entry, const char *country, uint32_t asn);
void entry_country(const struct source_entry *entry, char out[3]);

/* What FROM owes and has, into ENTRY: several sources become one. Budgets: the most that one of them owes. */
void entry_merge(struct source_entry *entry, const struct source_entry *from);

#endif
