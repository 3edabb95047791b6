/* Who would be answered alike? What of a request, beside its address, an answer may depend on though nobody declares it; and what two answers
 * have to have in common to be the same.
 *
 * Shape    a kind is what a visitor's requests have in common with those of others like him: the languages that he asks for, in his order; what he
 *          accepts; whether he sits at a browser, at a telephone, or is a robot; whether he asks not to be followed; whether his address is private.
 *          A page for all of a kind is asked for in words that are the kind's (likeness_words), so that whoever fetches it chooses nothing of it
 * Source   RFC 9110, 12.5.1, 12.5.4; RFC 5646 (tags of languages)
 * Limits   LIKENESS_LANGUAGES languages; a secret is guessed by name ("token", "key", "code", "sig", "ref" and their like anywhere in it) or by
 *          value (such a word in it, or LIKENESS_SECRET_LEN letters and digits together); a query longer than LIKENESS_QUERY_MAX is not looked at,
 *          and may hold one
 * Owns     nothing
 *
 * Security, fails closed: a request with a field that browsers do not send with a page, or with a list of languages that cannot be read, is not plain;
 * who says nothing is of a kind of his own; an answer's fields all count, but for those that are known to differ each time, which are not given to others.
 */
#ifndef BOUCLIER_CACHE_LIKENESS_H
#define BOUCLIER_CACHE_LIKENESS_H

#include "base/address.h"
#include "base/hash.h"
#include "message/head.h"

#define LIKENESS_SECRET_LEN 20u
#define LIKENESS_QUERY_MAX 256u
#define LIKENESS_LANGUAGES 10u
#define LIKENESS_TAG_MAX 16u      /* "zh-hant-tw" */
#define LIKENESS_LANGUAGE_MAX 256u

enum visitor_agent { AGENT_OTHER, AGENT_BROWSER, AGENT_MOBILE, AGENT_ROBOT };

struct visitor_kind {
	uint32_t language, accept;  /* hashes of his words, by the seed of this process; 0: he says nothing */
	uint8_t agent;              /* enum visitor_agent */
	bool is_private;
	bool has_dnt, has_gpc;      /* DNT: 1; Sec-GPC: 1 */
};

/* The words in which the origin is asked for what all of a kind get. Empty: the field is left out. */
struct kind_words {
	struct span agent, accept, language;
};

/* Nothing in it but what every browser says when it asks for a page, or for a part of one; what scripts fetch is no part. */
bool likeness_is_plain(const struct fields *request);
/* REQUEST is plain. */
struct visitor_kind likeness_kind(const struct fields *request, const struct address *source);
/* WORDS of KIND, which is REQUEST's: some in TEXT, some in REQUEST. */
void likeness_words(const struct fields *request, const struct visitor_kind *kind, char text[LIKENESS_LANGUAGE_MAX], struct kind_words *words);
/* Whoever asks as A does is answered as B is. */
bool likeness_equals(const struct visitor_kind *a, const struct visitor_kind *b);
/* "nl-be,nl;q=0.9,en;q=0.8": the languages of Accept-Language, each with the weight of its place. Empty: none is named. RESULT_MALFORMED: also where
 * each does not weigh less than the one before it; RESULT_LIMIT. */
enum result likeness_languages(const struct fields *request, char text[LIKENESS_LANGUAGE_MAX], struct span *out) must_check;
/* Whose neighbours SOURCE's are: a /16 of IPv4, a /32 of IPv6; 0: a private address, of whatever network. */
uint32_t likeness_network(const struct address *source);
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
