/* What an edge says of who was refused. The rest is shown in tests/scenes/test_packet_egress_shield.py. */
#include "../base/check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/edge/egress.h"
#include "origin/settings.h"

#include "base/banned.h"

static struct edge_state state;

struct said {
	char text[512];
	bool is_locked;
};

/* Stands for a pipe that nobody reads. */
static ssize_t hear(void *context, const char *bytes, size_t len)
{
	struct said *said = context;

	if (pthread_mutex_trylock(&state.common.origins.lock) == 0)
		pthread_mutex_unlock(&state.common.origins.lock);
	else
		said->is_locked = true;
	snprintf(said->text, sizeof(said->text), "%.*s", (int)len, bytes);
	return (ssize_t)len;
}

static void write_news(const struct egress_news *news, struct said *said)
{
	FILE *file = fopencookie(said, "w", (cookie_io_functions_t){ .write = hear }), *before = stderr;

	assert_non_null(file);
	setvbuf(file, NULL, _IOLBF, BUFSIZ);  /* a line is said when it is whole, as the journal has it */
	*said = (struct said){ .is_locked = false };
	stderr = file;
	edge_egress_write(&state, news);
	stderr = before;
	assert_int_equal(fclose(file), 0);
}

/* Availability: workers ask for origins while stderr takes nothing. */
static void no_lock_is_held_while_it_is_said(void **unused)
{
	struct origin_settings settings = { .url = { .text = SPAN("http://192.0.2.9:80"), .host = SPAN("192.0.2.9"), .port = 80 }, .weight = 1 };
	const struct origin_health_settings health = { .rise = 1, .fall = 1 };
	struct egress_news news = { .kind = EGRESS_NEWS, .has_to = true, .to = { .port = 80, .protocol = IPPROTO_TCP }, .text = "text" };
	struct address address;
	struct origin *origin;
	struct said said;

	(void)unused;
	origins_init(&state.common.origins);
	origin = origins_hold(&state.common.origins, &settings, &health, NULL);
	assert_non_null(origin);
	assert_ok(address_read(SPAN("192.0.2.9"), &address));
	memcpy(news.to.bytes, address.bytes, sizeof(news.to.bytes));
	write_news(&news, &said);
	assert_string_equal(said.text, "bouclier: egress: ALARM: the kernel refuses the way to origin http://192.0.2.9:80: bouclier packet egress refresh\n");
	assert_false(said.is_locked);
	news.to.port = 81;
	write_news(&news, &said);
	assert_string_equal(said.text, "");
	origins_drop(&state.common.origins, origin);
	origins_done(&state.common.origins);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_lock_is_held_while_it_is_said) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
