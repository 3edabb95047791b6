/* An array that grows by doubling. */
#ifndef BOUCLIER_PACKET_LISTS_ARRAY_H
#define BOUCLIER_PACKET_LISTS_ARRAY_H

#include <stdlib.h>

#define ARRAY_FIRST_SIZE 64u

/* LIST, of which COUNT of SIZE places of SIZE_OF bytes are taken, with room for one more. NULL: no memory, and LIST is as it was. */
static inline void *array_grow(void *list, size_t count, size_t *size, size_t size_of)
{
	size_t wanted = *size ? 2 * *size : ARRAY_FIRST_SIZE;
	void *grown;

	if (count < *size)
		return list;
	grown = reallocarray(list, wanted, size_of);
	if (grown)
		*size = wanted;
	return grown;
}

#endif
