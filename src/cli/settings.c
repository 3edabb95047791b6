#include "cli/settings.h"

#include "base/banned.h"

#define SOCKET_PATH_MAX 107  /* sockaddr_un, without its NUL */

static const char *const mode_choices[] = { "0600", "0660", NULL };

static const struct key admin_keys[] = {
	{ .name = "socket", .type = KEY_PATH, .flags = KEY_RESTART, .offset = offsetof(struct admin_settings, socket),
	  .fallback = ADMIN_SOCKET_DEFAULT, .help = "The unix socket that status, top, reload and bypass speak to." },
	{ .name = "metrics", .type = KEY_ENDPOINT, .offset = offsetof(struct admin_settings, metrics), .fallback = "127.0.0.1:9145",
	  .help = "A loopback address and port for /metrics, /healthz and /readyz. It answers anybody on this machine, and changes "
	          "nothing." },
	{ .name = "mode", .type = KEY_CHOICE, .flags = KEY_RESTART, .offset = offsetof(struct admin_settings, mode), .fallback = "0600",
	  .choices = mode_choices,
	  .help = "Permissions of the socket's file. Who may write to it may bypass the shield." },
	{ .name = NULL },
};

static void check_admin(const void *values, struct key_check *check)
{
	const struct admin_settings *settings = values;
	char text[ENDPOINT_TEXT_MAX];

	endpoint_write(&settings->metrics, text);
	if (settings->socket.len > SOCKET_PATH_MAX)
		key_complain(check, "socket", SPAN_NONE, "socket: the path of a unix socket has at most %d bytes, this one has %zu",
		             SOCKET_PATH_MAX, settings->socket.len);
	if (!address_is_loopback(&settings->metrics.address))
		key_complain(check, "metrics", SPAN("write 127.0.0.1 or [::1]"),
		             "metrics: %s is not a loopback address, and what it shows is not for everybody", text);
}

static const struct key_table admin_table = {
	.name = "admin",
	.keys = admin_keys,
	.size = sizeof(struct admin_settings),
	.check = check_admin,
	.help = "How the running shield is asked and told.",
};

static const struct key process_keys[] = {
	{ .name = "admin", .type = KEY_MAP, .offset = offsetof(struct process_settings, admin), .table = &admin_table,
	  .help = "How the running shield is asked and told." },
	{ .name = NULL },
};

static const struct key_table process_table = {
	.name = "process",
	.keys = process_keys,
	.size = sizeof(struct process_settings),
	.help = "The running shield itself.",
};

const struct config_section admin_section = { .room = ROOM_PROCESS, .scope = SCOPE_TOP, .table = &process_table };
