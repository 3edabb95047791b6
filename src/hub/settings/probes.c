#include "hub/settings/probes.h"

#include "incident/probe_report.h"
#include "net/signature.h"

#include "base/banned.h"

#define FIELD(type, field) offsetof(struct type, field)

static const struct key probe_keys[] = {
	{ .name = "name", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = FIELD(hub_probe_settings, name), .min = 1, .max = PROBE_NAME_MAX,
	  .help = "As the probe says it (--name): letters, digits, points, - and _." },
	{ .name = "key", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = FIELD(hub_probe_settings, key), .min = 1, .max = 64,
	  .help = "The public key that `bouclier probe key FILE` printed on the probe's machine. It is no secret." },
	{ .name = NULL },
};

static void check_probe(const void *values, struct key_check *check)
{
	const struct hub_probe_settings *probe = values;
	uint8_t key[SIGNATURE_PUBLIC_LEN];

	if (!probe_name_is_good(probe->name))
		key_complain(check, "name", SPAN_NONE, "name: a probe's name is letters, digits, points, - and _");
	if (signature_public_read(probe->key, key) != RESULT_OK)
		key_complain(check, "key", SPAN("bouclier probe key FILE prints it"), "key: a public key of Ed25519 in base64 is needed, %u characters", SIGNATURE_PUBLIC_TEXT);
}

const struct key_table hub_probe_table = {
	.name = "probe", .keys = probe_keys, .size = sizeof(struct hub_probe_settings), .check = check_probe,
	.help = "One outside vantage: a machine elsewhere that runs `bouclier probe`.",
};

void hub_probes_check(const struct list_value *probes, struct key_check *check)
{
	const struct hub_probe_settings *list = probes->items;

	if (probes->count > HUB_PROBES_MAX)
		key_complain(check, "probes", SPAN_NONE, "probes: at most %u", HUB_PROBES_MAX);
	for (size_t i = 1; i < probes->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (span_equal(list[i].name, list[j].name))
				key_complain_item(check, "probes", i, SPAN_NONE, "probes: the name %.*s is there twice", SPAN_ARG(list[i].name));
		}
	}
}
