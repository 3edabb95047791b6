/* The Cookie header: names and values, as they are. A header is there at once, so this is a function, not a reader; it is
 * called once for each Cookie header.
 *
 * Source   ModSecurity 2.9.7 (SecCookieFormat, SecCookieV0Separator): version 0 is Netscape's, version 1 RFC 2109's, with quotes,
 *          commas, and $Path as "$NAME_Path". Nothing is decoded. Cookies without a name are left out.
 * Limits   arguments, name_bytes, value_bytes and argument_bytes of LIMITS; past them, an error in REPORT
 * Owns     nothing; spans point into HEADER but for the names of $ attributes
 */
#ifndef BOUCLIER_WAF_BODY_COOKIE_H
#define BOUCLIER_WAF_BODY_COOKIE_H

#include "waf/body/reader.h"

enum cookie_format { COOKIE_V0, COOKIE_V1 };

/* SEPARATOR: of version 0; 0 is ';', or ',' where the header looks like it, as 2.9.7 does. REPORT is added to: it may be that of the cookies before. RESULT_NO_MEMORY; what the sink
 * answered. */
enum result cookies_read(enum cookie_format format, struct span header, char separator, const struct body_limits *limits,
                         const struct body_sink *sink, struct body_report *report) must_check;

#endif
