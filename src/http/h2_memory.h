/* Where libnghttp2's memory comes from: malloc, but for two blocks that a session has for life and hardly uses.
 *
 * - 16 KiB to build a frame in. Nothing in it outlives one call of nghttp2_session_mem_send: what that returned is copied
 *   to the output at once, a DATA frame is never left half sent (h2_body_send), and the blocks behind a head longer than a
 *   frame are allocated apart. One piece serves all sessions of a thread.
 * - 4 KiB of stream table, all zero while there are no streams (libnghttp2 before 1.60; later ones begin small). It has a
 *   page of its own, which h2_memory_rest gives back to the kernel; the page comes back as zeros when it is touched.
 *
 * Both are known by their size, and only while the session is born: a libnghttp2 that asks otherwise gets plain malloc.
 *
 * Owns     the pages, in blocks of 64 a thread; a block without a page in use is given back when another has room
 * Threads  a session's memory belongs to the thread that made it
 */
#ifndef BOUCLIER_HTTP_H2_MEMORY_H
#define BOUCLIER_HTTP_H2_MEMORY_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>

struct h2_memory {
	bool is_in_birth;
	void *frame;   /* the thread's, or NULL */
	void *table;   /* a page, or NULL */
};

/* MEMORY stays where it is as long as the session lives. */
nghttp2_mem h2_memory_functions(struct h2_memory *memory);
/* Gives back what a session without streams does not need; it grows again by itself. */
void h2_memory_rest(struct h2_memory *memory);

#endif
