/* What a query is made of: shared by query_read.c, query_words.c and query_match.c, nobody else. */
#ifndef BOUCLIER_EVENT_QUERY_TREE_H
#define BOUCLIER_EVENT_QUERY_TREE_H

#include "base/address.h"
#include "base/suggest.h"
#include "event/name.h"
#include "event/query.h"

enum query_kind { QUERY_TERM, QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TRUE };
enum query_operator { QUERY_EQUAL, QUERY_UNEQUAL, QUERY_LESS, QUERY_LESS_EQUAL, QUERY_GREATER, QUERY_GREATER_EQUAL, QUERY_CONTAINS };

struct query {
	enum query_kind kind;
	struct query *left, *right;      /* QUERY_NOT: left only */
	const struct name *name;
	enum query_operator operator;
	struct span text;                /* the value; for NAME_TIME the front of RFC 3339 */
	double number;                   /* NAME_NUMBER; durations in the member's own unit */
	struct network network;          /* NAME_ADDRESS */
};

/* The number that REST begins with: digits, with a fraction or without; REST is what follows. -> how many digits they are */
size_t query_read_digits(struct span *rest, double *out);
/* Can NAME's member be WORD? False only for members of few words (decision, reason); SUGGESTION has the nearest then. */
bool query_word_is_possible(const struct name *name, struct span word, struct suggestion *suggestion);

#endif
