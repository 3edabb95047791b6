/* Changes and the watch, against a BIRD of our own: what is announced is what should be, whatever happens on the way. */
#include "../base/check.h"

#include <sys/stat.h>

#include "fake_bird.h"
#include "packet/carrier/bgp.h"

#include "base/banned.h"

#define NOW_MS 1000000000000ull

static char folder[] = "/tmp/test-bgp-XXXXXX";
static struct fake_bird fake = { .greeting = "0001 BIRD 2.0.12 ready.", .reboot = "2026-11-29 20:00:00" };
static char socket_path[128], include_path[128];
static struct served_settings served;
static struct span persons[] = { SPAN_INIT("An Janssens") };
static struct link_settings line = {
	.served = { &served, 1 },
	.bgp = { .mode = BGP_ON, .routes = 3, .flow_ms = 7200000, .unreachable_ms = 1800000, .community = SPAN_INIT("65535:666"), .prefix_v4 = 24, .prefix_v6 = 48,
	         .persons = { persons, 1 } },
};
static struct bounds bounds = { .link = &line, .ports = { 443 }, .port_count = 1 };
#define settings line.bgp  /* the part of it that is changed */

static struct bgp_wish wish_of(const char *words, uint64_t for_ms)
{
	struct bgp_wish wish = { .for_ms = for_ms, .by = SPAN("An Janssens") };

	assert_ok(bgp_rule_read(span_of(words), &wish.rule));
	return wish;
}

static enum result add(const char *words, uint64_t for_ms, uint64_t now_ms, uint32_t *id, enum bounds_refusal *refusal, char error[BGP_ERROR_MAX])
{
	struct bgp_wish wish = wish_of(words, for_ms);
	struct bgp bgp;
	struct bird bird;
	enum result result;

	assert_ok(bird_open(settings.socket, &bird));
	assert_ok(bgp_open(&settings, &bgp));
	result = bgp_add(&bgp, &bird, &wish, now_ms, id, refusal);
	memcpy(error, bgp.error, BGP_ERROR_MAX);
	bgp_close(&bgp);
	bird_close(&bird);
	return result;
}

static uint32_t assert_added(const char *words, uint64_t for_ms)
{
	char error[BGP_ERROR_MAX];
	enum bounds_refusal refusal;
	uint32_t id = 0;

	if (add(words, for_ms, NOW_MS, &id, &refusal, error) != RESULT_OK)
		fail_msg("%s: %s", words, refusal == BOUNDS_NONE ? error : bounds_sentence(refusal));
	return id;
}

/* What the file says, read anew. */
static unsigned in_file(void)
{
	struct bgp bgp;
	unsigned count;

	assert_ok(bgp_open(&settings, &bgp));
	assert_false(bgp.is_damaged);
	count = bgp.include.count;
	bgp_close(&bgp);
	return count;
}

static char told[2048];

static void keep_words(void *context, const char *sentence)
{
	size_t len = strlen(told);

	(void)context;
	snprintf(told + len, sizeof(told) - len, "%s\n", sentence);
}

static char gone[2048];

static void keep_route(void *context, const struct bgp_route *route, const char *why)
{
	size_t len = strlen(gone);

	(void)context;
	snprintf(gone + len, sizeof(gone) - len, "%u by %s: %s\n", route->id, route->by, why);
}

static void watch_open(struct bgp_watch *watch)
{
	char error[BGP_ERROR_MAX];

	assert_ok(bgp_watch_open(&bounds, watch, error));
	watch->tell = keep_words;
	watch->gone = keep_route;
	told[0] = gone[0] = 0;
	bgp_watch_turn(watch, NOW_MS);
}

static void assert_told(const char *words)
{
	if (!strstr(told, words))
		fail_msg("\"%s\" was not told: %s", words, told);
	told[0] = 0;
}

