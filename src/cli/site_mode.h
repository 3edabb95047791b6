/* What the rules of a site do now, as the shield that serves it says: its file may say detect, and the site be in block already.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_SITE_MODE_H
#define BOUCLIER_CLI_SITE_MODE_H

#include "config/snapshot.h"
#include "edge/rules/waf_settings.h"

struct site_mode {
	enum waf_mode mode;
	char until[11];          /* of detect: the day on which it may move to block, "2026-12-05"; empty: it does not by itself */
	bool is_undone;          /* a person took it back to detect */
};

/* Of SITE. Where no shield answers at SOCKET: what its file says. */
void site_mode_ask(const char *socket, const struct site *site, struct site_mode *out);

#endif
