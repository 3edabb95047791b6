/* Sizes that both ends of the test's flood know. */
#ifndef BOUCLIER_TESTS_PACKET_FLOOD_H
#define BOUCLIER_TESTS_PACKET_FLOOD_H

#include <linux/types.h>

#define FLOOD_SHORT 60                        /* a frame without options */
#define FLOOD_LONG 74                         /* with those of a Linux client's SYN */
#define FLOOD_SPARE 2                         /* bytes of a frame that are given away when it is made */

struct flood_pattern {
	__u8 byte[80];
};

#endif
