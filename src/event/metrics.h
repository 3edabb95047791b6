/* Metrics as text, for Prometheus and whatever reads its format.
 *
 * Shape    exposition format 0.0.4; names begin with bouclier_; `promtool check metrics` is content
 * Limits   the buffer's
 * Threads  one at a time
 * Source   https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef BOUCLIER_EVENT_METRICS_H
#define BOUCLIER_EVENT_METRICS_H

#include "base/buffer.h"
#include "event/tell.h"

/* One number that another room adds. Those of one name stand together, and the first one's help and type count. */
struct metric {
	const char *name;       /* without "bouclier_"; counters end in _total */
	const char *help;
	bool is_counter;
	const char *label;      /* NULL: none */
	struct span label_value;
	double value;
};

struct metrics_source {
	const struct counts_view *view;   /* just updated */
	const struct tally *tally;
	struct losses losses;
	bool is_writing;                  /* the journal */
	uint64_t start_wall_ns;           /* of the edge */
	const struct metric *more;
	size_t more_count;
};

enum result metrics_write(const struct metrics_source *source, struct buffer *out) must_check;

#endif
