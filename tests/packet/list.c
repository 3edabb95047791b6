/* packet-list COUNT
 *
 * A file of COUNT networks of chance (two thirds of them addresses, one in fifty of IPv6), read, made into tables and put into maps of its own until they would be in force, over a list of the same
 * kind that is there: says how many ms it took. For bench/run packet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/draws.h"
#include "base/clock.h"
#include "own_maps.h"
#include "packet/control/publish.h"
#include "packet/lists/file.h"

#include "base/banned.h"

static void write_list(FILE *file, unsigned count, struct draws *draws)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t address = (uint32_t)draw(draws);

		if (i % 50 == 0)
			fprintf(file, "2a00:%x:%x::/48\n", address >> 16, address & 0xffff);
		else if (draw_below(draws, 3))
			fprintf(file, "%u.%u.%u.%u\n", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
		else
			fprintf(file, "%u.%u.%u.0/24\n", address >> 24, address >> 16 & 255, address >> 8 & 255);
	}
}

/* Its whole way; 0: it failed, and was told. */
static uint64_t load(struct control *control, const char *path, const struct packet_prefixes *allowed)
{
	uint64_t start_ns = clock_mono_ns(), took_ns = 0;
	struct packet_prefixes denied;
	struct complaints complaints;
	struct published published;

	complaints_init(&complaints);
	prefixes_init(&denied);
	if (prefix_file_read(path, &complaints, &denied) == RESULT_OK && publish_lists(control, &denied, allowed, &complaints, &published) == RESULT_OK)
		took_ns = clock_mono_ns() - start_ns;
	else
		fprintf(stderr, "packet-list: the list cannot be loaded: %s\n", strerror(errno));
	prefixes_done(&denied);
	complaints_done(&complaints);
	return took_ns;
}

static uint64_t measure(struct control *control, unsigned count)
{
	char path[] = "/tmp/bouclier-list-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	struct packet_prefixes allowed;
	struct draws draws = { 9 };
	uint64_t took_ns = 0;

	if (!file)
		return 0;
	write_list(file, count, &draws);
	prefixes_init(&allowed);
	if (fclose(file) == 0 && load(control, path, &allowed) && load(control, path, &allowed))  /* both copies have held one */
		took_ns = load(control, path, &allowed);
	prefixes_done(&allowed);
	unlink(path);
	return took_ns;
}

int main(int count, char **words)
{
	unsigned networks = count == 2 ? (unsigned)strtoul(words[1], NULL, 10) : 0;
	struct control *control = NULL;
	struct packet_maps maps;
	uint64_t took_ns = 0;

	if (!networks || networks > PREFIX_FILE_COUNT) {
		fprintf(stderr, "usage: packet-list COUNT (at most %u)\n", PREFIX_FILE_COUNT);
		return 2;
	}
	if (own_maps(&maps) && control_new(&maps, &control) == RESULT_OK)
		took_ns = measure(control, networks);
	else
		perror("packet-list");
	packet_maps_close(&maps);
	control_free(control);
	if (took_ns)
		printf("%.1f\n", (double)took_ns / 1e6);
	return took_ns ? 0 : 1;
}
