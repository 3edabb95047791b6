#include "packet/carrier/bgp_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/edit.h"

#include "base/banned.h"

#define LOCK_WAIT_MS 5000u
#define COUNT_WAIT_MS 1000u
#define STEP_MS 5
#define BYTE_OF_CHANGE 0

static void __attribute__((format(printf, 2, 3))) complain_of(struct bgp *bgp, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(bgp->error, sizeof(bgp->error), format, list);
	va_end(list);
}

static void pause_a_little(void)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };

	nanosleep(&step, NULL);
}

/* -- the lock: a file beside the other, with a byte for who changes and one for who watches -- */

int bgp_lock_open(const char *path)
{
	char lock[4096 + 8];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	return open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
}

bool bgp_lock_take(int fd, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static enum result lock_changes(int fd)
{
	uint64_t until_ms = clock_mono_ms() + LOCK_WAIT_MS;

	while (!bgp_lock_take(fd, BYTE_OF_CHANGE)) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return RESULT_IO;
		if (clock_mono_ms() >= until_ms)
			return RESULT_TIMEOUT;
		pause_a_little();
	}
	return RESULT_OK;
}

bool bgp_is_watched(const struct bgp *bgp)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = BGP_BYTE_OF_WATCH, .l_len = 1 };

	return fcntl(bgp->lock_fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* -- the file -- */

static enum result read_file(struct bgp *bgp)
{
	int fd = open(bgp->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum result result = RESULT_OK;
	struct stat stat;
	ssize_t got = 1;

	if (fd < 0) {
		complain_of(bgp, "%s: %s%s", bgp->path, strerror(errno), errno == ENOENT ? "; make it once, empty, and readable to BIRD (docs/packet-carrier.md)" : "");
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	}
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))
		result = RESULT_IO;
	while (result == RESULT_OK && got > 0) {
		char *at = buffer_reserve(&bgp->text, 4096);

		got = at ? read(fd, at, 4096) : -1;
		if (!at)
			result = buffer_room(&bgp->text) < 4096 ? RESULT_LIMIT : RESULT_NO_MEMORY;
		else if (got < 0)
			result = RESULT_IO;
		else
			buffer_commit(&bgp->text, (size_t)got);
	}
	close(fd);
	if (result != RESULT_OK)
		complain_of(bgp, "%s cannot be read: %s", bgp->path, result_name(result));
	return result;
}

enum result bgp_open(const struct bgp_settings *settings, struct bgp *bgp)
{
	enum result result;

	*bgp = (struct bgp){ .settings = settings, .lock_fd = -1 };
	buffer_init(&bgp->text, INCLUDE_BYTES_MAX + 4096);
	if (span_to_text(settings->include, bgp->path, sizeof(bgp->path)) != RESULT_OK) {
		complain_of(bgp, "the path of the include file is too long");
		return RESULT_LIMIT;
	}
	bgp->lock_fd = bgp_lock_open(bgp->path);
	if (bgp->lock_fd < 0) {
		complain_of(bgp, "%s.lock: %s", bgp->path, strerror(errno));
		return RESULT_IO;
	}
	result = lock_changes(bgp->lock_fd);
	if (result != RESULT_OK)
		complain_of(bgp, "%s.lock: somebody else is at it (%s)", bgp->path, result_name(result));
	else
		result = read_file(bgp);
	if (result == RESULT_OK)
		result = bgp_include_read(buffer_span(&bgp->text), &bgp->include);
	if (result == RESULT_MALFORMED) {
		bgp->is_damaged = true;
		result = RESULT_OK;
	}
	return result;
}

void bgp_close(struct bgp *bgp)
{
	if (bgp->lock_fd >= 0)
		close(bgp->lock_fd);
	bgp->lock_fd = -1;
	buffer_done(&bgp->text);
}

/* TEXT becomes what the file holds. */
static enum result write_file(struct bgp *bgp, struct buffer *text)
{
	bool is_same = span_equal(buffer_span(&bgp->text), buffer_span(text));
	enum result result = is_same ? RESULT_OK : config_edit_write(span_of(bgp->path), buffer_span(&bgp->text), buffer_span(text));

	if (result != RESULT_OK) {
		complain_of(bgp, "%s cannot be written: %s", bgp->path, result == RESULT_IO ? strerror(errno) : result_name(result));
		return result;
	}
	buffer_done(&bgp->text);
	bgp->text = *text;
	buffer_init(text, INCLUDE_BYTES_MAX + 4096);
	return RESULT_OK;
}

/* -- BIRD -- */

enum result bgp_has_all(struct bird *bird, const struct bgp_include *include, bool *out)
{
	*out = true;
	for (unsigned table = 0; table < INCLUDE_TABLES; table++) {
		uint64_t count;
		enum result result = bird_count(bird, bgp_include_table_name((enum bgp_include_table)table), &count);

		if (result != RESULT_OK)
			return result;
		*out = *out && count == bgp_include_count(include, (enum bgp_include_table)table);
	}
	return RESULT_OK;
}

