#include "base/library.h"

#include <dlfcn.h>

#include "base/banned.h"

enum result library_open(const char *file, const struct library_function *functions, size_t count)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return RESULT_NOT_FOUND;
	for (size_t i = 0; i < count; i++) {
		if (!dlsym(library, functions[i].name)) {
			dlclose(library);
			return RESULT_REFUSED;
		}
	}
	/* POSIX: what dlsym returns may be stored in a pointer to a function, through its bytes. */
	for (size_t i = 0; i < count; i++)
		*(void **)functions[i].at = dlsym(library, functions[i].name);
	return RESULT_OK;
}
