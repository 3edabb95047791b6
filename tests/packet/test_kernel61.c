/* Nothing in the programs for the kernel is younger than Linux 6.1: helpers by the type of their program, map types, instructions. Read out of the objects that
 * are built in, without a kernel. What it does not say: that the verifier of 6.1 follows them.
 *
 * Source   net/core/filter.c and kernel/bpf/ of 6.1 (xdp_func_proto, sock_filter_func_proto, sock_addr_func_proto, cg_skb_func_proto, bpf_base_func_proto);
 *          Documentation/bpf/instruction-set.rst of 6.1: the instructions of -mcpu=v4 came with 6.6 */
#include "../base/check.h"

#include <elf.h>
#include <linux/bpf.h>

#include "base/span.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "packet/egress/egress.skel.h"
#include "packet/kernel/filter.skel.h"
#pragma GCC diagnostic pop

#include "base/banned.h"

/* Of linux/filter.h, which user space has not. */
#define MODE(code) ((code) & 0xe0)
#define OPERATION(code) ((code) & 0xf0)
#define MODE_SIGNED 0x80
#define JUMP_CONDITION 0xe0

enum user { XDP = 1, SOCK = 2, ADDR = 4, SKB = 8, ANY = 15 };

/* In the order of their age, which is when the last of the types that use it got it. */
static struct row {
	unsigned helper, users;
	const char *since;
	bool is_used;
} rows[] = {
	{ BPF_FUNC_map_lookup_elem, ANY, "3.18", false },      { BPF_FUNC_map_update_elem, ANY, "3.18", false },       { BPF_FUNC_xdp_adjust_tail, XDP, "4.18", false },
	{ BPF_FUNC_skb_load_bytes, SKB, "4.20", false },       { BPF_FUNC_sk_lookup_udp, XDP, "4.20", false },         { BPF_FUNC_sk_release, XDP, "4.20", false },
	{ BPF_FUNC_sk_fullsock, SKB, "5.1", false },           { BPF_FUNC_skc_lookup_tcp, XDP, "5.2", false },         { BPF_FUNC_tcp_check_syncookie, XDP, "5.2", false },
	{ BPF_FUNC_tcp_gen_syncookie, XDP, "5.3", false },     { BPF_FUNC_get_current_comm, SOCK | ADDR, "5.7", false }, { BPF_FUNC_get_current_pid_tgid, SOCK | ADDR, "5.7", false },
	{ BPF_FUNC_ktime_get_boot_ns, ADDR | SKB, "5.8", false }, { BPF_FUNC_ringbuf_reserve, XDP, "5.8", false },     { BPF_FUNC_ringbuf_submit, XDP, "5.8", false },
	{ BPF_FUNC_sk_storage_get, SOCK | ADDR | SKB, "5.10", false }, { BPF_FUNC_ktime_get_coarse_ns, XDP, "5.11", false }, { BPF_FUNC_loop, ANY, "5.17", false },
	{ BPF_FUNC_xdp_get_buff_len, XDP, "5.18", false },     { BPF_FUNC_xdp_load_bytes, XDP, "5.18", false },        { BPF_FUNC_xdp_store_bytes, XDP, "5.18", false },
};

static const struct {
	const char *section;
	enum user user;
} sections[] = {
	{ "xdp", XDP }, { "cgroup/sock_create", SOCK }, { "cgroup/connect", ADDR }, { "cgroup/sendmsg", ADDR }, { "cgroup_skb/egress", SKB },
};

/* Functions in .text are called by programs of all types that OBJECT has. */
struct object {
	const char *name;
	const uint8_t *bytes;
	size_t len;
	unsigned users;
};

static unsigned user_of(const struct object *object, const char *section)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		if (span_starts(span_of(section), span_of(sections[i].section)))
			return sections[i].user;
	}
	assert_string_equal(section, ".text");
	return object->users;
}

static void judge_helper(const struct object *object, const char *section, unsigned helper)
{
	unsigned user = user_of(object, section);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].helper == helper && (rows[i].users & user) == user) {
			rows[i].is_used = true;
			return;
		}
	}
	fail_msg("%s, %s: helper %u is not known to be in 6.1 for this type of program", object->name, section, helper);
}

static bool is_of_6_1(const struct bpf_insn *one)
{
	unsigned class = one->code & 7, operation = OPERATION(one->code);

	if (class == BPF_LDX)
		return MODE(one->code) != MODE_SIGNED;
	if (class == BPF_ALU || class == BPF_ALU64)
		return !one->off && !(class == BPF_ALU64 && operation == BPF_END);
	if (class == BPF_JMP32)
		return operation != BPF_JA;
	return class != BPF_JMP || operation != JUMP_CONDITION;
}

