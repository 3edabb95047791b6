/* What an audit log may tell of a request: the same as the journal, in ModSecurity's words.
 *
 * Privacy  "*LEN" stands for every value of a query, of a path's parameters, of a form, of every header that is not on the list of those
 *          that say nothing of anybody, and for every body. Of what a rule matched there is what mask.h keeps. A client's address is what
 *          `log.client_ip` makes of it
 * Owns     nothing
 */
#ifndef BOUCLIER_EVENT_AUDIT_SCREEN_H
#define BOUCLIER_EVENT_AUDIT_SCREEN_H

#include "base/hash.h"
#include "event/settings.h"
#include "waf/waf.h"

struct audit_screen {
	const struct address *client;
	int kept;                 /* enum log_address */
	struct hash_seed key;     /* of LOG_ADDRESS_KEYED */
};

/* SCREEN must live as long as what is returned is used. */
struct waf_audit_screen audit_screen_of(struct audit_screen *screen);

#endif
