#include "h2_exchange.h"

#include <string.h>

enum { H2_DATA = 0, H2_HEADERS = 1, H2_RST_STREAM = 3, H2_SETTINGS = 4, H2_GOAWAY = 7 };
enum { H2_FLAG_ACK = 1, H2_FLAG_END_STREAM = 1 };

const char h2_settings_ack[H2_FRAME_HEAD] = {0, 0, 0, H2_SETTINGS, H2_FLAG_ACK, 0, 0, 0, 0};

static const char h2_opening[] =
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	"\0\0\0\4\0\0\0\0\0"                /* SETTINGS, empty */
	"\0\0\x14\1\5\0\0\0\1"              /* HEADERS of 20 bytes, END_HEADERS and END_STREAM, stream 1 */
	"\x82\x87"                          /* :method GET, :scheme https */
	"\x04\x04/s/x"                      /* :path */
	"\x01\x0a" "bench.test";            /* :authority */

size_t h2_exchange_request(char *buffer, size_t size)
{
	size_t len = sizeof h2_opening - 1;

	if (len > size)
		return 0;
	memcpy(buffer, h2_opening, len);
	return len;
}

void h2_exchange_reset(struct h2_exchange *h2)
{
	*h2 = (struct h2_exchange){0};
}

static bool h2_is_ours(const struct h2_exchange *h2)
{
	static const uint8_t stream_1[4] = {0, 0, 0, 1};

	return !memcmp(h2->head + 5, stream_1, sizeof stream_1);
}

static enum reply_result h2_frame_begin(struct h2_exchange *h2)
{
	uint8_t type = h2->head[3], flags = h2->head[4];

	h2->payload_left = (uint32_t)h2->head[0] << 16 | (uint32_t)h2->head[1] << 8 | h2->head[2];
	if (type == H2_GOAWAY || type == H2_RST_STREAM)
		return REPLY_MALFORMED;
	if (type == H2_SETTINGS && !(flags & H2_FLAG_ACK))
		h2->settings_arrived = true;
	if ((type == H2_DATA || type == H2_HEADERS) && h2_is_ours(h2) && (flags & H2_FLAG_END_STREAM))
		h2->reply_ended = true;
	h2->status_wanted = type == H2_HEADERS && h2_is_ours(h2) && !h2->status;
	return REPLY_MORE;
}

/* 0x88 is ":status: 200" in the static table; 001xxxxx resizes the dynamic table and may come before it, with the rest of
 * its number behind it when all five bits are set (RFC 7541, 5.1 and 6.3). */
static void h2_status_read(struct h2_exchange *h2, uint8_t byte)
{
	if (h2->size_goes_on) {
		h2->size_goes_on = byte & 0x80;
		return;
	}
	if ((byte & 0xe0) == 0x20) {
		h2->size_goes_on = (byte & 0x1f) == 0x1f;
		return;
	}
	h2->status = byte == 0x88 ? 200 : 1;
	h2->status_wanted = false;
}

static size_t h2_payload_read(struct h2_exchange *h2, const char *bytes, size_t len)
{
	size_t taken = len < h2->payload_left ? len : h2->payload_left;

	for (size_t i = 0; i < taken && h2->status_wanted; i++)
		h2_status_read(h2, (uint8_t)bytes[i]);
	h2->payload_left -= (uint32_t)taken;
	return taken;
}

enum reply_result h2_exchange_read(struct h2_exchange *h2, const char *bytes, size_t len)
{
	while (len) {
		size_t taken = 1;

		if (h2->head_bytes < H2_FRAME_HEAD) {
			h2->head[h2->head_bytes++] = (uint8_t)*bytes;
			if (h2->head_bytes == H2_FRAME_HEAD && h2_frame_begin(h2) == REPLY_MALFORMED)
				return REPLY_MALFORMED;
		} else {
			taken = h2_payload_read(h2, bytes, len);
		}
		bytes += taken;
		len -= taken;
		if (h2->head_bytes == H2_FRAME_HEAD && !h2->payload_left)
			h2->head_bytes = 0;
	}
	return h2->reply_ended && !h2->head_bytes ? REPLY_DONE : REPLY_MORE;
}
