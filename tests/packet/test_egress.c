/* The programs on a real control group, in a network namespace whose destinations are all on its own loopback: lists published and taken back, a ledger that
 * is full. What the commands do is in tests/scenes/test_packet_egress.py. Skipped where programs may not be loaded, or no cgroup v2 is. */
#include "../base/check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet/egress/cgroup.h"
#include "packet/egress/egress.h"
#include "packet/egress/ledger.h"
#include "packet/egress/program.h"
#include "packet/egress/watch.h"
#include "packet/loader/pending.h"

#include "base/banned.h"

static struct egress_program *program;
static struct egress_control *control;
static struct cgroup top, group;
static char group_name[64];
static int links[EGRESS_HOOKS];

/* This process, and the sockets that it makes from now on, into the group of FOLDER. */
static void join(const char *folder)
{
	char path[CGROUP_PATH_BYTES + 32];
	int file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	file = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(file >= 0 && write(file, "0", 1) == 1);
	close(file);
}

static void open_control(void)
{
	static const char *const names[] = {
#define X(upper, lower, kind, key, value, entries) #lower,
		EGRESS_MAP_LIST(X)
#undef X
	};
	int fds[EGRESS_MAPS];

	for (int i = 0; i < EGRESS_MAPS; i++)
		fds[i] = fcntl(bpf_object__find_map_fd_by_name(egress_program_object(program), names[i]), F_DUPFD_CLOEXEC, 3);
	assert_ok(egress_control_new(fds, &control));
}

static bool load(void)
{
	assert_ok(egress_program_open(&program));
	if (egress_program_load(program) == RESULT_OK)
		return true;
	if (errno != EPERM)
		fail_msg("the programs do not load: %s", strerror(errno));
	egress_program_free(program);
	program = NULL;
	return false;
}

static bool make_group(void)
{
	char path[CGROUP_PATH_BYTES + 65];

	snprintf(group_name, sizeof(group_name), "bouclier-unit-%d", (int)getpid());
	if (cgroup_open(SPAN("."), &top) != RESULT_OK)
		return false;
	snprintf(path, sizeof(path), "%s/%s", top.path, group_name);
	return mkdir(path, 0700) == 0 && cgroup_open(span_of(group_name), &group) == RESULT_OK;
}

