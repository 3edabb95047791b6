/* A shared library that is looked for while the program runs: what only some configurations need costs the others nothing.
 *
 * Owns     a library that was opened stays until the process ends
 * Threads  any; the caller sees to it that a library is opened once
 */
#ifndef BOUCLIER_BASE_LIBRARY_H
#define BOUCLIER_BASE_LIBRARY_H

#include <stddef.h>

#include "base/result.h"

struct library_function {
	const char *name;
	void *at;  /* where its address goes: a pointer to a pointer to a function */
};

/* RESULT_NOT_FOUND: no such library; RESULT_REFUSED: it lacks a function, and nothing is kept of it. What FUNCTIONS point at is
 * untouched unless RESULT_OK. */
enum result library_open(const char *file, const struct library_function *functions, size_t count) must_check;

#endif
