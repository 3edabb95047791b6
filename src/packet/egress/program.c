#include "packet/egress/program.h"

#include <bpf/bpf.h>
#include <stdlib.h>

/* What bpftool writes casts as it likes. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "packet/egress/egress.skel.h"
#pragma GCC diagnostic pop

#include "base/banned.h"

struct egress_program {
	struct egress_programs *skeleton;
};

const char *egress_hook_name(enum egress_hook hook)
{
	static const char *const names[] = {
#define X(name, type) #name,
		EGRESS_HOOK_LIST(X)
#undef X
	};

	return names[hook];
}

int egress_hook_type(enum egress_hook hook)
{
	static const int types[] = {
#define X(name, type) type,
		EGRESS_HOOK_LIST(X)
#undef X
	};

	return types[hook];
}

enum result egress_program_open(struct egress_program **out)
{
	struct egress_program *program = calloc(1, sizeof(*program));

	if (!program)
		return RESULT_NO_MEMORY;
	program->skeleton = egress_programs__open();
	if (!program->skeleton) {
		egress_program_free(program);
		return RESULT_IO;
	}
	*out = program;
	return RESULT_OK;
}

enum result egress_program_load(struct egress_program *program)
{
	return egress_programs__load(program->skeleton) ? RESULT_IO : RESULT_OK;
}

void egress_program_free(struct egress_program *program)
{
	if (!program)
		return;
	egress_programs__destroy(program->skeleton);
	free(program);
}

struct bpf_object *egress_program_object(struct egress_program *program)
{
	return program->skeleton->obj;
}

int egress_program_fd(const struct egress_program *program, enum egress_hook hook)
{
	switch (hook) {
#define X(name, type) \
	case EGRESS_HOOK_##name: \
		return bpf_program__fd(program->skeleton->progs.name);
		EGRESS_HOOK_LIST(X)
#undef X
	case EGRESS_HOOKS:
		break;
	}
	return -1;
}
