#include "hub/alert/send/syslog_tls.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local_socket.h"
#include "incident/text.h"
#include "net/tls_client.h"
#include "net/transport.h"

#include "base/banned.h"

#define CONFIRM_STEP_MS 20
#define REFUSAL_MS 500u   /* a server that does not want us may say so only after our handshake: it has so long before it is told anything */

struct talk {
	struct transport transport;
	uint64_t until_ms;
	char *why;
};

static void say(char *why, const char *what, const char *detail)
{
	char text[ALERT_WHY_BYTES];

	snprintf(text, sizeof(text), detail && detail[0] ? "%s: %s" : "%s", what, detail);
	text_set(why, ALERT_WHY_BYTES, span_of(text));
}

/* -- connecting -- */

/* RESULT_TIMEOUT, RESULT_IO: errno tells. */
static enum result connect_to(const struct addrinfo *address, uint64_t until_ms, int *out)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP), error = 0;
	socklen_t len = sizeof(error);
	enum result result = RESULT_OK;

	if (fd < 0)
		return RESULT_IO;
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
		result = errno == EINPROGRESS ? local_socket_wait(fd, POLLOUT, until_ms) : RESULT_IO;
	if (result == RESULT_OK && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
		errno = error;
		result = RESULT_IO;
	}
	if (result == RESULT_OK) {
		*out = fd;
		return RESULT_OK;
	}
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static enum result connect_any(const struct alert_path *path, struct talk *talk, int *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *found = NULL;
	char name[256], port[8];
	enum result result = RESULT_NOT_FOUND;
	int error;

	snprintf(port, sizeof(port), "%u", path->port);
	if (span_to_text(path->host, name, sizeof(name)) != RESULT_OK)
		return RESULT_MALFORMED;
	error = getaddrinfo(name, port, &hints, &found);
	if (error) {
		say(talk->why, name, gai_strerror(error));
		return RESULT_NOT_FOUND;
	}
	talk->until_ms = clock_mono_ms() + SYSLOG_WHOLE_S * 1000;
	for (struct addrinfo *one = found; one && result != RESULT_OK; one = one->ai_next) {
		result = connect_to(one, talk->until_ms, out);
		if (result != RESULT_OK)
			say(talk->why, "cannot connect", result == RESULT_TIMEOUT ? "no answer" : strerror(errno));
	}
	freeaddrinfo(found);
	return result;
}

/* -- talking -- */

static enum result wait_for(struct talk *talk, short events)
{
	enum result result = local_socket_wait(talk->transport.fd, events, talk->until_ms);

	if (result == RESULT_TIMEOUT)
		say(talk->why, "no answer in time", "");
	return result;
}

static enum result greet(struct talk *talk)
{
	enum result result;

	while ((result = transport_handshake(&talk->transport)) == RESULT_MORE) {
		result = wait_for(talk, POLLIN);
		if (result != RESULT_OK)
			return result;
	}
	if (result != RESULT_OK)
		say(talk->why, "TLS", transport_error(&talk->transport));
	return result;
}

static enum result write_all(struct talk *talk, struct span bytes)
{
	size_t sent;
	enum result result = RESULT_OK;

	while (bytes.len && result == RESULT_OK) {
		result = transport_write(&talk->transport, bytes, &sent);
		if (result == RESULT_OK)
			bytes = span_skip(bytes, sent);
		else if (result == RESULT_MORE)
			result = wait_for(talk, POLLOUT);
	}
	if (result != RESULT_OK && result != RESULT_TIMEOUT)
		say(talk->why, "the connection broke", transport_error(&talk->transport));
	return result;
}

/* Some servers (rsyslog with GnuTLS) end with a FIN alone. A kernel whose program closes what it has not read to its end answers with a reset; so does one to whom
 * something comes after that. When all that we sent is confirmed and there was no reset, the program has read it. */
static enum result confirm(struct talk *talk)
{
	struct tcp_info info = { .tcpi_unacked = 1 };
	int error = 0;
	socklen_t info_len = sizeof(info), len = sizeof(error);

