/* Who plays, and from where: every player has a loopback address of his own, so that the shield sees sources as it does on the Internet.
 * 127.0.0.1 itself is none of them: the shield spares it, as this machine.
 *
 *   127.64.0.0/16   citizens, person by person        127.96.0.0/16    partners, whom the drill's allowlist names
 *   127.80.0.0/16   those behind one address          127.128.0.0/9    attackers
 */
#ifndef BOUCLIER_CLI_DRILL_CAST_H
#define BOUCLIER_CLI_DRILL_CAST_H

#include "cli/drill/drill.h"

#define CAST_PARTNERS "127.96.0.0/16"

struct cast_part {
	unsigned people;
	unsigned pages;          /* after so many of them somebody else comes, with an empty jar; 0: nobody else */
	unsigned think_ms;       /* between two pages, in the mean */
	bool has_script, one_address;
	uint32_t network;
};

/* Of one kind of citizen. */
const struct cast_part *cast_part(enum citizen_kind kind);
/* Of the PERSON-th who sat on SEAT, which is below `people`. */
uint32_t cast_citizen_address(enum citizen_kind kind, unsigned seat, unsigned person);
uint32_t cast_attacker_address(enum attack_kind kind, unsigned number);
bool cast_is_attacker(uint32_t address);

/* How many addresses each attack comes from; how many connections each of them has at most. */
unsigned cast_attackers(enum attack_kind kind);
#define CAST_ATTACKERS_MAX 60u
#define CAST_CONNECTIONS 8u

#endif
