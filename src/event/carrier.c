#include "event/carrier.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/banned.h"

enum result carrier_start(struct carrier *carrier, int wake_fd, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int error;

	carrier->wake_fd = wake_fd;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&carrier->thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? RESULT_IO : RESULT_OK;
}

bool carrier_must_stop(const struct carrier *carrier)
{
	return atomic_load(&carrier->stop);
}

void carrier_rest(const struct carrier *carrier, int wait_ms)
{
	struct pollfd wake = { .fd = carrier->wake_fd, .events = POLLIN };
	uint64_t count;

	if (poll(&wake, 1, wait_ms) > 0 && read(carrier->wake_fd, &count, sizeof(count)) < 0)
		return;  /* someone else read it: we are awake anyway */
}

void carrier_stop(struct carrier *carrier)
{
	static const uint64_t one = 1;

	atomic_store(&carrier->stop, true);
	if (write(carrier->wake_fd, &one, sizeof(one)) < 0) {
		/* its counter is full: it is awake */
	}
	pthread_join(carrier->thread, NULL);
}
