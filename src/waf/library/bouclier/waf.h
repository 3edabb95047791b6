/* libbouclier-waf: the rules engine of Bouclier for other programs. Rules in SecLang, as ModSecurity 2.9.7 reads them, are asked of a
 * request and of its answer; whoever asks is told what to do with it, and which rules matched.
 *
 *     loader -> rules            once, shared by all threads
 *     thread                     one for each thread that judges
 *     begin -> line, fields, head, body, body_end [-> answer_line, fields, answer_head, answer_body, answer_end] -> log -> end
 *
 * Shape    texts go in as bytes and a length, and are copied; texts that come out have a length, and most no NUL behind them
 * Units    bytes; milliseconds where a name says so
 * Limits   those of struct bouclier_waf_birth; FIELDS_MAX fields in a head; what passes one is BOUCLIER_WAF_FAILED, never left out
 * Owns     what a function ..._new, ..._load or ..._begin returned is the caller's, until ..._free, ..._end. What a transaction tells
 *          lives until bouclier_waf_end
 * Threads  rules and a store serve any number of threads at once. A loader, a thread, and the transactions begun with that thread belong
 *          to one thread at a time
 * Source   ModSecurity 2.9.7 is the reference for what rules mean
 *
 * ABI      The library is libbouclier-waf.so.0, every symbol begins with bouclier_waf_ and has the version BOUCLIER_WAF_0. Structs that
 *          cross the border begin with their size, which the caller sets: a newer library reads and writes no more than an older caller
 *          knows, and members are only added behind. Numbers of enums do not change; new ones may come. What breaks this gets a new soname.
 *
 * Security, fails closed: rules that have one error are not loaded; what cannot be judged is BOUCLIER_WAF_STOP or BOUCLIER_WAF_FAILED.
 * Take any answer but BOUCLIER_WAF_GO_ON for a refusal.
 */
#ifndef BOUCLIER_WAF_LIBRARY_H
#define BOUCLIER_WAF_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BOUCLIER_WAF_API __attribute__((visibility("default")))
#define BOUCLIER_WAF_CHECKED BOUCLIER_WAF_API __attribute__((warn_unused_result))
#define BOUCLIER_WAF_FIELDS_MAX 1000

struct bouclier_waf_text {
	const char *at;
	size_t len;
};

/* "0.1.0" */
BOUCLIER_WAF_API const char *bouclier_waf_version(void);

/* -- rules -- */

struct bouclier_waf_loader;
struct bouclier_waf_rules;

/* NULL: no memory. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_loader *bouclier_waf_loader_new(void);
BOUCLIER_WAF_API void bouclier_waf_loader_free(struct bouclier_waf_loader *loader);
/* Rules behind those that were added before: a text of its own, whose NAME errors tell, or the file (or glob) PATH, with what it
 * includes. Files are read by bouclier_waf_load, relative ones from the folder of who names them. The engine begins as ModSecurity does:
 * without `SecRuleEngine On` and `SecRequestBodyAccess On` it does nothing, and sees no body.
 * false: no memory, or a name with quotes, a backslash or an end of line, or that is there already. */
BOUCLIER_WAF_CHECKED bool bouclier_waf_add_text(struct bouclier_waf_loader *loader, const char *name, const char *bytes, size_t len);
BOUCLIER_WAF_CHECKED bool bouclier_waf_add_file(struct bouclier_waf_loader *loader, const char *path);
/* All that was added. NULL: bouclier_waf_complaints says why. The loader is used up, but for its complaints.
 * @geoLookup, @rbl and @inspectFile have nobody to ask: rules with them are warned of, and never match. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_rules *bouclier_waf_load(struct bouclier_waf_loader *loader);
/* Errors and warnings of the load, a line each: "FILE:LINE:COLUMN: error: what (what to do)". Ended by NUL; lives as long as LOADER. */
BOUCLIER_WAF_API const char *bouclier_waf_complaints(const struct bouclier_waf_loader *loader);
/* No transaction may be left. NULL is nothing. */
BOUCLIER_WAF_API void bouclier_waf_rules_free(struct bouclier_waf_rules *rules);

/* -- what is kept between transactions -- */

struct bouclier_waf_thread;
struct bouclier_waf_store;

/* NULL: no memory. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_thread *bouclier_waf_thread_new(void);
/* No transaction that was begun with it may be left. NULL is nothing. */
BOUCLIER_WAF_API void bouclier_waf_thread_free(struct bouclier_waf_thread *thread);
/* Collections that outlive a request (IP, SESSION ...), in BYTES of memory, 256 KiB at least. NULL: no memory, or too few bytes. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_store *bouclier_waf_store_new(size_t bytes);
BOUCLIER_WAF_API void bouclier_waf_store_free(struct bouclier_waf_store *store);

/* -- a request -- */

struct bouclier_waf_transaction;

