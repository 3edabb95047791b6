/* What the tests of this room share: cmocka, a fact, a folder, memory that outlives a process. */
#ifndef TESTS_EVENT_STAGE_H
#define TESTS_EVENT_STAGE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "edge/fact.h"
#include "event/settings.h"

#define assert_span(found, text) do { \
		struct span got_ = (found), want_ = span_of(text); \
		if (!span_equal(got_, want_)) \
			fail_msg("got \"%.*s\", want \"%s\"", SPAN_ARG(got_), text); \
	} while (0)

/* The address that TEXT says; the tests say good ones. */
static inline struct address stage_address(const char *text)
{
	struct address address = { { 0 } };

	if (address_read(span_of(text), &address) != RESULT_OK)
		fail_msg("bad address %s", text);
	return address;
}

static inline struct log_settings stage_settings(void)
{
	return (struct log_settings){ .requests = LOG_ALL, .rate = { 1000, 1000 },
		                      .client_ip = { LOG_ADDRESS_TRUNCATED, LOG_ADDRESS_FULL }, .keep_ms = 30ll * 86400000,
		                      .disk_bytes = 1ll << 40, .audit_disk_bytes = 1ll << 28, .fsync_ms = 1000 };
}

struct stage_request {
	struct field fields[4];
	struct request_head head;
	struct request_fact fact;
};

/* A request that was served: GET www.commune.example/nieuws?q=water. */
static inline struct request_fact *stage_request(struct stage_request *stage)
{
	*stage = (struct stage_request){
		.fields = {
			{ SPAN("Cookie"), SPAN("session=topsecret"), FIELD_COOKIE },
			{ SPAN("Authorization"), SPAN("Basic topsecret"), FIELD_AUTHORIZATION },
			{ SPAN("User-Agent"), SPAN("Mozilla/5.0 (X11; Linux x86_64)"), FIELD_USER_AGENT },
		},
		.head = {
			.method = METHOD_GET, .method_name = SPAN("GET"), .version = HTTP_1_1, .host = SPAN("www.commune.example"),
			.path = SPAN("/nieuws"), .query = SPAN("q=water&lang=nl"), .has_query = true,
		},
		.fact = {
			.wall_ns = 1767312245123456789u, .request_id = { 0x0123456789abcdefu, 0xfedcba9876543210u }, .worker = 3,
			.site_name = SPAN("www"), .tenant_name = SPAN("commune"), .decision = DECISION_ALLOW,
			.source_port = 40000, .is_tls = true, .tls_version = SPAN("1.3"), .sni = SPAN("www.commune.example"),
			.ja4 = SPAN("t13d1516h2_8daaf6152771_b186095e22b6"), .status = 200, .origin_status = 200,
			.origin = SPAN("http://10.0.0.11:8080"), .response_bytes = 5120, .wait_us = 10, .connect_us = 200,
			.first_byte_us = 800, .total_us = 1234, .is_reused = true,
		},
	};
	stage->head.fields = (struct fields){ .list = stage->fields, .count = 3, .size = 4, .max = 4 };
	stage->fact.head = &stage->head;
	stage->fact.source = stage->fact.peer = stage_address("192.0.2.77");
	return &stage->fact;
}

/* A new folder under /tmp; its name, for stage_folder_remove, goes to NAME. */
static inline int stage_folder(char name[32])
{
	int fd;

	snprintf(name, 32, "/tmp/bouclier-event-XXXXXX");
	if (!mkdtemp(name))
		fail_msg("mkdtemp failed");
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline void stage_folder_remove(int fd, const char *name)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	assert_non_null(folder);
	rewinddir(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	}
	closedir(folder);
	assert_int_equal(rmdir(name), 0);
}

/* SIZE bytes that a child of fork shares. */
static inline void *stage_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

#endif
