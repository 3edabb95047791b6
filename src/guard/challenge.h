/* Strangers prove themselves once, when portals have no room for all of them: what is decided about that, without a word of HTTP.
 *
 *   signed      records that browsers keep for us
 *   token       the cookie of who has proved himself
 *   puzzle      what is asked, and how it is checked
 *   carry       the form that a stranger wanted to send
 *   challenge   here: who gets which token, what is remembered of that
 *
 * Shape    struct challenge_memory lies in memory of the keeper, shared by all workers of all edges
 * Units    now_us is CLOCK_MONOTONIC; asker.now_ms is challenge_now_ms of it: the wall clock as it was when the memory was opened, which goes on
 *          without ever being set. So a number that is spent stays spent for as long as what it belongs to is good, and no token ends early or
 *          lasts longer, whatever becomes of the wall clock
 * Limits   one puzzle gives one token. What the table of sources calls one source gets CHALLENGE_ISSUED_BURST tokens of work at once and one more every
 *          CHALLENGE_ISSUED_EVERY_US; after that its visitors wait instead. What is remembered is fixed memory (rate_table.h)
 * Threads  any number
 *
 * What a token has, of requests and of the origins' time, is what a person needs and a machine would like more of. A person looks at a page every three
 * seconds (CHALLENGE_PACE_PAGE_US), and of a page and its parts no portal computes for more than a second: a third of each second, in the long run. Pages of
 * half a second leave him half of it. At once: thirty such pages, a window that is opened again with all that it had, or ten that an origin in trouble
 * makes three times as long. A machine with a token that asks for pages of half a second, twenty of them a second as its other budget allows, is beyond it in three
 * seconds. It has nothing but a worse place then, and is within again a minute and a half after it has stopped, at the latest.
 *
 * Availability, fails open: a table that had to forget lets a puzzle be used twice within its two minutes, and never refuses anybody who
 * was not there. That it forgets takes half a million tokens that were worked or waited for. Security, fails closed: without keys nobody is challenged, and
 * no token is believed.
 */
#ifndef BOUCLIER_GUARD_CHALLENGE_H
#define BOUCLIER_GUARD_CHALLENGE_H

#include "guard/puzzle.h"
#include "guard/rate_table.h"
#include "guard/token.h"
#include "source/entry.h"

#define CHALLENGE_MEMORY_VERSION 2u
#define CHALLENGE_COUNTS_BYTES RATE_TABLE_BYTES
#define CHALLENGE_WAIT_US 500000u            /* who would wait longer is asked */
#define CHALLENGE_ISSUED_BURST 128u
#define CHALLENGE_ISSUED_EVERY_US 2000000u
#define CHALLENGE_ISSUED_SUB_BURST 4u        /* of one /64 of a /48 that is one source: nobody takes what all of them have */
#define CHALLENGE_ISSUED_SUB_EVERY_US 60000000u
#define CHALLENGE_SOLVED_MAX 2u              /* by one browser within CHALLENGE_SOLVED_S: then it waits */
#define CHALLENGE_SOLVED_S 600u
#define CHALLENGE_PASS_US 600000000u         /* how long somebody without cookies is not asked again */
#define CHALLENGE_BUDGET_BURST 300u          /* requests of one token at once, and then */
#define CHALLENGE_BUDGET_EVERY_US 50000u
#define CHALLENGE_COST_BURST_US 30000000u    /* of origins' time that one token may take at once; each of it takes */
#define CHALLENGE_COST_TIMES 3u              /* as long to earn, and nobody has more than so many to earn back as */
#define CHALLENGE_COST_BURSTS 2u             /* these bursts have */
#define CHALLENGE_PACE_PAGE_US 3000000u      /* a person reads a page, and looks at some one after the other; asking goes on counting, up to */
#define CHALLENGE_PACE_PAGES 5u              /* CHALLENGE_PACE_TIMES as many: who hammers is at no human pace until he has stopped for a while */
#define CHALLENGE_PACE_AT_ONCE 2u            /* pages within CHALLENGE_PAUSE_MS; one more is a program, for so long: */
#define CHALLENGE_MARKED_US 10000000u
#define CHALLENGE_PACE_PART_US 1000000u      /* the same of what belongs to a page */
#define CHALLENGE_PACE_PARTS 80u
#define CHALLENGE_UNPROVEN_PARTS 16u         /* of who has shown nothing: of a page or two that he has. Pages of a cache ask nobody for proof, */
#define CHALLENGE_UNPROVEN_PART_US 1000000u  /* and come with parts that are not there */
#define CHALLENGE_PACE_TIMES 8u
#define CHALLENGE_PAUSE_MS 700u              /* a page waits so long for what else its source asks: a program's pace shows by then */
#define CHALLENGE_ZERO_MS_MIN ((uint64_t)TICKET_PERIOD_S * 1000)  /* there is no key of period 0 (net/ticket_keys.h) */

