/* One HTTP/1.1 request to a page and its whole answer, on a connection of its own. Blocking, with a clock; by names as the system resolves them, and
 * TLS as a browser verifies it.
 *
 * Limits   an answer's head is 64 KiB at most; of its body EXCHANGE_PAGE_MAX bytes are kept, and EXCHANGE_BODY_MAX read: what is longer is whole enough.
 *          EXCHANGE_ADDRESSES_MAX addresses of a name are tried, one after the other
 * Errors   a sentence, and the step that failed
 * Owns     an answer owns its page, until exchange_done
 * Threads  any: nothing is shared
 */
#ifndef BOUCLIER_CLI_PROBE_EXCHANGE_H
#define BOUCLIER_CLI_PROBE_EXCHANGE_H

#include "base/buffer.h"
#include "cli/probe/jar.h"
#include "cli/probe/page_url.h"
#include "message/head.h"

#define EXCHANGE_PAGE_MAX ((size_t)64 << 10)
#define EXCHANGE_BODY_MAX ((uint64_t)1 << 20)
#define EXCHANGE_ADDRESSES_MAX 4u
#define EXCHANGE_CONNECT_MS 3000u     /* of one address, where there are others */
#define EXCHANGE_ERROR_MAX 200u

struct exchange {
	const struct page_url *url;
	enum method method;               /* METHOD_GET or METHOD_POST */
	struct span fields;               /* lines of the head beyond Host, Connection, Content-Length: each with CRLF */
	struct span body;
	struct span ca;                   /* PEM; SPAN_NONE: the authorities of the system */
	struct jar *jar;                  /* NULL: no cookies */
	uint64_t until_ms;                /* CLOCK_MONOTONIC */
	int stop_fd;                      /* readable: it is to end at once. -1 */
};

struct exchange_answer {
	unsigned status;
	char location[PAGE_TARGET_MAX];   /* "" without one */
	struct buffer page;
	uint64_t bytes;                   /* of the body */
	int64_t certificate_until_ms;     /* 0: none was seen */
	enum probe_step step;             /* that failed */
	char error[EXCHANGE_ERROR_MAX];
};

/* RESULT_OK: there is a whole answer, of whatever status. RESULT_END: it was told to stop. Anything else: STEP and ERROR. ANSWER needs exchange_done whatever
 * was said. */
enum result exchange(const struct exchange *ask, struct exchange_answer *answer) must_check;
void exchange_done(struct exchange_answer *answer);
/* Waits so long, or until STOP_FD is readable: false. */
bool exchange_pause(int stop_fd, uint64_t until_ms);

#endif
