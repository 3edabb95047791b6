#include "packet/carrier/bgp_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

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

/* -- the lock: a file beside the other, with a byte for who changes, one for who watches, and one for who watches and reaches BIRD -- */

bool bgp_lock_take(int fd, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

void bgp_lock_leave(int fd, off_t byte)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	(void)fcntl(fd, F_OFD_SETLK, &lock);
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

static bool is_taken(int fd, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* -- the file -- */

static enum result open_both(struct bgp *bgp)
{
	enum result result = bgp_file_open_folder(bgp->path, &bgp->folder_fd, bgp->error);

	if (result == RESULT_OK)
		result = bgp_file_open_lock(bgp->folder_fd, bgp->path, &bgp->lock_fd, bgp->error);
	if (result != RESULT_OK)
		return result;
	result = lock_changes(bgp->lock_fd);
	if (result != RESULT_OK)
		complain_of(bgp, "%s.lock: somebody else is at it (%s)", bgp->path, result_name(result));
	return result == RESULT_OK ? bgp_file_read(bgp->folder_fd, bgp->path, &bgp->text, bgp->error) : result;
}

enum result bgp_open(const struct bgp_settings *settings, struct bgp *bgp)
{
	enum result result;

	*bgp = (struct bgp){ .settings = settings, .lock_fd = -1, .folder_fd = -1 };
	buffer_init(&bgp->text, INCLUDE_BYTES_MAX + 4096);
	if (span_to_text(settings->include, bgp->path, sizeof(bgp->path)) != RESULT_OK) {
		complain_of(bgp, "the path of the include file is too long");
		return RESULT_LIMIT;
	}
	result = open_both(bgp);
	if (result != RESULT_OK)
		return result;
	bgp->is_watched = is_taken(bgp->lock_fd, BGP_BYTE_OF_WATCH);
	bgp->is_reached = is_taken(bgp->lock_fd, BGP_BYTE_OF_REACH);
	result = bgp_include_read(buffer_span(&bgp->text), &bgp->include);
	bgp->is_damaged = result == RESULT_MALFORMED;
	return bgp->is_damaged ? RESULT_OK : result;
}

void bgp_close(struct bgp *bgp)
{
	if (bgp->lock_fd >= 0)
		close(bgp->lock_fd);
	if (bgp->folder_fd >= 0)
		close(bgp->folder_fd);
	bgp->lock_fd = bgp->folder_fd = -1;
	buffer_done(&bgp->text);
}

/* TEXT becomes what the file holds. */
static enum result write_file(struct bgp *bgp, struct buffer *text)
{
	bool is_same = span_equal(buffer_span(&bgp->text), buffer_span(text));
	enum result result = is_same ? RESULT_OK : bgp_file_write(bgp->folder_fd, bgp->path, buffer_span(text), bgp->error);

	if (result != RESULT_OK)
		return result;
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

/* The list into the file, and the file into BIRD. A withdrawal asks BIRD nothing before that: the file is right whatever BIRD answers;
 * and what stays keeps its community, for whoever withdraws may not know the configuration. */
static enum result put(struct bgp *bgp, struct bird *bird, bool is_added)
{
	struct buffer text;
	enum result result = bgp->include.count && !is_added ? RESULT_OK : bgp_community_read(bgp->settings->community, &bgp->include.community);

	buffer_init(&text, INCLUDE_BYTES_MAX + 4096);
	if (result == RESULT_OK)
		result = bgp_include_write(&bgp->include, &text);
	if (result != RESULT_OK)
		complain_of(bgp, "the include file cannot be written: %s", result_name(result));
	else
		result = write_file(bgp, &text);
	buffer_done(&text);
	return result == RESULT_OK && bird ? configure(bgp, bird) : result;
}

/* Over a connection of its own: on the other one an answer may be due that nobody waits for any more. */
static bool silence(struct bgp *bgp, struct bird *bird)
{
	bird_close(bird);
	return bird_open(bgp->settings->socket, bird) == RESULT_OK && bird_set_routes(bird, false) == RESULT_OK;
}

enum result bgp_take_back(struct bgp *bgp, struct bird *bird)
{
	enum result result = put(bgp, bird, false);

	if (result != RESULT_OK && bird) {
		bool is_silent = silence(bgp, bird);
		size_t len = strlen(bgp->error);

		snprintf(bgp->error + len, sizeof(bgp->error) - len, is_silent ? "; its protocols bouclier_* are turned off: nothing of ours is announced" :
		         "; BIRD MAY GO ON ANNOUNCING what is withdrawn: stop it if it does");
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

/* NULL: nothing speaks against it. */
static const char *why_nobody_adds(const struct bgp *bgp)
{
	return bgp->is_damaged ? "the include file was changed by somebody else: the watch withdraws all of it" :
	       !bgp->is_watched ? "nobody would withdraw it when its time is over: bouclier packet bgp watch does not run" :
	       !bgp->is_reached ? "nobody would withdraw it when its time is over: the watch does not reach BIRD" : NULL;
}

/* The routes that stand in the file were given to the BIRD it names: another one would announce what has ended with that. */
static enum result know_bird(struct bgp *bgp, struct bird *bird)
{
	struct bgp_include now = { .count = 0 };
	char reboot[BIRD_SAID_MAX] = "";
	enum result result = bird_reboot(bird, reboot);

	bgp_include_set_reboot(&now, span_of(reboot));
	if (result != RESULT_OK) {
		complain_of(bgp, "BIRD does not say when it began: %s", result_name(result));
	} else if (bgp->include.count && strcmp(now.reboot, bgp->include.reboot) != 0) {
		complain_of(bgp, "BIRD has begun anew: the watch withdraws first what the one before was given");
		result = RESULT_REFUSED;
	} else {
		memcpy(bgp->include.reboot, now.reboot, sizeof(now.reboot));
	}
	return result;
}

enum result bgp_add(struct bgp *bgp, struct bird *bird, const struct bgp_wish *wish, uint64_t wall_ms, uint32_t *id, enum bounds_refusal *refusal)
{
	struct bgp_route route = { .since_ms = wall_ms, .until_ms = wall_ms + wish->for_ms, .rule = wish->rule };
	const char *why = why_nobody_adds(bgp);
	enum result result;

	*refusal = BOUNDS_NONE;
	if (why) {
		complain_of(bgp, "%s", why);
		return RESULT_REFUSED;
	}
	*refusal = bgp_include_find(&bgp->include, &wish->rule) ? BOUNDS_THERE_ALREADY :
	           bgp->include.count >= (uint64_t)bgp->settings->routes ? BOUNDS_TOO_MANY :
	           span_to_text(wish->by, route.by, sizeof(route.by)) != RESULT_OK ? BOUNDS_NOT_A_NAME : BOUNDS_NONE;
	if (*refusal != BOUNDS_NONE)
		return RESULT_REFUSED;
	result = know_bird(bgp, bird);
	if (result != RESULT_OK || bgp_include_add(&bgp->include, &route, id) != RESULT_OK)
		return result == RESULT_OK ? RESULT_REFUSED : result;
	result = put(bgp, bird, true);
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
