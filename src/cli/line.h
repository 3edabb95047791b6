/* How the line to the internet is told, to programs and to people: by `report carrier`, `status` and the journal alike.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_LINE_H
#define BOUCLIER_CLI_LINE_H

#include "event/json.h"
#include "packet/carrier/link.h"

#define LINE_TEXT_MAX 512u

struct line_told {
	struct span interfaces;      /* "eth0, eth1" */
	enum link_state state;
	struct link_view view;
	uint64_t capacity;           /* bits per second; 0: not known */
};

/* The member "line". */
void line_put(struct json_writer *json, const struct line_told *line);
/* "eth0: 812.4 Mbit/s in, 20.1 Mbit/s out, 81 % of its capacity, 3400 packets lost a second" */
enum result line_write(const struct line_told *line, struct buffer *out) must_check;

#endif
