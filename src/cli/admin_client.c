#include "cli/admin_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/json.h"
#include "http/head_reader.h"
#include "http/head_writer.h"

#include "base/banned.h"

static enum result connect_to(const char *path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (span_to_text(span_of(path), address.sun_path, sizeof(address.sun_path)) != RESULT_OK)
		return RESULT_NOT_FOUND;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return RESULT_IO;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		*out = fd;
		return RESULT_OK;
	}
	close(fd);
	switch (errno) {
	case ENOENT: case ECONNREFUSED: case ENOTDIR: return RESULT_NOT_FOUND;
	case EACCES: case EPERM: return RESULT_REFUSED;
	case EAGAIN: return RESULT_TIMEOUT;  /* the backlog is full */
	default: return RESULT_IO;
	}
}

static enum result wait_for(int fd, short events, uint64_t until_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	uint64_t now_ms = clock_mono_ms();
	int ready;

	if (now_ms >= until_ms)
		return RESULT_TIMEOUT;
	ready = poll(&poll_fd, 1, (int)(until_ms - now_ms));
	return ready > 0 || (ready < 0 && errno == EINTR) ? RESULT_OK : ready == 0 ? RESULT_TIMEOUT : RESULT_IO;
}

static enum result send_all(int fd, struct span bytes, uint64_t until_ms)
{
	while (bytes.len) {
		ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
		enum result result;

		if (sent >= 0) {
			bytes = span_skip(bytes, (size_t)sent);
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return RESULT_OK;  /* it has answered without reading to the end */
		if (errno != EAGAIN && errno != EINTR)
			return RESULT_IO;
		result = wait_for(fd, POLLOUT, until_ms);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static enum result receive_all(int fd, struct buffer *out, uint64_t until_ms)
{
	for (;;) {
		char *room = buffer_reserve(out, 65536);
		ssize_t got;
		enum result result;

		if (!room)
			return buffer_room(out) < 65536 ? RESULT_LIMIT : RESULT_NO_MEMORY;
		got = recv(fd, room, 65536, 0);
		if (got > 0)
			buffer_commit(out, (size_t)got);
		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return RESULT_OK;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return RESULT_IO;
		result = got < 0 ? wait_for(fd, POLLIN, until_ms) : RESULT_OK;
		if (result != RESULT_OK)
			return result;
	}
}

static enum result write_question(const struct admin_question *question, struct buffer *out)
{
	enum result result = request_line_write(span_of(question->method), span_of(question->path), false, SPAN_NONE, out);

	if (result == RESULT_OK)
		result = buffer_print(out, "Host: localhost\r\nConnection: close\r\n");
	if (result == RESULT_OK && question->body.len)
		result = buffer_print(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", question->body.len);
	if (result == RESULT_OK)
		result = head_end_write(out);
	return result == RESULT_OK ? buffer_append(out, question->body) : result;
}

static enum result read_reply(struct admin_reply *reply)
{
	static const struct http_limits limits = { .head_bytes = 65536, .target_bytes = 8192, .fields = 64, .body_bytes = UINT64_MAX };
	struct response_head head = { 0 };
	struct head_reader reader;
	struct arena arena;
	enum http_fault fault;
	enum result result;
	size_t used;

	arena_init(&arena, 65536, 4096);
	fields_init(&head.fields, &arena, limits.fields);
	head_reader_init(&reader);
	result = response_head_read(&reader, buffer_span(&reply->bytes), &limits, METHOD_GET, &head, &used, &fault);
	if (result == RESULT_OK) {
		reply->status = head.status;
		reply->body = span_skip(buffer_span(&reply->bytes), used);
		if (head.body.framing != BODY_LENGTH || reply->body.len < head.body.bytes)
			result = RESULT_MALFORMED;
	}
	arena_done(&arena);
	return result == RESULT_MORE ? RESULT_MALFORMED : result;
}

enum result admin_ask(const struct admin_question *question, struct admin_reply *reply)
{
	uint64_t until_ms = clock_mono_ms() + (uint64_t)question->wait_ms;
	struct buffer out;
	enum result result;
	int fd = -1;

	*reply = (struct admin_reply){ 0 };
	buffer_init(&out, 1u << 20);
	buffer_init(&reply->bytes, ADMIN_REPLY_BYTES_MAX);
	result = write_question(question, &out);
	if (result == RESULT_OK)
		result = connect_to(question->socket, &fd);
	if (result == RESULT_OK)
		result = send_all(fd, buffer_span(&out), until_ms);
	if (result == RESULT_OK)
		result = receive_all(fd, &reply->bytes, until_ms);
	if (result == RESULT_OK)
		result = read_reply(reply);
	if (result != RESULT_OK)
		buffer_done(&reply->bytes);
	if (fd >= 0)
		close(fd);
	buffer_done(&out);
	return result;
}

void admin_reply_done(struct admin_reply *reply)
{
	buffer_done(&reply->bytes);
}

enum result admin_reach(const char *socket_path)
{
	int fd;
	enum result result = connect_to(socket_path, &fd);

	if (result == RESULT_OK)
		close(fd);
	return result;
}

bool admin_is_there(const char *socket_path)
{
	return admin_reach(socket_path) == RESULT_OK;
}

int admin_complain(const struct admin_question *question, enum result result)
{
	switch ((int)result) {
	case RESULT_NOT_FOUND:
		return command_failed("no shield answers at %s; is it running, and is this its admin socket (--socket)?", question->socket);
	case RESULT_REFUSED:
		return command_failed("%s is not for this user: ask as root, or as the socket's group", question->socket);
	case RESULT_TIMEOUT:
		return command_failed("the shield at %s did not answer within %d s", question->socket, question->wait_ms / 1000);
	case RESULT_MALFORMED:
		return command_failed("what listens at %s gave no whole answer", question->socket);
	default:
		return command_failed("%s could not be asked: %s", question->socket, result_name(result));
	}
}

int admin_complain_reply(const struct admin_reply *reply)
{
	struct json *root = NULL;
	struct span text = SPAN_NONE;
	int code;

	if (json_read(reply->body, &root) == RESULT_OK)
		text = json_text_of(json_find(root, "error"));
	code = command_failed("the shield refused: %.*s", SPAN_ARG(text.len ? text : reply->body));
	if (root)
		json_drop(root);
	return code;
}
