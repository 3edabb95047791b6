#include <string.h>
#include "cli/role_check.h"
#include "cli/role_edge.h"
#include "cli/run.h"
int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--role") == 0) {
		static const struct role_table roles = { .check = role_check, .edge = role_edge };
		return role_run(argv[2], &roles);
	}
	const char *roots[] = { argc > 5 ? argv[5] : "/tmp" };
	struct run_options o = { .config_path = argv[3], .argv = argv, .roots = roots, .root_count = 1 };
	return run_shield(&o);
}
