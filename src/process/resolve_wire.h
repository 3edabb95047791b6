/* What the messages between an edge and the resolve process look like: for resolve.c, resolve_confirm.c and resolve_client.c only. */
#ifndef BOUCLIER_PROCESS_RESOLVE_WIRE_H
#define BOUCLIER_PROCESS_RESOLVE_WIRE_H

#include "process/resolve.h"

struct question {
	uint64_t id;
	char host[RESOLVE_HOST_MAX];  /* as many bytes as were sent; NUL-terminated by who reads it */
};

/* No host begins with a NUL: that is how the kinds of questions are told apart. */
enum question_kind { QUESTION_FETCH, QUESTION_LIST, QUESTION_CONFIRM };

struct list_question {
	uint64_t id;
	uint8_t zero, kind;
	char name[RESOLVE_HOST_MAX];  /* as of a host */
};

struct confirm_question {
	uint64_t id;
	uint8_t zero, kind;
	uint8_t address[16];
};

struct fetch_question {
	uint64_t id;
	uint8_t zero, kind;
	uint16_t url_len;
	char bytes[FETCH_URL_MAX + FETCH_REQUEST_MAX];  /* the URL, then the request */
};

struct wire_answer {
	uint64_t id;
	uint32_t status, count;  /* of addresses, or of bytes */
	union {
		uint8_t addresses[RESOLVE_ADDRESSES_MAX][16];
		char bytes[FETCH_RESPONSE_MAX];
	};
};

#define QUESTION_HEAD offsetof(struct question, host)
#define LIST_HEAD offsetof(struct list_question, name)
#define CONFIRM_SIZE (offsetof(struct confirm_question, address) + 16)
#define FETCH_HEAD offsetof(struct fetch_question, bytes)
#define ANSWER_HEAD offsetof(struct wire_answer, addresses)

_Static_assert(offsetof(struct fetch_question, zero) == QUESTION_HEAD, "one place tells the kind of a question");
_Static_assert(offsetof(struct list_question, zero) == QUESTION_HEAD, "one place tells the kind of a question");
_Static_assert(offsetof(struct confirm_question, zero) == QUESTION_HEAD, "one place tells the kind of a question");

static inline bool answer_has_bytes(uint32_t status)
{
	return status == RESOLVE_FETCHED || status == RESOLVE_FAILED || status == RESOLVE_CONFIRMED;
}

static inline size_t answer_size(const struct wire_answer *answer)
{
	return ANSWER_HEAD + answer->count * (answer_has_bytes(answer->status) ? 1 : sizeof(answer->addresses[0]));
}

/* Is HOST one that may be asked about? Both ends look. */
bool resolve_is_host(struct span host);

/* resolve_confirm.c: asks the system's resolver, and waits for it. CONFIRMED: NAME has the LEN bytes of the name, lower case, no dot at its end. NONE, AGAIN. */
enum resolve_status resolve_confirm(const struct address *address, char name[RESOLVE_HOST_MAX], size_t *len);

#endif
