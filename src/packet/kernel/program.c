#include "packet/kernel/program.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* What bpftool writes casts as it likes. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "packet/kernel/filter.skel.h"
#pragma GCC diagnostic pop

#include "base/banned.h"

struct packet_program {
	struct packet_filter *skeleton;
};

/* The bytes of one number from the kernel come whole, or the kernel is not one that loads programs. */
static enum result seed_draw(struct packet_program *program)
{
	__u64 seed;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return RESULT_IO;
	program->skeleton->rodata->sketch_seed = seed;
	return RESULT_OK;
}

enum result packet_program_open(struct packet_program **out)
{
	struct packet_program *program = calloc(1, sizeof(*program));

	if (!program)
		return RESULT_NO_MEMORY;
	program->skeleton = packet_filter__open();
	if (!program->skeleton || seed_draw(program) != RESULT_OK) {
		packet_program_free(program);
		return RESULT_IO;
	}
	*out = program;
	return RESULT_OK;
}

enum result packet_program_load(struct packet_program *program)
{
	return packet_filter__load(program->skeleton) ? RESULT_IO : RESULT_OK;
}

void packet_program_free(struct packet_program *program)
{
	if (!program)
		return;
	packet_filter__destroy(program->skeleton);
	free(program);
}

struct bpf_object *packet_program_object(struct packet_program *program)
{
	return program->skeleton->obj;
}

struct bpf_map *packet_program_map(struct packet_program *program, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(program->skeleton->obj, name);

	assert(map);
	return map;
}

struct bpf_program *packet_program_filter(struct packet_program *program)
{
	return program->skeleton->progs.filter;
}
