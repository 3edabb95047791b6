#include "base/slots.h"

#include <string.h>

#include "base/banned.h"

static char *at(const struct slots *slots, unsigned index)
{
	return (char *)slots->records + (size_t)index * slots->size;
}

unsigned slots_used(const struct slots *slots)
{
	unsigned used = __atomic_load_n(slots->used, __ATOMIC_ACQUIRE);

	return used < slots->count ? used : slots->count;
}

bool slots_read(const struct slots *slots, unsigned index, void *out)
{
	uint32_t version = __atomic_load_n(&slots->versions[index], __ATOMIC_ACQUIRE);

	if (version & 1)
		return false;
	memcpy(out, at(slots, index), slots->size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slots->versions[index], __ATOMIC_RELAXED) == version;
}

void slots_write(const struct slots *slots, unsigned index, const void *record)
{
	uint32_t version = slots->versions[index] | 1;

	__atomic_store_n(&slots->versions[index], version, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(at(slots, index), record, slots->size);
	__atomic_store_n(&slots->versions[index], version + 1, __ATOMIC_RELEASE);
	if (index >= slots_used(slots))
		__atomic_store_n(slots->used, index + 1, __ATOMIC_RELEASE);
}
