#include "process/signals.h"

#include <signal.h>

#include "base/banned.h"

void signals_begin(bool keeps_mask)
{
	sigset_t none;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	if (!keeps_mask)
		sigprocmask(SIG_SETMASK, &none, NULL);
}
