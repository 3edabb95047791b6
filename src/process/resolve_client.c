/* The edge's side of resolve.h. */
#include <errno.h>
#include <sys/socket.h>

#include "process/resolve_wire.h"

#include "base/banned.h"

bool resolve_is_host(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = ascii_lower(host.at[i]);

		if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.len && host.at[0] != '-';
}

enum result resolve_client_ask(int fd, uint64_t id, struct span host)
{
	struct question question = { .id = id };

	if (host.len >= RESOLVE_HOST_MAX)
		return RESULT_LIMIT;
	if (!resolve_is_host(host))
		return RESULT_MALFORMED;
	memcpy(question.host, host.at, host.len);
	if (send(fd, &question, QUESTION_HEAD + host.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return RESULT_OK;
	return errno == EAGAIN ? RESULT_MORE : RESULT_IO;
}

enum result resolve_client_ask_list(int fd, uint64_t id, struct span name)
{
	struct list_question question = { .id = id, .kind = QUESTION_LIST };

	if (name.len >= RESOLVE_HOST_MAX)
		return RESULT_LIMIT;
	if (!resolve_is_host(name))
		return RESULT_MALFORMED;
	memcpy(question.name, name.at, name.len);
	if (send(fd, &question, LIST_HEAD + name.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return RESULT_OK;
	return errno == EAGAIN ? RESULT_MORE : RESULT_IO;
}

enum result resolve_client_confirm(int fd, uint64_t id, const struct address *address)
{
	struct confirm_question question = { .id = id, .kind = QUESTION_CONFIRM };

	memcpy(question.address, address->bytes, sizeof(question.address));
	if (send(fd, &question, CONFIRM_SIZE, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return RESULT_OK;
	return errno == EAGAIN ? RESULT_MORE : RESULT_IO;
}

enum result resolve_client_fetch(int fd, uint64_t id, struct span url, struct span request)
{
	struct fetch_question question = { .id = id, .kind = QUESTION_FETCH, .url_len = (uint16_t)url.len };

	if (url.len >= FETCH_URL_MAX || request.len > FETCH_REQUEST_MAX)
		return RESULT_LIMIT;
	if (!fetch_is_url(url) || request.len == 0)
		return RESULT_MALFORMED;
	memcpy(question.bytes, url.at, url.len);
	memcpy(question.bytes + url.len, request.at, request.len);
	if (send(fd, &question, FETCH_HEAD + url.len + request.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return RESULT_OK;
	return errno == EAGAIN ? RESULT_MORE : RESULT_IO;
}

/* What is confirmed is a name, as long as one may be: the other end speaks with the whole world. */
static bool is_answer(const struct wire_answer *answer, size_t count)
{
	if (count < ANSWER_HEAD || answer->status >= RESOLVE_STATUSES ||
	    answer->count > (answer_has_bytes(answer->status) ? FETCH_RESPONSE_MAX : RESOLVE_ADDRESSES_MAX) || count != answer_size(answer))
		return false;
	return answer->status != RESOLVE_CONFIRMED || (answer->count < RESOLVE_HOST_MAX && resolve_is_host(span_make(answer->bytes, answer->count)));
}

enum result resolve_client_read(int fd, struct resolve_answer *out)
{
	struct wire_answer answer;
	ssize_t count = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);

	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? RESULT_MORE : RESULT_IO;
	if (count == 0)
		return RESULT_END;
	if (!is_answer(&answer, (size_t)count))
		return RESULT_MALFORMED;
	out->id = answer.id;
	out->status = (enum resolve_status)answer.status;
	out->count = answer_has_bytes(answer.status) ? 0 : answer.count;
	out->len = answer_has_bytes(answer.status) ? answer.count : 0;
	memcpy(out->addresses, answer.addresses, out->count * sizeof(answer.addresses[0]));
	memcpy(out->bytes, answer.bytes, out->len);
	return RESULT_OK;
}
