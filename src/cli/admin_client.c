#include "cli/admin_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local_socket.h"
#include "cli/command.h"
#include "event/json.h"
#include "http/local_ask.h"

#include "base/banned.h"

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
		result = got < 0 ? local_socket_wait(fd, POLLIN, until_ms) : RESULT_OK;
		if (result != RESULT_OK)
			return result;
	}
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
	result = local_ask_write(span_of(question->method), span_of(question->path), question->body, &out);
	if (result == RESULT_OK)
		result = local_socket_connect(span_of(question->socket), &fd);
	if (result == RESULT_OK)
		result = local_socket_send(fd, buffer_span(&out), until_ms);
	if (result == RESULT_OK || result == RESULT_END)  /* END: it has answered without reading to the end */
		result = receive_all(fd, &reply->bytes, until_ms);
	if (result == RESULT_OK)
		result = local_ask_read(buffer_span(&reply->bytes), &reply->status, &reply->body);
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
	enum result result = local_socket_connect(span_of(socket_path), &fd);

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
