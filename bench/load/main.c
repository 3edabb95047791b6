/* load - a load generator on one thread, made to measure what a request costs a proxy.
 *
 * One request at a time on each connection, closed or open loop, plain or TLS 1.3; prints one line of JSON.
 * The picture is in schedule.h; the options are in options.c.
 */
#include <signal.h>

#include "options.h"
#include "schedule.h"

int main(int argc, char **argv)
{
	static struct schedule schedule;
	struct options options;

	signal(SIGPIPE, SIG_IGN);
	if (!options_read(&options, argc, argv))
		return 2;
	if (!schedule_init(&schedule, &options))
		return 1;
	schedule_run(&schedule);
	schedule_done(&schedule);
	return 0;
}
