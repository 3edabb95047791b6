#include "guard/challenge.h"

#include "base/banned.h"

enum { COUNT_SPENT = 1, COUNT_ISSUED, COUNT_PASSES, COUNT_BUDGET, COUNT_PACE, COUNT_TOKEN_PACE, COUNT_COST, COUNT_AT_ONCE, COUNT_MARKED, COUNT_UNPROVEN };

#define EVERY(interval_us, burst) ((struct gcra){ (interval_us), (uint64_t)((burst) - 1) * (interval_us), (uint64_t)(burst) * (interval_us) })

uint64_t challenge_now_ms(const struct challenge_memory *memory, uint64_t now_us)
{
	return memory->zero_ms + now_us / 1000;
}

void challenge_memory_turn(struct challenge_memory *memory, uint64_t now_us)
{
	ticket_keys_rotate(&memory->keys, challenge_now_ms(memory, now_us) / 1000);
}

void challenge_memory_open(struct challenge_memory *memory, uint64_t wall_ms, uint64_t now_us)
{
	uint64_t zero_ms = wall_ms > now_us / 1000 ? wall_ms - now_us / 1000 : 0, none = 0;
	struct hash_seed seed;

	if (zero_ms < CHALLENGE_ZERO_MS_MIN)  /* a machine without a clock starts near 1970, where no keys are: only differences matter here */
		zero_ms = CHALLENGE_ZERO_MS_MIN;
	(void)atomic_compare_exchange_strong(&memory->zero_ms, &none, zero_ms);  /* another edge was here before: its clock goes on */
	challenge_memory_turn(memory, now_us);
	if (rate_table_is_there(memory->counts, sizeof(memory->counts)))
		return;
	random_fill(&seed, sizeof(seed));
	(void)!rate_table_init(memory->counts, sizeof(memory->counts), seed);  /* it is long enough */
}

static bool may(struct challenge_memory *memory, const struct gcra *gcra, uint64_t what, uint64_t a, uint64_t b, uint64_t now_us)
{
	const uint64_t who[] = { what, a, b };

	return rate_table_ask(rate_table_open(memory->counts), gcra, who, sizeof(who) / sizeof(*who), now_us) == 0;
}

bool challenge_spend(struct challenge_memory *memory, uint64_t number, uint64_t now_us)
{
	const struct gcra once = EVERY((uint64_t)PUZZLE_WAIT_MS * 1000, 1);

	return may(memory, &once, COUNT_SPENT, number, 0, now_us);
}

static bool is_spent(const struct challenge_memory *memory, uint64_t number, uint64_t now_us)
{
	const uint64_t who[] = { COUNT_SPENT, number, 0 };

	return rate_table_owes((const struct rate_table *)memory->counts, who, sizeof(who) / sizeof(*who), now_us) > 0;
}

struct challenge_account challenge_account_of_token(const struct token *token)
{
	return (struct challenge_account){ { token->id, token->site } };
}

bool challenge_is_within(struct challenge_memory *memory, const struct challenge_account *account, uint64_t now_us)
{
	const struct gcra budget = EVERY(CHALLENGE_BUDGET_EVERY_US, CHALLENGE_BUDGET_BURST);

	return may(memory, &budget, COUNT_BUDGET, account->who[0], account->who[1], now_us);
}

void challenge_charge(struct challenge_memory *memory, const struct challenge_account *account, uint64_t cost_us, uint64_t now_us)
{
	const struct gcra cost = EVERY(CHALLENGE_COST_TIMES, (uint64_t)CHALLENGE_COST_BURSTS * CHALLENGE_COST_BURST_US);
	const uint64_t who[] = { COUNT_COST, account->who[0], account->who[1] };

	if (cost_us && (who[1] || who[2]))
		rate_table_charge(rate_table_open(memory->counts), &cost, who, sizeof(who) / sizeof(*who), cost_us, now_us);
}

bool challenge_owes_time(const struct challenge_memory *memory, const struct challenge_account *account, uint64_t now_us)
{
	const uint64_t who[] = { COUNT_COST, account->who[0], account->who[1] };

	return (who[1] || who[2]) && rate_table_owes((const struct rate_table *)memory->counts, who, sizeof(who) / sizeof(*who), now_us) >
	       (uint64_t)CHALLENGE_COST_TIMES * CHALLENGE_COST_BURST_US;
}

/* A source of a site, in one number: what is remembered by it is gone with the keys. */
static uint64_t network_of(const struct visit *visit)
{
	struct source_key key = visit->source.kind != SOURCE_NONE ? visit->source : source_key_of(&visit->asker.source);

	return hash_u64(hash_u64(key.bits) + (uint64_t)key.kind) ^ visit->asker.site;
}

