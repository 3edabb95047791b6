/* `bouclier run`: becomes the keeper. */
#include "cli/run.h"

#include "cli/wiring.h"
#include "hub/settings/settings.h"
#include "process/keeper.h"

#include "base/banned.h"

int run_shield(const struct run_options *options)
{
	const struct region *regions;
	struct keeper_plan plan = {
		.config_path = options->config_path ? options->config_path : DEFAULT_CONFIG, .roots = options->roots,
		.root_count = options->root_count, .account = EDGE_ACCOUNT, .hub_account = HUB_ACCOUNT, .pid_file = options->pid_file, .argv = options->argv,
		.is_quiet = options->is_quiet,
	};

	plan.region_count = wiring_regions(&regions);
	plan.regions = regions;
	return keeper_run(&plan);
}
