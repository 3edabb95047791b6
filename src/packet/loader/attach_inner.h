/* The inside of an attach, for attach.c and attach_links.c alone. */
#ifndef BOUCLIER_PACKET_LOADER_ATTACH_INNER_H
#define BOUCLIER_PACKET_LOADER_ATTACH_INNER_H

#include "packet/kernel/program.h"
#include "packet/loader/loader.h"
#include "packet/loader/machine.h"

struct attaching {
	const struct packet_wish *wish;
	struct complaints *complaints;
	struct packet_outcome *out;
	struct links_seen *links;
	struct packet_program *program;
	struct control *control;
	int program_fd;
	struct machine machine;
};

/* Native where it can be, else generic; each target's rung says what became of it, `why` what was tried. */
void attach_links(const struct attaching *attaching);
/* What the configuration names no more is filtered no more; undoing the change brings it back. */
void attach_drop_others(const struct packet_targets *targets);

#endif
