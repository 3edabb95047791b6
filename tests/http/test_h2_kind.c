/* What a session tells of the program at its other end (h2_session_kind), and in which order it names what it asks for. */
#include "h2_peer.h"

#include "base/banned.h"

struct setting {
	uint16_t id;
	uint32_t value;
};

struct opening {
	struct setting settings[6];
	unsigned count;
	uint32_t window;         /* 0: no WINDOW_UPDATE */
	bool is_late;            /* it comes behind the first request */
};

static const struct opening chrome = { { { 1, 65536 }, { 2, 0 }, { 4, 6291456 }, { 6, 262144 } }, 4, 15663105, false };
static const struct opening firefox = { { { 1, 65536 }, { 2, 0 }, { 4, 131072 }, { 5, 16384 } }, 4, 12517377, false };

static void settings_send(struct peer *peer, const struct opening *opening)
{
	uint8_t payload[6 * 6];

	for (unsigned i = 0; i < opening->count; i++) {
		uint16_t id = htobe16(opening->settings[i].id);
		uint32_t value = htobe32(opening->settings[i].value);

		memcpy(payload + 6 * i, &id, 2);
		memcpy(payload + 6 * i + 2, &value, 4);
	}
	peer_frame(peer, NGHTTP2_SETTINGS, 0, 0, payload, 6 * (size_t)opening->count);
}

static void window_send(struct peer *peer, uint32_t window)
{
	uint32_t big = htobe32(window);

	if (window)
		peer_frame(peer, NGHTTP2_WINDOW_UPDATE, 0, 0, &big, sizeof(big));
}

static void open_with(struct peer *peer, const struct opening *opening)
{
	peer_init(peer);
	peer_start_quiet(peer);
	assert_int_equal(nghttp2_hd_inflate_new(&peer->inflater), 0);
	peer_bytes(peer, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	settings_send(peer, opening);
	if (!opening->is_late)
		window_send(peer, opening->window);
	peer_get(peer, 1);
	if (opening->is_late)
		window_send(peer, opening->window);
}

static uint64_t kind_of_opening(const struct opening *opening)
{
	struct peer peer;
	uint64_t kind;

	open_with(&peer, opening);
	kind = h2_session_kind(peer.session);
	peer_end(&peer);
	return kind;
}

static void openings_differ(void **state)
{
	struct opening turned = chrome, other_value = chrome, other_window = chrome, late = chrome, bare = { .count = 0 };

	(void)state;
	turned.settings[0] = chrome.settings[1];
	turned.settings[1] = chrome.settings[0];
	other_value.settings[2].value++;
	other_window.window++;
	late.is_late = true;
	assert_int_equal(kind_of_opening(&chrome), kind_of_opening(&chrome));
	assert_int_not_equal(kind_of_opening(&chrome), kind_of_opening(&firefox));
	assert_int_not_equal(kind_of_opening(&chrome), kind_of_opening(&turned));
	assert_int_not_equal(kind_of_opening(&chrome), kind_of_opening(&other_value));
	assert_int_not_equal(kind_of_opening(&chrome), kind_of_opening(&other_window));
	assert_int_not_equal(kind_of_opening(&chrome), kind_of_opening(&late));
	assert_int_equal(kind_of_opening(&bare), 0);
}

/* Chrome sends one that is drawn by chance. */
static void settings_that_nobody_numbered_say_nothing(void **state)
{
	struct opening greased = chrome, greased_otherwise;

	(void)state;
	greased.settings[greased.count++] = (struct setting){ 0x2a2a, 77 };
	greased_otherwise = greased;
	greased_otherwise.settings[4] = (struct setting){ 0xdada, 78 };
	assert_int_equal(kind_of_opening(&greased), kind_of_opening(&chrome));
	assert_int_equal(kind_of_opening(&greased_otherwise), kind_of_opening(&chrome));
}

/* What comes later changes nothing: a connection is of one kind. */
static void only_the_beginning_counts(void **state)
{
	struct peer peer;
	uint64_t kind;

	(void)state;
	open_with(&peer, &chrome);
	kind = h2_session_kind(peer.session);
	settings_send(&peer, &firefox);
	window_send(&peer, 1000);
	peer_frame(&peer, NGHTTP2_SETTINGS, ACK, 0, NULL, 0);
	assert_int_equal(peer.fault, HTTP_FAULT_NONE);
	assert_int_equal(h2_session_kind(peer.session), kind);
	peer_end(&peer);
}

static void the_order_of_pseudo_fields_is_kept(void **state)
{
	struct peer peer;
	char block[256];
	size_t len = peer_block(block, ":method", "GET", ":path", "/", ":authority", "shield.example", ":scheme", "https", NULL);

	(void)state;
	open_with(&peer, &chrome);
	assert_int_equal(peer_stream(&peer, 1)->head->pseudo_order, 01234);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 3, block, len);
	assert_int_equal(peer_stream(&peer, 3)->head->pseudo_order, 01432);
	peer_end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openings_differ),
		cmocka_unit_test(settings_that_nobody_numbered_say_nothing),
		cmocka_unit_test(only_the_beginning_counts),
		cmocka_unit_test(the_order_of_pseudo_fields_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