static int start(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	if (!load() || unshare(CLONE_NEWNET)) {
		print_message("skipped: no CAP_BPF\n");
		return 0;
	}
	if (!make_group()) {
		print_message("skipped: no cgroup2\n");
		egress_program_free(program);
		program = NULL;
		return 0;
	}
	assert_int_equal(system("ip link set lo up && ip address add 198.51.100.0/24 dev lo && ip -6 address add 2001:db8:7::8/128 dev lo nodad"), 0);
	open_control();
	for (int hook = 0; hook < EGRESS_HOOKS; hook++) {
		links[hook] = bpf_link_create(egress_program_fd(program, (enum egress_hook)hook), group.fd, (enum bpf_attach_type)egress_hook_type((enum egress_hook)hook), NULL);
		assert_true(links[hook] >= 0);
	}
	join(group.path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (!program)
		return 0;
	for (int hook = 0; hook < EGRESS_HOOKS; hook++)
		close(links[hook]);
	egress_control_free(control);
	egress_program_free(program);
	join(top.path);
	close(top.fd);
	close(group.fd);
	return rmdir(group.path);
}

#define needed() \
	do { \
		if (!program) \
			skip(); \
	} while (0)

static struct egress_rule rule_of(const char *text)
{
	struct egress_rule rule;

	assert_ok(egress_rule_read(span_of(text), &rule));
	return rule;
}

static void publish(const char *text)
{
	const struct egress_rule rule = rule_of(text);
	struct egress_list list;

	assert_ok(egress_list_init(&list));
	egress_list_add(&list, &rule, true, SPAN("test"));
	assert_ok(egress_publish(control, &list));
	egress_list_done(&list);
}

/* 0, or the error of a datagram to ADDRESS. */
static int send_to(const char *address, uint16_t port)
{
	struct endpoint to = { .port = port };
	struct sockaddr_storage place;
	socklen_t len;
	int fd, error;

	assert_ok(address_read(span_of(address), &to.address));
	len = endpoint_to_socket(&to, &place);
	fd = socket(place.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	error = sendto(fd, "x", 1, 0, (const struct sockaddr *)&place, len) == 1 ? 0 : errno;
	close(fd);
	return error;
}

/* Every length of prefixes cuts where it says, in both families. */
static void prefixes_cut_where_they_say(void **state)
{
	static const struct { const char *rule, *in, *out; } rows[] = {
		{ "198.51.100.64/26:9/udp", "198.51.100.127", "198.51.100.128" }, { "198.51.100.0/25:*/udp", "198.51.100.127", "198.51.100.129" },
		{ "198.51.100.7/32", "198.51.100.7", "198.51.100.6" },            { "0.0.0.0/0:9/udp", "198.51.100.1", "2001:db8:7::8" },
		{ "[::/0]:9/udp", "2001:db8:7::8", "198.51.100.1" },              { "[2001:db8:7::/65]:9/udp", "2001:db8:7::8", "198.51.100.1" },
		{ "[2001:db8:7::8/127]:9/udp", "2001:db8:7::8", "198.51.100.1" }, { "198.51.100.5:9/tcp", "127.0.0.1", "198.51.100.5" },
	};

	(void)state;
	needed();
	egress_set_mode(control, EGRESS_ENFORCE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		publish(rows[i].rule);
		if (send_to(rows[i].in, 9) != 0 || send_to(rows[i].out, 9) != EPERM)
			fail_msg("%s: %d, %d", rows[i].rule, send_to(rows[i].in, 9), send_to(rows[i].out, 9));
	}
}

static void a_list_comes_back(void **state)
{
	struct egress_list list;

	(void)state;
	needed();
	egress_set_mode(control, EGRESS_ENFORCE);
	publish("198.51.100.20:9/udp");
	publish("198.51.100.21:9/udp");
	assert_int_equal(send_to("198.51.100.20", 9), EPERM);
	assert_int_equal(send_to("198.51.100.21", 9), 0);
	egress_flip(control);
	assert_int_equal(send_to("198.51.100.20", 9), 0);
	assert_int_equal(send_to("198.51.100.21", 9), EPERM);
	assert_ok(egress_list_init(&list));
	assert_ok(egress_published(control, &list));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.rules[0].bytes[15], 20);
	assert_string_equal(list.rules[0].key, "test");
	assert_true(list.rules[0].is_needed);
	egress_list_done(&list);
	egress_set_mode(control, EGRESS_OFF);
	assert_int_equal(send_to("198.51.100.21", 9), 0);
}

static void a_list_that_says_the_same_goes_on(void **state)
{
	struct egress_rule rule = rule_of("198.51.100.20:9/udp");
	struct egress_list list, now;
	__u64 published_ns;
	__u32 generation;

	(void)state;
	needed();
	publish("198.51.100.20:9/udp");
	generation = egress_control_settings(control)->generation;
	published_ns = egress_control_settings(control)->copies[generation & 1].published_ns;
	assert_ok(egress_list_init(&list));
	assert_ok(egress_list_init(&now));
	rule.seen_ns = 5;
	egress_list_add(&list, &rule, true, SPAN("test"));
	assert_ok(egress_renew(control, &list));
	assert_ok(egress_published(control, &now));
	assert_true(now.count == 1 && now.rules[0].seen_ns == 5);
	assert_int_equal(egress_control_settings(control)->generation, generation);
	assert_true(egress_control_settings(control)->copies[generation & 1].published_ns == published_ns);
	egress_list_answer(&list, 443);
	assert_result(egress_renew(control, &list), RESULT_NOT_FOUND);
	assert_int_equal(egress_control_settings(control)->generation, generation);
	egress_list_done(&list);
	egress_list_done(&now);
}

/* -- what is pinned, in a mount namespace of our own -- */

static void make_folders(void)
{
	static bool is_done;

	if (is_done)
		return;
	is_done = true;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/run", "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(mount("none", "/sys/fs/bpf", "bpf", 0, NULL), 0);
}

static enum result set(enum egress_mode mode, bool is_refresh, bool is_unit, struct complaints *complaints)
{
	struct egress_wish wish = { .cgroup = span_of(group_name), .is_confirmed = is_unit };
	struct egress_list list;
	enum result result;

	assert_ok(egress_list_init(&list));
	wish.list = &list;
	result = is_refresh ? egress_refresh(&wish, complaints) : egress_apply(&wish, mode, complaints);
	egress_list_done(&list);
	return result;
}

static void check_state(enum egress_mode mode, bool is_attached)
{
	struct complaints complaints;
	struct egress_state now;

	complaints_init(&complaints);
	assert_ok(egress_look(&complaints, &now));
	assert_int_equal(now.mode, mode);
	assert_int_equal(now.is_attached, is_attached);
	egress_control_free(now.control);
	complaints_done(&complaints);
}

/* As a start of the machine does. */
static void take_off(struct complaints *complaints)
{
	assert_ok(egress_remove(complaints));
	assert_int_equal(unlink(PENDING_FOLDER "/egress_off"), 0);
}

/* Security: what goes wrong while programs are loaded takes off nothing that was there. */
static void a_refresh_that_cannot_load_ends_nothing(void **state)
{
	struct complaints complaints;
	int other;

	(void)state;
	needed();
	make_folders();
	complaints_init(&complaints);
	assert_ok(set(EGRESS_ENFORCE, false, true, &complaints));
	check_state(EGRESS_ENFORCE, true);
	other = bpf_obj_get(EGRESS_PIN_FOLDER "/counts");
	assert_true(other >= 0);
	assert_int_equal(unlink(EGRESS_PIN_FOLDER "/sockets"), 0);
	assert_int_equal(bpf_obj_pin(other, EGRESS_PIN_FOLDER "/sockets"), 0);  /* of another shape */
	close(other);
	assert_result(set(EGRESS_OFF, true, true, &complaints), RESULT_REFUSED);
	check_state(EGRESS_ENFORCE, true);
	take_off(&complaints);
	check_state(EGRESS_OFF, false);
	complaints_done(&complaints);
}

static void off_holds_for_units(void **state)
{
	struct complaints complaints;

	(void)state;
	needed();
	make_folders();
	complaints_init(&complaints);
	assert_false(egress_is_held_off());
	assert_ok(set(EGRESS_OBSERVE, false, true, &complaints));
	assert_ok(egress_remove(&complaints));
	assert_true(egress_is_held_off());
	assert_result(set(EGRESS_ENFORCE, false, true, &complaints), RESULT_NOT_FOUND);
	check_state(EGRESS_OFF, false);
	assert_ok(set(EGRESS_OBSERVE, false, false, &complaints));  /* a person */
	assert_false(egress_is_held_off());
	assert_ok(set(EGRESS_OBSERVE, false, true, &complaints));
	take_off(&complaints);
	complaints_done(&complaints);
}

/* What another version pinned ends when this one is there: two lists would be asked. */
static void the_version_before_ends(void **state)
{
	struct complaints complaints;

	(void)state;
	needed();
	make_folders();
	complaints_init(&complaints);
	assert_ok(set(EGRESS_ENFORCE, false, true, &complaints));
	assert_int_equal(send_to("198.51.100.50", 9), EPERM);
	assert_int_equal(rename(EGRESS_PIN_FOLDER, EGRESS_FORMER_FOLDER), 0);
	assert_ok(set(EGRESS_OBSERVE, false, true, &complaints));
	check_state(EGRESS_OBSERVE, true);
	assert_int_equal(access(EGRESS_FORMER_FOLDER, F_OK), -1);
	egress_set_mode(control, EGRESS_OFF);  /* of the other programs of this test */
	assert_int_equal(send_to("198.51.100.50", 9), 0);
	assert_int_equal(rename(EGRESS_PIN_FOLDER, EGRESS_FORMER_FOLDER), 0);
	take_off(&complaints);
	assert_result(egress_remove(&complaints), RESULT_NOT_FOUND);
	complaints_done(&complaints);
}

/* -- the watch -- */

struct heard {
	unsigned alarms, refusals;
	char last[EGRESS_ALARM_TEXT];
};

static void hear(void *context, const struct egress_destination *to, bool is_alarm, const char *sentence)
{
	struct heard *heard = context;

	assert_true(to != NULL || !is_alarm);
	heard->alarms += is_alarm;
	heard->refusals += !is_alarm;
	snprintf(heard->last, sizeof(heard->last), "%s", sentence);
}

static struct heard look(struct egress_watch *watch, uint64_t now_ns)
{
	struct heard heard = { 0 };

	assert_ok(egress_watch_look(watch, now_ns, hear, &heard));
	return heard;
}

static void make_watch(struct egress_watch **watch)
{
	struct egress_control *own;
	int fds[EGRESS_MAPS];

	for (int map = 0; map < EGRESS_MAPS; map++)
		fds[map] = fcntl(egress_control_fd(control, (enum egress_map)map), F_DUPFD_CLOEXEC, 3);
	assert_ok(egress_control_new(fds, &own));
	assert_ok(egress_watch_new(own, watch));
}

static void refusals_are_told_once(void **state)
{
	const uint64_t s = 1000000000u;
	struct egress_watch *watch;
	uint64_t now_ns;
	char address[32];
	struct heard heard;

	(void)state;
	needed();
	publish("198.51.100.40:9/udp");
	egress_set_mode(control, EGRESS_ENFORCE);
	make_watch(&watch);
	now_ns = pending_now_ns();
	assert_int_equal(send_to("198.51.100.40", 9), 0);
	heard = look(watch, now_ns);
	assert_true(!heard.alarms && !heard.refusals);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	assert_int_equal(send_to("198.51.100.41", 9), EPERM);
	heard = look(watch, now_ns + s);
	assert_true(heard.alarms == 1 && heard.refusals == 1);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	heard = look(watch, now_ns + 2 * s);
	assert_true(!heard.alarms && !heard.refusals);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	heard = look(watch, now_ns + 2 * s + EGRESS_TELL_AGAIN_NS);
	assert_int_equal(heard.alarms, 0);  /* refused before it was told, by this clock: nothing goes on */
	publish("198.51.100.40:9/udp");  /* what another list refuses is told anew, and again an hour later, while it goes on */
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	heard = look(watch, 1);
	assert_int_equal(heard.alarms, 1);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	heard = look(watch, 1 + EGRESS_TELL_AGAIN_NS);
	assert_int_equal(heard.alarms, 1);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	(void)look(watch, now_ns + s + EGRESS_TELL_AGAIN_NS);  /* a machine that has been up for more than an hour tells it once more */
	/* Many at once are some, and a number; then they have a rest, and none is forgotten. */
	for (unsigned i = 0; i < EGRESS_TELL_MAX + 4; i++) {
		snprintf(address, sizeof(address), "198.51.100.%u", 100 + i);
		assert_int_equal(send_to(address, 9), EPERM);
	}
	now_ns += 3 * s + EGRESS_TELL_AGAIN_NS;
	heard = look(watch, now_ns);
	assert_int_equal(heard.refusals, EGRESS_TELL_MAX + 1);
	assert_string_equal(heard.last, "4 destinations more were refused: bouclier packet egress ledger has them");
	heard = look(watch, now_ns + s);
	assert_int_equal(heard.refusals, 0);
	heard = look(watch, now_ns + 11 * s);
	assert_int_equal(heard.refusals, 4);
	egress_watch_free(watch);
}

static void refuse_many(unsigned count)
{
	char address[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "198.51.100.%u", 100 + i % 100);
		assert_int_equal(send_to(address, (uint16_t)(1000 + i / 100)), EPERM);
	}
}

