/* The address of a page, as a person types it and as a redirect names it.
 *
 * Shape    http:// or https://, a host in ASCII, a port perhaps, path and query. What comes behind # is left out; a name or a password in it is refused
 * Limits   PAGE_TARGET_MAX bytes of path and query
 * Threads  pure functions
 */
#ifndef BOUCLIER_CLI_PROBE_PAGE_URL_H
#define BOUCLIER_CLI_PROBE_PAGE_URL_H

#include "base/span.h"
#include "incident/probe_report.h"

#define PAGE_TARGET_MAX 2048u

struct page_url {
	bool is_tls;
	uint16_t port;
	char host[PROBE_HOST_MAX + 1];        /* in lower case, without brackets */
	char authority[PROBE_HOST_MAX + 1];   /* for Host, and for people: with brackets, and a port that is not the scheme's */
	char target[PAGE_TARGET_MAX];         /* path and query */
};

/* RESULT_MALFORMED, RESULT_LIMIT. OUT is untouched unless RESULT_OK. */
enum result page_url_read(struct span text, struct page_url *out) must_check;
/* Where LOCATION leads from PAGE. RESULT_REFUSED: to another host, which is no page of ours. RESULT_MALFORMED, RESULT_LIMIT. */
enum result page_url_follow(const struct page_url *page, struct span location, struct page_url *out) must_check;

#endif
