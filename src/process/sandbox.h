/* What each role may do, from one const table each (sandbox_tables.c): capabilities, system calls, files.
 *
 * seccomp   a listed call is allowed; a call that only an attacker makes kills the process; anything else is EPERM, so
 *           that a library trying something harmless and new goes on
 * Landlock  the role sees the files of its table and the views it is given, nothing else
 *
 * Security fails closed: a filter that cannot be installed is RESULT_REFUSED and the role must not serve. A kernel that
 * has no Landlock is availability's case: the report says so and the role goes on, still under seccomp.
 *
 * Threads   before the first thread of the role is started
 */
#ifndef BOUCLIER_PROCESS_SANDBOX_H
#define BOUCLIER_PROCESS_SANDBOX_H

#include "base/span.h"

enum sandbox_role { SANDBOX_KEEPER, SANDBOX_CHECK, SANDBOX_EDGE, SANDBOX_RESOLVE, SANDBOX_DRILL, SANDBOX_PACKET, SANDBOX_HUB, SANDBOX_SEND, SANDBOX_COUNT };

#define SANDBOX_VIEWS_MAX 256u

struct sandbox_view {
	struct span path;  /* a file, or a folder and all below; one that does not exist is skipped */
	bool may_write;    /* create, write, rename, remove; never execute */
};

struct sandbox_report {
	int landlock;      /* ABI version; 0: this kernel has none */
	bool has_seccomp;  /* false only in a sanitizer build, whose runtime needs calls that no role makes */
};

enum result sandbox_enter(enum sandbox_role role, const struct sandbox_view *views, size_t count,
                          struct sandbox_report *out) must_check;
/* The keeper's capabilities: keeps those of its table that it has, also as the bound of what its children could get. */
enum result sandbox_limit_capabilities(void) must_check;
/* The same of any list, ended by SANDBOX_END: of commands that need some of root's rights and no more. */
#define SANDBOX_END 0x7fffffff
enum result sandbox_keep_capabilities(const int *kept) must_check;
/* Does this process have it, in effect? */
bool sandbox_has_capability(int capability);

#endif
