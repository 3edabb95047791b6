#include <assert.h>
#include <stdlib.h>

#include "hub/people/inside.h"
#include "hub/people/routes/routes.h"

#include "base/banned.h"

#define PRUNE_MS 60000u
#define TICKS_PER_MS 1000u
#define PACE_MOST (1ull << 40)

/* What a person, or a token, may ask: far more than a page of the console does, far less than a loop. */
static const struct rate person_rate = { 20, 1000 }, source_rate = { 5, 1000 };
#define PERSON_BURST 200u
#define SOURCE_BURST 60u

static bool see_administrator(void *context, const struct person *person)
{
	*(bool *)context = person->roles & ROLE_ADMINISTRATOR && person->tenants.is_all;
	return !*(bool *)context;
}

/* Of everything, also one who has not chosen his password yet: root made him at the hub's own socket. */
static enum result has_administrator(struct people *people, bool *out)
{
	*out = false;
	return person_each(people->store, see_administrator, out);
}

bool people_is_first_start(struct people *people)
{
	bool has = false;

	/* Security, fails closed: where that cannot be known, a code that makes administrators makes none. */
	if (!people->first_code[0] || has_administrator(people, &has) != RESULT_OK)
		return false;
	if (has)
		explicit_bzero(people->first_code, sizeof(people->first_code));
	return !has;
}

/* The code lives in memory, as its hash: another start has another one. */
static enum result begin_first(struct people *people, char code_out[PEOPLE_CODE_BYTES])
{
	bool has;

	code_out[0] = 0;
	if (has_administrator(people, &has) != RESULT_OK)
		return RESULT_IO;
	if (has)
		return RESULT_OK;
	secret_code_draw(code_out);
	return secret_code_hash(span_of(code_out), people->first_code);
}

enum result people_new(const struct people_settings *settings, struct loop *loop, struct store *store, struct audit *audit, struct complaints *complaints,
                       char code_out[PEOPLE_CODE_BYTES], struct people **out)
{
	struct people *people = calloc(1, sizeof(*people));
	enum result result;

	if (!people)
		return RESULT_NO_MEMORY;
	people->settings = *settings;
	people->loop = loop;
	people->store = store;
	people->audit = audit;
	result = secret_key_open(span_of(settings->state), complaints, people->key);
	if (result == RESULT_OK)
		result = gcra_make(&person_rate, PERSON_BURST, 0, TICKS_PER_MS, PACE_MOST, &people->person_pace);
	if (result == RESULT_OK)
		result = gcra_make(&source_rate, SOURCE_BURST, 0, TICKS_PER_MS, PACE_MOST, &people->source_pace);
	if (result == RESULT_OK)
		result = hash_pool_new(loop, &people->pool);
	if (result == RESULT_OK)
		result = passkeys_new(&people->passkeys);
	if (result == RESULT_OK && settings->oidc)
		result = oidc_new(&people->settings, &people->oidc);
	if (result == RESULT_OK)
		result = audit_check_new(loop, audit, &people->check);
	if (result == RESULT_OK)
		result = begin_first(people, code_out);
	if (result != RESULT_OK) {
		people_free(people);
		return result;
	}
	approval_register(people, APPROVAL_ROLES, person_apply_roles, people);
	*out = people;
	return RESULT_OK;
}

void people_free(struct people *people)
{
	if (!people)
		return;
	hash_pool_free(people->pool);
	passkeys_free(people->passkeys);
	audit_check_free(people->check);
	oidc_free(people->oidc);
	explicit_bzero(people, sizeof(*people));
	free(people);
}

void people_tick(struct people *people, uint64_t wall_ns)
{
	uint64_t now_ms = wall_ns / 1000000;

	if (now_ms < people->pruned_ms + PRUNE_MS && now_ms >= people->pruned_ms)
		return;
	people->pruned_ms = now_ms;
	session_prune(people->store, DOCUMENT_SESSION, now_ms);
	session_prune(people->store, DOCUMENT_TOKEN, now_ms);
	approval_prune(people, wall_ns);
	if (people->break_glass.hash[0] && now_ms >= people->break_glass.until_ms)
		people->break_glass = (struct break_glass){ 0 };
}

enum people_audit people_audit_state(const struct people *people)
{
	return audit_check_state(people->check);
}

void people_routes(struct people *people, struct web_routes *routes)
{
	assert(routes->table_count < WEB_TABLES_MAX);
	routes->admit = people_admit;
	routes->admit_context = people;
	routes->tables[routes->table_count].list = people_route_list;
	routes->tables[routes->table_count].count = people_route_count;
	routes->tables[routes->table_count++].context = people;
}

struct span people_base_name(struct span who)
{
	const struct span front = SPAN("break-glass:");

	if (span_starts(who, front))
		who = span_skip(who, front.len);
	return span_take(who, span_find(who, '/'));
}

bool person_sees(const struct person_view *person, struct span tenant)
{
	bool sees = person->tenants.is_all;

	for (size_t i = 0; i < person->tenants.count && !sees && tenant.len; i++)
		sees = span_equal(person->tenants.list[i], tenant);
	return sees;
}
