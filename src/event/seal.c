#include "event/seal.h"

#include <endian.h>

#include "base/encode.h"
#include "event/crc32c.h"
#include "event/format.h"

#include "base/banned.h"

static const struct span sequence_name = SPAN_INIT(",\"event.sequence\":");
static const struct span ring_name = SPAN_INIT(",\"bouclier.ring\":\"");
static const struct span crc_name = SPAN_INIT(",\"bouclier.crc\":\"");
#define CRC_MEMBER_LEN 27  /* with its digits, quote and brace */

static void add_hex32(struct line *line, uint32_t value)
{
	uint32_t big = htobe32(value);
	char digits[8];

	hex_write(&big, sizeof(big), digits);
	line_raw(line, span_make(digits, sizeof(digits)));
}

size_t seal_write(const struct seal *seal, uint32_t body_crc, char *out)
{
	struct line line = { out, out + LINE_TAIL_BYTES, false };
	uint32_t crc;

	line_raw(&line, sequence_name);
	line_number(&line, seal->sequence);
	if (seal->has_ring) {
		line_raw(&line, ring_name);
		add_hex32(&line, seal->ring_id);
		line_raw(&line, SPAN("-"));
		line_number(&line, seal->ring_number);
		line_raw(&line, SPAN("\""));
	}
	crc = crc32c_more(body_crc, span_make(out, (size_t)(line.at - out)));
	line_raw(&line, crc_name);
	add_hex32(&line, crc);
	line_raw(&line, SPAN("\"}\n"));
	return (size_t)(line.at - out);
}

static bool read_hex32(struct span text, uint32_t *out)
{
	uint32_t big;

	if (hex_read(text, &big, sizeof(big)) != RESULT_OK)
		return false;
	*out = be32toh(big);
	return true;
}

/* Where the seal starts: line.len when there is none. A quote inside a value is escaped, so that the name can be searched
 * as it stands. */
static size_t find_seal(struct span line)
{
	size_t from = line.len > LINE_TAIL_BYTES ? line.len - LINE_TAIL_BYTES : 0;
	const char *found = line.len ? memmem(line.at + from, line.len - from, sequence_name.at, sequence_name.len) : NULL;

	return found ? (size_t)(found - line.at) : line.len;
}

struct span seal_body(struct span line)
{
	return span_take(line, find_seal(line));
}

static bool read_ring(struct span text, struct seal *seal)
{
	if (text.len == 0)
		return true;
	if (!span_starts(text, ring_name) || text.at[text.len - 1] != '"')
		return false;
	text = span_take(span_skip(text, ring_name.len), text.len - ring_name.len - 1);
	if (text.len < 10 || text.at[8] != '-' || !read_hex32(span_take(text, 8), &seal->ring_id))
		return false;
	seal->has_ring = true;
	return span_to_u64(span_skip(text, 9), UINT64_MAX, &seal->ring_number) == RESULT_OK;
}

enum result seal_read(struct span line, struct seal *out)
{
	struct seal seal = { .has_ring = false };
	struct span sealed, end, number;
	size_t start;

	if (line.len < CRC_MEMBER_LEN + 1)
		return RESULT_MALFORMED;
	sealed = span_take(line, line.len - CRC_MEMBER_LEN);
	end = span_skip(line, sealed.len);
	if (!span_starts(end, crc_name) || !span_ends(end, SPAN("\"}")) ||
	    !read_hex32(span_take(span_skip(end, crc_name.len), 8), &seal.crc) || seal.crc != crc32c_more(0, sealed))
		return RESULT_MALFORMED;
	start = find_seal(sealed);
	if (start == sealed.len || sealed.at[0] != '{')
		return RESULT_MALFORMED;
	number = span_skip(sealed, start + sequence_name.len);
	end = span_skip(number, span_find(number, ','));
	number = span_take(number, number.len - end.len);
	if (span_to_u64(number, UINT64_MAX, &seal.sequence) != RESULT_OK || seal.sequence == 0 || !read_ring(end, &seal))
		return RESULT_MALFORMED;
	*out = seal;
	return RESULT_OK;
}
