#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SINK_BYTES (256 * 1024)
#define BULK_PATH  "/s/bulk/"
#define FILES_PATH "/s/"
#define SECURE     "/secure"
#define TO_SECURE  "301 Moved Permanently\r\nLocation: https://bench.test/page?id=1"

static bool computes;

void clients_compute(void)
{
	computes = true;
}

/* One thread: bodies are thrown away here, and zeros are sent from there. */
static char sink[SINK_BYTES];
static const char zeros[SINK_BYTES];

struct client *client_new(int fd)
{
	struct client *client = malloc(sizeof *client);

	if (!client)
		return NULL;
	memset(client, 0, offsetof(struct client, input));
	client->fd = fd;
	return client;
}

void client_free(struct client *client)
{
	close(client->fd);
	free(client);
}

/* The proxy's own word stands last. */
static void client_source_read(struct client *client, const char *value)
{
	size_t len = strcspn(value, "\r\n");

	for (size_t i = len; i > 0; i--)
		if (value[i - 1] == ',') {
			value += i;
			len -= i;
			break;
		}
	while (len && *value == ' ') {
		value++;
		len--;
	}
	if (len && len < CLIENT_SOURCE_MAX) {
		memcpy(client->source, value, len);
		client->source[len] = 0;
	}
}

static void client_field_read(struct client *client, const char *line)
{
	if ((*line | 32) == 'c') {
		if (!strncasecmp(line, "content-length:", 15))
			client->body_left = strtoull(line + 15, NULL, 10);
		else if (!strncasecmp(line, "connection: close", 17))
			client->closes = true;
	} else if (!strncasecmp(line, "x-forwarded-for:", 16)) {
		client_source_read(client, line + 16);
	} else if (!strncasecmp(line, "transfer-encoding:", 18)) {
		client->refusal = "411 Length Required";
		client->closes = true;
	}
}

/* The head is NUL-terminated in place of its empty line. */
static void client_head_read(struct client *client)
{
	const char *path = strchr(client->input, ' ');

	client->refusal = NULL;
	client->closes = false;
	client->body_left = 0;
	strcpy(client->source, "-");
	client->is_work = computes && path && strncmp(path + 1, FILES_PATH, sizeof FILES_PATH - 1);
	client->is_bulk = path && !strncmp(path + 1, BULK_PATH, sizeof BULK_PATH - 1);
	if (client->is_bulk)
		client->bulk_bytes = strtoull(path + sizeof BULK_PATH, NULL, 10);
	if (computes && path && !strncmp(path + 1, SECURE, sizeof SECURE - 1)) {
		client->refusal = TO_SECURE;
		client->is_work = false;
	}
	for (const char *line = strstr(client->input, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		client_field_read(client, line);
	}
}

static void client_input_drop(struct client *client, size_t len)
{
	client->input_len -= len;
	memmove(client->input, client->input + len, client->input_len);
}

static void client_answer(struct client *client)
{
	uint64_t bytes = client->is_bulk && !client->refusal ? client->bulk_bytes : 0;

	if (!client->refusal && !client->is_bulk) {
		client->answer = pages_small(client->is_work, client->closes);
		return;
	}
	client->answer.at = client->answer_head;
	client->answer.len = pages_head_write(client->answer_head, sizeof client->answer_head,
					      client->refusal ? client->refusal : "200 OK", bytes, client->closes);
	client->zeros_left = bytes;
}

/* Sends what it can of LEN bytes; -1 when the peer is gone, else how many. */
static ssize_t client_send(struct client *client, const char *bytes, size_t len)
{
	ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);

	return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static enum client_news client_output(struct client *client)
{
	while (client->answer.len || client->zeros_left) {
		bool is_page = client->answer.len > 0;
		size_t zeros_now = client->zeros_left < SINK_BYTES ? (size_t)client->zeros_left : SINK_BYTES;
		ssize_t sent = is_page ? client_send(client, client->answer.at, client->answer.len)
				       : client_send(client, zeros, zeros_now);

		if (sent < 0)
			return CLIENT_GONE;
		if (!sent)
			return CLIENT_WAITS_OUTPUT;
		if (is_page)
			client->answer = (struct page){client->answer.at + sent, client->answer.len - (size_t)sent};
		else
			client->zeros_left -= (uint64_t)sent;
	}
	return client->closes ? CLIENT_GONE : CLIENT_WAITS_INPUT;
}

/* Throws away LEN more bytes of the body; at its last byte the answer is due. */
static enum client_news client_body_read(struct client *client, size_t len)
{
	client->body_left -= len;
	if (client->body_left)
		return CLIENT_WAITS_INPUT;
	if (client->is_work && !client->refusal) /* what is refused costs nothing */
		return CLIENT_WAITS_WORK;
	client_answer(client);
	return client_output(client);
}

/* Works through what INPUT holds: heads and the bodies behind them. */
static enum client_news client_input_read(struct client *client)
{
	enum client_news news = CLIENT_WAITS_INPUT;

	while (client->input_len && news == CLIENT_WAITS_INPUT) {
		char *end;

		if (client->body_left) {
			size_t len = client->input_len < client->body_left ? client->input_len : (size_t)client->body_left;

			client_input_drop(client, len);
			news = client_body_read(client, len);
			continue;
		}
		client->input[client->input_len] = 0;
		end = memmem(client->input, client->input_len, "\r\n\r\n", 4);
		if (!end)
			return client->input_len == CLIENT_HEAD_MAX - 1 ? CLIENT_GONE : CLIENT_WAITS_INPUT;
		*end = 0;
		client_head_read(client);
		client_input_drop(client, (size_t)(end + 4 - client->input));
		if (!client->body_left || client->refusal)
			news = client_body_read(client, (size_t)client->body_left);
	}
	return news;
}

/* Long bodies bypass INPUT: copying them would measure the origin. */
static ssize_t client_receive(struct client *client)
{
	bool is_body = client->body_left && !client->input_len;
	uint64_t wanted = client->body_left < SINK_BYTES ? client->body_left : SINK_BYTES;

	if (is_body)
		return recv(client->fd, sink, (size_t)wanted, 0);
	return recv(client->fd, client->input + client->input_len, CLIENT_HEAD_MAX - 1 - client->input_len, 0);
}

static enum client_news client_input(struct client *client)
{
	for (;;) {
		bool is_body = client->body_left && !client->input_len;
		size_t room = is_body ? SINK_BYTES : CLIENT_HEAD_MAX - 1 - client->input_len;
		ssize_t received = client_receive(client);
		enum client_news news;

		if (received < 0 && errno == EAGAIN)
			return CLIENT_WAITS_INPUT;
		if (received <= 0)
			return CLIENT_GONE;
		if (is_body) {
			news = client_body_read(client, (size_t)received);
		} else {
			client->input_len += (size_t)received;
			news = client_input_read(client);
		}
		/* Less than there was room for: the socket is empty, and asking again would only cost a call. */
		if (news != CLIENT_WAITS_INPUT || (size_t)received < room)
			return news;
	}
}

enum client_news client_advance(struct client *client)
{
	enum client_news news = CLIENT_WAITS_INPUT;

	if (client->answer.len || client->zeros_left)
		news = client_output(client);
	if (news != CLIENT_WAITS_INPUT)
		return news;
	news = client_input_read(client);
	return news == CLIENT_WAITS_INPUT ? client_input(client) : news;
}

enum client_news client_worked(struct client *client)
{
	enum client_news news;

	client_answer(client);
	news = client_output(client);
	return news == CLIENT_WAITS_INPUT ? client_advance(client) : news;
}
