/* An order to the shield by a person: written down, then given, then answered when the shield has said what it did, and has been looked at since.
 *
 * Errors   security, fails closed: what cannot be written down is not given. What the shield refuses is 409 with its sentence; a shield that is not
 *          there is 503
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_API_SHIELD_ORDERS_H
#define BOUCLIER_HUB_API_SHIELD_ORDERS_H

#include "hub/api/inner.h"

struct order_wish {
	const char *what;              /* for the audit log */
	struct span object, why;
	uint64_t for_ms;               /* 0: no time was said */
	struct span method, path;      /* of the admin socket */
	struct span body;
};

/* ANSWER is filled now or later. */
void order_give(struct api *api, struct web_request *request, struct web_answer *answer, const struct order_wish *wish);
/* What a failed question to the shield answers. */
void order_refuse(const struct shield_answer *said, struct web_answer *answer);

#endif
