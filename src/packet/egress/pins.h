/* The folder of what the egress programs have pinned: EGRESS_PIN_FOLDER.
 *
 * Shape    maps by their names; a link for each program: "link_connect4"
 */
#ifndef BOUCLIER_PACKET_EGRESS_PINS_H
#define BOUCLIER_PACKET_EGRESS_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/egress/program.h"

/* A descriptor, or -1. MAY_WRITE false: the kernel refuses every change through it. */
int egress_pins_open(const char *name, bool may_write);
int egress_pins_open_link(enum egress_hook hook);
enum result egress_pins_pin_link(int fd, enum egress_hook hook) must_check;
/* Detaches and forgets. */
void egress_pins_drop_link(enum egress_hook hook);
/* Is it attached to the cgroup of that number still? A service that starts anew has a new one. */
bool egress_pins_is_alive(enum egress_hook hook, uint64_t cgroup);
/* Is any, to whatever cgroup? */
bool egress_pins_has_links(void);
/* Every link and pin, and the folder. False: there was none. */
bool egress_pins_drop_all(void);
/* The same of what a version before has pinned (EGRESS_FORMER_FOLDER), whose programs would go on refusing by a list that nobody changes any more. */
bool egress_pins_drop_former(void);

#endif
