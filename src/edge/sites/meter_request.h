/* One request as meter.h counts it. */
#ifndef BOUCLIER_EDGE_METER_REQUEST_H
#define BOUCLIER_EDGE_METER_REQUEST_H

#include "edge/request.h"

/* When it is over. Our own probes are not counted, nor is what a site in maintenance is asked. */
void meter_of_request(const struct request *request);

#endif
