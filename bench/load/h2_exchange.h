/* Just enough HTTP/2 to make one GET on a fresh connection and then sit idle on it: what a browser that has read
 * the page does. h2load measures requests; this exists to count the memory of idle connections.
 *
 * Source  RFC 9113, sections 3.4, 4.1 and 6; RFC 7541, appendix A
 * Limits  one stream, a reply under the initial window of 64 KiB
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"

#define H2_FRAME_HEAD 9

struct h2_exchange {
	uint8_t head[H2_FRAME_HEAD];
	size_t head_bytes;
	uint32_t payload_left;
	bool status_wanted;    /* the next byte of payload may be the status */
	bool size_goes_on;     /* within the number of a dynamic table size update */
	bool reply_ended;      /* this frame carries END_STREAM for our stream */
	bool settings_arrived; /* an acknowledgement is owed; the sender resets it */
	int status;            /* 200, or 1 for any other */
};

/* The bytes that open a connection and ask for the page: preface, SETTINGS, HEADERS. */
size_t h2_exchange_request(char *buffer, size_t size);

extern const char h2_settings_ack[H2_FRAME_HEAD];

void h2_exchange_reset(struct h2_exchange *h2);
enum reply_result h2_exchange_read(struct h2_exchange *h2, const char *bytes, size_t len);
