/* Connections to a real listening socket: at work, kept, used again, gone. */
#include "made.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "origin/connection.h"

struct scene {
	struct loop loop;
	struct origins origins;
	struct origin_worker worker;
	struct origin *origin;
	struct origins_settings settings;
	int listener;
	uint16_t port;
	int peers[16];            /* the origin's ends, in the order they were accepted */
	unsigned peer_count;
};

struct owner {
	unsigned advances;
};

static void advance(void *argument)
{
	((struct owner *)argument)->advances++;
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static struct origin *hold(struct scene *scene, const char *host, uint16_t port)
{
	struct origin_settings settings = made_origin(host, port);
	struct origin *origin = origins_hold(&scene->origins, &settings, &scene->settings.health, NULL);

	assert_non_null(origin);
	return origin;
}

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	assert_ok(loop_init(&scene->loop));
	origins_init(&scene->origins);
	scene->settings = (struct origins_settings){ .health = { .rise = 1, .fall = 1 }, .kept_connections = 3, .kept_ms = 60000 };
	assert_ok(origin_worker_init(&scene->worker, &scene->loop, &scene->origins, advance));
	scene->listener = listen_somewhere(&scene->port);
	scene->origin = hold(scene, "127.0.0.1", scene->port);
	return scene;
}

static void turn(struct scene *scene, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		loop_turn(&scene->loop, 2);
}

static void scene_done(struct scene *scene)
{
	origin_worker_done(&scene->worker);
	turn(scene, 2);
	assert_int_equal(scene->worker.open_count, 0);
	assert_int_equal(scene->worker.idle_count, 0);
	origins_drop(&scene->origins, scene->origin);
	assert_true(list_is_empty(&scene->origins.all));
	origins_done(&scene->origins);
	loop_done(&scene->loop);
	for (unsigned i = 0; i < scene->peer_count; i++)
		close(scene->peers[i]);
	close(scene->listener);
	free(scene);
}

static struct origin_connection *open_one(struct scene *scene, struct owner *owner)
{
	struct origin_connection *connection = NULL;
	enum result result = RESULT_MORE;

	assert_ok(origin_connection_open(&scene->worker, scene->origin, owner, &connection));
	for (unsigned i = 0; i < 100 && result == RESULT_MORE; i++) {
		turn(scene, 1);
		result = origin_connection_advance(connection);
	}
	assert_ok(result);
	assert_int_equal(connection->stage, ORIGIN_OPEN);
	scene->peers[scene->peer_count] = accept(scene->listener, NULL, NULL);
	assert_true(scene->peers[scene->peer_count++] >= 0);
	return connection;
}

static int last_peer(const struct scene *scene)
{
	return scene->peers[scene->peer_count - 1];
}

/* Says PATTERN at the origin's end and hears it at ours. */
static void hear(struct scene *scene, struct origin_connection *connection, const char *text)
{
	struct span span = span_of(text);

	assert_int_equal(send(last_peer(scene), span.at, span.len, 0), (ssize_t)span.len);
	for (unsigned i = 0; i < 100 && buffer_len(&connection->in) < span.len; i++) {
		enum result result = origin_connection_fill(connection);

		assert_true(result == RESULT_OK || result == RESULT_MORE);
		turn(scene, 1);
	}
	assert_true(span_equal(buffer_span(&connection->in), span));
	buffer_consume(&connection->in, span.len);
}

static void bytes_go_both_ways(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);
	char got[16];

	(void)state;
	assert_true(owner.advances > 0);
	assert_false(connection->is_reused);
	assert_ok(buffer_append(&connection->out, SPAN("GET / HTTP/1.1")));
	assert_ok(origin_connection_flush(connection));
	assert_int_equal(recv(last_peer(scene), got, sizeof(got), 0), 14);
	assert_memory_equal(got, "GET / HTTP/1.1", 14);
	hear(scene, connection, "HTTP/1.1 200 OK");
	shutdown(last_peer(scene), SHUT_WR);
	turn(scene, 3);
	assert_result(origin_connection_fill(connection), RESULT_END);
	origin_connection_close(connection);
	origin_connection_close(connection);  /* closed: nothing */
	scene_done(scene);
}

