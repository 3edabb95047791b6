/* What attackers do with HTTP/2: each budget ends the connection with its own fault, and what honest clients do spends
 * none; memory stays bounded; any allocation may fail. */
#include <malloc.h>

#include "h2_peer.h"

#include "base/banned.h"

/* Every allocation of this program, libnghttp2's too, goes through here: the one numbered FAIL_AT fails, and what is given
 * back is counted. Sanitizers have an allocator of their own; there the test of failures is skipped. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define IS_SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED
#endif

#ifndef IS_SANITIZED
static long fail_at, allocations, living;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *from, size_t size);
void __libc_free(void *memory);

static bool may_allocate(void)
{
	return ++allocations != fail_at;
}

static void *counted(void *memory)
{
	living += memory != NULL;
	return memory;
}

void *malloc(size_t size)
{
	return may_allocate() ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size)
{
	return may_allocate() ? counted(__libc_calloc(count, size)) : NULL;
}

void *realloc(void *from, size_t size)
{
	void *to = may_allocate() ? __libc_realloc(from, size) : NULL;

	living += to && !from;
	return to;
}

void free(void *memory)
{
	living -= memory != NULL;
	__libc_free(memory);
}
#endif

static void flood_begin(struct peer *peer)
{
	peer_init(peer);
	peer->limits.resets_burst = 20;
	peer->limits.resets_a_second = 10;
	peer->limits.control_burst = 50;
	peer->limits.control_a_second = 10;
	peer->answer.status = 0;
	peer_start(peer);
}

static void flood_end(struct peer *peer, enum http_fault fault)
{
	assert_int_equal(peer->fault, fault);
	peer_expect_goaway(peer, NGHTTP2_ENHANCE_YOUR_CALM, fault);
	peer_end(peer);
}

/* CVE-2023-44487 */
static void test_rapid_reset(void **state)
{
	struct peer peer;
	uint32_t id = 1;

	(void)state;
	flood_begin(&peer);
	for (; peer.fault == HTTP_FAULT_NONE && id < 2000; id += 2) {
		peer_get(&peer, id);
		peer_frame(&peer, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10", 4);
		peer_drain(&peer);
	}
	assert_in_range(peer.heads, 20, 22);
	flood_end(&peer, HTTP_FAULT_H2_RAPID_RESET);
}

/* A person who leaves pages in a hurry: within the burst, and again once it has refilled. */
static void test_resets_of_people(void **state)
{
	struct peer peer;
	uint32_t id = 1;

	(void)state;
	flood_begin(&peer);
	for (int page = 0; page < 20; page++, peer.now_ms += 2000) {
		for (int i = 0; i < 20; i++, id += 2) {
			peer_get(&peer, id);
			peer_frame(&peer, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10", 4);
		}
		peer_drain(&peer);
	}
	assert_int_equal(peer.fault, HTTP_FAULT_NONE);
	assert_int_equal(peer.closed, 400);
	peer_end(&peer);
}

/* CVE-2025-8671: the client never resets; it makes us do it. */
static void provoke_window(struct peer *peer, uint32_t id)
{
	peer_get(peer, id);
	peer_frame(peer, NGHTTP2_WINDOW_UPDATE, 0, id, "\177\377\377\377", 4);
}

static void provoke_malformed(struct peer *peer, uint32_t id)
{
	char block[128];

	peer_frame(peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, id, block, peer_block(block, ":method", "GET", NULL));
}

static void provoke_trailers(struct peer *peer, uint32_t id)
{
	char block[128];

	peer_request(peer, id, END_HEADERS, "POST");
	peer_frame(peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, id, block, peer_block(block, ":method", "GET", NULL));
}

static void provoke_flow(struct peer *peer, uint32_t id)
{
	static const char zeros[16384];

	peer_request(peer, id, END_HEADERS, "POST");
	for (int i = 0; i < 4; i++)
		peer_frame(peer, NGHTTP2_DATA, 0, id, zeros, sizeof(zeros));
	peer_frame(peer, NGHTTP2_DATA, 0, id, "x", 1);
}

static void test_provoked_resets(void **state)
{
	static void (*const ways[])(struct peer *peer, uint32_t id) = { provoke_window, provoke_malformed, provoke_trailers, provoke_flow };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct peer peer;
		uint32_t id = 1;

		flood_begin(&peer);
		peer.holds_body = true;
		for (; h2_fault(peer.session) == HTTP_FAULT_NONE && id < 2000; id += 2) {
			ways[i](&peer, id);
			peer_drain(&peer);
		}
		assert_in_range(id, 41, 45);
		peer_get(&peer, id);
		flood_end(&peer, HTTP_FAULT_H2_PROVOKED_RESET);
	}
}

struct flood {
	enum http_fault fault;
	uint8_t type, flags;
	uint32_t stream;
	const char *payload;
	size_t length;
};

static void test_control_floods(void **state)
{
	static const struct flood floods[] = {
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_PING, 0, 0, "12345678", 8 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_PING, ACK, 0, "12345678", 8 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_SETTINGS, 0, 0, NULL, 0 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_PRIORITY, 0, 9, "\0\0\0\3\20", 5 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, 0x10, 0, 0, "\0\0\0\1u=3", 7 },
		{ HTTP_FAULT_H2_CONTROL_FLOOD, 0x77, 0, 0, NULL, 0 },
		{ HTTP_FAULT_H2_EMPTY_FRAMES, NGHTTP2_DATA, 0, 1, NULL, 0 },
		{ HTTP_FAULT_H2_EMPTY_FRAMES, NGHTTP2_DATA, PADDED, 1, "\3\0\0\0", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		const struct flood *flood = &floods[i];
		struct peer peer;
		unsigned sent = 0;

		flood_begin(&peer);
		peer_request(&peer, 1, END_HEADERS, "POST");
		while (peer.fault == HTTP_FAULT_NONE && sent++ < 1000) {
			peer_frame(&peer, flood->type, flood->flags, flood->stream, flood->payload, flood->length);
			if (sent % 2)  /* whether or not we could speak between */
				peer_drain(&peer);
		}
		assert_in_range(sent, 40, 60);
		flood_end(&peer, flood->fault);
	}
}

/* One write with a thousand of them, none of our answers read. */
static void test_flood_in_one_write(void **state)
{
	static char many[17000];
	struct peer peer;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		len += peer_frame_make(many + len, NGHTTP2_PING, 0, 0, "12345678", 8);
	flood_begin(&peer);
	peer_bytes(&peer, many, len);
	flood_end(&peer, HTTP_FAULT_H2_CONTROL_FLOOD);
}

static void test_continuation_flood(void **state)
{
	struct peer peer;
	char block[16];
	size_t len = peer_literal(block, "x", "y");
	unsigned sent = 0;

	(void)state;
	flood_begin(&peer);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM, 1, block, len);
	while (peer.fault == HTTP_FAULT_NONE && sent++ < 1000)
		peer_frame(&peer, NGHTTP2_CONTINUATION, 0, 1, block, len);
	assert_int_equal(sent, 9);
	flood_end(&peer, HTTP_FAULT_H2_CONTINUATION);
}