/* Of a /48 that is one source: not all of them to one telephone. */
static bool may_issue_to_own(struct challenge_memory *memory, const struct visit *visit)
{
	const struct gcra own = EVERY(CHALLENGE_ISSUED_SUB_EVERY_US, CHALLENGE_ISSUED_SUB_BURST);
	struct source_key key = source_key_of(&visit->asker.source);

	return visit->source.kind != SOURCE_V6_WIDE || may(memory, &own, COUNT_ISSUED, hash_u64(key.bits) ^ visit->asker.site, 1, visit->now_us);
}

static bool may_issue(struct challenge_memory *memory, const struct visit *visit)
{
	const struct gcra issued = EVERY(CHALLENGE_ISSUED_EVERY_US, CHALLENGE_ISSUED_BURST);

	return may_issue_to_own(memory, visit) && may(memory, &issued, COUNT_ISSUED, network_of(visit), 0, visit->now_us);
}

bool challenge_passes(const struct challenge_memory *memory, const struct visit *visit)
{
	const uint64_t who[] = { COUNT_PASSES, network_of(visit), visit->client };

	return rate_table_owes((const struct rate_table *)memory->counts, who, sizeof(who) / sizeof(*who), visit->now_us) != 0;
}

struct challenge_account challenge_account_of_pass(const struct visit *visit)
{
	return (struct challenge_account){ { network_of(visit), visit->client } };
}

/* How many at once, each of which weighs so much. */
struct pace {
	unsigned burst;
	uint64_t each_us;
};

static struct pace pace_of(enum challenge_wish wish)
{
	static const struct pace paces[] = {
		[CHALLENGE_PAGE] = { CHALLENGE_PACE_PAGES, CHALLENGE_PACE_PAGE_US },
		[CHALLENGE_ENTRY] = { CHALLENGE_PACE_PAGES, CHALLENGE_PACE_PAGE_US },
		[CHALLENGE_PART] = { CHALLENGE_PACE_PARTS, CHALLENGE_PACE_PART_US },
		[CHALLENGE_PART_UNPROVEN] = { CHALLENGE_UNPROVEN_PARTS, CHALLENGE_UNPROVEN_PART_US },
	};

	return paces[wish];
}

static bool is_within(const struct challenge_memory *memory, const uint64_t who[3], const struct pace *pace, uint64_t now_us)
{
	return rate_table_owes((const struct rate_table *)memory->counts, who, 3, now_us) <= pace->burst * pace->each_us;
}

static void count_pace(struct challenge_memory *memory, const uint64_t who[3], const struct pace *pace, uint64_t now_us)
{
	const struct gcra counted = EVERY(pace->each_us, pace->burst * CHALLENGE_PACE_TIMES);

	(void)rate_table_ask(rate_table_open(memory->counts), &counted, who, 3, now_us);
}

/* Who has asked for so many at once is known by it for a while, however seldom he comes in it. */
static void count_at_once(struct challenge_memory *memory, uint64_t network, uint64_t now_us)
{
	const uint64_t who[] = { COUNT_AT_ONCE, network, 0 }, mark[] = { COUNT_MARKED, network, 0 };
	const struct pace at_once = { CHALLENGE_PACE_AT_ONCE, (uint64_t)CHALLENGE_PAUSE_MS * 1000 };
	const struct gcra counted = EVERY(at_once.each_us, CHALLENGE_PACE_AT_ONCE + 1), marked = EVERY(CHALLENGE_MARKED_US, 1);

	(void)rate_table_ask(rate_table_open(memory->counts), &counted, who, 3, now_us);
	if (!is_within(memory, who, &at_once, now_us))
		rate_table_charge(rate_table_open(memory->counts), &marked, mark, 3, 1, now_us);
}

static bool is_marked(const struct challenge_memory *memory, uint64_t network, uint64_t now_us)
{
	const uint64_t mark[] = { COUNT_MARKED, network, 0 };

	return rate_table_owes((const struct rate_table *)memory->counts, mark, 3, now_us) > 0;
}

/* Of VISIT's source, in three words. */
#define PACE_WHO(visit, wish) { (wish) == CHALLENGE_PART_UNPROVEN ? COUNT_UNPROVEN : COUNT_PACE, network_of(visit), (wish) <= CHALLENGE_ENTRY }

bool challenge_was_at_human_pace(const struct challenge_memory *memory, const struct visit *visit, enum challenge_wish wish)
{
	const uint64_t who[] = PACE_WHO(visit, wish);
	struct pace pace = pace_of(wish);

	return is_within(memory, who, &pace, visit->now_us) && (wish > CHALLENGE_ENTRY || !is_marked(memory, who[1], visit->now_us));
}

bool challenge_is_at_human_pace(struct challenge_memory *memory, const struct visit *visit, enum challenge_wish wish)
{
	const uint64_t who[] = PACE_WHO(visit, wish);
	struct pace pace = pace_of(wish);

	count_pace(memory, who, &pace, visit->now_us);
	if (wish == CHALLENGE_PAGE)
		count_at_once(memory, who[1], visit->now_us);
	return challenge_was_at_human_pace(memory, visit, wish);
}

