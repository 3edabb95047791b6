/* A passkey of somebody, and its document, by the hash of its id.
 *
 * Limits   PASSKEYS_MAX of a person
 * Threads  the store's
 */
#ifndef BOUCLIER_HUB_PEOPLE_PASSKEY_CREDENTIAL_H
#define BOUCLIER_HUB_PEOPLE_PASSKEY_CREDENTIAL_H

#include "hub/people/account/person.h"
#include "hub/people/passkey/fido.h"

#define PASSKEYS_MAX 16u
#define CREDENTIAL_TEXT_MAX 4096u
#define CREDENTIAL_NAME_BYTES 128u

struct credential {
	char name[CREDENTIAL_NAME_BYTES];
	char person[PERSON_NAME_BYTES];
	uint64_t birth;                  /* the person's */
	struct fido_key key;
	uint64_t made_ms, used_ms;
	char hash[SECRET_HASH_BYTES];    /* of the id: the document's key */
	uint64_t version;
};

/* RESULT_NOT_FOUND. */
enum result credential_find(struct store *store, struct span id, struct credential *out) must_check;
enum result credential_change(const struct credential *credential, struct buffer *text, struct document_change *out) must_check;
enum result credential_read(struct span text, struct credential *out) must_check;
enum result credential_each(struct store *store, const struct person *person, bool (*each)(void *context, const struct credential *credential), void *context) must_check;

#endif
