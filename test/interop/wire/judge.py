"""Reads JSON lines {"type", "text", "hex"} and answers each with what dnspython makes of the text and of the octets.

Answers: {"wire": hex of the text, or {"error"}; "text": text of the octets, or {"error"}}. First line: the version.
"""

import json
import sys

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.version
import dns.zone

IN = dns.rdataclass.IN


def attempt(run):
    try:
        return run()
    except Exception as error:  # whatever dnspython raises is its verdict
        return {"error": f"{type(error).__name__}: {error}"}


def judge(case):
    number = case["type"]
    octets = bytes.fromhex(case["hex"])
    return {
        "wire": attempt(lambda: dns.rdata.from_text(IN, number, case["text"], relativize=False).to_wire().hex()),
        "text": attempt(lambda: dns.rdata.from_wire(IN, number, octets, 0, len(octets)).to_text()),
    }


def judge_zone(case):
    """A master file: its records as owner, TTL, type, octets, in canonical order."""

    def read():
        zone = dns.zone.from_text(case["zone"], origin=case["origin"], relativize=False, check_origin=False)
        return sorted(
            f"{name.to_text()} {ttl} {int(rdata.rdtype)} {rdata.to_wire().hex()}"
            for name, ttl, rdata in zone.iterate_rdatas()
        )

    return {"records": attempt(read)}


print(json.dumps({"version": dns.version.version}))
for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(judge_zone(case) if "zone" in case else judge(case)))
