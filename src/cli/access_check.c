#include "cli/access_check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <unistd.h>

#include "cli/wiring.h"
#include "config/denial.h"
#include "net/settings.h"
#include "process/account.h"

#include "base/banned.h"

#define GROUPS_MAX 256

static bool is_denied(struct span path, int mode, struct denial *why)
{
	char text[PATH_MAX];

	if (span_to_text(path, text, sizeof(text)) != RESULT_OK || faccessat(AT_FDCWD, text, mode, AT_EACCESS) == 0 || errno != EACCES)
		return false;
	denial_explain(text, why);
	return true;
}

void access_check_folders(const struct snapshot *snapshot, struct complaints *complaints)
{
	struct denial why;

	for (size_t i = 0; i < snapshot->site_count; i++) {
		struct span folder = net_site_settings(&snapshot->sites[i])->acme;

		if (folder.len && is_denied(folder, R_OK | X_OK, &why))
			complain(complaints, COMPLAINT_WARNING, (struct place){ 0 }, span_of(why.suggestion),
			         "site %.*s: challenges of acme cannot be served: %s", SPAN_ARG(snapshot->sites[i].name), why.text);
	}
}

static void check_text(struct span path, struct complaints *complaints)
{
	struct denial why;

	if (is_denied(path, R_OK, &why))
		complain(complaints, COMPLAINT_ERROR, (struct place){ .file = path }, span_of(why.suggestion), "the shield cannot read it: %s", why.text);
}

static void check_rule_text(void *context, struct span owner, const struct config_text *text)
{
	(void)owner;
	check_text(text->path, context);
}

static void check_texts(const struct config_texts *texts, const struct rule_files *rules, struct complaints *complaints)
{
	for (size_t i = 0; i < texts->count; i++)
		check_text(texts->list[i].path, complaints);
	rule_files_each(rules, check_rule_text, complaints);
}

void access_check_as_account(const struct config_texts *texts, const struct rule_files *rules, const struct snapshot *snapshot, struct complaints *complaints)
{
	const struct account account = account_of(EDGE_ACCOUNT);
	gid_t groups[GROUPS_MAX], group = getegid();
	int count = getgroups(GROUPS_MAX, groups);

	if (!account.must_switch || count < 0)
		return;
	if (setgroups(0, NULL) == 0 && setegid(account.gid) == 0 && seteuid(account.uid) == 0) {
		check_texts(texts, rules, complaints);
		if (snapshot)
			access_check_folders(snapshot, complaints);
	}
	if (seteuid(0) != 0 || setegid(group) != 0 || setgroups((size_t)count, groups) != 0)
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "this process could not become root again");
}
