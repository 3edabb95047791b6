/* A value by its name: in a query or a form, and in cookies.
 *
 * Owns     nothing; what is decoded lies in ARENA
 * Threads  any
 */
#ifndef BOUCLIER_HUB_WEB_READ_VALUE_H
#define BOUCLIER_HUB_WEB_READ_VALUE_H

#include "message/field.h"

/* How often NAME stands in TEXT (application/x-www-form-urlencoded); RAW is its last value, as it is written. Names are compared decoded; one that cannot be decoded is none.
 * Names and values are separated by "&" only. */
unsigned web_value_find(struct span text, struct span name, struct span *raw);

/* How often NAME stands in the cookies of FIELDS; VALUE is the last one's, as it is written (quotes too). Source: RFC 6265, 5.4. */
unsigned web_cookie_find(const struct fields *fields, struct span name, struct span *value);

#endif
