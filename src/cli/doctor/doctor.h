/* What `doctor` finds: one line each, with what to do about it.
 *
 * Limits   DOCTOR_FINDINGS_MAX findings; more are left out
 */
#ifndef BOUCLIER_CLI_DOCTOR_DOCTOR_H
#define BOUCLIER_CLI_DOCTOR_DOCTOR_H

#include "cli/options.h"

#define DOCTOR_FINDINGS_MAX 64u

enum doctor_grade { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM };

struct doctor {
	const struct options *options;
	struct doctor_finding {
		enum doctor_grade grade;
		const char *what;
		char text[400];
	} list[DOCTOR_FINDINGS_MAX];
	unsigned count;
};

void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Kernel, cores, memory, limits, clock, entropy. */
void doctor_look_machine(struct doctor *doctor);
/* Landlock, seccomp, users. */
void doctor_look_sandbox(struct doctor *doctor);
/* What the kernel filter can have here. */
void doctor_look_packet(struct doctor *doctor);
/* The configuration, and what it needs: certificates, names, ports, folders. */
void doctor_look_config(struct doctor *doctor);

#endif
