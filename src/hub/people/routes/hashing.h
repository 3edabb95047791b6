/* A request that waits for a password to be hashed.
 *
 * Shape    hashing_begin, then NEXT in a later round, with the request as it was; REQUEST is NULL where the client has left (what has to be counted or
 *          kept is counted and kept all the same)
 * Owns     itself: NEXT reads it, and it is gone after that
 */
#ifndef BOUCLIER_HUB_PEOPLE_ROUTES_HASHING_H
#define BOUCLIER_HUB_PEOPLE_ROUTES_HASHING_H

#include "hub/people/inside.h"

struct hashing {
	struct hash_job job;
	struct people *people;
	struct web_request *request;         /* NULL: the client has left */
	struct web_answer *answer;
	struct web_answer unread;            /* what is answered to nobody */
	uint64_t wall_ns;                    /* of the request */
	uint64_t version, epoch;             /* of the person who was looked at; 0: there was none */
	struct lockout_who who;
	char name[PERSON_NAME_BYTES];        /* empty: none that can be */
	char text[2][SECRET_HASH_BYTES];     /* what NEXT needs to know: a code, or its hash */
	struct admitted admitted;            /* who asked, where somebody was logged in; its view and its spans are not to be used */
	char second[PASSWORD_LEN_MAX];       /* another password that comes after the first */
	size_t second_len;
	void (*next)(struct hashing *hashing);
	bool goes_on;
};

/* NULL: no memory, and ANSWER says so. */
struct hashing *hashing_new(struct people *people, struct web_request *request, struct web_answer *answer, void (*next)(struct hashing *hashing));
/* Of PASSWORD, against ENCODED (NULL: nobody's); IS_NEW: makes a hash. HASHING is gone when it could not begin, and ANSWER says why. */
void hashing_begin(struct hashing *hashing, struct span password, const char *encoded, bool is_new);
/* It is not needed after all; ANSWER has been filled. */
void hashing_end(struct hashing *hashing);
/* From within NEXT: hashes SECOND, a new password, and goes on with THEN. Nothing may be done with HASHING after it. */
void hashing_again(struct hashing *hashing, void (*then)(struct hashing *hashing));

#endif