static void kept_ones_are_used_again_newest_first(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *first = open_one(scene, &owner), *second = open_one(scene, &owner), *got;

	(void)state;
	hear(scene, second, "over");
	assert_null(origin_connection_reuse(&scene->worker, scene->origin, false, &owner));
	origin_connection_keep(first, &scene->settings);
	origin_connection_keep(second, &scene->settings);
	assert_int_equal(scene->worker.idle_count, 2);
	owner.advances = 0;
	turn(scene, 5);
	assert_int_equal(owner.advances, 0);  /* an idle one has no owner */
	got = origin_connection_reuse(&scene->worker, scene->origin, false, &owner);
	assert_ptr_equal(got, second);
	assert_true(got->is_reused);
	assert_int_equal(got->stage, ORIGIN_OPEN);
	hear(scene, got, "second response");
	assert_true(owner.advances > 0);
	assert_ptr_equal(origin_connection_reuse(&scene->worker, scene->origin, false, &owner), first);
	assert_null(origin_connection_reuse(&scene->worker, scene->origin, false, &owner));
	origin_connection_close(first);
	origin_connection_keep(second, &scene->settings);  /* closed with the worker */
	scene_done(scene);
}

static void no_more_are_kept_than_the_limit(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *list[5];

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		list[i] = open_one(scene, &owner);
	assert_int_equal(scene->worker.open_count, 5);
	for (unsigned i = 0; i < 5; i++)
		origin_connection_keep(list[i], &scene->settings);
	assert_int_equal(scene->worker.idle_count, 3);
	assert_int_equal(scene->worker.open_count, 3);
	scene->settings.kept_connections = 0;
	list[0] = origin_connection_reuse(&scene->worker, scene->origin, false, &owner);
	origin_connection_keep(list[0], &scene->settings);
	assert_int_equal(scene->worker.idle_count, 2);
	scene_done(scene);
}

static void kept_too_long_is_closed(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);
	uint64_t start_ms = clock_mono_ms();

	(void)state;
	scene->settings.kept_ms = 40;
	origin_connection_keep(connection, &scene->settings);
	while (scene->worker.idle_count && clock_mono_ms() - start_ms < 3000)
		turn(scene, 1);
	assert_in_range(clock_mono_ms() - start_ms, 30, 1000);
	assert_int_equal(scene->worker.open_count, 0);
	scene_done(scene);
}

static void what_an_idle_one_hears_closes_it(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 3; how++) {
		struct scene *scene = scene_new();
		struct owner owner = { 0 };
		struct origin_connection *connection = open_one(scene, &owner);

		origin_connection_keep(connection, &scene->settings);
		turn(scene, 2);
		assert_int_equal(scene->worker.idle_count, 1);
		if (how == 0)
			shutdown(last_peer(scene), SHUT_WR);
		else if (how == 1)
			assert_int_equal(send(last_peer(scene), "HTTP/1.1 200 OK", 15, 0), 15);
		else {
			struct linger now = { 1, 0 };

			setsockopt(last_peer(scene), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
			close(last_peer(scene));
			scene->peer_count--;
		}
		for (unsigned i = 0; i < 100 && scene->worker.idle_count; i++)
			turn(scene, 1);
		assert_int_equal(scene->worker.idle_count, 0);
		assert_null(origin_connection_reuse(&scene->worker, scene->origin, false, &owner));
		scene_done(scene);
	}
}

/* Bytes behind a response that is over came before it was kept: no edge will tell of them again, and the next visitor would
 * be given them as the response. */
