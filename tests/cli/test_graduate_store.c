/* Who has moved to block, in a folder that is damaged or takes nothing: what a person ordered is not lost, and neither is the file. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/edge/graduate.h"

#define DAMAGED "{\"sites\":[{\"site\":\"a.example\",\"since\":5"
#define PART GRADUATES_FILE ".part"

struct desk {
	char folder[32];
	struct edge_state state;
	struct site site;
	struct edge_site edge_site;
	struct edge_graduates *graduates;
};

static void write_text(const struct desk *desk, const char *name, const char *text)
{
	int fd = openat(desk->state.state_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool has_text(const struct desk *desk, const char *name, const char *text)
{
	char found[1024] = "";
	int fd = openat(desk->state.state_fd, name, O_RDONLY);
	ssize_t got = fd >= 0 ? read(fd, found, sizeof(found) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return got >= 0 && strstr(found, text) != NULL;
}

static struct desk *begin(const char *text)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	strcat(desk->folder, "/tmp/graduates.XXXXXX");
	assert_non_null(mkdtemp(desk->folder));
	desk->state.state_fd = open(desk->folder, O_RDONLY | O_DIRECTORY);
	assert_true(desk->state.state_fd >= 0);
	if (text)
		write_text(desk, GRADUATES_FILE, text);
	desk->site.name = SPAN("b.example");
	desk->edge_site = (struct edge_site){ .site = &desk->site, .key = plan_site_key(desk->site.name), .graduate_s = 86400 };
	desk->graduates = edge_graduates_new(&desk->state);
	assert_non_null(desk->graduates);
	return desk;
}

static void end(struct desk *desk)
{
	(void)!unlinkat(desk->state.state_fd, GRADUATES_FILE, 0);
	(void)!unlinkat(desk->state.state_fd, GRADUATES_ASIDE, 0);
	close(desk->state.state_fd);
	assert_int_equal(rmdir(desk->folder), 0);
	free(desk);
}

static void a_damaged_file_is_kept_aside(void **state)
{
	static const char *const texts[] = { "", DAMAGED, "{\"sites\":[{\"since\":5}]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct graduate *list = NULL;
		struct desk *desk = begin(texts[i]);

		assert_result(graduates_read(desk->state.state_fd, &list), RESULT_MALFORMED);
		assert_true(has_text(desk, GRADUATES_FILE, texts[i]));
		assert_result(edge_graduates_order(desk->graduates, &desk->edge_site, GRADUATE_NOW), RESULT_OK);
		assert_true(has_text(desk, GRADUATES_ASIDE, texts[i]));
		assert_true(has_text(desk, GRADUATES_FILE, "b.example"));
		/* Only what could not be read is put aside: the next one is ours. */
		assert_result(edge_graduates_order(desk->graduates, &desk->edge_site, GRADUATE_UNDO), RESULT_OK);
		assert_false(has_text(desk, GRADUATES_ASIDE, "b.example"));
		edge_graduates_free(desk->graduates);
		end(desk);
	}
}

/* A folder stands where the new file is made, so that not even root can write it. */
static void an_order_that_could_not_be_kept_is_kept_later(void **state)
{
	struct desk *desk = begin(NULL);

	(void)state;
	assert_int_equal(mkdirat(desk->state.state_fd, PART, 0700), 0);
	assert_result(edge_graduates_order(desk->graduates, &desk->edge_site, GRADUATE_NOW), RESULT_IO);
	assert_false(has_text(desk, GRADUATES_FILE, "b.example"));
	assert_int_equal(unlinkat(desk->state.state_fd, PART, AT_REMOVEDIR), 0);
	edge_graduates_free(desk->graduates);
	assert_true(has_text(desk, GRADUATES_FILE, "b.example"));
	end(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_damaged_file_is_kept_aside),
		                            cmocka_unit_test(an_order_that_could_not_be_kept_is_kept_later) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