static void added_and_withdrawn(void **state)
{
	struct bgp_watch watch;
	struct bgp bgp;
	struct bird bird;
	unsigned count;
	uint32_t id;

	(void)state;
	watch_open(&watch);
	id = assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_int_equal(assert_added("unreachable to=198.51.100.7/32", 60000), id + 1);
	assert_true(fake.has.count == 2 && in_file() == 2);
	assert_ok(bird_open(settings.socket, &bird));
	assert_ok(bgp_open(&settings, &bgp));
	assert_result(bgp_withdraw(&bgp, &bird, 99, &count), RESULT_NOT_FOUND);
	assert_ok(bgp_withdraw(&bgp, &bird, id, &count));
	assert_int_equal(fake.has.count, 1);
	assert_ok(bgp_withdraw(&bgp, &bird, 0, &count));
	assert_true(fake.has.count == 0 && count == 1);
	bgp_close(&bgp);
	bird_close(&bird);
	bgp_watch_done(&watch);
}

static void assert_not_added(const char *words, enum bounds_refusal wanted, const char *sentence)
{
	char error[BGP_ERROR_MAX];
	enum bounds_refusal refusal;
	uint32_t id;

	assert_true(add(words, 60000, NOW_MS, &id, &refusal, error) != RESULT_OK);
	assert_int_equal(refusal, wanted);
	if (wanted == BOUNDS_NONE && !strstr(error, sentence))
		fail_msg("\"%s\" is not in: %s", sentence, error);
}

static void caps(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_not_added("flow to=198.51.100.7/32 protocol=17 source-port=53", BOUNDS_THERE_ALREADY, "");
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=54", 60000);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=55", 60000);
	assert_not_added("flow to=198.51.100.7/32 protocol=17 source-port=56", BOUNDS_TOO_MANY, "");
	assert_int_equal(in_file(), 3);
	bgp_watch_done(&watch);
	assert_true(in_file() == 0 && fake.has.count == 0);   /* who watches no more leaves nothing behind */
	assert_told("the watch ends: 3 routes withdrawn");
	assert_not_added("flow to=198.51.100.7/32 protocol=17 source-port=56", BOUNDS_NONE, "bouclier packet bgp watch does not run");
}

static void one_watch(void **state)
{
	struct bgp_watch watch, other;
	char error[BGP_ERROR_MAX];

	(void)state;
	watch_open(&watch);
	assert_result(bgp_watch_open(&bounds, &other, error), RESULT_REFUSED);
	bgp_watch_done(&watch);
	assert_ok(bgp_watch_open(&bounds, &other, error));
	bgp_watch_done(&other);
}

static void over(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 10000);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=54", 20000);
	bgp_watch_turn(&watch, NOW_MS + 9999);
	assert_int_equal(fake.has.count, 2);
	assert_string_equal(gone, "");
	bgp_watch_turn(&watch, NOW_MS + 10000);
	assert_true(fake.has.count == 1 && in_file() == 1);
	assert_told("over: 1 route withdrawn");
	assert_string_equal(gone, "1 by An Janssens: over\n");
	bgp_watch_turn(&watch, NOW_MS - 7200000);     /* the clock was set back by two hours */
	assert_true(fake.has.count == 0 && in_file() == 0);
	bgp_watch_done(&watch);
}

/* A little at a time is as bad: what has 15 minutes left of 30 does not get 10 more. A second is a time server's. */
static void clock_set_back(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("unreachable to=198.51.100.7/32", 1800000);
	bgp_watch_turn(&watch, NOW_MS + 900000);
	bgp_watch_turn(&watch, NOW_MS + 899000);
	assert_int_equal(fake.has.count, 1);
	bgp_watch_turn(&watch, NOW_MS + 300000);
	assert_told("the clock was set back: 1 route withdrawn");
	assert_true(fake.has.count == 0 && in_file() == 0);
	assert_added("unreachable to=198.51.100.7/32", 1800000);
	bgp_watch_turn(&watch, NOW_MS + 301000);
	assert_int_equal(fake.has.count, 1);
	bgp_watch_done(&watch);
}

