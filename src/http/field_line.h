/* One field line, and the whole block of them: the same reader for heads and for trailers.
 *
 * Shape    field-name ":" OWS field-value OWS CRLF; values hold field-vchar, obs-text, SP and HTAB
 * Source   RFC 9112, section 5; obs-fold, bare LF, bare CR, NUL and space before the colon are faults
 * Owns     nothing: spans point into the input
 *
 * AT moves past what was read with RESULT_OK and RESULT_END only.
 */
#ifndef BOUCLIER_HTTP_FIELD_LINE_H
#define BOUCLIER_HTTP_FIELD_LINE_H

#include "http/fault.h"
#include "message/field.h"

/* What is wrong with the byte at AT, which ends a run it should not end: its own fault for NUL, bare LF and bare CR,
 * OTHERWISE for the rest and for a CRLF. RESULT_MORE when that is not known yet; never RESULT_OK. */
enum result line_fault(const char *at, const char *end, enum http_fault otherwise, enum http_fault *fault) must_check;

/* RESULT_OK: FIELD is set. RESULT_END: it was the empty line. RESULT_MORE, RESULT_MALFORMED. */
enum result field_line_read(const char **at, const char *end, struct field *field, enum http_fault *fault) must_check;

/* Adds lines to FIELDS up to the empty line (RESULT_OK). After RESULT_MALFORMED FIELDS has what came before the fault. */
enum result field_lines_read(const char **at, const char *end, unsigned max, struct fields *fields, enum http_fault *fault) must_check;

#endif
