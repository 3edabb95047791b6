/* Memory that runs out when a test says so. Include this, then the .c file under test: its calls are taken over, and the
 * library's own copy of that file is not linked in. */
#ifndef BOUCLIER_TESTS_BASE_FAILING_H
#define BOUCLIER_TESTS_BASE_FAILING_H

#include <stdlib.h>

static size_t failing_calls;    /* allocations asked for since failing_from */
static size_t failing_at;       /* the first that gets nothing, and all after it; 0: none */

static inline void failing_from(size_t nth)
{
	failing_calls = 0;
	failing_at = nth;
}

static inline int failing_now(void)
{
	failing_calls++;
	return failing_at && failing_calls >= failing_at;
}

static inline void *failing_malloc(size_t size)
{
	return failing_now() ? NULL : malloc(size);
}

static inline void *failing_calloc(size_t count, size_t size)
{
	return failing_now() ? NULL : calloc(count, size);
}

static inline void *failing_reallocarray(void *old, size_t count, size_t size)
{
	return failing_now() ? NULL : reallocarray(old, count, size);
}

#define malloc failing_malloc
#define calloc failing_calloc
#define reallocarray failing_reallocarray

#endif
