/* A journal of some hours until now, written as the real one is, and a hub's keep that follows it: whole, or killed again and again. */
#ifndef TESTS_HUB_KEEP_STAGE_H
#define TESTS_HUB_KEEP_STAGE_H

#include "../store/stage.h"

#include <sys/wait.h>

#include "hub/keep/keep.h"
#include "incident/group.h"
#include "incident/written.h"

struct keep_play {
	struct stage stage;
	uint64_t begin_s, now_s;            /* of the journal */
	unsigned events[2], blocked[2];     /* totals of the sites */
	struct hub_settings settings;
};

static const char *const play_sites[2] = { "www.a.example", "www.b.example" };

static inline void play_begin(struct keep_play *play, uint64_t seconds)
{
	stage_init(&play->stage);
	play->begin_s = play->now_s = clock_wall_ns() / 1000000000 - seconds;
	memset(play->events, 0, sizeof(play->events));
	memset(play->blocked, 0, sizeof(play->blocked));
	play->settings = (struct hub_settings){ .keep = { 180ll * 86400000, 30ll * 86400000, 35ll * 86400000, 800ll * 86400000 } };
}

static inline void play_end(struct keep_play *play)
{
	stage_done(&play->stage);
}

/* COUNT seconds, each with ALLOWED served requests of both sites, and BLOCKED blocked ones of the first. */
static inline void play_seconds(struct keep_play *play, unsigned count, unsigned allowed, unsigned blocked)
{
	for (unsigned i = 0; i < count; i++) {
		play->now_s++;
		for (unsigned site = 0; site < 2; site++) {
			play->blocked[site] += site ? 0 : blocked;
			play->events[site] += allowed + (site ? 0 : blocked);
			stage_counts(&play->stage, play->now_s * 1000 + 900, play_sites[site], 7, play->events[site], play->blocked[site]);
		}
		stage_request(&play->stage, play->now_s * 1000 + 100, "commune", play_sites[0], blocked ? "block" : "allow");
	}
}

/* As play_seconds, but only of the site with that number; of the other nothing comes. */
static inline void play_one(struct keep_play *play, unsigned site, unsigned count, unsigned allowed, unsigned blocked)
{
	for (unsigned i = 0; i < count; i++) {
		play->now_s++;
		play->blocked[site] += blocked;
		play->events[site] += allowed + blocked;
		stage_counts(&play->stage, play->now_s * 1000 + 900, play_sites[site], 7, play->events[site], play->blocked[site]);
	}
}

static inline void play_notice(struct keep_play *play, const char *site, const char *action, const char *detail)
{
	char text[FORMAT_MAX], moment[CLOCK_ISO_LEN + 1];
	int len;

	clock_write_iso_ms(play->now_s * 1000 + 950, moment);
	len = snprintf(text, sizeof(text), "{\"@timestamp\":\"%s\",\"event.dataset\":\"bouclier.notice\",\"bouclier.node\":\"node-1\",\"bouclier.site\":\"%s\","
	               "\"event.action\":\"%s\",\"bouclier.detail\":\"%s\"", moment, site, action, detail);
	stage_line(&play->stage, STREAM_DETAIL, span_make(text, (size_t)len));
}

struct keep_run {
	struct loop loop;
	struct store *store;
	struct keep *keep;
	unsigned lives;  /* seconds of the journal that it follows before it is gone; 0: all */
};

/* Asked after each second: a second of the journal, and never the machine's speed, says when it is over. */
static inline enum result run_outside(void *context, uint64_t *place, uint64_t until_s, void (*feed)(void *, const struct observation *), void *feed_context)
{
	struct keep_run *run = context;

	(void)place;
	(void)until_s;
	(void)feed;
	(void)feed_context;
	if (run->lives && --run->lives == 0)
		_exit(1);
	return RESULT_OK;
}

static inline void run_begin(struct keep_run *run, struct keep_play *play, const char *folder)
{
	static const struct hub_site sites[] = { { .name = SPAN_INIT("www.a.example"), .tenant = SPAN_INIT("commune") } };
	struct keep_birth birth = { .loop = &run->loop, .journal_fd = play->stage.journal_fd, .source = SPAN("node"), .settings = &play->settings,
		                    .sites = sites, .site_count = 1, .outside = run_outside, .context = run };

	run->lives = 0;
	assert_int_equal(loop_init(&run->loop), RESULT_OK);
	loop_turn(&run->loop, 0);
	assert_int_equal(store_open(span_of(folder), NULL, &run->store), RESULT_OK);
	birth.store = run->store;
	assert_int_equal(keep_new(&birth, NULL, &run->keep), RESULT_OK);
}

static inline void run_end(struct keep_run *run)
{
	keep_free(run->keep);
	store_close(run->store);
	loop_done(&run->loop);
}

static inline bool run_has_caught_up(struct keep_run *run)
{
	struct keep_health health;

	keep_health(run->keep, &health);
	return !health.is_behind && health.lag_s <= KEEP_LAG_S + 1;
}

static inline void run_until_now(struct keep_run *run)
{
	while (!run_has_caught_up(run))
		loop_turn(&run->loop, 5);
}

/* A child follows for LIVES seconds of the journal, and is gone without a word. True: it had caught up. */
static inline bool run_killed(struct keep_play *play, const char *folder, unsigned lives)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		static struct keep_run run;

		run_begin(&run, play, folder);
		run.lives = lives;
		run_until_now(&run);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

/* Every incident that is kept, as text, a line each. */
static inline bool run_add_text(void *context, const struct document *document)
{
	assert_int_equal(buffer_print(context, "%.*s %.*s\n", SPAN_ARG(document->key), SPAN_ARG(document->text)), RESULT_OK);
	return true;
}

static inline void run_incidents(struct store *store, struct buffer *out)
{
	struct documents_ask ask = { .kind = DOCUMENT_INCIDENT, .is_ascending = true };

	buffer_init(out, 1 << 22);
	assert_int_equal(store_documents(store, &ask, NULL, run_add_text, out), RESULT_OK);
}

#endif
