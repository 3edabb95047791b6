/* From names to addresses, by a resolver of the test's own that takes the place of the system's. */
#include "../base/check.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cli/packet/egress_gather.h"

#include "base/banned.h"

#define GUARD_S 20   /* a test that fails ends, too */

static sem_t others_asked, test_ended;
static bool was_held_up;

static bool wait_for(sem_t *what)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += GUARD_S;
	return sem_timedwait(what, &end) == 0;
}

/* dead.test is answered when two others were asked for, silent.test when the test has ended; the others at once. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct sockaddr_in *address;

	(void)service;
	(void)hints;
	if (strcmp(name, "silent.test") == 0)
		(void)wait_for(&test_ended);
	if (strcmp(name, "dead.test") == 0 && (!wait_for(&others_asked) || !wait_for(&others_asked)))
		was_held_up = true;
	if (strcmp(name, "a.test") != 0 && strcmp(name, "b.test") != 0)
		return EAI_AGAIN;
	*out = calloc(1, sizeof(**out) + sizeof(*address));
	address = (struct sockaddr_in *)(void *)(*out + 1);
	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000200u | (unsigned char)name[0]) };
	(*out)->ai_addr = (struct sockaddr *)address;
	sem_post(&others_asked);
	return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
	free(found);
}

static struct egress_gathering gathering;
static struct packet_asked asked;
static struct egress_list list, before;

static void begin(uint64_t wait_ms)
{
	complaints_init(&asked.complaints);
	assert_ok(egress_list_init(&list));
	assert_ok(egress_list_init(&before));
	gathering = (struct egress_gathering){ .asked = &asked, .list = &list, .before = &before, .now_ns = 7, .end_ms = clock_mono_ms() + wait_ms };
}

static void end(void)
{
	egress_list_done(&list);
	egress_list_done(&before);
	complaints_done(&asked.complaints);
}

static void check_complaint(const char *says)
{
	assert_int_equal(asked.complaints.count, 1);
	if (!span_contains(asked.complaints.list[0].text, span_of(says)))
		fail_msg("%.*s", SPAN_ARG(asked.complaints.list[0].text));
}

static void a_name_that_nobody_answers_for_holds_up_no_other(void **state)
{
	(void)state;
	begin(3 * GUARD_S * 1000);
	gather_host(&gathering, SPAN("dead.test"), 80, "dead");
	gather_host(&gathering, SPAN("a.test"), 80, "a");
	gather_host(&gathering, SPAN("b.test"), 81, "b");
	gather_host(&gathering, SPAN("a.test"), 80, "again");
	gather_names(&gathering);
	assert_false(was_held_up);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.rules[0].key, "a");
	assert_string_equal(list.rules[1].key, "b");
	assert_true(list.rules[0].bytes[15] == 'a' && list.rules[1].port == 81 && list.rules[1].seen_ns == 7);
	check_complaint("dead is not in the list");
	end();
}

static void what_is_not_answered_in_time_stays_as_it_was(void **state)
{
	struct egress_rule rule;

	(void)state;
	begin(1);
	assert_ok(egress_rule_read(SPAN("192.0.2.9:80/tcp"), &rule));
	egress_list_add(&before, &rule, true, SPAN("silent"));
	gather_host(&gathering, SPAN("silent.test"), 80, "silent");
	gather_names(&gathering);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.rules[0].key, "silent");
	check_complaint("in time; what it led to before stays in the list");
	sem_post(&test_ended);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_nobody_answers_for_holds_up_no_other),
		cmocka_unit_test(what_is_not_answered_in_time_stays_as_it_was),
	};

	sem_init(&others_asked, 0, 0);
	sem_init(&test_ended, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
