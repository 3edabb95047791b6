/* packet-honest ADDRESS PORT SECONDS PER_SECOND PATIENCE_S [FROM]
 *
 * Citizens: PER_SECOND of them connect, ask for / and read an answer, each within PATIENCE_S of when he was due, new connections all of
 * them; from 250 addresses in turn, of which FROM is the first. Says as JSON how many tried, connected and were answered, and how long that took. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"

#include "base/banned.h"

#define CITIZENS_MAX 8192
#define WAITING_MAX 4096
#define SOURCES 250

static const char question[] = "GET / HTTP/1.1\r\nHost: www.commune.example\r\nConnection: close\r\n\r\n";

struct citizen {
	int fd;
	bool is_connected;
	double due, connected;
};

struct crowd {
	struct sockaddr_storage server;
	socklen_t server_len;
	struct sockaddr_in from;
	uint32_t first;
	bool has_from;
	double seconds, per_second, patience;
	struct citizen waiting[WAITING_MAX];
	struct pollfd poll[WAITING_MAX];
	size_t count, tried, connected, answered, refused, late;
	double connect_ms[CITIZENS_MAX], answer_ms[CITIZENS_MAX];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void leave(struct crowd *crowd, size_t i)
{
	struct linger at_once = { 1, 0 };  /* no port is kept for who has gone */

	setsockopt(crowd->waiting[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(crowd->waiting[i].fd);
	crowd->count--;
	crowd->waiting[i] = crowd->waiting[crowd->count];
	crowd->poll[i] = crowd->poll[crowd->count];
}

static void come(struct crowd *crowd, double due)
{
	int fd = socket(crowd->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	crowd->from.sin_addr.s_addr = htonl(crowd->first + (uint32_t)(crowd->tried % SOURCES));
	crowd->tried++;
	if (fd < 0 || (crowd->has_from && bind(fd, (struct sockaddr *)&crowd->from, sizeof(crowd->from))) ||
	    (connect(fd, (struct sockaddr *)&crowd->server, crowd->server_len) && errno != EINPROGRESS)) {
		crowd->refused++;
		if (fd >= 0)
			close(fd);
		return;
	}
	crowd->waiting[crowd->count] = (struct citizen){ .fd = fd, .due = due };
	crowd->poll[crowd->count++] = (struct pollfd){ .fd = fd, .events = POLLOUT };
}

/* False: it is over for him. */
static bool go_on(struct crowd *crowd, size_t i)
{
	struct citizen *citizen = &crowd->waiting[i];
	char answer[512];
	int error = 0;
	socklen_t len = sizeof(error);

	if (citizen->is_connected) {
		if (recv(citizen->fd, answer, sizeof(answer), 0) > 0)
			crowd->answer_ms[crowd->answered++] = (now() - citizen->due) * 1000;
		else
			crowd->refused++;
		return false;
	}
	if (getsockopt(citizen->fd, SOL_SOCKET, SO_ERROR, &error, &len) || error ||
	    send(citizen->fd, question, sizeof(question) - 1, MSG_NOSIGNAL) != sizeof(question) - 1) {
		crowd->refused++;
		return false;
	}
	citizen->is_connected = true;
	crowd->connect_ms[crowd->connected++] = (now() - citizen->due) * 1000;
	crowd->poll[i].events = POLLIN;
	return true;
}

static void crowd_run(struct crowd *crowd)
{
	double begin = now();

	for (;;) {
		double time = now() - begin;

		while (time < crowd->seconds && (double)crowd->tried < time * crowd->per_second && crowd->count < WAITING_MAX && crowd->tried < CITIZENS_MAX)
			come(crowd, begin + (double)crowd->tried / crowd->per_second);
		if (time >= crowd->seconds && !crowd->count)
			return;
		poll(crowd->poll, crowd->count, 1);
		for (size_t i = crowd->count; i-- > 0;) {
			if (crowd->poll[i].revents ? !go_on(crowd, i) : now() - crowd->waiting[i].due > crowd->patience) {
				crowd->late += !crowd->poll[i].revents;
				leave(crowd, i);
			}
		}
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double share_of(double *values, size_t count, double share)
{
	return count ? values[(size_t)((double)(count - 1) * share)] : 0;
}

static bool address_of(const char *text, uint16_t port, struct sockaddr_storage *out, socklen_t *len)
{
	struct endpoint endpoint = { .port = port };

	if (address_read(span_of(text), &endpoint.address) != RESULT_OK)
		return false;
	*len = endpoint_to_socket(&endpoint, out);
	return true;
}

int main(int count, char **words)
{
	static struct crowd crowd;

	if (count < 6 || !address_of(words[1], (uint16_t)strtoul(words[2], NULL, 10), &crowd.server, &crowd.server_len) ||
	    (count > 6 && inet_pton(AF_INET, words[6], &crowd.from.sin_addr) != 1)) {
		fprintf(stderr, "usage: packet-honest ADDRESS PORT SECONDS PER_SECOND PATIENCE_S [FROM]\n");
		return 2;
	}
	crowd.seconds = strtod(words[3], NULL);
	crowd.per_second = strtod(words[4], NULL);
	crowd.patience = strtod(words[5], NULL);
	crowd.has_from = count > 6;
	crowd.from.sin_family = AF_INET;
	crowd.first = ntohl(crowd.from.sin_addr.s_addr);
	crowd_run(&crowd);
	qsort(crowd.connect_ms, crowd.connected, sizeof(double), compare);
	qsort(crowd.answer_ms, crowd.answered, sizeof(double), compare);
	printf("{\"tried\": %zu, \"connected\": %zu, \"answered\": %zu, \"refused\": %zu, \"late\": %zu, \"connect_p50_ms\": %.2f, \"connect_p99_ms\": %.2f, "
	       "\"answer_p50_ms\": %.2f, \"answer_p99_ms\": %.2f}\n", crowd.tried, crowd.connected, crowd.answered, crowd.refused, crowd.late,
	       share_of(crowd.connect_ms, crowd.connected, 0.5), share_of(crowd.connect_ms, crowd.connected, 0.99),
	       share_of(crowd.answer_ms, crowd.answered, 0.5), share_of(crowd.answer_ms, crowd.answered, 0.99));
	return 0;
}
