/* What an audit log would say of a request: whether to write it at all, and its bytes, in ModSecurity's two formats.
 *
 * Source   ModSecurity 2.9.7: SecAuditEngine, SecAuditLogParts, SecAuditLogRelevantStatus, SecAuditLogFormat; ctl changes them.
 *          Native is its format 2, of parts between boundaries; JSON one object
 * Owns     nothing; where the bytes go (Serial, Concurrent) is the caller's affair
 */
#ifndef BOUCLIER_WAF_AUDIT_H
#define BOUCLIER_WAF_AUDIT_H

#include "waf/transaction.h"

/* The loudest attack must not lose its own record: lists stop where so much of the room is left, each for what comes behind it, and say so. */
#define AUDIT_FIELDS_ROOM (64u << 10)
#define AUDIT_MESSAGES_ROOM (16u << 10)
#define AUDIT_FILES_ROOM (8u << 10)
#define AUDIT_RULES_ROOM (4u << 10)

/* "ABCFHZ" as bits, from A. */
uint32_t audit_parts_of(struct span letters);
static inline bool audit_has(const struct waf_transaction *transaction, char part)
{
	return transaction->audit_parts >> (part - 'A') & 1;
}

/* Must the body's bytes be kept for it? */
bool audit_wants_body(const struct waf_transaction *transaction);

/* audit_native.c, audit_json.c */
enum result audit_write_native(struct waf_transaction *transaction, unsigned status, struct buffer *out) must_check;
enum result audit_write_json(struct waf_transaction *transaction, unsigned status, struct buffer *out) must_check;

/* TEXT as the screen lets it through; whole where there is none. What is masked by rules is masked before. */
enum result audit_show(struct waf_transaction *transaction, struct waf_audit_text text, struct span *out) must_check;
/* A header's name and value, masked and shown. */
enum result audit_field(struct waf_transaction *transaction, enum waf_audit_kind kind, const struct field *field, struct span *name,
                        struct span *value) must_check;
/* The client's address and port as they are shown: 0 where the address is not whole. */
enum result audit_client(struct waf_transaction *transaction, struct span *address, unsigned *port) must_check;

/* What both say. Each is masked and shown; RESULT_NO_MEMORY: it could not be, and is not to be shown. */
enum result audit_request_line(struct waf_transaction *transaction, struct span *out) must_check;
enum result audit_body(struct waf_transaction *transaction, struct span *out) must_check;
bool audit_has_body(const struct waf_transaction *transaction);
/* Of the answer. */
enum result audit_response_body(struct waf_transaction *transaction, struct span *out) must_check;
/* A multipart form's fields as if they had come URL encoded: part I. Ends in "..." where OUT has less than AUDIT_FIELDS_ROOM left. */
enum result audit_fields(struct waf_transaction *transaction, struct buffer *out) must_check;
/* "28/Nov/2026:12:40:46.132294 +0000" */
enum result audit_time(const struct waf_transaction *transaction, struct buffer *out) must_check;
/* "Warning. Pattern match ... [file ...] [line ...] [id ...] ..." */
enum result audit_message(struct waf_transaction *transaction, const struct waf_match *match, struct buffer *out) must_check;
/* MATCH and all behind it. */
unsigned audit_count(const struct waf_match *match);
const char *audit_engine_mode(const struct waf_transaction *transaction);
/* "Bouclier; OWASP_CRS/3.3.4" */
enum result audit_producer(const struct waf_transaction *transaction, struct buffer *out) must_check;

#endif
