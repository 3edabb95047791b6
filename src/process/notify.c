#include "process/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

static void send_text(const char *text, size_t len)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t path_len = path ? strlen(path) : 0;
	int fd;

	if (path_len < 2 || path_len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, path_len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0;  /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)&to,
	              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len));
	close(fd);
}

void notify_send(const char *format, ...)
{
	char text[1024];
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (len > 0)
		send_text(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

void notify_reloading(void)
{
	notify_send("RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the configuration",
	            (unsigned long long)(clock_mono_ns() / 1000));
}

uint64_t notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint64_t usec;

	if (!text || span_to_u64(span_of(text), UINT64_MAX, &usec) != RESULT_OK)
		return 0;
	return usec / 2000;
}
