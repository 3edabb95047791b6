/* Where a drill takes place: a folder of its own below /tmp, and ports of 127.0.0.1 that nobody has.
 *
 * Owns     folder and descriptors, until ground_done, which takes the folder away with all that is in it
 * Limits   folders lie at most GROUND_DEPTH_MAX deep; what lies deeper stays, and that is said on stderr
 *
 * Security, fails closed: only its owner and, started by root, the group of the user that the shield's processes run as, may pass through
 * the folder and read the configuration, which has the site's thresholds in it.
 */
#ifndef BOUCLIER_CLI_DRILL_GROUND_H
#define BOUCLIER_CLI_DRILL_GROUND_H

#include <stdint.h>

#include "base/span.h"
#include "process/account.h"

#define GROUND_FOLDER "/tmp/bouclier-drill-XXXXXX"
#define GROUND_PATH_MAX (sizeof(GROUND_FOLDER) + 16)
#define GROUND_DEPTH_MAX 16u

struct drill_ground {
	struct account account;      /* whom the shield's processes become */
	char folder[sizeof(GROUND_FOLDER)];
	int folder_fd;
	char config[GROUND_PATH_MAX], socket[GROUND_PATH_MAX], state[GROUND_PATH_MAX], log[GROUND_PATH_MAX];
	uint16_t shield_port, metrics_port, portal_port;
	int shield_fd, metrics_fd;   /* keep their ports free for the drill's shield */
	int portal_fd;               /* listens */
};

/* RESULT_IO: errno tells. Whatever the result, ground_done. */
enum result ground_init(struct drill_ground *ground) must_check;
void ground_done(struct drill_ground *ground);
/* TEXT as the configuration. */
enum result ground_write_config(const struct drill_ground *ground, struct span text) must_check;

#endif