static void bird_ends(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	bgp_watch_turn(&watch, NOW_MS);
	assert_int_equal(in_file(), 1);
	fake_bird_stop(&fake);
	bgp_watch_turn(&watch, NOW_MS);
	assert_told("BIRD has ended: 1 route withdrawn");
	assert_int_equal(in_file(), 0);
	assert_int_equal(fake_bird_start(&fake), 0);
	bgp_watch_turn(&watch, NOW_MS);
	assert_told("BIRD answers");
	assert_true(watch.is_connected && fake.has.count == 0);
	bgp_watch_done(&watch);
}

/* Its connections are closed, and its listening socket is not yet: it announces nothing, and nobody says that it might. */
static void bird_is_dying(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	bgp_watch_turn(&watch, NOW_MS);
	told[0] = 0;
	fake.hang_ups = 2;
	fake_bird_cut(&fake);
	bgp_watch_turn(&watch, NOW_MS);
	assert_string_equal(told, "BIRD has ended: 1 route withdrawn\n");
	assert_true(watch.is_absent && fake.hang_ups == 0);
	fake_bird_stop(&fake);
	assert_int_equal(fake_bird_start(&fake), 0);
	bgp_watch_done(&watch);
}

/* While nobody watched: another BIRD has begun, and read the file of the one before. */
static void another_bird(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	close(watch.lock_fd);                          /* killed: nothing is withdrawn by it */
	bird_close(&watch.bird);
	assert_int_equal(in_file(), 1);
	watch_open(&watch);
	assert_int_equal(in_file(), 1);                /* the same BIRD: what is not over stays */
	close(watch.lock_fd);
	bird_close(&watch.bird);
	fake.reboot = "2026-11-29 21:00:00";
	watch_open(&watch);
	assert_told("BIRD has begun anew: 1 route withdrawn");
	assert_true(in_file() == 0 && fake.has.count == 0);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	close(watch.lock_fd);
	bird_close(&watch.bird);
	fake_bird_stop(&fake);
	watch_open(&watch);
	assert_told("BIRD does not run: 1 route withdrawn");
	assert_int_equal(in_file(), 0);
	assert_int_equal(fake_bird_start(&fake), 0);
	bgp_watch_done(&watch);
}

/* A person withdraws one of two before anybody has seen that BIRD is another one: the other does not become this BIRD's. */
static void withdrawn_from_another_bird(void **state)
{
	struct bgp_watch watch;
	struct bgp bgp;
	struct bird bird;
	unsigned count;
	uint32_t id;

	(void)state;
	watch_open(&watch);
	id = assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=54", 60000);
	fake.reboot = "2026-11-29 22:00:00";
	assert_not_added("flow to=198.51.100.7/32 fragments", BOUNDS_NONE, "BIRD has begun anew");
	assert_ok(bird_open(settings.socket, &bird));
	assert_ok(bgp_open(&settings, &bgp));
	assert_ok(bgp_withdraw(&bgp, &bird, id, &count));
	bgp_close(&bgp);
	bird_close(&bird);
	assert_int_equal(in_file(), 1);
	bgp_watch_turn(&watch, NOW_MS);                /* the connection is there still */
	assert_told("BIRD has begun anew: 1 route withdrawn");
	assert_true(in_file() == 0 && fake.has.count == 0);
	bgp_watch_done(&watch);
}

/* BIRD does not say when it began: it is out of the file all the same. */
static void withdrawn_first(void **state)
{
	const char *before = fake.reboot;
	struct bgp_watch watch;
	struct bgp bgp;
	struct bird bird;
	unsigned count;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	fake.reboot = "";
	assert_ok(bird_open(settings.socket, &bird));
	assert_ok(bgp_open(&settings, &bgp));
	assert_ok(bgp_withdraw(&bgp, &bird, 0, &count));
	bgp_close(&bgp);
	bird_close(&bird);
	assert_true(in_file() == 0 && fake.has.count == 0);
	fake.reboot = before;
	bgp_watch_done(&watch);
}

