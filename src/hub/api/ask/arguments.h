/* What a request says beside its path: parameters of the query, members of a JSON body. Strict: what is not known, is there twice, or is not
 * of its kind is answered with 400, naming it.
 *
 * Shape    arguments_begin with all names, then one call for each; the first failure has been answered (answer->status is set), and is remembered
 * Limits   a body WEB_BODY_MAX; texts as each call says
 * Owns     a body's tree, until content_end; texts of parameters live with the request
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_API_ASK_ARGUMENTS_H
#define BOUCLIER_HUB_API_ASK_ARGUMENTS_H

#include "event/json.h"
#include "hub/web/request.h"

#define API_COUNT_DEFAULT 50u
#define API_COUNT_MAX 500u
#define API_WHY_MAX 111u      /* bytes: what the shield keeps of a reason */

struct arguments {
	struct web_request *request;
	struct web_answer *answer;
	bool is_bad;
};

/* NAMES of all parameters that this path knows, NULL at their end. False: answered. */
bool arguments_begin(struct arguments *arguments, struct web_request *request, struct web_answer *answer, const char *const *names);
/* Empty where it is not there. Each is the empty value after a failure. */
struct span argument_text(struct arguments *arguments, const char *name, size_t max);
uint64_t argument_number(struct arguments *arguments, const char *name, uint64_t min, uint64_t max, uint64_t otherwise);
/* RFC 3339, as milliseconds since 1970. */
uint64_t argument_time(struct arguments *arguments, const char *name, uint64_t otherwise_ms);
/* Its place in WORDS, which NULL ends; OTHERWISE where it is not there. */
unsigned argument_word(struct arguments *arguments, const char *name, const char *const *words, unsigned otherwise);
/* `why`, which must be there. */
struct span argument_why(struct arguments *arguments);

struct content {
	struct web_answer *answer;
	struct json *root;
	bool is_bad;
};

/* The request's body is an object with no other members than NAMES. False: answered, and nothing is owned. */
bool content_begin(struct content *body, struct web_request *request, struct web_answer *answer, const char *const *names);
void content_end(struct content *body);
bool content_has(const struct content *body, const char *name);
/* Plain text of MIN to MAX bytes; not there: empty, and bad unless MIN is 0. LINES: it may have line ends. */
struct span content_text(struct content *body, const char *name, size_t min, size_t max, bool lines);
uint64_t content_number(struct content *body, const char *name, uint64_t min, uint64_t max);
/* "90s", "15m", "4h", "7d", as milliseconds; 0 where it is not there. */
uint64_t content_length(struct content *body, const char *name, uint64_t min_ms, uint64_t max_ms);
/* Its place in WORDS; it must be there. */
unsigned content_word(struct content *body, const char *name, const char *const *words);
/* A list of at most MAX; NULL where it is not there. */
const struct json *content_list(struct content *body, const char *name, size_t max);

/* A number of a path's part: 1 to 20 digits, no 0. False: answered with 404. */
bool part_number(const struct web_request *request, struct web_answer *answer, uint64_t *out);

/* A JSON answer: 200 and an object that is begun, and its end. What could not be written becomes a 503. */
void answer_begin(struct web_answer *answer, struct json_writer *json);
void answer_end(struct web_answer *answer, struct json_writer *json);
/* What the store could not do. */
void answer_store_failed(struct web_answer *answer, enum result result);
void answer_not_found(struct web_answer *answer, const char *what);

#endif
