#include "hub/people/routes/routes.h"

#include "hub/people/permit.h"

#include "base/banned.h"

const struct web_route people_route_list[] = {
#define X(handler, pattern, method, permit) { pattern, METHOD_##method, permit, handler },
	PEOPLE_ROUTE_LIST(X)
#undef X
};
const size_t people_route_count = sizeof(people_route_list) / sizeof(*people_route_list);
