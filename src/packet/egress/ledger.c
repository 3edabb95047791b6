#include "packet/egress/ledger.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/banned.h"

static enum result read_lines(int map, struct egress_ledger *out)
{
	struct egress_destination key;
	bool is_first = true;

	/* Bounded: keys of a map that grows under the reader may come twice. */
	while (out->count < EGRESS_LEDGER_MAX) {
		struct egress_line *line = &out->lines[out->count];

		if (bpf_map_get_next_key(map, is_first ? NULL : &key, &line->to))
			return errno == ENOENT ? RESULT_OK : RESULT_IO;
		is_first = false;
		key = line->to;
		if (bpf_map_lookup_elem(map, &key, &line->entry) == 0) {
			line->entry.process[sizeof(line->entry.process) - 1] = '\0';
			out->count++;
		}
	}
	return RESULT_OK;
}

static enum result read_other(const struct egress_control *control, struct egress_ledger *out)
{
	enum result result = egress_control_count(control, EGRESS_OTHER_PACKETS, &out->other.packets);

	if (result == RESULT_OK)
		result = egress_control_count(control, EGRESS_OTHER_BYTES, &out->other.bytes);
	return result == RESULT_OK ? egress_control_count(control, EGRESS_OTHER_REFUSED, &out->other.refused) : result;
}

enum result egress_ledger_read(const struct egress_control *control, struct egress_ledger *out)
{
	enum result result;

	*out = (struct egress_ledger){ .lines = calloc(EGRESS_LEDGER_MAX, sizeof(struct egress_line)) };
	if (!out->lines)
		return RESULT_NO_MEMORY;
	result = read_other(control, out);
	if (result == RESULT_OK)
		result = read_lines(egress_control_fd(control, EGRESS_MAP_LEDGER), out);
	egress_ledger_sort(out);
	return result;
}

bool egress_ledger_is_complete(const struct egress_ledger *ledger)
{
	return !ledger->other.packets && !ledger->other.refused;
}

void egress_ledger_done(struct egress_ledger *ledger)
{
	free(ledger->lines);
	*ledger = (struct egress_ledger){ .lines = NULL };
}

static int compare(const void *a, const void *b)
{
	const struct egress_line *one = a, *other = b;
	enum egress_verdict first = egress_line_verdict(one), second = egress_line_verdict(other);

	if (first != second)
		return first > second ? -1 : 1;
	if (one->entry.packets != other->entry.packets)
		return one->entry.packets > other->entry.packets ? -1 : 1;
	return memcmp(&one->to, &other->to, sizeof(one->to));
}

void egress_ledger_sort(struct egress_ledger *ledger)
{
	if (ledger->count)
		qsort(ledger->lines, ledger->count, sizeof(*ledger->lines), compare);
}

enum egress_verdict egress_line_verdict(const struct egress_line *line)
{
	unsigned verdict = line->entry.judged & 0xff;

	return verdict <= EGRESS_UNLISTED ? (enum egress_verdict)verdict : EGRESS_UNJUDGED;
}

struct address egress_line_address(const struct egress_line *line)
{
	struct address address;

	memcpy(address.bytes, line->to.bytes, sizeof(address.bytes));
	return address;
}

uint64_t egress_wall_ns(uint64_t boot_ns, uint64_t now_boot_ns, uint64_t now_wall_ns)
{
	uint64_t ago_ns = now_boot_ns > boot_ns ? now_boot_ns - boot_ns : 0;

	if (!boot_ns)
		return 0;
	return now_wall_ns > ago_ns ? now_wall_ns - ago_ns : 1;
}
