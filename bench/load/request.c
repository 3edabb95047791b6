#define _GNU_SOURCE
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h2_exchange.h"

#define TEXT_MAX    (20u << 20) /* a head, or a head with its body */
#define PLACE       "####"
#define PLACE_BYTES 4

#define DEFAULT_HEAD "GET /s/x HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: load\r\nAccept: */*\r\n"

static size_t request_file_read(const char *path, char *text)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file) {
		perror(path);
		return 0;
	}
	len = fread(text, 1, TEXT_MAX, file);
	fclose(file);
	if (!len || len == TEXT_MAX) {
		fprintf(stderr, "load: %s is empty or longer than %u bytes\n", path, TEXT_MAX - 1);
		return 0;
	}
	return len;
}

static size_t request_text(const struct options *options, char *text)
{
	const char *end = options->new_connection ? "Connection: close\r\n\r\n" : "\r\n";

	if (options->request_file)
		return request_file_read(options->request_file, text);
	if (options->h2)
		return h2_exchange_request(text, TEXT_MAX);
	return (size_t)snprintf(text, TEXT_MAX, "%s%s", DEFAULT_HEAD, end);
}

static bool head_init(struct head *head, const char *text, size_t len, unsigned variant)
{
	char *copy = malloc(len);
	char digits[16];
	char *place;

	if (!copy)
		return false;
	memcpy(copy, text, len);
	snprintf(digits, sizeof digits, "%04u", variant);
	for (char *at = copy; (place = memmem(at, len - (size_t)(at - copy), PLACE, PLACE_BYTES)); at = place)
		memcpy(place, digits, PLACE_BYTES);
	*head = (struct head){copy, len};
	return true;
}

bool request_init(struct request *request, const struct options *options)
{
	static char text[TEXT_MAX];
	size_t len = request_text(options, text);

	*request = (struct request){.body_bytes = options->upload_bytes};
	if (!len)
		return false;
	request->heads = calloc(options->variants, sizeof *request->heads);
	if (!request->heads)
		return false;
	for (; request->count < options->variants; request->count++)
		if (!head_init(&request->heads[request->count], text, len, request->count))
			return false;
	return true;
}

void request_done(struct request *request)
{
	for (unsigned i = 0; i < request->count; i++)
		free((void *)(uintptr_t)request->heads[i].at);
	free(request->heads);
	*request = (struct request){0};
}

const struct head *request_take(struct request *request)
{
	const struct head *head = &request->heads[request->next];

	request->next = (request->next + 1) % request->count;
	return head;
}
