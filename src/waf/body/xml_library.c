#include "waf/body/xml_library.h"

#include <pthread.h>

#include "base/library.h"
#include "waf/body/xml.h"

#include "base/banned.h"

#define LIBRARY "libxml2.so.2"

static struct xml_library loaded;
static enum result load_result = RESULT_NOT_FOUND;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define FUNCTION(name) { #name, &loaded.name },
static void load(void)
{
	const struct library_function functions[] = { XML_LIBRARY_FUNCTIONS(FUNCTION) };

	load_result = library_open(LIBRARY, functions, sizeof(functions) / sizeof(*functions));
	if (load_result == RESULT_OK)
		loaded.xmlInitParser();  /* before a second thread can come */
}
#undef FUNCTION

const struct xml_library *xml_library_get(const char **why)
{
	pthread_once(&once, load);
	if (load_result == RESULT_OK)
		return &loaded;
	*why = load_result == RESULT_NOT_FOUND ? "libxml2 is not here: " LIBRARY " cannot be loaded"
	                                       : "libxml2 is not here: " LIBRARY " lacks a function that is needed";
	return NULL;
}

bool xml_is_here(const char **why)
{
	return xml_library_get(why) != NULL;
}
