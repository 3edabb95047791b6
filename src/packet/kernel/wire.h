/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* kernel/: the program that looks at every packet before the kernel does, and what opens it.
 *
 *   filter.bpf.c   the walk of a packet, as a list of steps
 *   *.bpf.h        parts of it that call the kernel: its maps, what it tells, lists, sockets, cookies
 *   program.[ch]   the one file of the house that includes what bpftool makes of it
 *   *.h            what needs no kernel: functions that gcc compiles too, where they are tested and fuzzed
 *
 * This file: how both compilers read bytes of a packet. What is read for the kernel's eyes stays in network order ("raw").
 */
#ifndef BOUCLIER_PACKET_KERNEL_WIRE_H
#define BOUCLIER_PACKET_KERNEL_WIRE_H

#include <linux/types.h>
#include <stdbool.h>

/* The verifier follows bounds best through one function, and a call costs a packet more than most of these do. */
#define PACKET_INLINE static inline __attribute__((always_inline))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE_16(x) ((__u16)__builtin_bswap16(x))
#define WIRE_32(x) ((__u32)__builtin_bswap32(x))
#define WIRE_64(x) ((__u64)__builtin_bswap64(x))
#else
#define WIRE_16(x) ((__u16)(x))
#define WIRE_32(x) ((__u32)(x))
#define WIRE_64(x) ((__u64)(x))
#endif

/* Packets are not aligned. BPF has no instruction for that: clang would read byte by byte, where the verifier allows whole words wherever
 * the machine can read them. */
#ifdef __bpf__
#define WIRE_RAW(type, at) (*(const type *)(at))
#else
#define WIRE_RAW(type, at) ({ type wire_raw; __builtin_memcpy(&wire_raw, (at), sizeof(wire_raw)); wire_raw; })
#endif

PACKET_INLINE __u16 wire_16(const __u8 *at)
{
	return WIRE_16(WIRE_RAW(__u16, at));
}

PACKET_INLINE __u32 wire_32(const __u8 *at)
{
	return WIRE_32(WIRE_RAW(__u32, at));
}

PACKET_INLINE __u32 wire_raw_32(const __u8 *at)
{
	return WIRE_RAW(__u32, at);
}

#endif
