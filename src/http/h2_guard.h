/* Looks at every frame header before libnghttp2 does, and counts what it costs. libnghttp2 says nothing of frames that it
 * ignores (DATA on closed streams, PRIORITY once RFC 7540 priorities are off, unknown types), and these are what floods
 * are made of.
 *
 * Shape    preface of 24 bytes, then frames: 9 bytes of header, payload (RFC 9113, sections 3.4 and 4.1)
 * Limits   token buckets: BURST at once, then A_SECOND. Opening a stream and sending DATA give control tokens back, because
 *          honest peers answer these with PRIORITY and WINDOW_UPDATE
 * Owns     nothing
 */
#ifndef BOUCLIER_HTTP_H2_GUARD_H
#define BOUCLIER_HTTP_H2_GUARD_H

#include "base/span.h"
#include "http/fault.h"

struct h2_bucket {
	uint64_t thousandths;  /* tokens left, times 1000 */
	uint64_t filled_ms;
	uint32_t burst, a_second;
};

enum h2_frame_type { H2_DATA, H2_HEADERS, H2_PRIORITY, H2_RST_STREAM, H2_SETTINGS, H2_PUSH_PROMISE, H2_PING, H2_GOAWAY,
                     H2_WINDOW_UPDATE, H2_CONTINUATION };

/* One frame, as far as it has been looked at. */
struct h2_frame {
	uint32_t length;
	uint8_t type, flags;
	uint32_t stream;
	uint8_t peek[5];  /* the front of the payload, as much as the type needs */
};

/* Streams that the client passed over: opening a later one has closed them for ever (RFC 9113, section 5.1.1). */
struct h2_gap {
	uint32_t from, to;
};

#define H2_GAPS_KEPT 4

struct h2_guard {
	struct h2_bucket client_resets, provoked_resets, control;
	struct h2_frame frame;
	uint8_t raw[9];
	uint8_t raw_len, peek_len, peek_want;
	uint8_t preface_left;
	uint8_t continuations;  /* in the header block that is open */
	bool is_lost;           /* an oversized frame: libnghttp2 ends the connection there */
	uint32_t skip;          /* payload bytes left of the frame being passed */
	uint32_t last_stream;   /* highest the client has opened */
	struct h2_gap gaps[H2_GAPS_KEPT];
	uint8_t gap_at;
};

/* More than a head at its limit needs; libnghttp2 (CVE-2024-28182) stops at 8 too. */
#define H2_CONTINUATIONS_MAX 8

void h2_guard_init(struct h2_guard *guard, uint32_t resets_burst, uint32_t resets_a_second, uint32_t control_burst,
                   uint32_t control_a_second, uint64_t now_ms);

/* Walks INPUT to the next frame. RESULT_OK: guard->frame is one, and USED bytes lead up to where it is known (never past its
 * end). RESULT_MORE: all of INPUT was walked. */
enum result h2_guard_next(struct h2_guard *guard, struct span input, size_t *used) must_check;
/* Counts guard->frame. Anything but NONE ends the connection: the budget that is spent, or H2_PROTOCOL for what
 * libnghttp2 would not look at: a PRIORITY, HEADERS on a stream that was passed over. */
enum http_fault h2_guard_judge(struct h2_guard *guard, uint64_t now_ms) must_check;

/* False: the budget is spent. */
bool h2_bucket_take(struct h2_bucket *bucket, uint64_t now_ms) must_check;
void h2_bucket_give(struct h2_bucket *bucket, uint32_t tokens);

#endif
