#include "hub/change/inner.h"

#include <assert.h>
#include <stdlib.h>

#include "base/banned.h"

/* -- birth -- */

enum result change_new(const struct change_birth *birth, struct changes **out)
{
	struct changes *changes = calloc(1, sizeof(*changes));

	if (!changes)
		return RESULT_NO_MEMORY;
	changes->birth = *birth;
	list_init(&changes->deeds);
	asks_init(&changes->asks, birth->loop, birth->keeper);
	if (birth->admin.len) {
		changes->shield = shield_new(birth->loop, birth->admin);
		if (!changes->shield) {
			free(changes);
			return RESULT_NO_MEMORY;
		}
	}
	look_init(changes);
	*out = changes;
	return RESULT_OK;
}

void change_free(struct changes *changes)
{
	if (!changes)
		return;
	changes->is_ending = true;
	look_done(changes);
	shield_free(changes->shield);  /* whoever asked it is answered */
	asks_done(&changes->asks);
	while (!list_is_empty(&changes->deeds))
		deed_refuse(list_entry(changes->deeds.next, struct deed, node), 503, "busy", "the hub ends: look at the history, whether it was done");
	free(changes);
}

void change_answer(struct changes *changes, const struct edge_order *order)
{
	asks_answer(&changes->asks, order);
}

/* -- routes -- */

bool change_may(struct changes *changes, struct web_request *request, struct web_answer *answer, uint32_t permits)
{
	static const char *const names[] = { NULL };
	const struct person_view *caller = people_caller(changes->birth.people, request);
	struct arguments arguments;

	if (!arguments_begin(&arguments, request, answer, names))
		return false;
	if (!caller->tenants.is_all)
		web_refuse(answer, 403, "forbidden", "the configuration is of all administrations of this shield: it takes somebody who sees them all");
	else if (!(caller->permits & permits))
		web_refuse(answer, 403, "forbidden", "that takes one who may propose, or approve");
	else
		return true;
	return false;
}

static const struct web_route routes[] = {
	{ "/api/v1/config/check", METHOD_POST, PERMIT_PROPOSE, change_check },
	{ "/api/v1/config/rollback", METHOD_POST, PERMIT_PROPOSE, change_roll_back },
	{ "/api/v1/proposals", METHOD_GET, PERMIT_SEE, change_list },              /* who may propose or approve */
	{ "/api/v1/proposals", METHOD_POST, PERMIT_PROPOSE, change_propose },
	{ "/api/v1/proposals/{id}/approve", METHOD_POST, PERMIT_APPROVE, change_approve },
	{ "/api/v1/proposals/{id}/reject", METHOD_POST, PERMIT_SEE, change_reject },  /* who may approve; its author */
	{ "/api/v1/proposals/{id}/apply", METHOD_POST, PERMIT_PROPOSE, change_apply },
};

void change_routes(struct changes *changes, struct web_routes *out)
{
	assert(out->table_count < WEB_TABLES_MAX);
	out->tables[out->table_count].list = routes;
	out->tables[out->table_count].count = sizeof(routes) / sizeof(routes[0]);
	out->tables[out->table_count].context = changes;
	out->table_count++;
}