/* Something answers that is not BIRD: what BIRD does is not known, and nobody says that it is withdrawn. */
static void not_reached(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	fake_bird_stop(&fake);
	fake.greeting = "HTTP/1.1 400 Bad Request";
	assert_int_equal(fake_bird_start(&fake), 0);
	told[0] = 0;
	bgp_watch_turn(&watch, NOW_MS);
	assert_null(strstr(told, "route withdrawn"));
	assert_non_null(strstr(told, "is not reached (malformed)"));
	assert_told("1 route taken out of the file; BIRD is not reached, and MAY GO ON ANNOUNCING");
	assert_string_equal(gone, "1 by An Janssens: BIRD has ended; BIRD is not reached, and may go on announcing it\n");
	assert_int_equal(in_file(), 0);
	fake.greeting = "0001 BIRD 2.0.12 ready.";
	assert_not_added("flow to=198.51.100.7/32 fragments", BOUNDS_NONE, "the watch does not reach BIRD");
	bgp_watch_turn(&watch, NOW_MS + 6000);
	bgp_watch_turn(&watch, NOW_MS + 12000);
	assert_told("BIRD announces what the file says, and nothing else of ours");
	assert_added("flow to=198.51.100.7/32 fragments", 60000);
	fake_bird_stop(&fake);
	fake.greeting = "HTTP/1.1 400 Bad Request";
	assert_int_equal(fake_bird_start(&fake), 0);
	bgp_watch_turn(&watch, NOW_MS + 13000);
	assert_told("MAY GO ON ANNOUNCING");
	fake_bird_stop(&fake);
	bgp_watch_turn(&watch, NOW_MS + 19000);      /* it was dead, or is now: who was warned is told */
	assert_told("BIRD does not run: nothing of ours is announced");
	fake.greeting = "0001 BIRD 2.0.12 ready.";
	assert_int_equal(fake_bird_start(&fake), 0);
	bgp_watch_done(&watch);
	assert_int_equal(fake.has.count, 0);
}

/* The file cannot be opened: nobody knows what is over, so nothing is announced until it can. */
static void no_way_to_the_file(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_int_equal(chmod(folder, 0770), 0);
	bgp_watch_turn(&watch, NOW_MS);
	assert_true(fake.is_disabled && watch.is_connected);
	assert_told("nothing of ours is announced");
	assert_int_equal(chmod(folder, 0700), 0);
	bgp_watch_turn(&watch, NOW_MS + 6000);
	assert_true(!fake.is_disabled && fake.has.count == 1 && in_file() == 1);
	assert_int_equal(chmod(folder, 0770), 0);
	fake_bird_stop(&fake);
	bgp_watch_turn(&watch, NOW_MS + 7000);
	assert_false(watch.is_connected);              /* a dead connection is readable for ever: nobody waits for it */
	assert_int_equal(fake_bird_start(&fake), 0);
	told[0] = 0;
	bgp_watch_done(&watch);
	assert_true(fake.is_disabled);
	assert_told("nothing of ours is announced");
	assert_int_equal(chmod(folder, 0700), 0);
	watch_open(&watch);
	bgp_watch_done(&watch);
}

