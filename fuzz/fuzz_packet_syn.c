/* Any TCP header has options that end, and an answer whose checksum is right. */
#include <assert.h>
#include <stdint.h>
#include <stddef.h>

#include "packet/kernel/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct packet_settings settings = { .flags = PACKET_HAS_TIMESTAMPS, .mss_v4 = 1460, .mss_v6 = 1440, .window_scale = 7 };
	struct packet_head head = { .version = size & 1 ? 4 : 6, .source_port = 1, .destination_port = 2 };
	struct tcp_options options = { .end = 20 };
	struct packet_answer answer;
	unsigned steps = 0;
	__u64 sum;

	if (size < 20 || size > TCP_HEADER_MAX)
		return 0;
	__builtin_memcpy(options.header, data, size);
	options.end = (__u32)size;
	options_begin(&options);
	while (option_next(&options))
		assert(++steps <= TCP_OPTIONS_MAX && options.at <= options.end);
	assert(options.offer.scale <= TCP_NO_SCALE);
	for (int i = 0; i < 4; i++)
		head.source[i] = wire_raw_32(data + i * 4);
	answer_make(&head, &options.offer, &settings, wire_32(data + 4), (__u64)wire_32(data + 8) * 1000000, &answer);
	assert(answer.tcp_bytes == (options.offer.has_timestamp ? 40 : 24));
	sum = head.version == 4 ? checksum_words(answer.word + 8, 2) : checksum_words(answer.word + 2, 8);
	sum += checksum_words(answer.word + 10, 10) + WIRE_32(answer.tcp_bytes) + WIRE_32(6u);
	assert(checksum_fold(sum) == 0);
	assert(head.version == 6 || checksum_fold(checksum_words(answer.word + 5, 5)) == 0);
	return 0;
}
