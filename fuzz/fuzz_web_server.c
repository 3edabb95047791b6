/* Whatever a client sends, in two pieces: what comes back is HTTP, and when it has left nothing of it is left. */
#include <sys/socket.h>
#include <unistd.h>

#include "web_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void turn(struct loop *loop, int rounds)
{
	while (rounds-- > 0)
		loop_turn(loop, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loop loop;
	static struct web_server *server;
	static char came[1 << 16];
	struct web_place place = { .door = WEB_LOCAL_SOCKET };
	size_t first = size ? data[0] % size : 0;
	struct web_counts counts;
	int ends[2];

	server = server ? server : stage_server(&loop);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	assert(connection_new(server, &place, ends[0], &(struct address){ 0 }, 0) == RESULT_OK);
	(void)!send(ends[1], data, first, MSG_NOSIGNAL);
	turn(&loop, 4);
	(void)!send(ends[1], data + first, size - first, MSG_NOSIGNAL);
	turn(&loop, 4);
	ssize_t count = recv(ends[1], came, sizeof(came), 0);
	assert(count <= 0 || (span_starts(span_make(came, (size_t)count), SPAN("HTTP/1.1 ")) && span_contains(span_make(came, (size_t)count), SPAN("\r\n\r\n"))));
	close(ends[1]);
	turn(&loop, 8 + (int)(size / 16));  /* a round for each request that is still in line, and one to free */
	counts = web_server_counts(server);
	assert(counts.connections == 0 && counts.body_bytes == 0 && counts.answer_bytes == 0);
	return 0;
}
