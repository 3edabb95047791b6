/* base/library.c with the dynamic loader's answers replaced: a library that is not here, or one that has only some functions.
 * To be included before the file under test, which opens its library once. */
#ifndef BOUCLIER_TESTS_BASE_NO_LIBRARY_H
#define BOUCLIER_TESTS_BASE_NO_LIBRARY_H

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct {
	const char *file, *function;  /* asked for; the only one it has, NULL: it is not here */
	char library, body;
	unsigned opened, closed;
} loader;

static void *no_dlopen(const char *file, int flags)
{
	assert_string_equal(file, loader.file);
	assert_true(flags & RTLD_NOW);
	loader.opened++;
	return loader.function ? &loader.library : NULL;
}

static void *no_dlsym(void *library, const char *name)
{
	assert_ptr_equal(library, &loader.library);
	return strcmp(name, loader.function) ? NULL : &loader.body;
}

static int no_dlclose(void *library)
{
	assert_ptr_equal(library, &loader.library);
	loader.closed++;
	return 0;
}

#define dlopen no_dlopen
#define dlsym no_dlsym
#define dlclose no_dlclose
#include "../../src/base/library.c"

#endif
