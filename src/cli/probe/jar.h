/* Cookies of one visit, as a browser sends them back: by name, the newest value, to the one host that is asked. Path, domain and dates are not looked
 * at: a visit is over in seconds.
 *
 * Limits   JAR_MAX bytes; what finds no room is forgotten
 */
#ifndef BOUCLIER_CLI_PROBE_JAR_H
#define BOUCLIER_CLI_PROBE_JAR_H

#include "base/span.h"

#define JAR_MAX 4096u

struct jar {
	char text[JAR_MAX];   /* "a=1; b=2": the value of Cookie */
};

/* VALUE of a Set-Cookie field. */
void jar_put(struct jar *jar, struct span value);

#endif