static void bytes_nobody_asked_for_are_nobodys_response(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);

	(void)state;
	hear(scene, connection, "HTTP/1.1 204 No Content\r\n\r\n");
	assert_int_equal(send(last_peer(scene), "HTTP/1.1 200 OK", 15, 0), 15);
	turn(scene, 5);  /* the edge is told to the owner, who waits for nothing and reads nothing */
	origin_connection_keep(connection, &scene->settings);
	assert_int_equal(scene->worker.idle_count, 0);
	assert_null(origin_connection_reuse(&scene->worker, scene->origin, false, &owner));

	connection = open_one(scene, &owner);
	assert_ok(buffer_append(&connection->in, SPAN("x")));  /* read already */
	origin_connection_keep(connection, &scene->settings);
	connection = open_one(scene, &owner);
	assert_ok(buffer_append(&connection->out, SPAN("x")));  /* never sent */
	origin_connection_keep(connection, &scene->settings);
	connection = open_one(scene, &owner);
	shutdown(last_peer(scene), SHUT_WR);
	turn(scene, 3);
	origin_connection_keep(connection, &scene->settings);
	assert_int_equal(scene->worker.idle_count, 0);
	scene_done(scene);
}

/* The edge of a response that was read in the same round already, by way of its client, comes late: no reason to close. */
static void a_late_edge_of_what_was_read_keeps_it(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);
	char got[32];

	(void)state;
	turn(scene, 3);
	assert_int_equal(send(last_peer(scene), "response", 8, 0), 8);
	usleep(20000);
	assert_int_equal(recv(connection->transport.fd, got, sizeof(got), MSG_DONTWAIT), 8);
	origin_connection_keep(connection, &scene->settings);
	connection->watch.ready(&connection->watch, EPOLLIN | EPOLLOUT);
	assert_int_equal(scene->worker.idle_count, 1);
	scene_done(scene);
}

static void a_refused_connection_says_so(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = NULL;
	uint16_t port;
	enum result result;

	(void)state;
	close(listen_somewhere(&port));  /* a port where nobody listens any more */
	struct origin *gone = hold(scene, "127.0.0.1", port);

	result = origin_connection_open(&scene->worker, gone, &owner, &connection);
	for (unsigned i = 0; i < 100 && (result == RESULT_OK || result == RESULT_MORE) && connection; i++) {
		turn(scene, 1);
		result = origin_connection_advance(connection);
	}
	assert_result(result, RESULT_IO);
	if (connection)
		origin_connection_close(connection);
	turn(scene, 2);
	origins_drop(&scene->origins, gone);

	gone = hold(scene, "portal.example", 80);  /* a name that DNS has not answered for */
	connection = NULL;
	assert_result(origin_connection_open(&scene->worker, gone, &owner, &connection), RESULT_NOT_FOUND);
	assert_null(connection);
	origins_drop(&scene->origins, gone);
	scene_done(scene);
}

/* Our own lack of descriptors must be told from an origin that refuses: or a flood would mark every origin as ill. */
static void no_descriptor_is_not_the_origins_fault(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = NULL;
	struct rlimit old, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 3, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum result result = origin_connection_open(&scene->worker, scene->origin, &owner, &connection);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_result(result, RESULT_LIMIT);
	assert_null(connection);
	turn(scene, 2);
	scene_done(scene);
}

/* Kept ones stay in their lists when an origin with a far higher slot makes the tables grow. */
static void tables_grow_with_the_slots(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *kept[3], *far;
	struct origin *fillers[100], *first = scene->origin;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		kept[i] = open_one(scene, &owner);
	for (unsigned i = 0; i < 3; i++)
		origin_connection_keep(kept[i], &scene->settings);
	for (unsigned i = 0; i < 100; i++)
		fillers[i] = hold(scene, "10.1.1.1", (uint16_t)(1000 + i));
	scene->origin = hold(scene, "127.0.0.1", scene->port);  /* the same again */
	assert_ptr_equal(scene->origin, first);
	origin_set_endpoints(fillers[99], &(struct endpoint){ first->endpoints[0].address, scene->port }, 1, 0);
	scene->origin = fillers[99];
	far = open_one(scene, &owner);
	assert_true(fillers[99]->slot >= 100);
	origin_connection_keep(far, &scene->settings);
	scene->origin = first;
	assert_int_equal(scene->worker.idle_count, 4);
	assert_ptr_equal(origin_connection_reuse(&scene->worker, fillers[99], false, &owner), far);
	for (unsigned i = 3; i > 0; i--)
		assert_ptr_equal(origin_connection_reuse(&scene->worker, first, false, &owner), kept[i - 1]);
	assert_null(origin_connection_reuse(&scene->worker, first, false, &owner));
	for (unsigned i = 0; i < 3; i++)
		origin_connection_close(kept[i]);
	origin_connection_close(far);
	turn(scene, 1);
	for (unsigned i = 0; i < 100; i++)
		origins_drop(&scene->origins, fillers[i]);
	origins_drop(&scene->origins, first);
	scene_done(scene);
}

