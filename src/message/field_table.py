#!/usr/bin/env python3
"""Writes the perfect hash of the field names listed in field.h: field_table.py FIELD_H OUTPUT

Runs at every build, so that adding a name to FIELD_LIST is all there is to do. The key is the name's first and last
four bytes and its length; a multiplier is searched that sends every name to a slot of its own. field.c computes the
same hash and compares the whole name afterwards.
"""
import re
import sys

SLOT_BITS = 8
WORD = (1 << 64) - 1


def key(name):
    text = name.encode()
    low = bytes(byte | 0x20 for byte in text)
    if len(low) >= 4:
        return int.from_bytes(low[:4] + low[-4:], "little") + len(low)
    return low[0] + (low[len(low) // 2] << 8) + (low[-1] << 16) + len(low)


def slot(name, factor):
    return (key(name) * factor & WORD) >> (64 - SLOT_BITS)


def find_factor(names):
    factor = 0x9E3779B97F4A7C15
    for _ in range(1_000_000):
        if len({slot(name, factor) for name in names}) == len(names):
            return factor
        factor = (factor * 6364136223846793005 + 1442695040888963407) & WORD | 1
    sys.exit("field_table.py: two names share first four bytes, last four bytes and length: give key() another byte")


def mask(name):
    return "".join(" " if char.isalpha() else "\\000" for char in name)


def write_table(names, out):
    factor = find_factor(names)
    slots = [0] * (1 << SLOT_BITS)
    for number, name in enumerate(names, 1):
        slots[slot(name, factor)] = number
    print("/* Written by field_table.py from field.h. */", file=out)
    print(f"#define FIELD_HASH_FACTOR {factor:#x}ull\n#define FIELD_HASH_SHIFT {64 - SLOT_BITS}", file=out)
    print(f"static const uint8_t field_slots[{1 << SLOT_BITS}] = {{", file=out)
    for start in range(0, len(slots), 16):
        print("\t" + " ".join(f"{number}," for number in slots[start:start + 16]), file=out)
    print("};\nstatic const struct field_text field_texts[FIELD_COUNT] = {\n\t{ 0, \"\", \"\" },", file=out)
    for name in names:
        print(f'\t{{ {len(name)}, "{name}", "{mask(name)}" }},', file=out)
    print("};", file=out)


if __name__ == "__main__":
    listed = re.findall(r'^\s*X\(\w+, "([^"]+)"\)', open(sys.argv[1], encoding="ascii").read(), re.M)
    if not listed or len(listed) > 255 or max(map(len, listed)) > 31 or min(map(len, listed)) < 2:
        sys.exit("field_table.py: FIELD_LIST is empty, too long, or has a name of more than 31 bytes or less than 2")
    with open(sys.argv[2], "w", encoding="ascii") as output:
        write_table(listed, output)