/* What is configured reaches the tables a little later; protocols that were turned off are turned on first. */
static enum result await_all(struct bgp *bgp, struct bird *bird)
{
	uint64_t until_ms = clock_mono_ms() + COUNT_WAIT_MS;
	enum result result = bird_set_routes(bird, true);
	bool is_done = false;

	while (result == RESULT_OK && !is_done && clock_mono_ms() < until_ms) {
		result = bgp_has_all(bird, &bgp->include, &is_done);
		if (result == RESULT_OK && !is_done)
			pause_a_little();
	}
	if (result == RESULT_REFUSED)
		complain_of(bgp, "BIRD's configuration does not include %s: %s", bgp->path, bird->said);
	else if (result == RESULT_OK && !is_done)
		complain_of(bgp, "BIRD has taken its configuration over, and its tables bouclier_* do not hold what %s says", bgp->path);
	else if (result != RESULT_OK)
		complain_of(bgp, "BIRD does not answer: %s", result_name(result));
	return result == RESULT_OK && !is_done ? RESULT_REFUSED : result;
}

static enum result configure(struct bgp *bgp, struct bird *bird)
{
	enum result result = bird_configure(bird);

	if (result == RESULT_REFUSED)
		complain_of(bgp, "BIRD refuses its configuration: %s", bird->said);
	else if (result != RESULT_OK)
		complain_of(bgp, "BIRD does not answer: %s", result_name(result));
	return result == RESULT_OK ? await_all(bgp, bird) : result;
}

/* -- changes -- */

/* The list into the file, and the file into BIRD. */
static enum result put(struct bgp *bgp, struct bird *bird)
{
	struct buffer text;
	char reboot[BIRD_SAID_MAX] = "";
	enum result result = bgp_community_read(bgp->settings->community, &bgp->include.community);

	buffer_init(&text, INCLUDE_BYTES_MAX + 4096);
	if (result == RESULT_OK && bird)
		result = bird_reboot(bird, reboot);
	if (result != RESULT_OK) {
		complain_of(bgp, "BIRD does not say when it began: %s", result_name(result));
	} else {
		bgp_include_set_reboot(&bgp->include, span_of(reboot));
		result = bgp_include_write(&bgp->include, &text);
	}
	if (result == RESULT_OK)
		result = write_file(bgp, &text);
	buffer_done(&text);
	return result == RESULT_OK && bird ? configure(bgp, bird) : result;
}

enum result bgp_take_back(struct bgp *bgp, struct bird *bird)
{
	enum result result = put(bgp, bird);

	if (result != RESULT_OK && bird && bird_is_alive(bird) && bird_set_routes(bird, false) == RESULT_OK) {
		size_t len = strlen(bgp->error);

		snprintf(bgp->error + len, sizeof(bgp->error) - len, "; its protocols bouclier_* are turned off: nothing of ours is announced");
	}
	return result;
}

/* What was to be announced and is not: it was said why. */
static void give_up(struct bgp *bgp, struct bird *bird, uint32_t id)
{
	char why[BGP_ERROR_MAX];

	memcpy(why, bgp->error, sizeof(why));
	if (bgp_include_remove(&bgp->include, id) == RESULT_OK && bgp_take_back(bgp, bird) == RESULT_OK)
		memcpy(bgp->error, why, sizeof(why));
}

enum result bgp_add(struct bgp *bgp, struct bird *bird, const struct bgp_wish *wish, uint64_t wall_ms, uint32_t *id, enum bounds_refusal *refusal)
{
	struct bgp_route route = { .since_ms = wall_ms, .until_ms = wall_ms + wish->for_ms, .rule = wish->rule };
	enum result result;

	if (bgp->is_damaged || !bgp_is_watched(bgp)) {
		complain_of(bgp, "%s", bgp->is_damaged ? "the include file was changed by somebody else: the watch withdraws all of it" :
		            "nobody would withdraw it when its time is over: bouclier packet bgp watch does not run");
		*refusal = BOUNDS_NONE;
		return RESULT_REFUSED;
	}
	*refusal = bgp_include_find(&bgp->include, &wish->rule) ? BOUNDS_THERE_ALREADY :
	           bgp->include.count >= (uint64_t)bgp->settings->routes ? BOUNDS_TOO_MANY :
	           span_to_text(wish->by, route.by, sizeof(route.by)) != RESULT_OK ? BOUNDS_NOT_A_NAME : BOUNDS_NONE;
	if (*refusal != BOUNDS_NONE || bgp_include_add(&bgp->include, &route, id) != RESULT_OK)
		return RESULT_REFUSED;
	result = put(bgp, bird);
	if (result != RESULT_OK)
		give_up(bgp, bird, *id);
	return result;
}

enum result bgp_withdraw(struct bgp *bgp, struct bird *bird, uint32_t id, unsigned *count)
{
	unsigned before = bgp->include.count;

	if (!id)
		bgp->include.count = 0;
	else if (bgp_include_remove(&bgp->include, id) != RESULT_OK)
		return RESULT_NOT_FOUND;
	*count = before - bgp->include.count;
	return bgp_take_back(bgp, bird);
}