static void test_empty_headers_flood(void **state)
{
	struct peer peer;
	uint32_t id = 1;

	(void)state;
	flood_begin(&peer);
	for (; peer.fault == HTTP_FAULT_NONE && id < 1000; id += 2) {
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM, id, NULL, 0);
		peer_frame(&peer, NGHTTP2_CONTINUATION, END_HEADERS, id, NULL, 0);
		peer_drain(&peer);
	}
	assert_true(id < 60);  /* the malformed heads are resets as well: whichever budget is spent first */
	peer_expect_goaway(&peer, NGHTTP2_ENHANCE_YOUR_CALM, peer.fault);
	peer_end(&peer);
}

/* A download of 16 MiB by a client that answers every DATA frame twice, and a browser's start. */
static void test_honest_clients(void **state)
{
	struct peer peer;

	(void)state;
	flood_begin(&peer);
	for (uint32_t id = 3; id <= 11; id += 2)
		peer_frame(&peer, NGHTTP2_PRIORITY, 0, id, "\0\0\0\0\144", 5);
	peer.answer = (struct peer_answer){ .status = 200, .has_body = true, .body_bytes = 16 << 20, .ready_bytes = 16 << 20 };
	peer_get(&peer, 13);
	for (unsigned i = 0; i < 5000 && !peer_seen(&peer, 13)->has_end; i++) {
		peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\100\0", 4);
		peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 13, "\0\0\100\0", 4);
		peer_drain(&peer);
	}
	assert_true(peer_seen(&peer, 13)->has_end);
	memset(peer.seen, 0, sizeof(peer.seen));
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\100\0\0", 4);
	peer.answer = (struct peer_answer){ .status = 200, .has_body = true, .body_bytes = 100, .ready_bytes = 100 };
	for (uint32_t id = 15; id < 2015; id += 2) {  /* a thousand small requests, each with its PRIORITY and WINDOW_UPDATE */
		peer_get(&peer, id);
		peer_frame(&peer, NGHTTP2_PRIORITY, 0, id, "\0\0\0\0\144", 5);
		peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, id, "\0\1\0\0", 4);
		peer_drain(&peer);
		memset(peer_seen(&peer, (int32_t)id), 0, sizeof(struct peer_seen));
	}
	assert_int_equal(peer.fault, HTTP_FAULT_NONE);
	peer_end(&peer);
}