/* A process that is at work in the shield tries many, again and again: the journal does not fill, and an alarm does not drown in it. */
static void who_tries_many_hides_no_alarm(void **state)
{
	const uint64_t s = 1000000000u;
	const unsigned many = EGRESS_TOLD_MAX + 100, looks = many / EGRESS_TELL_MAX + 10;
	struct egress_watch *watch;
	unsigned told = 0;
	uint64_t now_ns;
	struct heard heard;

	(void)state;
	needed();
	publish("198.51.100.40:9/udp");
	egress_set_mode(control, EGRESS_ENFORCE);
	make_watch(&watch);
	now_ns = pending_now_ns() + 100 * s;
	refuse_many(EGRESS_TELL_MAX + 4);
	assert_int_equal(send_to("198.51.100.40", 10), EPERM);
	heard = look(watch, now_ns);
	assert_int_equal(heard.alarms, 1);
	assert_int_equal(heard.refusals, EGRESS_TELL_MAX - 1 + 1);
	for (unsigned i = 1; i <= looks; i++) {
		refuse_many(many);
		told += look(watch, now_ns + 11 * i * s).refusals;
	}
	assert_in_range(told, EGRESS_TOLD_MAX - EGRESS_TELL_MAX, EGRESS_TOLD_MAX - EGRESS_TELL_MAX + 11 * looks / 60 + 1);
	refuse_many(many);
	assert_int_equal(send_to("198.51.100.40", 11), EPERM);
	heard = look(watch, now_ns + 11 * (looks + 1) * s);
	assert_int_equal(heard.alarms, 1);
	/* What was counted is not told later, when nothing goes on. */
	heard = look(watch, now_ns + EGRESS_TELL_AGAIN_NS + 11 * (looks + 2) * s);
	assert_true(!heard.alarms && !heard.refusals);
	egress_watch_free(watch);
}