	while (getsockopt(talk->transport.fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) == 0 && info.tcpi_unacked && clock_mono_ms() < talk->until_ms)
		(void)poll(NULL, 0, CONFIRM_STEP_MS);
	if (getsockopt(talk->transport.fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error && !info.tcpi_unacked)
		return RESULT_OK;
	say(talk->why, "the server refused us", error ? strerror(error) : "it has not confirmed all of the message");
	return RESULT_IO;
}

/* Until the server has ended it. What it says before is nothing to us. */
static enum result end_in_order(struct talk *talk)
{
	char bytes[512];
	size_t got;
	enum result result = RESULT_OK;

	transport_finish(&talk->transport);
	while (result == RESULT_OK) {
		result = transport_read(&talk->transport, bytes, sizeof(bytes), &got);
		if (result == RESULT_MORE)
			result = wait_for(talk, POLLIN);
	}
	if (result == RESULT_END)
		return confirm(talk);
	if (result != RESULT_TIMEOUT)
		say(talk->why, "the server refused us", transport_error(&talk->transport));
	return result;
}

/* RESULT_OK: it has not refused us yet. */
static enum result await_refusal(struct talk *talk)
{
	uint64_t until_ms = clock_mono_ms() + REFUSAL_MS;
	enum result result = RESULT_MORE;
	char bytes[512];
	size_t got;

	while (result == RESULT_OK || result == RESULT_MORE) {
		result = local_socket_wait(talk->transport.fd, POLLIN, until_ms);
		if (result == RESULT_TIMEOUT)
			return RESULT_OK;
		if (result == RESULT_OK)
			result = transport_read(&talk->transport, bytes, sizeof(bytes), &got);
	}
	say(talk->why, "the server refused us", result == RESULT_END ? "it ended the connection" : transport_error(&talk->transport));
	return RESULT_IO;
}

static enum result deliver(struct talk *talk, struct span message)
{
	char count[DECIMAL_MAX + 1];
	size_t len = decimal_write(message.len, count);
	enum result result = greet(talk);

	count[len] = ' ';
	if (result == RESULT_OK)
		result = await_refusal(talk);
	if (result == RESULT_OK)
		result = write_all(talk, span_make(count, len + 1));
	if (result == RESULT_OK)
		result = write_all(talk, message);
	return result == RESULT_OK ? end_in_order(talk) : result;
}

static enum result client_of(const struct alert_path *path, struct complaints *complaints, struct tls_client **out)
{
	struct certificate_source certificate = { path->certificate, path->key, SPAN("certificate"), SPAN("key") };
	struct tls_client_settings settings = { .host = path->host, .ca = path->ca.len ? path->ca : SPAN_NONE, .ca_path = SPAN("ca"), .certificate = path->certificate.len ? &certificate : NULL,
		                                    .takes_bare_end = true };

	return tls_client_new(&settings, complaints, out);
}

enum path_outcome syslog_send(const struct alert_path *path, struct span message, char *why)
{
	struct talk talk = { .transport = { .fd = -1 }, .why = why };
	struct tls_client *client = NULL;
	struct complaints complaints;
	enum result result;
	int fd = -1;

	complaints_init(&complaints);
	result = client_of(path, &complaints, &client);
	if (result != RESULT_OK) {
		say(why, "its certificates cannot be used", complaints.count ? complaints.list[0].text.at : "");
		complaints_done(&complaints);
		return OUTCOME_REFUSED;
	}
	result = connect_any(path, &talk, &fd);
	if (result == RESULT_OK) {
		transport_init(&talk.transport, fd);
		result = transport_connect_tls(&talk.transport, client);
		if (result == RESULT_OK)
			result = deliver(&talk, message);
		transport_close(&talk.transport, false);
	}
	tls_client_free(client);
	complaints_done(&complaints);
	return result == RESULT_OK ? OUTCOME_ARRIVED : result == RESULT_REFUSED ? OUTCOME_REFUSED : OUTCOME_LATER;
}
