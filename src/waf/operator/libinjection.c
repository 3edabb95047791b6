#include "waf/operator/libinjection.h"

#include <pthread.h>

#include "base/library.h"

#include "base/banned.h"

#define LIBRARY "libmodsecurity.so.3"

static struct libinjection loaded;
static enum result load_result = RESULT_NOT_FOUND;
static pthread_once_t once = PTHREAD_ONCE_INIT;

enum result libinjection_open(const char *file, struct libinjection *out)
{
	struct libinjection found;
	const struct library_function functions[] = { { "libinjection_sqli", &found.sqli }, { "libinjection_xss", &found.xss } };
	enum result result = library_open(file, functions, sizeof(functions) / sizeof(*functions));

	if (result == RESULT_OK)
		*out = found;
	return result;
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