static void write_include(const char *text)
{
	FILE *file = fopen(include_path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void changed_by_hand(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	write_include("protocol static mine { ipv4; route 0.0.0.0/0 blackhole; }\n");
	assert_not_added("flow to=198.51.100.7/32 fragments", BOUNDS_NONE, "changed by somebody else");
	bgp_watch_turn(&watch, NOW_MS);
	assert_told("the include file was changed by somebody else: 0 routes withdrawn");
	assert_true(in_file() == 0 && fake.has.count == 0);
	bgp_watch_done(&watch);
}

/* To the letter as we would have written it, and not ours to announce; or not any more. */
static void forbidden(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_added("flow to=203.0.113.7/32 protocol=17 source-port=53", 60000);
	assert_added("unreachable to=198.51.100.7/32", 1800001);
	bgp_watch_turn(&watch, NOW_MS);
	assert_told("not to be announced: 2 routes withdrawn");
	assert_string_equal(gone, "2 by An Janssens: not to be announced\n3 by An Janssens: not to be announced\n");
	assert_true(in_file() == 1 && fake.has.count == 1);
	settings.mode = BGP_OFF;
	bgp_watch_turn(&watch, NOW_MS);
	assert_int_equal(fake.has.count, 0);
	settings.mode = BGP_ON;
	bgp_watch_done(&watch);
}

/* A configuration anew. */
static void applied(void **state)
{
	struct served_settings other = { 0 };
	struct link_settings next = line, elsewhere = line;
	struct bounds narrow = { .link = &next, .ports = { 443 }, .port_count = 1 }, moved = { .link = &elsewhere };
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	assert_ok(bgp_watch_apply(&watch, &bounds));
	bgp_watch_turn(&watch, NOW_MS);
	assert_int_equal(in_file(), 1);
	elsewhere.bgp.include = SPAN("/nowhere/bouclier.conf");
	assert_result(bgp_watch_apply(&watch, &moved), RESULT_REFUSED);
	elsewhere.bgp = line.bgp;
	elsewhere.bgp.socket = SPAN("/nowhere/bird.ctl");
	assert_result(bgp_watch_apply(&watch, &moved), RESULT_REFUSED);
	bgp_watch_turn(&watch, NOW_MS);
	assert_int_equal(in_file(), 1);
	assert_ok(network_read(SPAN("198.51.100.8"), &other.network));
	next.served = (struct list_value){ &other, 1 };   /* the address is not ours any more */
	assert_ok(bgp_watch_apply(&watch, &narrow));
	bgp_watch_turn(&watch, NOW_MS);
	assert_told("not to be announced: 1 route withdrawn");
	assert_true(in_file() == 0 && fake.has.count == 0);
	bgp_watch_done(&watch);
}

/* Of an addition that BIRD does not take nothing is left; of a withdrawal nothing is announced. */
static void bird_refuses(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 10000);
	fake.refuses = true;
	assert_not_added("flow to=198.51.100.7/32 fragments", BOUNDS_NONE, "BIRD refuses its configuration: /etc/bird/bird.conf, line 7:1 syntax error");
	assert_int_equal(in_file(), 1);
	assert_true(fake.is_disabled);
	fake.is_disabled = false;
	told[0] = 0;
	bgp_watch_turn(&watch, NOW_MS + 10000);
	assert_told("nothing of ours is announced");
	assert_true(in_file() == 0 && fake.is_disabled && fake.has.count == 1);
	fake.refuses = false;
	bgp_watch_turn(&watch, NOW_MS + 11000);
	bgp_watch_turn(&watch, NOW_MS + 17000);
	assert_int_equal(fake.has.count, 0);
	assert_added("flow to=198.51.100.7/32 fragments", 10000);
	assert_true(fake.has.count == 1 && !fake.is_disabled);
	fake.has_no_tables = true;
	assert_not_added("flow to=198.51.100.7/32 protocol=17", BOUNDS_NONE, "BIRD's configuration does not include");
	assert_int_equal(in_file(), 1);
	fake.has_no_tables = false;
	bgp_watch_done(&watch);
}

/* Somebody had BIRD forget it, by hand: it is put right within a turn. */
static void kept_true(void **state)
{
	struct bgp_watch watch;

	(void)state;
	watch_open(&watch);
	assert_added("flow to=198.51.100.7/32 protocol=17 source-port=53", 60000);
	fake.has.count = 0;
	bgp_watch_turn(&watch, NOW_MS);
	assert_int_equal(fake.has.count, 1);
	bgp_watch_done(&watch);
}

static void not_bird(void **state)
{
	static const char *const greetings[] = { "HTTP/1.1 400 Bad Request", "220 mail ready", "0001 OTHER 1", "9001 no", "0001-BIRD 2.0.12\n0013 x" };
	struct bird bird;

	(void)state;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(*greetings); i++) {
		fake.greeting = greetings[i];
		assert_result(bird_open(settings.socket, &bird), RESULT_MALFORMED);
		assert_int_equal(bird.fd, -1);
	}
	fake.greeting = "0001 BIRD 2.0.12 ready.";
	fake_bird_stop(&fake);
	assert_result(bird_open(settings.socket, &bird), RESULT_NOT_FOUND);
	assert_int_equal(fake_bird_start(&fake), 0);
}

