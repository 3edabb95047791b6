/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What is done for the first packets of each second only: that they are told one by one (all of them are counted), or that one of a dead connection passes. */
#ifndef BOUCLIER_PACKET_KERNEL_SAMPLE_H
#define BOUCLIER_PACKET_KERNEL_SAMPLE_H

#include "packet/kernel/head.h"

PACKET_INLINE bool sample_take(struct packet_sample *sample, __u32 most, __u64 now)
{
	__u32 second = (__u32)(now >> 30);

	if (sample->second != second) {
		sample->second = second;
		sample->given = 0;
	}
	if (sample->given >= most)
		return false;
	sample->given++;
	return true;
}

#endif
