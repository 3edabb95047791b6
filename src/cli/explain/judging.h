/* What request.c and judge.c share: a request of a file on its way through the shield; for nobody else. */
#ifndef BOUCLIER_CLI_EXPLAIN_JUDGING_H
#define BOUCLIER_CLI_EXPLAIN_JUDGING_H

#include "cli/explain/explaining.h"
#include "edge/sites/settings.h"
#include "edge/rules/waf.h"

struct judging {
	struct arena *arena;
	struct explained *out;
	struct request_head head;
	enum http_fault fault;              /* the reader refuses it: HEAD is what can be represented */
	struct span rest;                   /* what is behind the head */
	const struct site *site;
	const struct edge_settings *settings;  /* of its route */
};

/* The verdict of WAF, into judging->out. RESULT_OK: OUT says it, whatever it is. RESULT_REFUSED: no verdict, and stderr has said why. RESULT_NO_MEMORY. */
enum result judging_ask(struct judging *judging, const struct edge_waf *waf) must_check;

void explained_refuse(struct explained *out, unsigned status, enum reason reason);
void explained_refuse_fault(struct explained *out, enum http_fault fault);

#endif
