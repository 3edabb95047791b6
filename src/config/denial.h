/* Why the kernel answered EACCES, told so that an administrator can act on it: which user may not enter which folder, or not
 * read what is in it.
 *
 * As root the keeper reads everything, but the configuration is read by a process that has given its rights up: what root
 * sees in its own shell is no proof. So the user is always named.
 */
#ifndef BOUCLIER_CONFIG_DENIAL_H
#define BOUCLIER_CONFIG_DENIAL_H

#include "base/span.h"

#define DENIAL_SIZE 4352  /* a path, and the sentence around it */

struct denial {
	char text[DENIAL_SIZE];        /* "user nobody (65534) may not enter the folder /root" */
	char suggestion[DENIAL_SIZE];  /* what would help: a whole sentence */
};

/* Asks as the user that this process is now. PATH is absolute; links are followed. Needs no rights, and never fails: where
 * owners and modes allow it (a sandbox forbids), it says that. */
void denial_explain(const char *path, struct denial *out);

#endif
