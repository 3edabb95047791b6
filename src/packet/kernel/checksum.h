/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The Internet's checksum, over words as they lie in memory: in network order, so is the result. RFC 1071. */
#ifndef BOUCLIER_PACKET_KERNEL_CHECKSUM_H
#define BOUCLIER_PACKET_KERNEL_CHECKSUM_H

#include "packet/kernel/wire.h"

/* COUNT is known to the compiler, and small. */
PACKET_INLINE __u64 checksum_words(const __u32 *word, __u32 count)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < count; i++)
		sum += word[i];
	return sum;
}

/* Raw. A sum of less than 2^16 words. */
PACKET_INLINE __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

#endif
