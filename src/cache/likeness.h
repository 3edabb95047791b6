/* Who would be answered alike? What of a request, beside its address, an answer may depend on though nobody declares it; and what two answers
 * have to have in common to be the same.
 *
 * Shape    a kind is what a visitor's requests have in common with those of others like him: the first language that he asks for, what he
 *          accepts, whether he sits at a telephone or is a robot, whether his address is a private one, whether he sends cookies other than ours
 * Limits   a secret is guessed by name ("token", "key", "code", "sig", "ref" and their like anywhere in it) or by value (such a word in it, or
 *          LIKENESS_SECRET_LEN letters and digits together); a query longer than LIKENESS_QUERY_MAX is not looked at, and may hold one
 * Owns     nothing
 *
 * Security, fails closed: a request with a field that browsers do not send with a page is not plain; an answer's fields all count, but for
 * those that are known to differ each time, which are not given to others.
 */
#ifndef BOUCLIER_CACHE_LIKENESS_H
#define BOUCLIER_CACHE_LIKENESS_H

#include "base/address.h"
#include "base/hash.h"
#include "message/head.h"

#define LIKENESS_SECRET_LEN 20u
#define LIKENESS_QUERY_MAX 256u

enum visitor_agent { AGENT_OTHER, AGENT_MOBILE, AGENT_ROBOT };

struct visitor_kind {
	uint32_t language, accept;  /* 0: any will do */
	uint8_t agent;              /* enum visitor_agent */
	bool is_private, has_cookies;
};

/* Nothing in it but what every browser says when it asks for a page. */
bool likeness_is_plain(const struct fields *request);
struct visitor_kind likeness_kind(const struct fields *request, const struct address *source);
/* Whoever asks as KIND does may have what was given to one of SEEN. */
bool likeness_fits(const struct visitor_kind *kind, const struct visitor_kind *seen);
/* ... and has asked for the same, so that others like it may have what is given to him: who takes any may be given what nobody else is. */
bool likeness_equals(const struct visitor_kind *kind, const struct visitor_kind *seen);
/* A name or a value of QUERY looks like a secret's; or a part of PATH like a secret itself. */
bool likeness_has_secret(struct span path, struct span query);

/* What of an answer's head says that it is another: into HASH. */
void likeness_add_head(struct hash_stream *hash, const struct response_head *answer);
/* Differs each time, and is of no use to anybody else. */
bool likeness_is_of_one_answer(const struct field *field);

/* What an answer says of its address. */
enum likeness_word {
	WORD_FIT,        /* it may be the same for everybody */
	WORD_UNFIT,      /* it is somebody's own, or the origin says in so many words that it is not to be given again as it is */
	WORD_ELSEWHERE,  /* this visitor is not let in, or is sent elsewhere */
	WORD_GONE,       /* there is no such page any more */
	WORD_NONE,       /* an error, or one that says that nothing has changed */
};
enum likeness_word likeness_judge(const struct response_head *answer);

#endif
