/* One connection of a proxy to the origin: reads requests one after the other, answers each.
 *
 * Shape   body bytes of requests are counted and thrown away; what the socket does not take now waits for EPOLLOUT
 * Limits  a request head of at most CLIENT_HEAD_MAX bytes; no chunked requests (411): no generator sends them
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pages.h"

#define CLIENT_HEAD_MAX   16384
#define CLIENT_SOURCE_MAX 64

struct client {
	int fd;
	bool closes;            /* after this answer */
	uint64_t body_left;     /* of the request being read */
	uint64_t bulk_bytes;    /* zeros to answer, when is_bulk */
	bool is_bulk;
	bool is_work;           /* the page is to be computed */
	char source[CLIENT_SOURCE_MAX]; /* who asked the proxy: the last of X-Forwarded-For, "-" without */
	bool is_queued;         /* in the queue of work */
	struct client *behind;  /* and who comes after it */
	const char *refusal;    /* a status line instead of the page */
	struct page answer;     /* what of the head and page is still to be sent */
	uint64_t zeros_left;    /* and of the zeros after it */
	char answer_head[512];
	size_t input_len;
	char input[CLIENT_HEAD_MAX];
};

enum client_news { CLIENT_WAITS_INPUT, CLIENT_WAITS_OUTPUT, CLIENT_WAITS_WORK, CLIENT_GONE };

/* Pages are computed from now on: client_advance says CLIENT_WAITS_WORK, and the caller client_worked when it is done. */
void clients_compute(void);

struct client *client_new(int fd);
void client_free(struct client *client);

/* Readable, writable: one door. After CLIENT_GONE the caller frees. */
enum client_news client_advance(struct client *client);

/* The work is done: sends the page, and goes on. */
enum client_news client_worked(struct client *client);
