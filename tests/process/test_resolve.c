/* The resolve process itself, confined as it is in service, with an edge that does not behave and a responder of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/resolve_wire.h"

static pid_t pid;
static struct channel keeper;
static int listener;          /* of the responder */
static char url[64];

static void *respond(void *unused)
{
	static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n";
	char got[4096], *body = calloc(1, 1u << 20);
	int fd;

	(void)unused;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		size_t len = 0;
		ssize_t count;

		while (len < sizeof(got) - 1 && (count = recv(fd, got + len, sizeof(got) - 1 - len, 0)) > 0) {
			len += (size_t)count;
			got[len] = 0;
			if (strstr(got, "\r\n\r\nQUESTION"))
				break;
		}
		/* A DER sequence: of the size that the path asks for. */
		unsigned size = (unsigned)strtoul(strchr(got, '/') + 1, NULL, 10);
		unsigned char der[4] = { 0x30, 0x82, (unsigned char)(size >> 8), (unsigned char)size };

		(void)!send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL);
		(void)!send(fd, der, sizeof(der), MSG_NOSIGNAL);
		(void)!send(fd, body, size, MSG_NOSIGNAL);
		close(fd);
	}
	free(body);
	return NULL;
}

static void open_responder(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(address.sin_port));
}

static int setup(void **unused)
{
	static struct channel_message message;
	struct channel theirs;
	pthread_t thread;

	(void)unused;
	open_responder();
	assert_int_equal(channel_pair(&keeper, &theirs), RESULT_OK);
	pid = fork();
	if (pid == 0) {
		close(listener);
		channel_close(&keeper);
		_exit(resolve_run(&theirs));
	}
	channel_close(&theirs);
	assert_int_equal(pthread_create(&thread, NULL, respond, NULL), 0);
	pthread_detach(thread);
	assert_int_equal(channel_wait(&keeper, 5000, &message), RESULT_OK);
	assert_int_equal(message.kind, CHANNEL_READY);
	return 0;
}

static int teardown(void **unused)
{
	int status;

	(void)unused;
	channel_close(&keeper);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	shutdown(listener, SHUT_RDWR);
	return 0;
}

/* An asker's end, as an edge has it. */
static int asker_new(void)
{
	struct channel ours, theirs;

	assert_int_equal(channel_pair(&ours, &theirs), RESULT_OK);
	assert_int_equal(channel_send(&keeper, CHANNEL_SERVE, 0, SPAN_NONE, &theirs.fd, 1, 1000), RESULT_OK);
	channel_close(&theirs);
	return ours.fd;
}

static const struct resolve_answer *answer_of(int fd, uint64_t id)
{
	static struct resolve_answer answer;
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&polled, 1, 15000), 1);
	assert_int_equal(resolve_client_read(fd, &answer), RESULT_OK);
	assert_int_equal(answer.id, id);
	return &answer;
}

static struct span url_of(unsigned size)
{
	static char text[96];

	snprintf(text, sizeof(text), "%s%u", url, size);
	return span_of(text);
}

static void an_answer_comes_as_it_was_sent(void **unused)
{
	int fd = asker_new();
	const struct resolve_answer *answer;

	(void)unused;
	assert_int_equal(resolve_client_fetch(fd, 7, url_of(1000), SPAN("QUESTION")), RESULT_OK);
	answer = answer_of(fd, 7);
	assert_int_equal(answer->status, RESOLVE_FETCHED);
	assert_int_equal(answer->len, 1004);
	assert_memory_equal(answer->bytes, "\x30\x82\x03\xe8", 4);
	/* To the last byte that is allowed, and not one more. */
	assert_int_equal(resolve_client_fetch(fd, 8, url_of(FETCH_RESPONSE_MAX - 4), SPAN("QUESTION")), RESULT_OK);
	assert_int_equal(answer_of(fd, 8)->len, FETCH_RESPONSE_MAX);
	assert_int_equal(resolve_client_fetch(fd, 9, url_of(FETCH_RESPONSE_MAX - 3), SPAN("QUESTION")), RESULT_OK);
	answer = answer_of(fd, 9);
	assert_int_equal(answer->status, RESOLVE_FAILED);
	assert_in_range(answer->len, 1, FETCH_WHY_MAX);
	/* Names are asked through the same socket. */
	assert_int_equal(resolve_client_ask(fd, 10, SPAN("localhost")), RESULT_OK);
	assert_int_equal(answer_of(fd, 10)->status, RESOLVE_FOUND);
	close(fd);
}