static size_t bomb_block(char *block, size_t size, const char *name, unsigned count)
{
	size_t at = peer_get_block(block);

	for (unsigned i = 0; i < count && at + 64 < size; i++)
		at += peer_literal(block + at, name, "1");
	return at;
}

static void test_too_many_fields(void **state)
{
	static const char *const names[] = { "x", "cookie" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct peer peer;
		char block[8192];

		peer_init(&peer);
		peer.limits.http.fields = 100;
		peer_start(&peer);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, bomb_block(block, sizeof(block), names[i], 100));
		assert_int_equal(peer_stream(&peer, 1)->fault, HTTP_FAULT_NONE);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 3, block, bomb_block(block, sizeof(block), names[i], 101));
		assert_int_equal(peer_stream(&peer, 3)->fault, HTTP_FAULT_FIELDS_MANY);
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 3)->status, 431);
		peer_end(&peer);
	}
}

/* HPACK bomb: one field of 4,000 bytes put in the table, then a byte for each copy. Far past the limit it is not even
 * answered. */
static void test_hpack_bomb(void **state)
{
	static char value[3900], block[16384];
	struct peer peer;
	size_t len = peer_get_block(block);

	(void)state;
	memset(value, 'v', sizeof(value));
	block[len++] = 0x40;
	len += peer_string(block + len, "x", 1);
	len += peer_string(block + len, value, sizeof(value));
	memset(block + len, 0x80 | 62, 12);
	peer_init(&peer);
	peer_start(&peer);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len + 12);
	assert_int_equal(peer_stream(&peer, 1)->fault, HTTP_FAULT_NONE);
	len = peer_get_block(block);
	memset(block + len, 0x80 | 62, sizeof(block) - len);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 3, block, sizeof(block));
	assert_int_equal(peer_stream(&peer, 3)->fault, HTTP_FAULT_HEAD_LONG);
	peer_expect_reset(&peer, 3, NGHTTP2_ENHANCE_YOUR_CALM);
	peer_get(&peer, 5);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 5)->status, 200);
	peer_end(&peer);
}

static size_t arenas_bytes(const struct peer *peer)
{
	size_t bytes = 0;

	for (size_t i = 0; i < PEER_STREAMS; i++)
		bytes += peer->streams[i].is_open ? peer->streams[i].arena.used_bytes : 0;
	return bytes;
}

/* CVE-2026-49975: a byte of HPACK for each crumb, on every stream the client may open, and a window that stays shut so that
 * none of them ends. */
static void test_crumbs_behind_a_stalled_window(void **state)
{
	static char block[16384];
	struct peer peer;
	size_t len = peer_get_block(block), first;

	(void)state;
	peer_init(&peer);
	peer.limits.http.fields = 1000;
	peer.limits.streams = 50;
	peer.limits.heads_bytes = 256 * 1024;
	peer.answer.body_bytes = peer.answer.ready_bytes = 100;
	peer_start(&peer);
	peer_frame(&peer, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
	first = len;
	block[len++] = 0x40;
	len += peer_string(block + len, "cookie", 6);
	len += peer_string(block + len, "a", 1);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	memset(block + first, 0x80 | 62, 1000);
	for (uint32_t id = 3; id < 100; id += 2)
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, id, block, first + 1000);
	peer_drain(&peer);
	assert_int_equal(peer.fault, HTTP_FAULT_NONE);
	assert_true(peer.faults > 30);  /* 39,000 bytes a head: six of them fit */
	assert_int_equal(peer.last_fault, HTTP_FAULT_NO_MEMORY);
	assert_true(h2_is_stalled(peer.session));
	assert_true(arenas_bytes(&peer) < 4 * peer.limits.heads_bytes);
	peer_frame(&peer, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);  /* the streams end, and there is room again */
	peer_drain(&peer);
	peer_get(&peer, 101);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 101)->status, 200);
	peer_end(&peer);
}

/* An arena that is full is a 503 for that request. */
static void test_arena_full(void **state)
{
	static char value[12000], block[16384];
	struct peer peer;
	size_t len = peer_get_block(block);

	(void)state;
	memset(value, 'v', sizeof(value));
	len += peer_literal_bytes(block + len, "x-large", 7, value, sizeof(value));
	peer_init(&peer);
	peer.arena_bytes = 8192;
	peer_start(&peer);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	assert_int_equal(peer_stream(&peer, 1)->fault, HTTP_FAULT_NO_MEMORY);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->status, 503);
	peer_end(&peer);
}

/* What an idle connection keeps, after a browser's requests: 24 KiB in all with TLS is the bar. The page of
 * the stream table, given back by h2_rest, is not malloc's. */
