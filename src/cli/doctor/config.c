#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/check.h"
#include "cli/command.h"
#include "cli/doctor/doctor.h"
#include "cli/wiring.h"
#include "edge/sites/settings.h"
#include "event/json.h"
#include "event/settings.h"

#include "base/banned.h"

#define COMPLAINTS_SHOWN 20u

static void say_complaints(struct doctor *doctor, const struct complaints *complaints)
{
	size_t shown = complaints->count < COMPLAINTS_SHOWN ? complaints->count : COMPLAINTS_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct complaint *each = &complaints->list[i];
		enum doctor_grade grade = each->kind == COMPLAINT_ERROR ? DOCTOR_PROBLEM : DOCTOR_WARNING;

		if (each->line)
			doctor_say(doctor, grade, "configuration", "%.*s:%u: %.*s", SPAN_ARG(each->file), each->line, SPAN_ARG(each->text));
		else
			doctor_say(doctor, grade, "configuration", "%.*s", SPAN_ARG(each->text));
	}
	if (shown < complaints->count)
		doctor_say(doctor, DOCTOR_WARNING, "configuration", "and %zu more: bouclier check says them all", complaints->count - shown);
}

/* The keeper makes it and gives it to the edge's user; what is there must be theirs already. */
static void look_state(struct doctor *doctor, struct span folder)
{
	const struct passwd *user = getpwnam(EDGE_ACCOUNT);
	char path[PATH_TEXT_MAX];
	struct stat stat_of;

	if (span_to_text(folder, path, sizeof(path)) != RESULT_OK)
		return;
	if (stat(path, &stat_of) < 0)
		doctor_say(doctor, errno == ENOENT ? DOCTOR_OK : DOCTOR_PROBLEM, "state folder", "%s: %s", path,
		           errno == ENOENT ? "made at the first start" : strerror(errno));
	else if (!S_ISDIR(stat_of.st_mode))
		doctor_say(doctor, DOCTOR_PROBLEM, "state folder", "%s is not a folder", path);
	else if (geteuid() == 0 && user && stat_of.st_uid != user->pw_uid)
		doctor_say(doctor, DOCTOR_WARNING, "state folder", "%s belongs to user %u, not to " EDGE_ACCOUNT, path, (unsigned)stat_of.st_uid);
	else if (geteuid() != 0 && access(path, W_OK) < 0)
		doctor_say(doctor, DOCTOR_PROBLEM, "state folder", "%s cannot be written: %s", path, strerror(errno));
	else
		doctor_say(doctor, DOCTOR_OK, "state folder", "%s", path);
}

static void look_disk(struct doctor *doctor, struct span folder, uint64_t wanted)
{
	char path[PATH_TEXT_MAX];
	struct statvfs disk;
	uint64_t free_bytes;

	if (span_to_text(folder, path, sizeof(path)) != RESULT_OK || statvfs(path, &disk) < 0)
		return;  /* not there yet */
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free_bytes < wanted)
		doctor_say(doctor, DOCTOR_WARNING, "disk", "%llu MiB free where the journal and the cache may take %llu MiB: lower log.disk or cache_disk, or make room",
		           (unsigned long long)free_bytes >> 20, (unsigned long long)wanted >> 20);
	else
		doctor_say(doctor, DOCTOR_OK, "disk", "%llu MiB free", (unsigned long long)free_bytes >> 20);
}

/* Of a shield that runs: what it says of its cache's disk. */
static void look_cache_disk(struct doctor *doctor, const char *socket)
{
	struct admin_question question = { .socket = socket, .method = "GET", .path = "/status", .wait_ms = ADMIN_ASK_MS };
	struct json *status = NULL;
	struct admin_reply reply;
	struct span error;

	if (admin_ask(&question, &reply) != RESULT_OK)
		return;
	if (reply.status == 200 && json_read(reply.body, &status) == RESULT_OK) {
		error = json_text_of(json_find(json_find(status, "cache_disk"), "error"));
		if (error.len)
			doctor_say(doctor, DOCTOR_WARNING, "cache disk", "it does not work: %.*s; portals are served without it", SPAN_ARG(error));
		json_drop(status);
	}
	admin_reply_done(&reply);
}

static void look_shield(struct doctor *doctor, const char *socket)
{
	struct admin_question question = { .socket = socket, .method = "GET", .path = "/readyz", .wait_ms = ADMIN_ASK_MS };
	struct admin_reply reply;
	enum result result = admin_ask(&question, &reply);

	if (result == RESULT_NOT_FOUND) {
		doctor_say(doctor, DOCTOR_OK, "shield", "none runs at %s", socket);
	} else if (result != RESULT_OK) {
		doctor_say(doctor, DOCTOR_WARNING, "shield", "%s cannot be asked: %s", socket, result_name(result));
	} else {
		struct span first = reply.body;

		first = span_cut(&first, '\n');
		if (reply.status == 200 && span_equal(first, SPAN("ready")))
			doctor_say(doctor, DOCTOR_OK, "shield", "runs and is ready");
		else if (reply.status == 200)
			doctor_say(doctor, DOCTOR_WARNING, "shield", "runs and is ready, but not for all: %.*s", SPAN_ARG(first));
		else
			doctor_say(doctor, DOCTOR_PROBLEM, "shield", "runs, and is not ready: %.*s", SPAN_ARG(first));
		admin_reply_done(&reply);
	}
}

void doctor_look_config(struct doctor *doctor)
{
	char socket[PATH_TEXT_MAX];
	struct loaded loaded;
	bool is_read = loaded_read(&loaded, doctor->options, LOAD_STRICT) == RESULT_OK, is_good = false;

	config_peek(doctor->options, "admin", "socket", "/run/bouclier/admin.sock", socket);
	if (is_read)
		is_good = check_loaded(&loaded, socket);
	say_complaints(doctor, &loaded.complaints);
	if (is_good)
		doctor_say(doctor, DOCTOR_OK, "configuration", "%s: %zu site%s; certificates, names and addresses are as they should be",
		           config_path(doctor->options), loaded.snapshot->site_count, loaded.snapshot->site_count == 1 ? "" : "s");
	if (is_read) {
		const struct edge_top_settings *top = loaded.snapshot->sections[ROOM_EDGE];

		look_state(doctor, top->state);
		look_disk(doctor, top->state, (uint64_t)event_settings_of(loaded.snapshot)->disk_bytes + (uint64_t)top->cache_disk_bytes);
	}
	look_shield(doctor, socket);
	look_cache_disk(doctor, socket);
	loaded_done(&loaded);
}
