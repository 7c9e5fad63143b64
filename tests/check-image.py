#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-image.py - are the descriptors read out of an emulator's binary the
ones that it dumps of itself?

usage: check-image.py [--dumper build/tests/image-dump] [--source DIR]
                      BINARY DUMP.json|LAUNCHER [MACHINE]

BINARY is the ELF file; DUMP.json is what its -dump-vmstate wrote (LAUNCHER:
run it to write one).  Every qdev device's description must be found, equal in
name, versions, fields (name, version, condition, size, num where dumped),
nested descriptions and subsections, recursively.  With --source, the name of
every descriptor must stand in the source code (none is invented).
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

VMS_ARRAY = 0x4
VMS_MUST_EXIST = 0x1000


def read_image(dumper, binary):
    out = subprocess.run([dumper, binary], stdout=subprocess.PIPE, check=True)
    lines = out.stdout.decode().splitlines()
    return json.loads(lines[0]), [json.loads(x) for x in lines[1:]]


def read_dump(path, machine):
    with open(path, 'rb') as f:
        if f.read(1) == b'{':
            return json.load(open(path))
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, 'dump.json')
        subprocess.run([path, '-M', machine, '-display', 'none',
                        '-dump-vmstate', out],
                       check=True, stderr=subprocess.DEVNULL)
        return json.load(open(out))


def from_image(desc, by_addr, with_num):
    """The descriptor as -dump-vmstate would print it, in hashable form."""
    fields = []
    for f in desc['fields']:
        if f['flags'] & VMS_MUST_EXIST:
            continue
        num = f['num'] if with_num and f['flags'] & VMS_ARRAY else None
        sub = by_addr.get(f['vmsd'])
        fields.append((f['name'], f['version_id'], f['exists'] != 0,
                       f['size'], num,
                       from_image(sub, by_addr, with_num) if sub else None))
    subs = tuple(from_image(by_addr[s], by_addr, with_num)
                 for s in desc['subsections'])
    return (desc['name'] or '(null)', desc['version_id'],
            desc['minimum_version_id'], tuple(fields), subs)


def from_dump(desc):
    fields = []
    for f in desc.get('Fields', []):
        sub = f.get('Description')
        fields.append((f['field'], f['version_id'], f['field_exists'],
                       f['size'], f.get('num'),
                       from_dump(sub) if sub else None))
    subs = tuple(from_dump(s) for s in desc.get('Subsections', []))
    return (desc['name'], desc['version_id'], desc['minimum_version_id'],
            tuple(fields), subs)


def any_num(v):
    if isinstance(v, dict):
        return 'field' in v and 'num' in v or any(map(any_num, v.values()))
    return isinstance(v, list) and any(map(any_num, v))


def all_below(desc):
    yield desc
    for f in desc[3]:
        if f[5]:
            yield from all_below(f[5])
    for s in desc[4]:
        yield from all_below(s)


def source_names(path):
    """Every string literal of the C files below @path."""
    text = set()
    for top, _, names in os.walk(path):
        for name in names:
            if name.endswith(('.c', '.h', '.inc')):
                with open(os.path.join(top, name), errors='replace') as f:
                    text.update(re.findall(r'"((?:[^"\\\n]|\\.)*)"', f.read()))
    return text


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--dumper', default='build/tests/image-dump')
    p.add_argument('--source')
    p.add_argument('binary')
    p.add_argument('dump')
    p.add_argument('machine', nargs='?', default='none')
    args = p.parse_args()

    layout, image = read_image(args.dumper, args.binary)
    dump = read_dump(args.dump, args.machine)
    by_addr = {d['addr']: d for d in image}
    devices = {k: v['Description'] for k, v in dump.items()
               if isinstance(v, dict) and 'Description' in v}
    # "num" is dumped since 10.0
    with_num = any_num(dump)

    have = {from_image(d, by_addr, with_num) for d in image}
    names = {d[0] for d in have}
    missing = []
    for key, desc in devices.items():
        want = from_dump(desc)
        if want not in have:
            missing.append((key, want[0], want[0] in names))
    distinct = set()
    for desc in devices.values():
        distinct.update(all_below(from_dump(desc)))
    found = sum(d in have for d in distinct)

    print(f"{args.binary}: layout {layout['desc_layout']} "
          f"({layout['desc_size']} bytes), fields "
          f"{layout['field_layout']} ({layout['field_size']} bytes); "
          f"{len(image)} descriptors, "
          f"{sum(len(d['fields']) for d in image)} fields")
    print(f"  devices in the dump: {len(devices)}, equal: "
          f"{len(devices) - len(missing)}; distinct descriptions: "
          f"{len(distinct)}, found: {found}")
    for key, name, there in missing:
        print(f"  {key}: {name} {'differs' if there else 'is missing'}")
    invented = []
    if args.source:
        literals = source_names(args.source)
        for d in image:
            # TYPE_X "-suffix" and PREFIX "/sub" are put together
            name = d['name']
            if name and name not in literals and not any(
                    name[:i] in literals and name[i:] in literals
                    for i in range(2, len(name) - 1)):
                invented.append(name)
        print(f"  names that are in no string of the source: "
              f"{', '.join(invented) or 'none'}")
    if found != len(distinct) or missing or invented:
        sys.exit(1)


if __name__ == '__main__':
    main()
