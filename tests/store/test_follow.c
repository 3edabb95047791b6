#include "stage.h"

#include "store/follow.h"

static struct follow_mark mark_of(struct follow *follow)
{
	return (struct follow_mark){ follow->seal.sequence, follow->seal.crc };
}

static void write_lines(struct stage *stage, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		stage_request(stage, STAGE_NOW_MS + i, "t", "s", "allow");
}

static void from_where_it_was(void **state)
{
	struct follow_mark none = { 0, 0 }, mark, other;
	struct follow follow;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	follow_init(&follow, stage.journal_fd, STREAM_DETAIL);
	assert_int_equal(follow_place(&follow, &none), RESULT_OK);
	assert_int_equal(follow_next(&follow), RESULT_MORE);
	write_lines(&stage, 5);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(follow_next(&follow), RESULT_OK);
		assert_int_equal(follow.seal.sequence, i);
	}
	mark = mark_of(&follow);
	follow_hold(&follow);
	assert_int_equal(follow_next(&follow), RESULT_OK);
	assert_int_equal(follow.seal.sequence, 3);
	assert_int_equal(follow_place(&follow, &mark), RESULT_OK);
	assert_int_equal(follow_next(&follow), RESULT_OK);
	assert_int_equal(follow.seal.sequence, 4);
	other = mark;
	other.crc ^= 1;
	assert_int_equal(follow_place(&follow, &other), RESULT_END);
	other = mark;
	other.sequence = 99;  /* beyond its end */
	assert_int_equal(follow_place(&follow, &other), RESULT_END);
	bool is_there;

	assert_int_equal(follow_probe(&follow, &mark, &is_there), RESULT_OK);
	assert_true(is_there);
	assert_int_equal(follow_probe(&follow, &other, &is_there), RESULT_OK);
	assert_false(is_there);
	stage_empty(stage.journal);
	assert_int_equal(follow_place(&follow, &mark), RESULT_MORE);
	follow_done(&follow);
	stage_done(&stage);
}

/* A segment that has no line yet says nothing against the cursor. */
static void a_new_segment_without_lines(void **state)
{
	struct follow_mark mark = { 3, 12345 };
	char name[SEGMENT_NAME_MAX];
	struct follow follow;
	struct stage stage;
	int fd;

	(void)state;
	stage_init(&stage);
	segment_name(STREAM_DETAIL, 4, name);
	fd = openat(stage.journal_fd, name, O_WRONLY | O_CREAT, 0600);
	close(fd);
	follow_init(&follow, stage.journal_fd, STREAM_DETAIL);
	assert_int_equal(follow_place(&follow, &mark), RESULT_OK);
	stage.streams[STREAM_DETAIL].sequence = 3;
	write_lines(&stage, 1);
	assert_int_equal(follow_next(&follow), RESULT_OK);
	assert_int_equal(follow.seal.sequence, 4);
	follow_done(&follow);
	stage_done(&stage);
}

/* Whatever became of the file that is open: taken away, another of its name, cut. */
static void nothing_is_held_that_is_gone(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct follow_mark none = { 0, 0 };
		char name[SEGMENT_NAME_MAX];
		struct follow follow;
		struct stage stage;

		(void)state;
		stage_init(&stage);
		segment_name(STREAM_DETAIL, 1, name);
		write_lines(&stage, 3);
		follow_init(&follow, stage.journal_fd, STREAM_DETAIL);
		assert_int_equal(follow_place(&follow, &none), RESULT_OK);
		while (follow_next(&follow) == RESULT_OK)
			;
		assert_true(follow.is_placed);
		if (how == 2)
			assert_int_equal(ftruncate(stage.streams[STREAM_DETAIL].fd, 10), 0);
		else
			assert_int_equal(unlinkat(stage.journal_fd, name, 0), 0);
		if (how == 1)
			close(openat(stage.journal_fd, name, O_WRONLY | O_CREAT, 0600));
		assert_int_equal(follow_next(&follow), RESULT_MORE);
		assert_false(follow.is_placed);
		assert_int_equal(follow.reader.fd, -1);
		follow_done(&follow);
		stage_done(&stage);
	}
}

/* Numbers that do not grow are no journal's. */
static void numbers_that_do_not_grow(void **state)
{
	struct follow_mark none = { 0, 0 };
	struct follow follow;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	write_lines(&stage, 3);
	stage.streams[STREAM_DETAIL].sequence = 1;
	write_lines(&stage, 3);
	follow_init(&follow, stage.journal_fd, STREAM_DETAIL);
	assert_int_equal(follow_place(&follow, &none), RESULT_OK);
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(follow_next(&follow), RESULT_OK);
		assert_int_equal(follow.seal.sequence, i);
	}
	assert_int_equal(follow.damaged, 2);
	assert_int_equal(follow_next(&follow), RESULT_MORE);
	follow_done(&follow);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_where_it_was), cmocka_unit_test(a_new_segment_without_lines), cmocka_unit_test(nothing_is_held_that_is_gone),
		cmocka_unit_test(numbers_that_do_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
