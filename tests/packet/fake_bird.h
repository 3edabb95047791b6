/* A BIRD of our own for tests: it answers on a unix socket as BIRD 2 does, and "configures" itself by reading the include file. */
#ifndef BOUCLIER_TESTS_PACKET_FAKE_BIRD_H
#define BOUCLIER_TESTS_PACKET_FAKE_BIRD_H

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "packet/carrier/bgp_include.h"

#define FAKE_CLIENTS 64u

struct fake_bird {
	char socket[128], include[128];
	const char *greeting, *reboot;
	bool refuses, has_no_tables, is_disabled;    /* how it answers; set between questions */
	unsigned hang_ups;                           /* so many more callers are hung up on without a word; then nobody listens any more */
	unsigned configured;
	struct bgp_include has;
	int listen_fd, clients[FAKE_CLIENTS];        /* one a connection, for as long as this BIRD lives */
	unsigned client_count;
	pthread_t thread, threads[FAKE_CLIENTS];
};

static inline unsigned fake_bird_count(const struct fake_bird *bird, const char *table)
{
	for (unsigned i = 0; i < INCLUDE_TABLES && !bird->is_disabled; i++) {
		if (strncmp(table, bgp_include_table_name((enum bgp_include_table)i), strlen(bgp_include_table_name((enum bgp_include_table)i))) == 0)
			return bgp_include_count(&bird->has, (enum bgp_include_table)i);
	}
	return 0;
}

static inline void fake_bird_configure(struct fake_bird *bird)
{
	static char text[INCLUDE_BYTES_MAX];
	int fd = open(bird->include, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, sizeof(text));

	close(fd);
	if (got >= 0 && bgp_include_read(span_make(text, (size_t)got), &bird->has) == RESULT_OK)
		bird->configured++;
}

static inline void fake_bird_answer(struct fake_bird *bird, const char *question, int fd)
{
	if (strncmp(question, "configure", 9) == 0 && bird->refuses) {
		dprintf(fd, "0002-Reading configuration from /etc/bird/bird.conf\n8002 /etc/bird/bird.conf, line 7:1 syntax error\n");
	} else if (strncmp(question, "configure", 9) == 0) {
		fake_bird_configure(bird);
		dprintf(fd, "0002-Reading configuration from /etc/bird/bird.conf\n0003 Reconfigured\n");
	} else if (strncmp(question, "show status", 11) == 0) {
		dprintf(fd, "1000-BIRD 2.0.12\n1011-Router ID is 10.0.0.1\n Hostname is x\n Last reboot on %s\n0013 Daemon is up and running\n", bird->reboot);
	} else if (strncmp(question, "show route table ", 17) == 0 && bird->has_no_tables) {
		dprintf(fd, "9001 syntax error, unexpected CF_SYM_UNDEFINED\n");
	} else if (strncmp(question, "show route table ", 17) == 0) {
		unsigned count = fake_bird_count(bird, question + 17);

		dprintf(fd, "1007-%u of %u routes for %u networks in table x\n0000 \n", count, count, count);
	} else if (strncmp(question, "disable ", 8) == 0 || strncmp(question, "enable ", 7) == 0) {
		bird->is_disabled = question[0] == 'd';
		dprintf(fd, "0011-bouclier_flow4_static: done\n0000 \n");
	} else {
		dprintf(fd, "9001 syntax error\n");
	}
}

struct fake_client {
	struct fake_bird *bird;
	int fd;
};

static inline void *fake_bird_serve(void *context)
{
	struct fake_client client = *(struct fake_client *)context;
	FILE *in = fdopen(dup(client.fd), "r");
	char question[256];

	free(context);
	dprintf(client.fd, "%s\n", client.bird->greeting);
	while (in && fgets(question, sizeof(question), in))
		fake_bird_answer(client.bird, question, client.fd);
	if (in)
		fclose(in);
	return NULL;
}

static inline void *fake_bird_run(void *context)
{
	struct fake_bird *bird = context;
	int fd;

	while (bird->client_count < FAKE_CLIENTS && (fd = accept4(bird->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct fake_client *client;

		if (bird->hang_ups) {
			if (!--bird->hang_ups)
				shutdown(bird->listen_fd, SHUT_RDWR);
			close(fd);
			continue;
		}
		client = malloc(sizeof(*client));
		if (!client)
			abort();
		*client = (struct fake_client){ bird, fd };
		bird->clients[bird->client_count] = fd;
		if (pthread_create(&bird->threads[bird->client_count++], NULL, fake_bird_serve, client))
			abort();
	}
	return NULL;
}

static inline int fake_bird_start(struct fake_bird *bird)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, bird->socket, strlen(bird->socket) + 1);
	unlink(bird->socket);
	bird->client_count = 0;
	bird->is_disabled = false;
	bird->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bird->listen_fd < 0 || bind(bird->listen_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(bird->listen_fd, 8) < 0)
		return -1;
	fake_bird_configure(bird);
	return pthread_create(&bird->thread, NULL, fake_bird_run, bird);
}

static inline void fake_bird_cut(struct fake_bird *bird)
{
	for (unsigned i = 0; i < bird->client_count; i++) {
		shutdown(bird->clients[i], SHUT_RDWR);
		pthread_join(bird->threads[i], NULL);
		close(bird->clients[i]);
	}
	bird->client_count = 0;
}

/* As if it were killed: connections are cut, nobody listens any more. */
static inline void fake_bird_stop(struct fake_bird *bird)
{
	shutdown(bird->listen_fd, SHUT_RDWR);
	pthread_join(bird->thread, NULL);
	fake_bird_cut(bird);
	close(bird->listen_fd);
	unlink(bird->socket);
}

#endif
