#include "stage.h"

#include "event/crc32c.h"
#include "event/format.h"
#include "event/seal.h"

static struct span sealed(struct span body, struct seal seal, char out[LINE_MAX_BYTES])
{
	memcpy(out, body.at, body.len);
	return span_make(out, body.len + seal_write(&seal, crc32c_more(0, body), out + body.len) - 1);
}

static const struct span body = SPAN_INIT("{\"a\":\"x,\\\"event.sequence\\\":9\"");

static void written_and_read_again(void **state)
{
	static const struct seal seals[] = {
		{ .sequence = 1 }, { .sequence = UINT64_MAX },
		{ .sequence = 42, .has_ring = true, .ring_id = 0xdeadbeef, .ring_number = 7 },
		{ .sequence = UINT64_MAX, .has_ring = true, .ring_id = UINT32_MAX, .ring_number = UINT64_MAX },
	};
	char text[LINE_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct span line = sealed(body, seals[i], text);
		struct seal seal;

		assert_int_equal(seal_read(line, &seal), RESULT_OK);
		assert_int_equal(seal.sequence, seals[i].sequence);
		assert_int_equal(seal.has_ring, seals[i].has_ring);
		assert_int_equal(seal.ring_id, seals[i].ring_id);
		assert_int_equal(seal.ring_number, seals[i].ring_number);
		assert_true(span_equal(seal_body(line), body));
		assert_true(line.len - body.len < LINE_TAIL_BYTES);
	}
	assert_span(span_skip(sealed(body, seals[2], text), body.len),
	            ",\"event.sequence\":42,\"bouclier.ring\":\"deadbeef-7\",\"bouclier.crc\":\"e15ce162\"}");
}

static void any_damage_is_seen(void **state)
{
	char text[LINE_MAX_BYTES];
	struct span line = sealed(body, (struct seal){ .sequence = 42, .has_ring = true, .ring_id = 1, .ring_number = 7 }, text);
	struct seal seal = { .sequence = 5 };

	(void)state;
	for (size_t len = 0; len < line.len; len++)
		assert_int_equal(seal_read(span_take(line, len), &seal), RESULT_MALFORMED);
	for (size_t i = 0; i < line.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text[i] ^= (char)(1 << bit);
			/* The one change that says the same: the case of the checksum's own letters. */
			if (!(bit == 5 && i >= line.len - 10))
				assert_int_equal(seal_read(line, &seal), RESULT_MALFORMED);
			text[i] ^= (char)(1 << bit);
		}
	}
	assert_int_equal(seal.sequence, 5);
	assert_int_equal(seal_read(line, &seal), RESULT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(written_and_read_again), cmocka_unit_test(any_damage_is_seen) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
