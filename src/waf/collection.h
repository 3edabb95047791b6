/* Stored collections of one request: IP, SESSION, USER, GLOBAL, RESOURCE. Rules see and change their values in the table
 * (table.c); what was changed is noted here, and applied to what is stored then when the request ends, so that two requests at
 * once lose nothing of each other's.
 *
 * Shape    stored: for each value two bytes of its name's length, two of its own, name, value. "__expire_NAME" is when NAME
 *          goes; "__expire_KEY" when all does
 * Source   ModSecurity 2.9.7: members KEY, TIMEOUT, CREATE_TIME, UPDATE_COUNTER, UPDATE_RATE, LAST_UPDATE_TIME, IS_NEW
 * Limits   COLLECTION_VALUE_MAX bytes of a value are stored; what does not fit into an entry of the store is left out, what was
 *          changed last is left out last
 */
#ifndef BOUCLIER_WAF_COLLECTION_H
#define BOUCLIER_WAF_COLLECTION_H

#include "waf/transaction.h"

#define COLLECTION_VALUE_MAX 512u

/* NAME: what it is called in the store. One that is open already stays as it is (2.9.7). */
enum result collection_open(struct waf_transaction *transaction, enum variable variable, struct span name, struct span key) must_check;
bool collection_is_open(const struct waf_transaction *transaction, enum variable variable);

/* As setvar does it; the first three note the change. */
enum result collection_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value) must_check;
enum result collection_unset(struct waf_transaction *transaction, enum variable variable, struct span name) must_check;
/* What came of adding CHANGE is VALUE. */
enum result collection_count(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value, int64_t change) must_check;
enum result collection_expire(struct waf_transaction *transaction, enum variable variable, struct span name, int64_t seconds) must_check;
/* "60/300": 60 less for each 300 seconds since the collection was stored last. */
enum result collection_deprecate(struct waf_transaction *transaction, enum variable variable, struct span name, struct span speed) must_check;

/* Stores what was changed. */
void collections_keep(struct waf_transaction *transaction);

/* As atoi: a sign, digits, and whatever follows; what is beyond 32 bits becomes the largest. */
int64_t integer_of(struct span text);

#endif
