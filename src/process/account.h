/* The user that everything runs as which is not the keeper: rights are given up for good, or the process ends.
 *
 * Owns     nothing
 * Threads  account_take before the first thread of the process; account_become and _self in processes of one thread
 */
#ifndef BOUCLIER_PROCESS_ACCOUNT_H
#define BOUCLIER_PROCESS_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/result.h"

struct account {
	uid_t uid;
	gid_t gid;
	bool must_switch;  /* this process is root, and the others are not */
	bool is_nobody;    /* for want of a user of its own */
	bool has_group;    /* GROUP too: of whose files it reads some */
	gid_t group;
};

/* Who others run as when this process starts them: the user NAME (NULL: none is known by name) if it is root, itself otherwise. */
struct account account_of(const char *name);
/* In the child: becomes ACCOUNT, without capabilities, and never gains any. Security, fails closed: ends the process with status 126
 * rather than to go on with root's rights. */
void account_take(const struct account *account);
/* Where others than this process may be chosen (must_switch): UID and GID for a moment, and itself again. The system forgets meanwhile that who started us
 * wanted us to end with him: it is told anew. False from _self: security, fails closed, for a keeper that stays somebody else could do no more than he may. */
bool account_become(const struct account *account, uid_t uid, gid_t gid) must_check;
bool account_become_self(const struct account *account) must_check;

#endif
