/* What guard/ would have done to a request of a site that only observes (`guard: observe`): decided, told, and not done. */
#ifndef BOUCLIER_EDGE_WOULD_H
#define BOUCLIER_EDGE_WOULD_H

#include "edge/fact.h"

/* The first decision counts: what is done to a request ends it. */
struct would {
	enum decision decision;      /* DECISION_ALLOW: nothing */
	enum reason reason;
};

#endif
