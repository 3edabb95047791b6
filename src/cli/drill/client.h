/* One HTTP/1.1 connection to the drill's shield, as a player has it: a request goes out, its answer comes in, and the player is told.
 *
 * Limits   an answer's head is at most 64 KiB; of its body CLIENT_PAGE_MAX bytes are kept, by who wants a page, and the rest is read and dropped.
 *          One request at a time
 * Owns     its socket and buffers, until client_done; the loop, the page and the player are the caller's
 * Threads  those of its loop
 */
#ifndef BOUCLIER_CLI_DRILL_CLIENT_H
#define BOUCLIER_CLI_DRILL_CLIENT_H

#include "base/buffer.h"
#include "base/loop.h"
#include "http/body_reader.h"
#include "http/head_reader.h"
#include "net/transport.h"

#define CLIENT_PAGE_MAX ((size_t)32 << 10)
#define CLIENT_COOKIE_MAX 256u
#define CLIENT_TARGET_MAX 4096u

enum client_news { CLIENT_ANSWERED, CLIENT_BROKEN };

/* What a player looks at. */
struct client_answer {
	unsigned status;
	bool is_page;                      /* the portal made it */
	bool is_kept;                      /* and the shield had kept it */
	char location[CLIENT_TARGET_MAX];  /* path and query of a redirect; "" without one, or where it leads elsewhere */
	char cookie[CLIENT_COOKIE_MAX];    /* "name=value", the last one that is set; "" without one */
	struct buffer page;                /* max_bytes 0: nobody wants it */
};

struct client {
	struct loop *loop;
	uint16_t port;
	void (*told)(struct client *client, enum client_news news);  /* may ask again, or close */
	struct client_answer *answer;      /* NULL: a player who looks at the status alone */
	/* inner */
	struct watch watch;
	struct transport transport;
	struct buffer out, in;
	struct head_reader reader;
	struct body_reader body;
	unsigned status;
	bool is_page;
	bool is_open, is_asking, has_head, closes;
	bool was_kept;                     /* the connection that broke had served before: the shield may just have let it go */
	unsigned asked;                    /* on this connection */
};

/* ANSWER's page buffer is the caller's to make. */
void client_init(struct client *client, struct loop *loop, uint16_t port, void (*told)(struct client *client, enum client_news news));
void client_done(struct client *client);
/* Sends REQUEST, from FROM where there is no connection yet. RESULT_IO: there can be none; RESULT_NO_MEMORY, RESULT_LIMIT. TOLD is called
 * later, never from here. */
enum result client_ask(struct client *client, uint32_t from, struct span request) must_check;
/* The same of a part of a request: no answer is waited for but a refusal. */
enum result client_drip(struct client *client, uint32_t from, struct span bytes) must_check;
void client_close(struct client *client);

#endif
