/* The tables of sandbox.h, one a role. Lists of system calls end with SANDBOX_END, lists of paths with NULL. */
#ifndef BOUCLIER_PROCESS_SANDBOX_TABLES_H
#define BOUCLIER_PROCESS_SANDBOX_TABLES_H

#include <stdbool.h>

#include "process/sandbox.h"

/* A sanitizer's runtime makes calls that no role makes (ptrace in the leak check, odd mmaps): no seccomp then, and a little
 * more to read. What ships is built without. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_HAS_SANITIZER 1
#endif
#endif
#define SANDBOX_LISTS_MAX 4

struct sandbox_table {
	bool allows_rest;                      /* the keeper: what is not listed is allowed, its children are stricter */
	const int *calls[SANDBOX_LISTS_MAX];   /* allowed; ended by NULL */
	const char *const *reads[SANDBOX_LISTS_MAX];  /* paths to read; ended by NULL */
	bool has_files;                        /* false: Landlock is not entered */
	bool may_bpf;                          /* bpf(2), with the commands of sandbox_bpf_commands: it kills everybody else */
};

extern const struct sandbox_table sandbox_tables[SANDBOX_COUNT];
/* A call that kills, in every role; all but the calls that start a program kill the keeper too. */
extern const int sandbox_deadly[];
extern const int sandbox_deadly_exec[];
/* Newer than their users: "no such call" makes the C library fall back to the older one, which the tables know. */
extern const int sandbox_unknown[];
/* Domains of socket(2), and the only ioctl(2) and prctl(2) that roles make. */
extern const int sandbox_domains[], sandbox_domains_hub[], sandbox_domains_send[];
extern const long sandbox_ioctls[];
extern const int sandbox_prctls[];
/* What is done with a map that somebody else has opened: read, write, look at. */
extern const int sandbox_bpf_commands[];
extern const int sandbox_capabilities[];

#endif
