#include "cli/edge/aside.h"

#include <pthread.h>
#include <stddef.h>

#include "base/block.h"

#include "base/banned.h"

struct aside {
	void (*work)(void *context);
	void *context;
};

static void *run(void *argument)
{
	const struct aside *aside = argument;

	aside->work(aside->context);
	block_thread_done();
	return NULL;
}

void edge_aside(void (*work)(void *context), void *context)
{
	struct aside aside = { work, context };
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, &aside) == 0)
		pthread_join(thread, NULL);
	else
		work(context);
}
