/* Sessions: what a browser's cookie stands for. Only the hash of its secret is kept.
 *
 * Ends by itself SESSION_IDLE_MS after the last request, SESSION_LONGEST_MS after its begin; at once when its person's epoch is another (password or roles
 * changed, disabled). The secret is drawn when somebody has proved who he is, never before, and drawn anew when he proves more: nobody can be given a session
 * that an attacker knows (fixation).
 *
 * Errors   security, fails closed: what cannot be read is no session
 * Threads  the store's
 */
#ifndef BOUCLIER_HUB_PEOPLE_DOOR_SESSION_H
#define BOUCLIER_HUB_PEOPLE_DOOR_SESSION_H

#include "hub/people/account/person.h"
#include "hub/people/account/secrets.h"

#define SESSION_IDLE_MS (30u * 60000u)
#define SESSION_LONGEST_MS (12u * 3600000u)
#define SESSION_BREAK_GLASS_MS 3600000u
#define SESSION_SEEN_MS 60000u           /* the store learns of requests no more often */
#define SESSION_TEXT_MAX 1024u

/* By what it was proved. X(ID, "name") */
#define SESSION_WAY_LIST(X) X(PASSWORD, "password") X(CODE, "code") X(PASSKEY, "passkey") X(CERTIFICATE, "certificate") X(OIDC, "oidc") X(BREAK_GLASS, "break-glass")
enum session_way {
#define X(id, name) SESSION_BY_##id,
	SESSION_WAY_LIST(X)
#undef X
	SESSION_WAYS,
};
const char *session_way_name(unsigned way);

struct session {
	char person[PERSON_NAME_BYTES];
	uint64_t epoch;                  /* the person's when it began; 0 of break-glass */
	enum session_way way;
	bool has_second;                 /* a second factor was given, or the way is one of two by itself */
	uint64_t made_ms, seen_ms, until_ms;
	char key[SECRET_HASH_BYTES];     /* the document's */
	uint64_t version;
};

/* Draws its secret and sets its times. PERSON NULL: break-glass, of NAME. */
enum result session_init(struct session *session, const struct person *person, const char *name, enum session_way way, bool has_second, uint64_t wall_ms,
                         char secret[SECRET_BYTES]) must_check;
/* The change that makes it, or keeps it as it is now. TEXT holds it. */
enum result session_change(const struct session *session, struct buffer *text, struct document_change *out) must_check;
struct document_change session_end(const struct session *session);
/* RESULT_NOT_FOUND: there is none, or it is over. */
enum result session_find(struct store *store, struct span secret, uint64_t wall_ms, struct session *out) must_check;
/* What its pages prove with every change they ask for: made of SECRET, which scripts cannot read. */
enum result session_csrf(struct span secret, char out[SECRET_BYTES]) must_check;
/* When it ends if nothing comes. */
uint64_t session_end_ms(const struct session *session);
/* Deletes some of KIND (sessions, tokens: sorted by when they end) that are over. */
void session_prune(struct store *store, enum document_kind kind, uint64_t wall_ms);

enum result session_read(struct span text, struct session *out) must_check;

#endif
