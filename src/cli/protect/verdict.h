/* What a person is told after `protect`: one line a question, never one word for all, and nothing that was not probed. */
#ifndef BOUCLIER_CLI_PROTECT_VERDICT_H
#define BOUCLIER_CLI_PROTECT_VERDICT_H

#include "cli/protect/probe.h"
#include "config/snapshot.h"

enum verdict_line { VERDICT_REACHABILITY, VERDICT_ATTACKS, VERDICT_ORIGIN, VERDICT_CERTIFICATE, VERDICT_LINES };
enum verdict_grade { VERDICT_GOOD, VERDICT_WARNING, VERDICT_BAD };

struct verdict {
	struct {
		enum verdict_grade grade;
		char text[512];
	} lines[VERDICT_LINES];
};

/* Probes the site HOST of SNAPSHOT over one of its listeners. SOCKET is of the shield that serves it. */
void verdict_make(const struct snapshot *snapshot, struct span host, const char *socket, struct verdict *out);
/* EXIT_FAILED when a line is bad. */
int verdict_print(const struct verdict *verdict, bool is_json, bool has_color);

#endif
