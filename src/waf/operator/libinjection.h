/* libinjection, as Debian's libmodsecurity3 exports it: loaded when the first rule asks for it, and kept.
 *
 * Threads  any
 */
#ifndef BOUCLIER_WAF_LIBINJECTION_H
#define BOUCLIER_WAF_LIBINJECTION_H

#include "base/result.h"

#include <stddef.h>

#define LIBINJECTION_FINGERPRINT_BYTES 8

/* Each: 1: an attack; 0: none; else: it could not tell. */
struct libinjection {
	int (*sqli)(const char *text, size_t len, char fingerprint[LIBINJECTION_FINGERPRINT_BYTES]);
	int (*xss)(const char *text, size_t len);
};

/* NULL: there is none; WHY becomes a sentence. */
const struct libinjection *libinjection_get(const char **why) must_check;
/* From the library FILE. RESULT_NOT_FOUND: no such library; RESULT_REFUSED: it lacks a function. Nothing is kept. */
enum result libinjection_open(const char *file, struct libinjection *out) must_check;

#endif