static void what_is_no_question_is_not_sent(void **unused)
{
	static const struct { const char *url; enum result result; } cases[] = {
		{ "https://a/", RESULT_MALFORMED }, { "", RESULT_MALFORMED }, { "http://", RESULT_MALFORMED }, { "http:///", RESULT_MALFORMED },
		{ "http://a b/", RESULT_MALFORMED }, { "http://a/\r\nX: y", RESULT_MALFORMED }, { "http://a@b/", RESULT_MALFORMED },
		{ "http://a/?q", RESULT_MALFORMED }, { "http://a/#f", RESULT_MALFORMED }, { "file:///etc/passwd", RESULT_MALFORMED },
	};
	static char much[FETCH_URL_MAX + FETCH_REQUEST_MAX];
	int fd = asker_new();

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(resolve_client_fetch(fd, 1, span_of(cases[i].url), SPAN("QUESTION")), cases[i].result);
	memset(much, 'a', sizeof(much));
	assert_int_equal(resolve_client_fetch(fd, 1, SPAN("http://a/"), SPAN_NONE), RESULT_MALFORMED);
	assert_int_equal(resolve_client_fetch(fd, 1, SPAN("http://a/"), span_make(much, FETCH_REQUEST_MAX + 1)), RESULT_LIMIT);
	assert_int_equal(resolve_client_fetch(fd, 1, span_make(much, FETCH_URL_MAX), SPAN("QUESTION")), RESULT_LIMIT);
	close(fd);
}

/* Blocklists answer like hosts; what is no name is not sent. */
static void lists_are_asked_beside_names(void **unused)
{
	static char much[RESOLVE_HOST_MAX];
	int fd = asker_new();
	enum resolve_status status;

	(void)unused;
	memset(much, 'a', sizeof(much));
	assert_int_equal(resolve_client_ask_list(fd, 1, span_make(much, sizeof(much))), RESULT_LIMIT);
	assert_int_equal(resolve_client_ask_list(fd, 1, SPAN("")), RESULT_MALFORMED);
	assert_int_equal(resolve_client_ask_list(fd, 1, SPAN("a b")), RESULT_MALFORMED);
	assert_int_equal(resolve_client_ask_list(fd, 2, SPAN("2.0.0.127.list.invalid")), RESULT_OK);
	status = answer_of(fd, 2)->status;
	assert_true(status == RESOLVE_NONE || status == RESOLVE_AGAIN);  /* without a name server here */
	close(fd);
}

/* Addresses, too: by the system's resolver, which may have no name server here. One that nobody has a name for is not confirmed. */
static void addresses_are_confirmed_beside_names(void **unused)
{
	static const char *const nobodys[] = { "192.0.2.1", "2001:db8::1", "255.255.255.255", "::" };
	int fd = asker_new();
	struct address address;
	enum resolve_status status;

	(void)unused;
	for (uint64_t i = 0; i < sizeof(nobodys) / sizeof(*nobodys); i++) {
		assert_int_equal(address_read(span_of(nobodys[i]), &address), RESULT_OK);
		assert_int_equal(resolve_client_confirm(fd, 100 + i, &address), RESULT_OK);
		status = answer_of(fd, 100 + i)->status;
		assert_true(status == RESOLVE_NONE || status == RESOLVE_AGAIN);
	}
	close(fd);
}

/* A question that is cut off at any byte, or goes on behind its end, is none: only the whole one is answered. */
static void half_an_address_is_no_question(void **unused)
{
	struct {
		struct confirm_question question;
		char more[64];
	} message = { .question = { .id = 3, .kind = QUESTION_CONFIRM, .address = { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1 } } };
	int fd = asker_new();
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	(void)unused;
	for (size_t len = 1; len < sizeof(message); len++) {
		message.question.id = len;
		if (len != CONFIRM_SIZE)
			assert_true(send(fd, &message, len, 0) > 0);
	}
	assert_int_equal(poll(&polled, 1, 300), 0);
	message.question.id = 777;
	assert_true(send(fd, &message, CONFIRM_SIZE, 0) > 0);
	answer_of(fd, 777);
	close(fd);
}

