#include "event/sample.h"

#include "base/banned.h"

void sample_init(struct sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	sample_set_share(sample, 1);
}

void sample_set_share(struct sample *sample, unsigned share)
{
	if (share == sample->share)
		return;
	sample->share = share;
	sample->few = share / 64 > 0 ? share / 64 : 1;
	/* What is left of this second is as if it had been so from its start, at most. */
	sample->open_left = share - share / 2;
	sample->kept_left = share / 2;
}

static struct sample_cell *find_cell(struct sample *sample, enum reason reason, unsigned status, unsigned group)
{
	unsigned class = reason != REASON_NONE ? (unsigned)reason % REASON_COUNT : REASON_COUNT + (status / 100 < 6 ? status / 100 : 0);

	return &sample->cells[class][group % SAMPLE_GROUPS];
}

bool sample_take(struct sample *sample, uint32_t second, enum reason reason, unsigned status, unsigned group)
{
	struct sample_cell *cell = find_cell(sample, reason, status, group);

	if (second != sample->second) {
		sample->second = second;
		sample->open_left = sample->share - sample->share / 2;
		sample->kept_left = sample->share / 2;
	}
	if (second != cell->second)
		*cell = (struct sample_cell){ .second = second };
	if (sample->open_left) {
		sample->open_left--;
		return true;
	}
	if (cell->lines < sample->few && sample->kept_left) {
		cell->lines++;
		sample->kept_left--;
		return true;
	}
	return false;
}

