#include "waf/operator/libinjection.h"

#include <dlfcn.h>
#include <pthread.h>

#include "base/banned.h"

#define LIBRARY "libmodsecurity.so.3"

static struct libinjection loaded;
static enum result load_result = RESULT_NOT_FOUND;
static pthread_once_t once = PTHREAD_ONCE_INIT;

enum result libinjection_open(const char *file, struct libinjection *out)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	struct libinjection found;

	if (!library)
		return RESULT_NOT_FOUND;
	/* POSIX: what dlsym returns may be stored in a pointer to a function, through its bytes. */
	*(void **)&found.sqli = dlsym(library, "libinjection_sqli");
	*(void **)&found.xss = dlsym(library, "libinjection_xss");
	if (!found.sqli || !found.xss) {
		dlclose(library);
		return RESULT_REFUSED;
	}
	*out = found;  /* the library stays until the process ends: rules point into it */
	return RESULT_OK;
}

static void load(void)
{
	load_result = libinjection_open(LIBRARY, &loaded);
}

const struct libinjection *libinjection_get(const char **why)
{
	pthread_once(&once, load);
	if (load_result == RESULT_OK)
		return &loaded;
	*why = load_result == RESULT_NOT_FOUND
	               ? "libinjection is not here: it is part of " LIBRARY ", which cannot be loaded"
	               : "libinjection is not here: " LIBRARY " does not export libinjection_sqli and libinjection_xss";
	return NULL;
}
