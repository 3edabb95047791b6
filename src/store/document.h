/* What the hub keeps beside journals: incidents, people, sessions, what is usual, alerts that wait. Each is a text (JSON) under a kind and a key.
 *
 * A document has a version, which every change makes one more: who changes what he has read says which version that was, and is refused where somebody
 * else was faster. Several changes are one: all of them, or none, and on the disk before the call returns.
 *
 * Shape    store_documents_change; store_document, store_documents to read. Nothing here knows what a text means
 * Units    `sort` is the writer's: where lists are ordered by time, milliseconds since 1970
 * Limits   DOCUMENT_...; beyond them RESULT_LIMIT, and nothing is changed
 * Errors   as in store.h
 * Threads  one at a time, with the rest of the store
 */
#ifndef BOUCLIER_STORE_DOCUMENT_H
#define BOUCLIER_STORE_DOCUMENT_H

#include "store/store.h"

#define DOCUMENT_KEY_MAX 255u            /* bytes; at least one */
#define DOCUMENT_TEXT_MAX ((size_t)1 << 20)
#define DOCUMENT_CHANGES_MAX 256u         /* every incident that is followed, at once, and more */
#define DOCUMENT_ANY UINT64_MAX          /* as `version` of a change: whatever is there */

/* X(ID, number in the file, which never changes) */
#define DOCUMENT_LIST(X) \
	X(INCIDENT, 1)     /* by the id as 20 digits */ \
	X(USUAL, 2)        /* what is usual of a site, by its name */ \
	X(PERSON, 3)       /* by the name to log in with */ \
	X(SESSION, 4)      /* by the hash of its secret */ \
	X(TOKEN, 5)        /* by the hash of its secret */ \
	X(CREDENTIAL, 6)   /* passkeys, by credential id */ \
	X(APPROVAL, 7)     /* what waits for four eyes, by number */ \
	X(ALERT, 8)        /* what waits to be sent, by number */ \
	X(ALERT_PATH, 9)   /* how a path of alerts does, by its name */ \
	X(PROBE, 10)       /* what an outside vantage reported, by its name and the minute */ \
	X(HUB, 11)         /* numbers of the hub's own, by their name */ \
	X(PROPOSAL, 12)    /* changes of the configuration that wait, by number */ \
	X(LAST, 13)        /* the last line of counts of a site that incidents were fed, by its name */

enum document_kind {
#define X(id, number) DOCUMENT_##id = number,
	DOCUMENT_LIST(X)
#undef X
};

struct document {
	enum document_kind kind;
	struct span key, text;
	uint64_t sort;
	uint64_t version;                    /* 1 when it is new */
};

struct document_change {
	enum document_kind kind;
	struct span key;
	struct span text;                    /* NULL: the document goes away */
	uint64_t sort;
	uint64_t version;                    /* that it must have now; 0: there must be none; DOCUMENT_ANY */
};

/* A number as a key: its digits with noughts before them, so that keys are in the order of their numbers. */
#define DOCUMENT_KEY_DIGITS 20u
struct document_key { char text[DOCUMENT_KEY_DIGITS + 1]; };
struct document_key document_key(uint64_t number);

/* RESULT_REFUSED: a version was another. RESULT_LIMIT. */
enum result store_documents_change(struct store *store, const struct document_change *changes, size_t count, struct complaints *complaints) must_check;

/* RESULT_NOT_FOUND. DOCUMENT's spans live until READ returns. */
enum result store_document(struct store *store, enum document_kind kind, struct span key, struct complaints *complaints,
                           void (*read)(void *context, const struct document *document), void *context) must_check;

struct documents_ask {
	enum document_kind kind;
	struct span key_front;               /* only keys that begin so; empty: all */
	bool is_ascending;                   /* by sort, then key; otherwise the other way round */
	bool has_after;                      /* only what comes after this place */
	uint64_t after_sort;
	struct span after_key;
};
/* ROW says false to stop, and asks the store nothing. */
enum result store_documents(struct store *store, const struct documents_ask *ask, struct complaints *complaints,
                            bool (*row)(void *context, const struct document *document), void *context) must_check;

/* Numbers that go up, none of which is given twice: a document of the kind HUB, under KEY, is the next one. */
struct document_counter {
	uint64_t next;                       /* to be given now */
	uint64_t version;
	struct span key;
	char digits[DECIMAL_MAX];
};
/* RESULT_MALFORMED: what is there is no number. KEY is the caller's. */
enum result store_counter(struct store *store, struct span key, struct complaints *complaints, struct document_counter *out) must_check;
/* What gives it away: to be made together with whatever gets it, and refused where somebody else was faster. It points into COUNTER. */
struct document_change store_counter_taken(struct document_counter *counter);

#endif