/* What the edge reads: a confirmed name that is cut off at any byte, is no host's, or is longer than one may be, is dropped. */
static void half_an_answer_is_none(void **unused)
{
	static const char host[] = "crawl-66-249-66-1.googlebot.com";
	static struct wire_answer answer;
	struct resolve_answer read;
	int fds[2];

	(void)unused;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	answer = (struct wire_answer){ .id = 5, .status = RESOLVE_CONFIRMED, .count = sizeof(host) - 1 };
	memcpy(answer.bytes, host, sizeof(host) - 1);
	for (size_t len = 1; len <= answer_size(&answer) + 1; len++) {
		assert_true(send(fds[1], &answer, len, 0) > 0);
		assert_int_equal(resolve_client_read(fds[0], &read), len == answer_size(&answer) ? RESULT_OK : RESULT_MALFORMED);
	}
	assert_true(read.id == 5 && read.len == sizeof(host) - 1 && read.count == 0 && memcmp(read.bytes, host, read.len) == 0);
	for (unsigned i = 0; i < 5; i++) {
		static const uint32_t counts[] = { 0, RESOLVE_HOST_MAX, RESOLVE_HOST_MAX - 1, FETCH_RESPONSE_MAX, 3 };

		memset(answer.bytes, 'a', sizeof(answer.bytes));
		memcpy(answer.bytes, i == 4 ? "a/b" : "a.b", 3);
		answer.count = counts[i];
		assert_true(send(fds[1], &answer, answer_size(&answer), 0) > 0);
		assert_int_equal(resolve_client_read(fds[0], &read), i == 2 ? RESULT_OK : RESULT_MALFORMED);
	}
	answer = (struct wire_answer){ .id = 5, .status = RESOLVE_STATUSES };
	assert_true(send(fds[1], &answer, ANSWER_HEAD, 0) > 0);
	assert_int_equal(resolve_client_read(fds[0], &read), RESULT_MALFORMED);
	close(fds[0]);
	close(fds[1]);
}

/* An edge that was taken over may send anything: it is dropped, or answered without a connection, and the next one is served. */
static void an_asker_that_lies(void **unused)
{
	struct {
		uint64_t id;
		uint8_t zero[2];
		uint16_t url_len;
		char bytes[4096];
	} message = { .id = 3 };
	int fd = asker_new();
	static const struct { uint16_t url_len; size_t len; } dropped[] = {
		{ 0, 0 }, { 5, 5 }, { 6, 5 }, { 65535, 100 }, { 511, 511 }, { 512, 600 }, { 100, 100 + FETCH_REQUEST_MAX + 1 }, { 511, 4096 },
	};

	(void)unused;
	memset(message.bytes, 'a', sizeof(message.bytes));
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		message.url_len = dropped[i].url_len;
		assert_true(send(fd, &message, offsetof(__typeof__(message), bytes) + dropped[i].len, 0) > 0);
	}
	for (size_t len = 1; len < 12; len++)
		assert_true(send(fd, &message, len, 0) > 0);
	/* To a blocklist: no name, no host's name, too long a name; and a kind that there is not. */
	for (uint8_t kind = 1; kind < 5; kind++) {
		static const struct { const char *text; size_t len; } names[] = { { "", 0 }, { "a b", 3 }, { "-a", 2 }, { "a/b", 3 }, { NULL, 253 }, { NULL, 600 } };

		message.zero[1] = kind;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			char *name = (char *)&message + 10;

			memset(name, 'a', 600);
			if (names[i].text)
				memcpy(name, names[i].text, names[i].len);
			assert_true(send(fd, &message, 10 + names[i].len, 0) > 0);
		}
	}
	message.zero[1] = 0;
	memset(message.bytes, 'a', sizeof(message.bytes));
	/* A URL that no client of ours sends: refused at this end too. */
	static const char *const urls[] = { "https://127.0.0.1/", "http://a@127.0.0.1/", "http://127.0.0.1/\r\nX: y", "file:///etc/passwd" };
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct resolve_answer *answer;

		message.id = 20 + i;
		message.url_len = (uint16_t)strlen(urls[i]);
		memcpy(message.bytes, urls[i], message.url_len);
		assert_true(send(fd, &message, offsetof(__typeof__(message), bytes) + message.url_len + 8u, 0) > 0);
		answer = answer_of(fd, message.id);
		assert_int_equal(answer->status, RESOLVE_FAILED);
	}
	close(fd);
	fd = asker_new();
	assert_int_equal(resolve_client_ask(fd, 10, SPAN("localhost")), RESULT_OK);
	assert_int_equal(answer_of(fd, 10)->status, RESOLVE_FOUND);
	close(fd);
}

