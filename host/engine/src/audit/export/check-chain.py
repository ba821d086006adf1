#!/usr/bin/env python3
"""Recomputes the chain of events in events.jsonl and compares its end with head.json."""
import hashlib
import json
import sys

FIELDS = ["at", "actor", "document", "message", "kind", "detail", "pack_digest", "key_serial", "bytes_sha256"]


def link(before, event):
    digest = hashlib.sha256()
    for value in [before] + [event[name] for name in FIELDS]:
        if value is None:
            digest.update(b"\xff" * 8)
        else:
            text = str(value).encode()
            digest.update(len(text).to_bytes(8, "big") + text)
    return digest.hexdigest()


before, number, withheld = "", 0, 0
for line in open("events.jsonl", encoding="utf-8"):
    event = json.loads(line)
    number += 1
    if event["id"] != number:
        sys.exit(f"event {number} is missing")
    if event.get("withheld"):
        withheld += 1
    elif link(before, event) != event["chain"]:
        sys.exit(f"event {number} was changed, or the one before it")
    before = event["chain"]
head = json.load(open("head.json", encoding="utf-8"))
if (head["event"], head["chain"]) != (number, before):
    sys.exit("head.json is not the end of events.jsonl")
print(f"{number} events fit the chain, {withheld} of them withheld; it ends with {before}")
