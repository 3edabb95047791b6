#include "process/account.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/banned.h"

#define NOBODY 65534

struct account account_of(const char *name)
{
	const struct passwd *found;

	if (geteuid() != 0)
		return (struct account){ .uid = geteuid(), .gid = getegid() };
	found = name ? getpwnam(name) : NULL;
	if (found && found->pw_uid != 0)
		return (struct account){ .uid = found->pw_uid, .gid = found->pw_gid, .must_switch = true };
	return (struct account){ .uid = NOBODY, .gid = NOBODY, .must_switch = true, .is_nobody = true };
}

void account_take(const struct account *account)
{
	if (account->must_switch && (setgroups(account->has_group, account->has_group ? &account->group : NULL) != 0 || setresgid(account->gid, account->gid, account->gid) != 0 ||
	                             setresuid(account->uid, account->uid, account->uid) != 0 || setuid(0) == 0))
		_exit(126);
	/* Not root, but with capabilities from systemd: none of them is passed on. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(126);
}
