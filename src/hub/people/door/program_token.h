/* Tokens of programs: `Authorization: Bearer bclt_...`. Only the hash is kept.
 *
 * A token may no more than its scopes, and never more than its owner may at that moment; it sees no more than its tenants, and never more than he. It never
 * approves, nor makes people or tokens: a program is nobody's second pair of eyes.
 *
 * Limits   PROGRAM_TOKENS_MAX of a person; ends within PROGRAM_TOKEN_LONGEST_MS
 * Errors   security, fails closed: what cannot be read is no token
 * Threads  the store's
 */
#ifndef BOUCLIER_HUB_PEOPLE_DOOR_PROGRAM_TOKEN_H
#define BOUCLIER_HUB_PEOPLE_DOOR_PROGRAM_TOKEN_H

#include "hub/people/account/person.h"

#define PROGRAM_TOKEN_FRONT "bclt_"
#define PROGRAM_TOKEN_BYTES (sizeof(PROGRAM_TOKEN_FRONT) - 1 + SECRET_BYTES)
#define PROGRAM_TOKENS_MAX 32u
#define PROGRAM_TOKEN_LONGEST_MS (366ull * 86400000u)
#define PROGRAM_TOKEN_NAME_BYTES 64u
#define PROGRAM_TOKEN_ID_LEN 16u         /* the front of its key, by which people name it */
#define PROGRAM_TOKEN_PERMITS (PERMIT_ALL & ~(uint32_t)(PERMIT_APPROVE | PERMIT_PEOPLE | PERMIT_TOKENS))
#define PROGRAM_TOKEN_TEXT_MAX 16384u

struct program_token {
	char name[PROGRAM_TOKEN_NAME_BYTES];
	char person[PERSON_NAME_BYTES];
	uint64_t birth;                  /* the person's */
	uint32_t scopes;                 /* permits */
	struct tenant_set tenants;
	uint64_t made_ms, used_ms, until_ms;
	char key[SECRET_HASH_BYTES];
	uint64_t version;
};

/* TEXT: of the header, without "Bearer ". RESULT_NOT_FOUND: there is none, or it is over. */
enum result program_token_find(struct store *store, struct span text, uint64_t wall_ms, struct program_token *out) must_check;
enum result program_token_change(const struct program_token *token, struct buffer *text, struct document_change *out) must_check;
enum result program_token_read(struct span text, struct program_token *out) must_check;
/* Those of PERSON, of this account. */
enum result program_token_each(struct store *store, const struct person *person, bool (*each)(void *context, const struct program_token *token), void *context) must_check;

#endif
