#include "process/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "base/banned.h"

void signals_begin(bool keeps_mask)
{
	sigset_t none;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	if (!keeps_mask)
		sigprocmask(SIG_SETMASK, &none, NULL);
}

int signals_of_end(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
