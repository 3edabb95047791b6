/* An approval's document. Its texts point into the JSON it was read from, which the caller drops. */
#ifndef BOUCLIER_HUB_PEOPLE_APPROVAL_KEPT_H
#define BOUCLIER_HUB_PEOPLE_APPROVAL_KEPT_H

#include "event/json.h"
#include "hub/people/approval.h"
#include "store/document.h"

#define APPROVAL_TEXT_MAX (6 * APPROVAL_DETAIL_MAX + 4096)

const char *approval_kind_name(unsigned kind);
const char *approval_status_name(unsigned status);
/* ROOT is to be dropped by the caller where the result is RESULT_OK; NUMBER is the caller's to set. RESULT_MALFORMED. */
enum result approval_read(struct span text, struct approval *out, struct json **root) must_check;
enum result approval_write(const struct approval *approval, struct buffer *out) must_check;
/* The newest first, until EACH says false. */
enum result approval_each(struct store *store, bool (*each)(void *context, const struct approval *approval, uint64_t version), void *context) must_check;
/* RESULT_NOT_FOUND, RESULT_MALFORMED. RESULT_OK: ROOT is to be dropped when OUT is not needed any more. */
enum result approval_find(struct store *store, uint64_t number, struct approval *out, uint64_t *version, struct json **root) must_check;

/* Writes down WHAT became of it, then keeps APPROVAL, which was read with VERSION, as it is now. */
enum result approval_decide(struct people *people, const struct approval *approval, uint64_t version, const char *what, uint64_t wall_ns) must_check;
static inline bool approval_is_over(const struct approval *approval, uint64_t now_ms)
{
	return now_ms > approval->asked_ms + (uint64_t)APPROVAL_DAYS * 86400000u;
}

#endif
