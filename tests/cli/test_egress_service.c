/* What `packet run` makes of egress that it cannot open. Whom it tells of is shown in tests/scenes/test_packet_egress_shield.py. */
#include "../base/check.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/packet/egress.h"

#include "base/banned.h"

/* Maps of another shape under the names of ours, in a mount namespace of our own. False: no right to. */
static bool pin_others(void)
{
	static const char *const names[] = { "settings", "allows", "rules", "ledger", "counts" };
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 4, 1, NULL);
	char path[128];

	if (map < 0 || unshare(CLONE_NEWNS))
		return false;
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", "/sys/fs/bpf", "bpf", 0, NULL), 0);
	assert_int_equal(mkdir("/sys/fs/bpf/bouclier", 0700), 0);
	assert_int_equal(mkdir(EGRESS_PIN_FOLDER, 0700), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), EGRESS_PIN_FOLDER "/%s", names[i]);
		assert_int_equal(bpf_obj_pin(map, path), 0);
	}
	close(map);
	return true;
}

/* Availability: the filter's controller starts without it. */
static void what_cannot_be_opened_keeps_nobody_from_starting(void **state)
{
	struct egress_service *service = NULL;

	(void)state;
	if (!pin_others()) {
		print_message("skipped: no CAP_BPF\n");
		skip();
	}
	assert_int_equal(egress_service_open(&service), EXIT_DONE);
	assert_null(service);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_cannot_be_opened_keeps_nobody_from_starting) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
