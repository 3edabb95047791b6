/* An account, and its document.
 *
 * Shape    the document's members are those of the struct; each must be there
 * Limits   PERSON_..., PEOPLE_MAX accounts
 * Errors   fails closed: a document that cannot be read is nobody
 * Threads  the store's
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_PERSON_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_PERSON_H

#include "base/buffer.h"
#include "hub/people/account/secrets.h"
#include "hub/people/account/tenant_set.h"
#include "hub/people/account/totp.h"
#include "hub/people/permit.h"
#include "store/document.h"

#define PEOPLE_MAX 1000u
#define PERSON_NAME_BYTES 64u        /* with a NUL, as all of these */
#define PERSON_DISPLAY_BYTES 128u
#define PERSON_PASSWORD_BYTES 160u
#define PERSON_HASH_BYTES 65u        /* SHA-256, hexadecimal */
#define PERSON_TOTP_BYTES (SECRET_TEXT_LEN(TOTP_SECRET_LEN) + 1)
#define PERSON_SUBJECT_BYTES 256u
#define PERSON_TEXT_MAX ((size_t)64 << 10)

struct person {
	char name[PERSON_NAME_BYTES];        /* the document's key */
	char display[PERSON_DISPLAY_BYTES];
	char language[3];
	uint32_t roles;
	struct tenant_set tenants;
	char password[PERSON_PASSWORD_BYTES];/* as argon2 encodes it; empty: none, nobody logs in by it */
	char totp[PERSON_TOTP_BYTES];        /* sealed; empty: none */
	uint64_t totp_step;                  /* the last one that was used */
	char new_totp[PERSON_TOTP_BYTES];    /* sealed; not confirmed yet */
	bool is_disabled, must_change;       /* MUST_CHANGE: his password, first */
	char code[PERSON_HASH_BYTES];        /* of the code by which he chooses a password; empty: none */
	uint64_t code_until_ms;
	char certificate[PERSON_HASH_BYTES]; /* SHA-256 of the one that he may log in with; empty: none */
	char oidc_subject[PERSON_SUBJECT_BYTES]; /* what the provider knows him by; empty: he does not come from there */
	uint64_t birth;                      /* drawn when he was made: tokens are of this account, not of the next one with its name */
	uint64_t epoch;                      /* drawn anew when all his sessions are to end */
	uint64_t made_ms, seen_ms;
	uint64_t version;                    /* of the document */
};

/* Letters, digits and . _ - @, lower case; begins with a letter or a digit. So no name reads like what other doors give: "local:root". OUT has PERSON_NAME_BYTES.
 * RESULT_MALFORMED. */
enum result person_name_read(struct span text, char *out) must_check;
/* A number that nobody guesses, as BIRTH and EPOCH. */
uint64_t person_draw(void);
void person_init(struct person *person, const char *name, uint64_t wall_ms);

/* RESULT_MALFORMED: it is not one. NAME and version are the caller's to set. */
enum result person_read(struct span text, struct person *out) must_check;
enum result person_write(const struct person *person, struct buffer *out) must_check;

/* RESULT_NOT_FOUND; RESULT_MALFORMED: what is kept cannot be read. */
enum result person_load(struct store *store, struct span name, struct person *out) must_check;
/* Calls EACH for all accounts by name, until it says false. What cannot be read is passed over. */
enum result person_each(struct store *store, bool (*each)(void *context, const struct person *person), void *context) must_check;

/* A change of the document, as PERSON is now; TEXT holds it. VERSION of PERSON (0: he is new) must still be there. */
enum result person_change(const struct person *person, struct buffer *text, struct document_change *out) must_check;

#endif
