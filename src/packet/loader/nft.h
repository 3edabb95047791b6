/* libnftables, whose only user this file is: found when it is asked for, and not needed to run.
 *
 * Threads  one at a time; needs CAP_NET_ADMIN
 */
#ifndef BOUCLIER_PACKET_LOADER_NFT_H
#define BOUCLIER_PACKET_LOADER_NFT_H

#include "base/buffer.h"

/* Runs COMMANDS (NUL-terminated) as one transaction. RESULT_NOT_FOUND: there is no libnftables; RESULT_REFUSED: ERROR says why. OUT gets what they
 * print, as JSON where IS_JSON; NULL: nobody asks. */
enum result nft_run(const char *commands, bool is_json, struct buffer *out, struct buffer *error) must_check;
/* Can it be had? */
bool nft_is_there(void);

#endif
