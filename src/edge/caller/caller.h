/* Who asks, as the table of sources knows him (source/table.h): what later steps need of his entry, copied, so that the entry is looked at
 * when a request comes and when it is over, and not in between.
 *
 *     caller_identify   he came: charged, and copied
 *     caller_settle     his request is over: what it cost, and whether he was served well while all was calm
 *
 * Availability, fails open: without a table, or without its lock, everybody is a plausible stranger who owes nothing.
 *
 * Owns     nothing
 * Threads  a request's
 */
#ifndef BOUCLIER_EDGE_CALLER_H
#define BOUCLIER_EDGE_CALLER_H

#include "guard/challenge.h"
#include "guard/partner.h"
#include "guard/rate.h"
#include "guard/source_budget.h"
#include "source/list.h"

#define CALLER_COST_PRESSED_US 1000000u  /* of one request, at most, while an origin is not calm */
#define CALLER_WORK_PRESSED_US 500000u   /* the same of what tokens and limits are charged: a page has parts, and all of them wait inside an origin in trouble */

struct edge_common;
struct plan;
struct request;
struct fields;

struct caller {
	struct source_key key;           /* of the entry, perhaps his /48; SOURCE_NONE: he is not in the table */
	uint64_t fingerprint;            /* of his client, by JA4; 0: not known */
	uint32_t kind;                   /* of his client (source/kind.h); 0: not known */
	struct ban_fact ban;             /* of is_banned */
	bool is_banned, is_known, is_shared, has_token;
	bool is_ban_observed;            /* he would be banned, for what he asked of sites that only observe */
	bool is_exempt;                  /* management, a trusted proxy, or this machine: no budgets, no bans */
	bool is_partner;                 /* the site's allowlist names him */
	bool is_admitted;                /* a person let him in, until ADMITTED_UNTIL_US */
	uint64_t admitted_until_us;
	bool is_counted;                 /* his entry owes for this request */
	bool is_new;                     /* he was never seen before, or is forgotten */
	bool was_banned;                 /* not long ago */
	bool may_be_asked;               /* a stranger who wants a page, let in unasked: asked for proof when he has waited in vain */
	struct challenge_account account; /* what his token, or his pass, is charged for what he takes of the origins; nobody's: he showed none */
	const struct rate_limit *limits; /* of the site, that he came to and that are charged when his request is over; of its snapshot. NULL: none */
	bool is_excused;                 /* by a token of his own, which was charged: what others behind his address, or of his class, owe is not his */
	bool is_within;                  /* by what he was given for waiting, which was charged: what others of his class owe is not his; what his source owes is */
	bool is_over_class;              /* he would be refused for what his class takes, and is asked for proof instead */
	bool is_flooding_kind;           /* clients of his kind flood the site now (guard/kinds.h) */
	bool is_watched, is_hasty;       /* and he is no exception, and it matters now (challenge/flood.c); he asks faster than a person does */
	bool is_paced;                   /* he has been counted for that */
	const struct bot *bot;           /* what he says to be, and DNS proves (bot_names.h); NULL: nothing of that. Of the request's snapshot */
	struct span shown_partner;       /* a partner's token, or what says to be one; in memory of his head. Empty: none */
	const struct partner_settings *partner; /* whose token it is, at this site; NULL: nobody's. Of the request's snapshot */
	bool is_over_budget;             /* that partner asks for more than he has */
	const struct bot *impostor_of;   /* what he says to be, and DNS refutes; NULL likewise */
	struct list_place place;         /* where some list asks for it */
	struct budget_verdict budget;
	enum lane lane;                  /* in front of an origin (guard/queue.h) */
};

/* request->source is final. */
void caller_identify(struct request *request);
/* The lane, by all that is known: anew when is_partner is. */
void caller_choose_lane(struct caller *caller);
/* request->site is final: his client's kind is counted there, and judged; the lane follows. */
void caller_meet_kind(struct request *request);
/* bot.c: request->site is final. He may say to be a good bot, and be one; the lane follows. Nobody waits for the proof: he is a stranger until it is there. */
void caller_meet_bot(struct request *request);
/* partner.c: the token that a partner may show is taken out of the head: nobody else is to see it, not rules, nor their logs, nor an origin. */
void caller_take_partner(struct request *request);
/* The same of fields behind a body, where it proves nothing: he is known by then. */
void caller_drop_partner(struct fields *trailers);
/* request->site is final: whose token it is, charged for one more request; the lane follows. */
void caller_meet_partner(struct request *request);
/* The request is over. */
void caller_charge_partner(const struct request *request, uint64_t cost_us);
/* Neither known, nor let in, nor a partner or a good bot. */
bool caller_is_stranger(const struct caller *caller);
/* He waits a lane further down than he would, for his client's kind: never a known citizen, a partner or a good bot. */
bool caller_is_moved_for_kind(const struct caller *caller);
/* What tells two clients behind one address apart, and is the same for all requests of one: a hash of its ciphers, and its name. */
uint64_t caller_client(const struct request *request);
/* The site's allowlist names him. */
bool caller_is_partner(const struct request *request);
/* How the machine bans, by PLAN. */
struct bans caller_bans(const struct edge_common *common, const struct plan *plan);
/* limits.c: the request comes to the site's rate limits. True: one of them refuses it, and when it may come back. */
bool caller_is_limited(struct request *request, uint64_t *retry_after_us) must_check;
/* It is over. */
void caller_charge_limits(const struct request *request, const struct rate_spent *spent);
/* He showed a valid token: his source is not banned by the machine for a day. */
void caller_saw_token(struct request *request);
/* Somebody else's page has his browser ask; or he says so. */
bool caller_is_made_to_ask(const struct request *request);
/* The request is over. */
void caller_settle(struct request *request);
/* Nobody had to wait for the request's origin, or was refused, for ORIGIN_CALM_MS. */
bool caller_is_calm(const struct request *request);

#endif