/* A kept connection holds its origin: its slot is not given to another while it lasts. */
static void a_kept_connection_holds_its_origin(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);
	struct origin *old = scene->origin, *other;
	unsigned slot = old->slot;

	(void)state;
	origin_connection_keep(connection, &scene->settings);
	origins_drop(&scene->origins, old);
	other = hold(scene, "10.2.2.2", 80);
	assert_int_not_equal(other->slot, slot);
	assert_ptr_equal(hold(scene, "127.0.0.1", scene->port), old);
	origins_drop(&scene->origins, other);
	scene_done(scene);
}

static void a_worker_that_closes_keeps_none(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *connection = open_one(scene, &owner);

	(void)state;
	origin_worker_done(&scene->worker);
	origin_connection_keep(connection, &scene->settings);
	assert_int_equal(scene->worker.open_count, 0);
	scene_done(scene);
}

/* A name that moved takes its visitors along, also those who come often. */
static void a_name_that_moved_is_followed(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *one = open_one(scene, &owner);
	struct endpoint here = one->endpoint, elsewhere = here;

	(void)state;
	elsewhere.port = (uint16_t)(here.port ^ 1);
	origin_connection_keep(one, &scene->settings);
	origin_set_endpoints(scene->origin, (struct endpoint[]){ elsewhere, here }, 2, 1);
	assert_ptr_equal(origin_connection_reuse(&scene->worker, scene->origin, false, &owner), one);  /* in another order, and still there */
	
	origin_connection_keep(one, &scene->settings);
	origin_set_endpoints(scene->origin, &elsewhere, 1, 2);
	assert_null(origin_connection_reuse(&scene->worker, scene->origin, false, &owner));
	assert_int_equal(scene->worker.idle_count, 0);
	origin_set_endpoints(scene->origin, &here, 1, 3);
	scene_done(scene);
}

/* What can be sent only once goes to a connection that lives; the edge that tells of its end may come too late. */
static void what_is_sent_once_goes_to_a_living_one(void **state)
{
	struct scene *scene = scene_new();
	struct owner owner = { 0 };
	struct origin_connection *living = open_one(scene, &owner), *dead = open_one(scene, &owner);

	(void)state;
	turn(scene, 2);
	origin_connection_keep(living, &scene->settings);
	origin_connection_keep(dead, &scene->settings);
	turn(scene, 2);
	assert_int_equal(shutdown(last_peer(scene), SHUT_RDWR), 0);
	assert_ptr_equal(origin_connection_reuse(&scene->worker, scene->origin, true, &owner), living);
	assert_null(origin_connection_reuse(&scene->worker, scene->origin, true, &owner));
	origin_connection_close(living);
	scene_done(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways), cmocka_unit_test(kept_ones_are_used_again_newest_first),
		cmocka_unit_test(no_more_are_kept_than_the_limit), cmocka_unit_test(kept_too_long_is_closed),
		cmocka_unit_test(what_an_idle_one_hears_closes_it), cmocka_unit_test(bytes_nobody_asked_for_are_nobodys_response),
		cmocka_unit_test(a_late_edge_of_what_was_read_keeps_it), cmocka_unit_test(a_refused_connection_says_so),
		cmocka_unit_test(no_descriptor_is_not_the_origins_fault), cmocka_unit_test(tables_grow_with_the_slots),
		cmocka_unit_test(a_name_that_moved_is_followed), cmocka_unit_test(what_is_sent_once_goes_to_a_living_one),
		cmocka_unit_test(a_kept_connection_holds_its_origin), cmocka_unit_test(a_worker_that_closes_keeps_none),
	};

	return cmocka_run_group_tests_name("origin/connection", tests, NULL, NULL);
}
