/* Makes every visitor that a running shield remembers SECONDS older, in its own memory: what takes a day is then a day ago.
 *
 *   age-hits /proc/PID/fd/NUMBER SECONDS       the descriptor of the memory that outlives the edge
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/wiring.h"
#include "edge/hits/hits_inner.h"
#include "process/shared.h"

static unsigned age(struct hits_site *site, uint64_t key, uint32_t seconds)
{
	unsigned aged = 0;

	if (hits_lock(site, key) != RESULT_OK)
		return 0;
	for (unsigned i = 0; i < HITS_CLIENTS; i++) {
		if (!site->clients[i].tag)
			continue;
		site->clients[i].first_s -= seconds;
		aged++;
	}
	hits_unlock(site);
	return aged;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	struct shared shared;
	struct hits *hits = NULL;
	unsigned aged = 0;

	if (fd >= 0 && shared_map(fd, &shared) == RESULT_OK)
		hits = shared_find(&shared, REGION_HITS, HITS_VERSION, hits_memory_bytes());
	if (!hits) {
		fprintf(stderr, "age-hits: no memory of a shield\n");
		return 1;
	}
	for (unsigned i = 0; i < HITS_SITES; i++)
		aged += hits->keys[i] ? age(&hits->sites[i], hits->keys[i], (uint32_t)strtoul(argv[2], NULL, 10)) : 0;
	printf("%u\n", aged);
	return 0;
}
