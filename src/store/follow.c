#include "store/follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/day.h"

#include "base/banned.h"

enum probe { PROBE_NOTHING, PROBE_SAME, PROBE_OTHER, PROBE_GONE, PROBE_SHORT };

void follow_init(struct follow *follow, int folder_fd, enum stream stream)
{
	*follow = (struct follow){ .folder_fd = folder_fd, .stream = stream };
	journal_reader_init(&follow->reader, folder_fd, stream);
}

void follow_leave(struct follow *follow)
{
	journal_reader_done(&follow->reader);
	journal_reader_init(&follow->reader, follow->folder_fd, follow->stream);
	follow->is_placed = follow->is_held = false;
	follow->damaged = 0;
}

void follow_done(struct follow *follow)
{
	journal_reader_done(&follow->reader);
}

void follow_begin(struct follow *follow, uint64_t sequence)
{
	follow_leave(follow);
	journal_reader_from(&follow->reader, sequence + 1);
	follow->last = sequence;
	follow->is_placed = true;
}

/* The first sequence of the newest segment; 0: there is none. */
static enum result newest_segment(const struct follow *follow, uint64_t *first)
{
	struct segment_list list;
	enum result result = segment_list_read(follow->folder_fd, follow->stream, &list);

	if (result != RESULT_OK)
		return result;
	*first = list.count ? list.firsts[list.count - 1] : 0;
	free(list.firsts);
	return RESULT_OK;
}

static enum result probe(struct follow *follow, const struct follow_mark *mark, enum probe *out)
{
	struct journal_reader reader;
	struct span line;
	struct seal seal;
	uint64_t first = 0;
	enum result result;

	journal_reader_init(&reader, follow->folder_fd, follow->stream);
	journal_reader_from(&reader, mark->sequence);
	result = journal_reader_next(&reader, &line, &seal);
	journal_reader_done(&reader);
	if (result == RESULT_OK) {
		*out = seal.sequence != mark->sequence ? PROBE_GONE : seal.crc == mark->crc ? PROBE_SAME : PROBE_OTHER;
		return RESULT_OK;
	}
	if (result != RESULT_MORE)
		return result;
	result = newest_segment(follow, &first);
	/* A segment that has no line yet begins behind the mark: its line went with the segment before. */
	*out = first == 0 ? PROBE_NOTHING : first > mark->sequence ? PROBE_GONE : PROBE_SHORT;
	return result;
}

enum result follow_place(struct follow *follow, const struct follow_mark *cursor)
{
	enum probe found = PROBE_SAME;
	enum result result = cursor->sequence ? probe(follow, cursor, &found) : RESULT_OK;

	if (result != RESULT_OK)
		return result;
	switch (found) {
	case PROBE_SAME:
	case PROBE_GONE:  /* dropped before we came: what it was, nobody can say any more */
		follow_begin(follow, cursor->sequence);
		return RESULT_OK;
	case PROBE_OTHER:
	case PROBE_SHORT: return RESULT_END;
	case PROBE_NOTHING:
	default: return RESULT_MORE;
	}
}

enum result follow_probe(struct follow *follow, const struct follow_mark *mark, bool *is_there)
{
	enum probe found;
	enum result result = probe(follow, mark, &found);

	if (result == RESULT_OK)
		*is_there = found == PROBE_SAME;
	return result;
}

/* Has the segment that is open been taken away, moved, or cut? */
static bool is_replaced(const struct follow *follow)
{
	char name[SEGMENT_NAME_MAX];
	struct stat open_one, named;

	if (follow->reader.fd < 0)
		return false;
	segment_name(follow->stream, follow->reader.first, name);
	if (fstat(follow->reader.fd, &open_one) < 0 || fstatat(follow->folder_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	return open_one.st_ino != named.st_ino || open_one.st_dev != named.st_dev || (uint64_t)open_one.st_size < follow->reader.lines.offset;
}

enum result follow_next(struct follow *follow)
{
	enum result result;

	if (follow->is_held) {
		follow->is_held = false;
		return RESULT_OK;
	}
	while ((result = journal_reader_next(&follow->reader, &follow->line, &follow->seal)) == RESULT_OK) {
		/* Numbers that do not grow, or have no place: no journal writes them. */
		if (follow->seal.sequence <= follow->last || follow->seal.sequence > DAY_SEQUENCE_MAX) {
			follow->damaged++;
			continue;
		}
		follow->last = follow->seal.sequence;
		break;
	}
	follow->damaged += follow->reader.damaged;
	follow->reader.damaged = 0;
	if (result == RESULT_MORE && is_replaced(follow))
		follow_leave(follow);
	return result;
}
