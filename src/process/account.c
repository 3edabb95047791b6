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

static int end_signal;  /* what we are to get when who started us is gone; 0: nothing */

bool account_become(const struct account *account, uid_t uid, gid_t gid)
{
	if (!account->must_switch)
		return true;
	(void)!prctl(PR_GET_PDEATHSIG, &end_signal);
	return setegid(gid) == 0 && seteuid(uid) == 0;
}

bool account_become_self(const struct account *account)
{
	if (!account->must_switch)
		return true;
	if (seteuid(0) != 0 || setegid(0) != 0)
		return false;
	if (end_signal)
		(void)!prctl(PR_SET_PDEATHSIG, end_signal);
	return true;
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
