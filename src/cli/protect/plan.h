/* What `protect` is going to write: the site, and the certificate.
 *
 * Owns     spans point into the arena and into main()'s words
 */
#ifndef BOUCLIER_CLI_PROTECT_PLAN_H
#define BOUCLIER_CLI_PROTECT_PLAN_H

#include "cli/protect/site_edit.h"
#include "config/edit.h"

enum protect_rules {
	RULES_WRITTEN,                /* the site observes by Debian's CRS */
	RULES_OF_DEFAULTS,            /* `defaults` says of `waf` what its administrator wants: nothing is added */
	RULES_MISSING,                /* Debian's CRS is not there */
	RULES_BROKEN,                 /* it is there, and cannot be used: said on stderr */
};

struct protect_plan {
	const struct options *options;
	struct arena arena;
	struct site_edit edit;
	struct new_site site;
	char socket[PATH_TEXT_MAX];
	char certificate[PATH_TEXT_MAX];
	bool is_made;                 /* the certificate is ours to make: self-signed */
	bool is_kept;                 /* ours, and there already */
	enum protect_rules rules;     /* what was done about rules */
};

/* Reads the words and the file, and checks what the file will be. EXIT_DONE, or what was said on stderr. Whatever it
 * was, protect_plan_done. */
int protect_plan_make(struct protect_plan *plan, const struct options *options);
void protect_plan_done(struct protect_plan *plan);
/* Makes the certificate if it is ours to make, and writes the file. */
int protect_plan_write(const struct protect_plan *plan);
/* A name that no public authority would sign for, or that is reserved for trying things out. */
bool host_is_private(struct span host);

#endif
