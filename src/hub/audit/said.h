/* What details of entries say where we say it ourselves, as a code with arguments: the console has the words for each in its reader's language, and the English
 * stands beside it, for whoever reads the files.
 *
 * Shape    AUDIT_SAY(MINUTES, SPAN("15")) is "for 15 minutes", code "minutes". What people wrote has no code
 * Limits   AUDIT_ARGUMENTS of AUDIT_ARGUMENT_BYTES; longer ones are cut
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_AUDIT_SAID_H
#define BOUCLIER_HUB_AUDIT_SAID_H

#include "base/buffer.h"

#define AUDIT_ARGUMENTS 3u

/* X(ID, "code", "English, {1} {2} {3} are the arguments"): a code that was written once keeps its meaning for ever. */
#define AUDIT_SAID_LIST(X) \
	X(NOTHING, "", "") \
	X(MINUTES, "minutes", "for {1} minutes") \
	X(WAY, "way", "by {1}") \
	X(WAY_WHY, "way-why", "by {1}: {2}") \
	X(PASSWORD, "password", "password") \
	X(CODE, "code", "code") \
	X(SECOND_FACTOR, "second-factor", "second factor") \
	X(SECOND_FACTOR_SEALED, "second-factor-sealed", "its second factor was sealed with another key") \
	X(CERTIFICATE, "certificate", "certificate") \
	X(PASSKEY, "passkey", "passkey") \
	X(PASSKEY_COPY, "passkey-copy", "passkey: its counter went back, so there is a copy of it") \
	X(OIDC_NOBODY, "oidc-nobody", "by oidc: nobody's") \
	X(OIDC_NO_CODE, "oidc-no-code", "by oidc: the provider gave no code, or another one did") \
	X(OIDC_WEAK, "oidc-weak", "he was not authenticated as acr_values wants (acr)") \
	X(OIDC_TOKEN, "oidc-token", "{1}") \
	X(OWN_ACCOUNT, "own-account", "display, language") \
	X(ROLES_WAIT, "roles-wait", "without roles, which wait for approval") \
	X(ROLES_ALONE, "roles-alone", "nobody else can approve: with roles at once") \
	X(ALONE, "alone", "nobody else can approve: at once") \
	X(NOBODY_LOOKED, "nobody-looked", "nobody else could look at it") \
	X(NEW_START, "new-start", "password and second factor are gone") \
	X(STALE, "stale", "the files were changed meanwhile") \
	X(NEVER_SERVED, "never-served", "the hub ended before it was done, and it never served") \
	X(DELETED, "deleted", "{1} rows, from {2} to {3}") \
	X(TORN, "torn", "{1} bytes of an unfinished entry were taken out at the end of {2}") \
	X(DAMAGED, "damaged", "the last {1} lines of {2} cannot be read") \
	X(MOVED, "moved", "somebody else has changed or removed the file before entry {1}")

enum audit_said {
#define X(id, code, english) AUDIT_SAID_##id,
	AUDIT_SAID_LIST(X)
#undef X
	AUDIT_SAID_COUNT,
};

/* SAID 0: nothing, what somebody wrote stands alone. */
struct audit_words {
	enum audit_said said;
	struct span arguments[AUDIT_ARGUMENTS];
};
#define AUDIT_SAY(id, ...) ((struct audit_words){ AUDIT_SAID_##id, { __VA_ARGS__ } })

const char *audit_said_code(enum audit_said said);
/* How many arguments its English has. */
unsigned audit_said_arguments(enum audit_said said);
/* Appends the English. RESULT_NO_MEMORY, RESULT_LIMIT. */
enum result audit_said_write(const struct audit_words *words, struct buffer *out) must_check;

#endif