/* Slams DOOR on whoever comes, a moment later, until FD has the answer: OpenSSL knocks again where its first connection went. */
static void slam_until_answered(int door, int fd, unsigned wait_us)
{
	struct pollfd ready[2] = { { .fd = fd, .events = POLLIN }, { .fd = door, .events = POLLIN } };
	struct linger at_once = { 1, 0 };

	for (;;) {
		assert_true(poll(ready, 2, 20000) > 0);
		if (ready[0].revents)
			return;
		int taken = accept(door, NULL, NULL);
		assert_int_equal(setsockopt(taken, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
		usleep(wait_us);
		close(taken);
	}
}

/* The connection is reset before the request is written: no signal ends the process. */
static void a_responder_that_slams_the_door(void **unused)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = asker_new();
	char slammed[64];

	(void)unused;
	assert_int_equal(bind(door, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(door, 8), 0);
	assert_int_equal(getsockname(door, (struct sockaddr *)&address, &size), 0);
	snprintf(slammed, sizeof(slammed), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	for (uint64_t id = 1; id <= 20; id++) {
		const struct resolve_answer *answer;

		do {  /* who has just answered may be busy for a moment more */
			assert_int_equal(resolve_client_fetch(fd, id, span_of(slammed), SPAN("QUESTION")), RESULT_OK);
			slam_until_answered(door, fd, (unsigned)(id % 4) * 100);
			answer = answer_of(fd, id);
		} while (answer->status == RESOLVE_BUSY);
		assert_int_equal(answer->status, RESOLVE_FAILED);
	}
	close(fd);
	close(door);
}

/* One at a time: the second is told so at once, and names do not wait. The asker of the first dies meanwhile. */
static void one_at_a_time(void **unused)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), first = asker_new(), second = asker_new(), taken;
	const struct resolve_answer *answer;
	char hung[64];

	(void)unused;
	assert_int_equal(bind(silent, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(silent, 1), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
	snprintf(hung, sizeof(hung), "http://127.0.0.1:%u/", ntohs(address.sin_port));
	assert_int_equal(resolve_client_fetch(first, 1, span_of(hung), SPAN("QUESTION")), RESULT_OK);
	taken = accept(silent, NULL, NULL);
	assert_int_equal(resolve_client_fetch(second, 2, url_of(10), SPAN("QUESTION")), RESULT_OK);
	assert_int_equal(answer_of(second, 2)->status, RESOLVE_BUSY);
	assert_int_equal(resolve_client_ask(second, 3, SPAN("localhost")), RESULT_OK);
	assert_int_equal(answer_of(second, 3)->status, RESOLVE_FOUND);
	close(first);
	close(taken);  /* the responder goes: the next one is asked */
	for (int i = 0; i < 100; i++) {
		usleep(20000);
		assert_int_equal(resolve_client_fetch(second, 4, url_of(10), SPAN("QUESTION")), RESULT_OK);
		answer = answer_of(second, 4);
		if (answer->status != RESOLVE_BUSY)
			break;
	}
	assert_int_equal(answer->status, RESOLVE_FETCHED);
	close(second);
	close(silent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_as_it_was_sent), cmocka_unit_test(what_is_no_question_is_not_sent),
		cmocka_unit_test(lists_are_asked_beside_names), cmocka_unit_test(addresses_are_confirmed_beside_names),
		cmocka_unit_test(half_an_address_is_no_question), cmocka_unit_test(half_an_answer_is_none),
		cmocka_unit_test(an_asker_that_lies), cmocka_unit_test(a_responder_that_slams_the_door),
		cmocka_unit_test(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
