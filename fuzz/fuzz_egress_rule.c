/* A rule that is read is written, and read again as the same; the mounts of any text are found or not. */
#include <assert.h>
#include <string.h>

#include "packet/egress/cgroup.h"
#include "packet/egress/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct egress_rule rule, again;
	char written[EGRESS_RULE_TEXT], mount[CGROUP_PATH_BYTES];

	if (egress_rule_read(text, &rule) == RESULT_OK) {
		egress_rule_write(&rule, written);
		assert(egress_rule_read(span_of(written), &again) == RESULT_OK);
		assert(memcmp(&rule, &again, sizeof(rule)) == 0);
	}
	if (cgroup_mount_read(text, mount) == RESULT_OK)
		assert(memchr(mount, '\0', sizeof(mount)));
	return 0;
}
