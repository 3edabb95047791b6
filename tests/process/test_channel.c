#include "process/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct channel_message message;

static void test_message(void **unused)
{
	struct channel a, b;
	int fd = channel_text_fd(SPAN("hello")), got;
	int fds[2] = { fd, fd };
	char text[16];

	(void)unused;
	assert_int_equal(channel_pair(&a, &b), RESULT_OK);
	assert_int_equal(channel_receive(&b, &message), RESULT_MORE);
	assert_int_equal(channel_wait(&b, 10, &message), RESULT_TIMEOUT);
	assert_int_equal(channel_send(&a, CHANNEL_START, 77, SPAN("body"), fds, 2, 100), RESULT_OK);
	assert_int_equal(channel_receive(&b, &message), RESULT_OK);
	assert_int_equal(message.kind, CHANNEL_START);
	assert_int_equal(message.id, 77);
	assert_int_equal(message.len, 4);
	assert_int_equal(message.fd_count, 2);
	got = channel_take(&message, 1);
	assert_int_equal(channel_take(&message, 1), -1);
	assert_int_equal(channel_take(&message, 2), -1);
	channel_drop(&message);
	assert_int_equal(channel_text_read(got, text, sizeof(text)), 5);
	assert_memory_equal(text, "hello", 5);
	assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	close(got);
	close(fd);
	channel_close(&a);
	assert_int_equal(channel_receive(&b, &message), RESULT_END);
	assert_int_equal(channel_send(&b, CHANNEL_START, 0, SPAN_NONE, NULL, 0, 0), RESULT_END);
	channel_close(&b);
}

static void test_bad_messages(void **unused)
{
	static char much[CHANNEL_BODY_MAX + 64];
	struct channel a, b;
	uint32_t unknown[4] = { CHANNEL_KIND_COUNT, 0, 0, 0 }, lying[4] = { CHANNEL_START, 5, 0, 0 };

	(void)unused;
	assert_int_equal(channel_pair(&a, &b), RESULT_OK);
	assert_int_equal(channel_send(&a, CHANNEL_START, 0, span_make(much, CHANNEL_BODY_MAX + 1), NULL, 0, 0), RESULT_LIMIT);
	assert_int_equal(send(a.fd, "x", 1, 0), 1);
	assert_int_equal(channel_receive(&b, &message), RESULT_MALFORMED);
	assert_int_equal(send(a.fd, unknown, sizeof(unknown), 0), (int)sizeof(unknown));
	assert_int_equal(channel_receive(&b, &message), RESULT_MALFORMED);
	assert_int_equal(send(a.fd, lying, sizeof(lying), 0), (int)sizeof(lying));
	assert_int_equal(channel_receive(&b, &message), RESULT_MALFORMED);
	assert_int_equal(send(a.fd, much, sizeof(much), 0), (int)sizeof(much));
	assert_int_equal(channel_receive(&b, &message), RESULT_MALFORMED);
	assert_int_equal(channel_receive(&b, &message), RESULT_MORE);
	channel_close(&a);
	channel_close(&b);
}

static void test_full(void **unused)
{
	static char much[CHANNEL_BODY_MAX];
	enum result result = RESULT_OK;
	struct channel a, b;

	(void)unused;
	assert_int_equal(channel_pair(&a, &b), RESULT_OK);
	for (int i = 0; i < 10000 && result == RESULT_OK; i++)
		result = channel_send(&a, CHANNEL_START, 0, span_make(much, sizeof(much)), NULL, 0, 20);
	assert_int_equal(result, RESULT_TIMEOUT);
	channel_close(&a);
	channel_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message), cmocka_unit_test(test_bad_messages), cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