struct challenge_memory {                    /* all zero bytes: not open yet */
	struct ticket_keys keys;
	_Atomic uint64_t zero_ms;            /* what the wall clock said when CLOCK_MONOTONIC began, CHALLENGE_ZERO_MS_MIN at least; 0: not open yet */
	_Alignas(64) uint8_t counts[CHALLENGE_COUNTS_BYTES];
};

struct visit {
	struct asker asker;
	struct source_key source;            /* as the table of sources calls it, which may be a whole /48; SOURCE_NONE: it is not there */
	uint64_t now_us;
	uint64_t client;                     /* hash of what tells one program of a network from another, for those without cookies */
	bool has_token;                      /* SHOWN is ours, perhaps over: this browser keeps cookies */
	struct token shown;
};

/* Whose budget it is, or nobody's, all zero: that of a token wherever it is shown, or that of a program that passes without one. */
struct challenge_account {
	uint64_t who[2];
};

/* What somebody asks for: a page; the one that he has just proved himself for, which comes on the heels of the question; what belongs to one, after he has
 * shown something, or nothing. */
enum challenge_wish { CHALLENGE_PAGE, CHALLENGE_ENTRY, CHALLENGE_PART, CHALLENGE_PART_UNPROVEN };

/* Before workers start; makes clock, keys and table where they are missing. */
void challenge_memory_open(struct challenge_memory *memory, uint64_t wall_ms, uint64_t now_us);
/* Every minute: keys change with time. */
void challenge_memory_turn(struct challenge_memory *memory, uint64_t now_us);
/* For struct asker. */
uint64_t challenge_now_ms(const struct challenge_memory *memory, uint64_t now_us);

/* This browser has solved enough: it waits. */
bool challenge_is_looping(const struct visit *visit);
/* What VISIT is asked. */
struct puzzle challenge_puzzle(const struct visit *visit, enum lane lane, uint64_t wait_us);
/* The cookie that goes with the question: it says no more than that this browser keeps cookies, and what it has solved. */
struct token challenge_asked(const struct visit *visit);
/* A solution has come. RESULT_OK: OUT is the token. RESULT_NOT_FOUND: it comes without a cookie; RESULT_TIMEOUT, RESULT_MALFORMED, RESULT_REFUSED: it is
 * none, or not any more; RESULT_LIMIT: too many in this network. All of these: wait instead. */
enum result challenge_admit_work(struct challenge_memory *memory, const struct visit *visit, struct span text, struct span solution,
                                 struct token *out) must_check;
/* Somebody comes back from his wait. RESULT_MORE: too early, by LEFT_MS. RESULT_TIMEOUT, RESULT_MALFORMED, RESULT_REFUSED (used before): ask him anew.
 * Who keeps no cookies is remembered: challenge_passes. */
enum result challenge_admit_wait(struct challenge_memory *memory, const struct visit *visit, struct span text, struct token *out,
                                 uint64_t *left_ms) must_check;
/* A person let its source in, for LEFT_S seconds (not 0): its browser has that in writing. RESULT_LIMIT: too many in this network. */
enum result challenge_let_in(struct challenge_memory *memory, const struct visit *visit, uint32_t left_s, struct token *out) must_check;
/* It has waited before, without keeping a cookie: it goes on, and is not asked again. */
bool challenge_passes(const struct challenge_memory *memory, const struct visit *visit);
struct challenge_account challenge_account_of_token(const struct token *token);
/* Of somebody who passes: he has what a token has. */
struct challenge_account challenge_account_of_pass(const struct visit *visit);
/* One more request of ACCOUNT. False: more than its budget; it waits behind the rest. */
bool challenge_is_within(struct challenge_memory *memory, const struct challenge_account *account, uint64_t now_us);
/* An answer has come, for which an origin was held so long. Of nobody: nothing. */
void challenge_charge(struct challenge_memory *memory, const struct challenge_account *account, uint64_t cost_us, uint64_t now_us);
/* ACCOUNT has taken more of the origins' time than it has. Nobody has not. */
bool challenge_owes_time(const struct challenge_memory *memory, const struct challenge_account *account, uint64_t now_us);
/* One more request of VISIT's source. False: it asks faster than a person does, or did until a moment ago. */
bool challenge_is_at_human_pace(struct challenge_memory *memory, const struct visit *visit, enum challenge_wish wish);
/* The same, of what has been counted. */
bool challenge_was_at_human_pace(const struct challenge_memory *memory, const struct visit *visit, enum challenge_wish wish);
/* One more of TOKEN, wherever it is shown: many people may share a source, and nobody shares a token. */
bool challenge_token_is_at_human_pace(struct challenge_memory *memory, const struct token *token, bool is_page, uint64_t now_us);
/* A number of a puzzle or of a carried form: true once. */
bool challenge_spend(struct challenge_memory *memory, uint64_t number, uint64_t now_us);

#endif