static void no_file(void **state)
{
	struct bgp bgp;

	(void)state;
	assert_int_equal(unlink(include_path), 0);
	assert_result(bgp_open(&settings, &bgp), RESULT_NOT_FOUND);
	assert_non_null(strstr(bgp.error, "make it once, empty"));
	bgp_close(&bgp);
	write_include("");
	assert_int_equal(in_file(), 0);
}

static void assert_refused(const char *sentence)
{
	struct bgp bgp;

	assert_result(bgp_open(&settings, &bgp), RESULT_REFUSED);
	if (!strstr(bgp.error, sentence))
		fail_msg("\"%s\" is not in: %s", sentence, bgp.error);
	bgp_close(&bgp);
}

/* Whoever may write in the folder could have root write over another file. */
static void links_and_strangers(void **state)
{
	char victim[160], other[160], through[192];
	struct span before = settings.include;

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(through, sizeof(through), "%s/bouclier.conf", other);
	assert_int_equal(rename(include_path, victim), 0);
	assert_int_equal(symlink(victim, include_path), 0);
	assert_refused("is a link");
	assert_int_equal(unlink(include_path), 0);
	assert_int_equal(rename(victim, include_path), 0);
	assert_int_equal(symlink(folder, other), 0);
	settings.include = span_of(through);
	assert_refused("other is a link");
	settings.include = before;
	assert_int_equal(unlink(other), 0);
	assert_int_equal(chmod(folder, 0702), 0);
	assert_refused("may be written by others");
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(chmod(include_path, 0660), 0);
	assert_refused("may be written by others");
	assert_int_equal(chmod(include_path, 0640), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(include_path, 1, 1), 0);
		assert_refused("belongs to another");
		assert_int_equal(chown(include_path, 0, 0), 0);
		assert_int_equal(chown(folder, 1, 0), 0);
		assert_refused("belongs to another");
		assert_int_equal(chown(folder, 0, 0), 0);
	}
	assert_int_equal(in_file(), 0);
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/bird.ctl", folder);
	snprintf(include_path, sizeof(include_path), "%s/bouclier.conf", folder);
	settings.socket = span_of(socket_path);
	settings.include = span_of(include_path);
	memcpy(fake.socket, socket_path, sizeof(fake.socket));
	memcpy(fake.include, include_path, sizeof(fake.include));
	write_include("");
	assert_ok(network_read(SPAN("198.51.100.7"), &served.network));
	return fake_bird_start(&fake);
}

static int end(void **state)
{
	char command[64];

	(void)state;
	fake_bird_stop(&fake);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_and_withdrawn), cmocka_unit_test(caps), cmocka_unit_test(one_watch), cmocka_unit_test(over), cmocka_unit_test(clock_set_back), cmocka_unit_test(bird_ends), cmocka_unit_test(bird_is_dying),
		cmocka_unit_test(another_bird), cmocka_unit_test(changed_by_hand), cmocka_unit_test(forbidden), cmocka_unit_test(bird_refuses), cmocka_unit_test(kept_true),
		cmocka_unit_test(not_bird), cmocka_unit_test(no_file),
		cmocka_unit_test(withdrawn_from_another_bird), cmocka_unit_test(withdrawn_first), cmocka_unit_test(not_reached), cmocka_unit_test(no_way_to_the_file),
		cmocka_unit_test(links_and_strangers), cmocka_unit_test(applied),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
