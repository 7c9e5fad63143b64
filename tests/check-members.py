#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-members.py - is the structure found for each descriptor the right one?

usage: check-members.py [--dumper build/tests/member-dump] BUILD EMULATOR

BUILD is the directory in which the emulator was built, with its
compile_commands.json.  The truth is the type argument of __builtin_offsetof()
in each descriptor's fields, taken from the preprocessed sources: neither
debug information nor offsets are looked at for it.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

# VMSTATE_WITH_TMP asserts where the temporary structure's parent is
DEF = re.compile(r'\bVMStateDescription\s+(\w+)(\s*\[\s*\d*\s*\])?\s*=\s*\{')
OFFSETOF = re.compile(r'__builtin_offsetof\s*\(\s*(struct\s+\w+|union\s+\w+|\w+)\s*,(?!\s*parent\s*\)\s*!=)')


def body(text, at):
    """The text from the brace at @at to its partner."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] == '{':
            depth += 1
        elif text[i] == '}':
            depth -= 1
            if not depth:
                return text[at:i]
    return text[at:]


def types_of(entry):
    """Descriptor -> types for one source file."""
    args = shlex.split(entry['command']) if 'command' in entry \
        else entry['arguments']
    out = []
    skip = False
    for a in args:
        if skip:
            skip = False
        elif a in ('-o', '-MF', '-MQ', '-MT'):
            skip = True
        elif a not in ('-c', '-MD', '-MMD'):
            out.append(a)
    p = subprocess.run(out + ['-E', '-P'], cwd=entry['directory'],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', p.stdout.decode(errors='replace'))
    found = {}
    for m in DEF.finditer(text):
        parts = [body(text, m.end() - 1)]
        if m.group(2):          # an array: one after the other
            inner, parts = parts[0][1:], []
            while '{' in inner:
                b = body(inner, inner.index('{'))
                parts.append(b)
                inner = inner[inner.index('{') + len(b) + 1:]
        for part in parts:
            types = {re.sub(r'\s+', ' ', t) for t in OFFSETOF.findall(part)}
            found.setdefault(m.group(1), []).append(types)
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--dumper', default='build/tests/member-dump')
    p.add_argument('build')
    p.add_argument('emulator')
    args = p.parse_args()

    commands = json.load(open(os.path.join(args.build, 'compile_commands.json')))
    wanted = []
    for e in commands:
        path = os.path.normpath(os.path.join(e['directory'], e['file']))
        if path.endswith('.c') and os.path.exists(path) and \
                'VMStateDescription' in open(path, errors='replace').read():
            wanted.append((path, e))
    out = subprocess.run([args.dumper, args.emulator], check=True,
                         stdout=subprocess.PIPE)
    image = [json.loads(x) for x in out.stdout.decode().splitlines()]

    truth = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (path, _), found in zip(wanted, pool.map(
                lambda w: types_of(w[1]), wanted)):
            for name, types in found.items():
                truth.setdefault((os.path.basename(path), name), []).extend(types)

    tested = right = several = wrong = none = fields = members = 0
    seen = {}
    for d in image:
        key = (os.path.basename(d['file']), d['symbol'] or 'vmstate_interval_mapping')
        k = seen[key] = seen.get(key, -1) + 1
        types = truth.get(key, [])
        types = types[min(k, len(types) - 1)] if types else set()
        if len(types) != 1:
            continue
        want = next(iter(types))
        # "E1000State (struct E1000State_st)" is called by both names
        names = [set(re.sub(r'[()]', '|', t).split('|')) for t in d['types']]
        names = [{n.strip() for n in s} for s in names]
        names = [s | {'struct ' + n for n in s} for s in names]
        hits = [s for s in names if want in s]
        tested += 1
        fields += d['nfields']
        if not names:
            none += 1
            print(f"  none: {d['name']} ({d['symbol']}), is {want}")
        elif not hits:
            wrong += 1
            print(f"  WRONG: {d['name']} ({d['symbol']}): {d['types']}, "
                  f"is {want}")
        elif len(names) > 1:
            several += 1
            print(f"  several: {d['name']}: {', '.join(d['types'])}, "
                  f"is {want}")
        else:
            right += 1
            members += len(d['members'])
    print(f"{args.emulator}: {len(image)} descriptors, {tested} with one "
          f"type in the source: {right} right ({100 * right / tested:.1f} %), "
          f"{several} among several, {none} not found, {wrong} wrong; "
          f"{members} of {fields} fields have a member "
          f"({100 * members / fields:.1f} %)")
    sys.exit(wrong or right < 0.99 * tested or members < 0.98 * fields)


if __name__ == '__main__':
    main()