struct bouclier_waf_birth {
	size_t size;                 /* sizeof(struct bouclier_waf_birth) */
	const struct bouclier_waf_rules *rules;
	struct bouclier_waf_thread *thread;
	struct bouclier_waf_store *store;   /* NULL: collections live as long as the transaction */
	const char *client, *server; /* "192.0.2.1:40000", "[2001:db8::1]:443" */
	const char *id;              /* what UNIQUE_ID says; NULL: nothing */
	const char *tenant, *site;   /* whose collections; NULL: everybody's */
	uint64_t budget_ms;          /* of all phases together; 0: 1000 */
	size_t limit_bytes;          /* of memory; 0: 64 MiB */
};

enum bouclier_waf_answer {
	BOUCLIER_WAF_GO_ON = 0,
	BOUCLIER_WAF_STOP = 1,       /* bouclier_waf_verdict says what is to be done */
	BOUCLIER_WAF_FAILED = 2,     /* not judged: no memory, a limit, or not the turn of that function */
};

/* NULL: no memory, or a birth that makes no sense. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_transaction *bouclier_waf_begin(const struct bouclier_waf_birth *birth);
BOUCLIER_WAF_API void bouclier_waf_end(struct bouclier_waf_transaction *transaction);

/* "GET", "/path?query", "HTTP/1.1". First of all, and once. */
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_line(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text method,
                                                               struct bouclier_waf_text target, struct bouclier_waf_text version);
/* A field of the head whose turn it is: of the request, or of its answer. As it came, but for blanks around VALUE. */
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_field(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text name,
                                                                struct bouclier_waf_text value);
/* The head is whole: phase 1. */
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_head(struct bouclier_waf_transaction *transaction);
/* Any number of pieces, chunks and encodings of the transfer taken off; then, with or without a body, its end: phase 2. */
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_body(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text piece);
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_body_end(struct bouclier_waf_transaction *transaction);
/* The same of the answer: phases 3 and 4. STATUS is 100 to 599; REASON may be empty. */
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_answer_line(struct bouclier_waf_transaction *transaction, unsigned status,
                                                                      struct bouclier_waf_text reason);
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_answer_head(struct bouclier_waf_transaction *transaction);
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_answer_body(struct bouclier_waf_transaction *transaction, struct bouclier_waf_text piece);
BOUCLIER_WAF_CHECKED enum bouclier_waf_answer bouclier_waf_answer_end(struct bouclier_waf_transaction *transaction);
/* Phase 5, whatever was said before: it never stops anything. Then collections are stored. Once. */
BOUCLIER_WAF_API void bouclier_waf_log(struct bouclier_waf_transaction *transaction);

/* -- what came of it -- */

enum bouclier_waf_kind { BOUCLIER_WAF_PASS = 0, BOUCLIER_WAF_DENY = 1, BOUCLIER_WAF_DROP = 2, BOUCLIER_WAF_REDIRECT = 3, BOUCLIER_WAF_ALLOW = 4 };
/* Of BOUCLIER_WAF_DENY: a rule, or something that kept the engine from judging. */
enum bouclier_waf_reason {
	BOUCLIER_WAF_RULE = 0, BOUCLIER_WAF_NO_MEMORY = 1, BOUCLIER_WAF_MATCH_LIMIT = 2, BOUCLIER_WAF_BODY_LIMIT = 3, BOUCLIER_WAF_MATCH_ERROR = 4,
	BOUCLIER_WAF_TIME = 5,
};

struct bouclier_waf_verdict {
	size_t size;                 /* sizeof(struct bouclier_waf_verdict) */
	enum bouclier_waf_kind kind;
	enum bouclier_waf_reason reason;
	unsigned status;             /* what the client is to get */
	uint32_t rule_id;            /* that decided; 0: none did */
	unsigned phase;
	uint64_t pause_ms;           /* a rule wants the answer to wait that long; nothing waited here */
	struct bouclier_waf_text url;       /* of BOUCLIER_WAF_REDIRECT */
};

BOUCLIER_WAF_API void bouclier_waf_verdict(const struct bouclier_waf_transaction *transaction, struct bouclier_waf_verdict *out);

/* A rule that matched and is to be logged. */
struct bouclier_waf_match {
	size_t size;                 /* sizeof(struct bouclier_waf_match) */
	const void *place;           /* the library's; NULL before the first */
	uint32_t id;                 /* 0: the rule has none */
	unsigned phase;
	int severity;                /* 0 to 7; -1: none */
	unsigned tag_count;
	struct bouclier_waf_text name, value;   /* of what matched: "ARGS:q"; empty of a SecAction. VALUE is a visitor's: mind where it goes */
	struct bouclier_waf_text msg, log_data;
	struct bouclier_waf_text file;
	unsigned line;               /* of the rule, in FILE */
};

/* Goes to the next match, in the order of the matches; false: there is no more. */
BOUCLIER_WAF_CHECKED bool bouclier_waf_match_next(const struct bouclier_waf_transaction *transaction, struct bouclier_waf_match *match);
/* Empty past the last. */
BOUCLIER_WAF_CHECKED struct bouclier_waf_text bouclier_waf_match_tag(const struct bouclier_waf_match *match, unsigned index);

#ifdef __cplusplus
}
#endif

#endif
