#include "hub/people/permit.h"

#include "base/banned.h"

static const char *const permit_names[PERMIT_COUNT] = {
#define X(id, name, number) [number] = name,
	PERMIT_LIST(X)
#undef X
};
static const char *const role_names[ROLE_COUNT] = {
#define X(id, name, number, permits) [number] = name,
	ROLE_LIST(X)
#undef X
};
static const uint32_t role_gives[ROLE_COUNT] = {
#define X(id, name, number, permits) [number] = (permits),
	ROLE_LIST(X)
#undef X
};

uint32_t role_permits(uint32_t roles)
{
	uint32_t permits = 0;

	for (unsigned i = 0; i < ROLE_COUNT; i++)
		permits |= roles & 1u << i ? role_gives[i] : 0;
	return permits;
}

const char *permit_name(unsigned number)
{
	return permit_names[number];
}

const char *role_name(unsigned number)
{
	return role_names[number];
}

static uint32_t bit_of(struct span name, const char *const *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (span_equal(name, span_of(names[i])))
			return 1u << i;
	}
	return 0;
}

uint32_t permit_of(struct span name)
{
	return bit_of(name, permit_names, PERMIT_COUNT);
}

uint32_t role_of(struct span name)
{
	return bit_of(name, role_names, ROLE_COUNT);
}
