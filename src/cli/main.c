#include <string.h>

#include "cli/command.h"
#include "cli/role_check.h"
#include "cli/edge/role.h"
#include "process/keeper.h"
#include "process/signals.h"

#include "base/banned.h"

int main(int argc, char **argv)
{
	signals_begin(keeper_is_upgraded());
	/* The keeper starts the other roles with this first word; a person never types it. */
	if (argc >= 3 && strcmp(argv[1], "--role") == 0) {
		static const struct role_table roles = { .check = role_check, .edge = role_edge };

		return role_run(argv[2], &roles);
	}
	return command_run(argc, argv);
}
