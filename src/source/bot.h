/* Good bots: who they say they are, and the domains that their addresses' names lie in.
 *
 * A User-Agent claims; DNS proves: the address has a name (PTR), the name has that address (A, AAAA), and it lies in a domain of the bot that was claimed.
 * Who asks DNS, and keeps what it says, is edge/caller/bot_names.h; here is only what is compared.
 *
 * Shape    a bot's `agent` is found in a User-Agent in any case of letters, as a word: no letter, digit, '-' or '_' before it, no letter or digit behind it
 * Limits   the first BOT_AGENT_LOOK bytes of a User-Agent; BOTS_MAX bots of a site, built in or its own
 * Owns     nothing: bots are built in, or lie in the snapshot
 * Threads  immutable once made
 *
 * Security, fails closed: a name that is no host's, or that only ends in the letters of a domain ("evilgooglebot.com"), proves nothing.
 */
#ifndef BOUCLIER_SOURCE_BOT_H
#define BOUCLIER_SOURCE_BOT_H

#include "source/settings.h"

#define BOTS_MAX 64u          /* a bit each */
#define BOTS_OWN_MAX 32u      /* of `verified_bots` */
#define BOT_DOMAINS_MAX 8u    /* of one bot */
#define BOT_AGENT_MIN 4u
#define BOT_AGENT_MAX 64u
#define BOT_AGENT_LOOK 512u

/* The bots of a site. */
struct bots {
	const struct bot *own;
	size_t own_count;
	uint64_t begins[26];  /* of each letter, the bots whose `agent` begins with it: a bit each */
};

/* Those of the built-in table: for documents, and for tests. */
const struct bot *bots_built_in(size_t *count);
/* SETTINGS have been checked, and live as long as OUT. False: they say that there are none. */
bool bots_make(const struct bots_settings *settings, struct bots *out);
/* A bit for each bot that AGENT says to be; 0: it is no word of these. */
uint64_t bots_claimed(const struct bots *bots, struct span agent);
/* The first bot of CLAIMED. Not of 0. */
const struct bot *bots_first(const struct bots *bots, uint64_t claimed);
/* The one of CLAIMED that NAME, a host's, belongs to; NULL: none. */
const struct bot *bots_find_owner(const struct bots *bots, uint64_t claimed, struct span name);
/* May TEXT be a bot's `agent`: BOT_AGENT_MIN to BOT_AGENT_MAX bytes, a letter and then letters, digits and ".-_". */
bool bot_agent_is_word(struct span text);
/* Browsers say TEXT of themselves, too: everybody would be asked about. */
bool bot_agent_is_common(struct span text);

#endif