static void judge_code(const struct object *object, const char *section, const uint8_t *code, size_t len)
{
	for (size_t at = 0; at < len; at += sizeof(struct bpf_insn)) {
		struct bpf_insn one;

		memcpy(&one, code + at, sizeof(one));
		if (!is_of_6_1(&one))
			fail_msg("%s, %s: instruction %zu (%02x) is not of 6.1", object->name, section, at / sizeof(one), one.code);
		if (one.code == (BPF_JMP | BPF_CALL) && one.src_reg == 0)
			judge_helper(object, section, (unsigned)one.imm);
		if (one.code == (BPF_JMP | BPF_CALL) && one.src_reg != 0 && one.src_reg != BPF_PSEUDO_CALL)
			fail_msg("%s, %s: instruction %zu calls a kernel's function (kfunc)", object->name, section, at / sizeof(one));
		at += one.code == (BPF_LD | BPF_DW | BPF_IMM) ? sizeof(one) : 0;
	}
}

static void judge_object(const struct object *object)
{
	Elf64_Shdr names, each;
	unsigned judged = 0;
	Elf64_Ehdr head;

	assert_true(object->len > sizeof(head));
	memcpy(&head, object->bytes, sizeof(head));
	assert_memory_equal(head.e_ident, ELFMAG, SELFMAG);
	memcpy(&names, object->bytes + head.e_shoff + (size_t)head.e_shstrndx * sizeof(names), sizeof(names));
	for (unsigned i = 0; i < head.e_shnum; i++) {
		memcpy(&each, object->bytes + head.e_shoff + (size_t)i * sizeof(each), sizeof(each));
		if (each.sh_type != SHT_PROGBITS || !(each.sh_flags & SHF_EXECINSTR) || !each.sh_size)
			continue;
		judge_code(object, (const char *)object->bytes + names.sh_offset + each.sh_name, object->bytes + each.sh_offset, each.sh_size);
		judged++;
	}
	assert_true(judged > 0);
}

static void programs_call_what_6_1_has(void **state)
{
	struct object objects[] = { { .name = "filter", .users = XDP }, { .name = "egress", .users = SOCK | ADDR | SKB } };

	(void)state;
	objects[0].bytes = packet_filter__elf_bytes(&objects[0].len);
	objects[1].bytes = egress_programs__elf_bytes(&objects[1].len);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		judge_object(&objects[i]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].is_used)
			fail_msg("helper %u (%s) is called by nobody: its row goes", rows[i].helper, rows[i].since);
	}
}

static void judge_maps(const struct bpf_object *object)
{
	static const enum bpf_map_type known[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_SK_STORAGE };
	const unsigned flags = BPF_F_NO_PREALLOC | BPF_F_MMAPABLE | BPF_F_RDONLY_PROG;
	const struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			is_known |= bpf_map__type(map) == known[i];
		if (!is_known || (bpf_map__map_flags(map) & ~flags))
			fail_msg("map %s: type %u, flags %x", bpf_map__name(map), (unsigned)bpf_map__type(map), bpf_map__map_flags(map));
	}
}

static void maps_are_of_6_1(void **state)
{
	struct egress_programs *egress = egress_programs__open();
	struct packet_filter *filter = packet_filter__open();

	(void)state;
	assert_true(egress && filter);
	if (egress)
		judge_maps(egress->obj);
	if (filter)
		judge_maps(filter->obj);
	egress_programs__destroy(egress);
	packet_filter__destroy(filter);
}

/* The judge itself: what clang makes with -mcpu=v4 is seen. */
static void younger_instructions_are_seen(void **state)
{
	static const struct bpf_insn old[] = { { .code = BPF_ALU64 | 0xb0 }, { .code = BPF_ALU | BPF_END }, { .code = BPF_LDX | BPF_MEM | BPF_B }, { .code = BPF_JMP | BPF_JA }, { .code = BPF_JMP32 | BPF_JEQ } };
	static const struct bpf_insn young[] = { { .code = BPF_ALU64 | 0xb0, .off = 8 }, { .code = BPF_ALU | BPF_DIV, .off = 1 }, { .code = BPF_ALU64 | BPF_END },
		                                 { .code = BPF_LDX | MODE_SIGNED | BPF_B }, { .code = BPF_JMP32 | BPF_JA }, { .code = BPF_JMP | JUMP_CONDITION } };

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
		assert_true(is_of_6_1(&old[i]));
	for (size_t i = 0; i < sizeof(young) / sizeof(*young); i++)
		assert_false(is_of_6_1(&young[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_call_what_6_1_has),
		cmocka_unit_test(maps_are_of_6_1),
		cmocka_unit_test(younger_instructions_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