bool challenge_token_is_at_human_pace(struct challenge_memory *memory, const struct token *token, bool is_page, uint64_t now_us)
{
	const uint64_t who[] = { COUNT_TOKEN_PACE, token->id ^ token->site, is_page };
	struct pace pace = pace_of(is_page ? CHALLENGE_PAGE : CHALLENGE_PART);

	count_pace(memory, who, &pace, now_us);
	return is_within(memory, who, &pace, now_us);
}

static void let_pass(struct challenge_memory *memory, const struct visit *visit)
{
	const struct gcra passes = EVERY(CHALLENGE_PASS_US, 1);

	(void)may(memory, &passes, COUNT_PASSES, network_of(visit), visit->client, visit->now_us);
}

static bool is_recent(const struct visit *visit)
{
	return visit->has_token && visit->asker.now_ms / 1000 < (uint64_t)visit->shown.first_s + CHALLENGE_SOLVED_S;
}

bool challenge_is_looping(const struct visit *visit)
{
	return is_recent(visit) && visit->shown.solved >= CHALLENGE_SOLVED_MAX;
}

struct puzzle challenge_puzzle(const struct visit *visit, enum lane lane, uint64_t wait_us)
{
	unsigned bits = challenge_is_looping(visit) ? 0 : puzzle_bits(lane, wait_us);

	return puzzle_new(&visit->asker, bits, puzzle_wait_s(lane, wait_us));
}

/* With what this browser has solved so far, and this one when IT_SOLVED. */
static struct token issue(const struct visit *visit, enum token_lane lane, bool it_solved)
{
	struct token token = token_new(&visit->asker, lane, TOKEN_LIFETIME_S);

	if (is_recent(visit)) {
		token.first_s = visit->shown.first_s;
		token.solved = visit->shown.solved;
	}
	token.solved += it_solved && token.solved < UINT8_MAX;
	return token;
}

struct token challenge_asked(const struct visit *visit)
{
	struct token token = issue(visit, TOKEN_ASKED, false);

	token.lifetime_s = TOKEN_ASKED_S;
	return token;
}

enum result challenge_admit_work(struct challenge_memory *memory, const struct visit *visit, struct span text, struct span solution,
                                 struct token *out)
{
	struct puzzle puzzle;
	enum result result = puzzle_read(&visit->asker, text, &puzzle);

	if (result == RESULT_OK)
		result = visit->has_token ? RESULT_OK : RESULT_NOT_FOUND;
	if (result == RESULT_OK && challenge_is_looping(visit))
		result = RESULT_REFUSED;
	if (result == RESULT_OK)
		result = puzzle_check(&visit->asker, &puzzle, text, solution);
	if (result == RESULT_OK && is_spent(memory, puzzle.nonce, visit->now_us))
		result = RESULT_REFUSED;  /* asked first: an answer that is sent again uses up nobody's tokens */
	if (result == RESULT_OK && !may_issue(memory, visit))
		result = RESULT_LIMIT;
	if (result == RESULT_OK && !challenge_spend(memory, puzzle.nonce, visit->now_us))
		result = RESULT_REFUSED;
	if (result == RESULT_OK)
		*out = issue(visit, puzzle_has_moved(&visit->asker, &puzzle) ? TOKEN_WAITED : TOKEN_WORK, true);
	return result;
}

enum result challenge_let_in(struct challenge_memory *memory, const struct visit *visit, uint32_t left_s, struct token *out)
{
	if (!may_issue(memory, visit))
		return RESULT_LIMIT;
	*out = issue(visit, TOKEN_WORK, false);
	out->lifetime_s = left_s < TOKEN_LIFETIME_S ? left_s : TOKEN_LIFETIME_S;
	return RESULT_OK;
}

enum result challenge_admit_wait(struct challenge_memory *memory, const struct visit *visit, struct span text, struct token *out,
                                 uint64_t *left_ms)
{
	struct puzzle puzzle;
	enum result result = puzzle_read(&visit->asker, text, &puzzle);
	bool is_low;

	if (result != RESULT_OK)
		return result;
	*left_ms = puzzle_left_ms(&visit->asker, &puzzle);
	if (*left_ms)
		return RESULT_MORE;
	if (!challenge_spend(memory, puzzle.nonce, visit->now_us))
		return RESULT_REFUSED;
	is_low = !visit->has_token || challenge_is_looping(visit) || puzzle_has_moved(&visit->asker, &puzzle) || !may_issue(memory, visit);
	if (!visit->has_token)
		let_pass(memory, visit);
	*out = issue(visit, is_low ? TOKEN_LOW : TOKEN_WAITED, false);
	return RESULT_OK;
}