static void test_idle_memory(void **state)
{
	static struct peer peer;
	struct mallinfo2 before, after;
	size_t used;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);  /* what is allocated once, and the output, are not the session's */
	h2_session_free(peer.session);
	before = mallinfo2();
	peer_start_quiet(&peer);
	peer_preface(&peer);
	peer_drain(&peer);
	for (uint32_t id = 1; id < 9; id += 2) {
		char block[1024];
		size_t len = peer_block(block, ":method", "GET", ":scheme", "https", ":authority", "www.commune.example", ":path", "/", NULL);

		block[len++] = 0x40;
		len += peer_string(block + len, "user-agent", 10);
		len += peer_string(block + len, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 71);
		block[len++] = 0x40;
		len += peer_string(block + len, "accept-language", 15);
		len += peer_string(block + len, "fr-BE,fr;q=0.8", 14);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, id, block, len);
		peer_drain(&peer);
	}
	assert_int_equal(peer.closed, 4);
	h2_rest(peer.session);
	after = mallinfo2();
	used = after.uordblks - before.uordblks;
	print_message("an idle session keeps %zu bytes\n", used);
#ifndef IS_SANITIZED
	assert_in_range(used, 1, 7 * 1024);
#endif
	peer_get(&peer, 9);  /* and lives on */
	peer_drain(&peer);
	assert_int_equal(peer.closed, 5);
	peer_end(&peer);
}

/* The stream table's page goes and comes back, with streams in it or not; many sessions share blocks of pages. */
static void test_rest(void **state)
{
	static struct peer peers[150];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 150; i++) {
			peer_init(&peers[i]);
			peer_start(&peers[i]);
			peer_get(&peers[i], 1);
			h2_rest(peers[i].session);  /* stream 1 is open: nothing happens */
			peer_drain(&peers[i]);
			assert_int_equal(peer_seen(&peers[i], 1)->status, 200);
			h2_rest(peers[i].session);
			peer_get(&peers[i], 3);
			peer_drain(&peers[i]);
			assert_int_equal(peer_seen(&peers[i], 3)->status, 200);
		}
		for (int i = 0; i < 150; i++)
			peer_end(&peers[round ? 149 - i : i]);
	}
}

/* A life with everything in it; whatever fails, nothing leaks, nothing crashes, and the owner is told of every end. */
static void live(struct peer *peer)
{
	char block[512];
	size_t len;

	peer_init(peer);
	peer->answer.has_trailers = true;
	peer_start_quiet(peer);
	if (!peer->session)
		return;
	peer_bytes(peer, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	peer_frame(peer, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);
	peer_get(peer, 1);
	peer_request(peer, 3, END_HEADERS, "POST");
	peer_frame(peer, NGHTTP2_DATA, 0, 3, "body", 4);
	len = peer_block(block, "x-check", "7", NULL);
	peer_frame(peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 3, block, len);
	len = peer_get_block(block);
	len += peer_block(block + len, "cookie", "a", "cookie", "b", "x-long-name", "value", NULL);
	peer_frame(peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 5, block, len);
	peer_frame(peer, NGHTTP2_PING, 0, 0, "12345678", 8);
	if (h2_send(peer->session, &peer->out) == RESULT_OK)
		buffer_reset(&peer->out);
	h2_shutdown(peer->session);
	peer_frame(peer, NGHTTP2_RST_STREAM, 0, 5, "\0\0\0\10", 4);
	if (h2_send(peer->session, &peer->out) == RESULT_OK)
		buffer_reset(&peer->out);
}

static void test_any_allocation_may_fail(void **state)
{
#ifdef IS_SANITIZED
	(void)state;
	(void)live;
	skip();
#else
	static struct peer peer;
	long all;

	(void)state;
	allocations = 0;
	live(&peer);
	all = allocations;
	peer_end(&peer);
	assert_true(all > 40);
	for (long at = 1; at <= all; at++) {
		long before = living;

		allocations = 0;
		fail_at = at;
		live(&peer);
		fail_at = 0;
		h2_session_free(peer.session);
		buffer_done(&peer.out);
		for (size_t i = 0; i < PEER_STREAMS; i++)
			assert_false(peer.streams[i].is_open);
		assert_int_equal(living, before);
	}
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_memory),
		cmocka_unit_test(test_rapid_reset),
		cmocka_unit_test(test_resets_of_people),
		cmocka_unit_test(test_provoked_resets),
		cmocka_unit_test(test_control_floods),
		cmocka_unit_test(test_flood_in_one_write),
		cmocka_unit_test(test_continuation_flood),
		cmocka_unit_test(test_empty_headers_flood),
		cmocka_unit_test(test_honest_clients),
		cmocka_unit_test(test_too_many_fields),
		cmocka_unit_test(test_hpack_bomb),
		cmocka_unit_test(test_crumbs_behind_a_stalled_window),
		cmocka_unit_test(test_arena_full),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
