/* The packet that is made anew, as both sides of the measuring know it. */
#ifndef BOUCLIER_BENCH_PACKET_AGAIN_H
#define BOUCLIER_BENCH_PACKET_AGAIN_H

#include <linux/types.h>

#define AGAIN_SHORT 54                        /* Ethernet, IPv4, TCP */
#define AGAIN_LONG 74                         /* with the options of a client of today; or IPv6 without */

struct again_frame {
	__u8 byte[80];
	__u32 len;
};

#endif
