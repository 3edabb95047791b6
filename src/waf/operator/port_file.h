/* A file that a rule names, through the port that was given at birth. */
#ifndef BOUCLIER_WAF_PORT_FILE_H
#define BOUCLIER_WAF_PORT_FILE_H

#include "waf/operator/operator.h"

/* TEXT lives as long as the port says, at least until the operator is compiled. RESULT_REFUSED (and a complaint): there is no
 * port, or it did not give the file. */
enum result port_file_read(const struct operator_birth *birth, struct span path, struct span *text) must_check;

#endif
