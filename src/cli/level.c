/* `level SITE attack|elevated|normal|auto` */
#include <stdio.h>

#include "cli/command.h"
#include "cli/order.h"

#include "base/banned.h"

static void write_wish(const struct order *order, const struct options *options, struct json_writer *json)
{
	(void)order;
	json_put_text(json, SPAN("site"), span_of(options->arguments[0]));
	json_put_text(json, SPAN("level"), span_of(options->arguments[1]));
}

static void tell(const struct options *options, const struct json *answer)
{
	struct span site = json_text_of(json_find(answer, "site"));
	const struct json *level = json_find(answer, "level");
	struct span is = json_text_of(json_find(level, "is"));

	(void)options;
	if (json_bool_of(json_find(level, "forced")))
		printf("%.*s is at level %.*s, and stays there; leave it to the detector with: bouclier level %.*s auto\n", SPAN_ARG(site), SPAN_ARG(is), SPAN_ARG(site));
	else
		printf("%.*s is at level %.*s, and the detector decides\n", SPAN_ARG(site), SPAN_ARG(is));
}

int level_command(const struct options *options)
{
	return order_send(&(struct order){ "POST", "/level", write_wish, tell, NULL }, options);
}