/* What has no room is judged all the same, and counted: nothing is lost in silence. */
static void a_full_ledger_is_told(void **state)
{
	const struct egress_entry entry = { .judged = 0 };
	struct egress_destination to = { .bytes = { 0xfd }, .protocol = IPPROTO_UDP };
	struct egress_ledger ledger;
	int error = 0;

	(void)state;
	needed();
	publish("198.51.100.30:9/udp");
	egress_set_mode(control, EGRESS_ENFORCE);
	for (uint32_t i = 0; !error && i < 2 * EGRESS_LEDGER_MAX; i++) {
		memcpy(to.bytes + 4, &i, sizeof(i));
		error = bpf_map_update_elem(egress_control_fd(control, EGRESS_MAP_LEDGER), &to, &entry, BPF_ANY) ? errno : 0;
	}
	assert_int_equal(error, E2BIG);
	assert_int_equal(send_to("198.51.100.31", 9), EPERM);
	assert_int_equal(send_to("198.51.100.30", 9), 0);
	assert_ok(egress_ledger_read(control, &ledger));
	assert_int_equal(ledger.count, EGRESS_LEDGER_MAX);
	assert_int_equal(ledger.other.packets, 1);
	assert_int_equal(ledger.other.bytes, 20 + 8 + 1);
	assert_int_equal(ledger.other.refused, 1);
	assert_false(egress_ledger_is_complete(&ledger));
	egress_ledger_done(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_cut_where_they_say),
		cmocka_unit_test(a_list_comes_back),
		cmocka_unit_test(a_list_that_says_the_same_goes_on),
		cmocka_unit_test(a_refresh_that_cannot_load_ends_nothing),
		cmocka_unit_test(off_holds_for_units),
		cmocka_unit_test(the_version_before_ends),
		cmocka_unit_test(refusals_are_told_once),
		cmocka_unit_test(who_tries_many_hides_no_alarm),
		cmocka_unit_test(a_full_ledger_is_told),
	};

	return cmocka_run_group_tests(tests, start, end);
}
