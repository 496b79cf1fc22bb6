"""Load and resolve a territory of N communes: ``python -m tests.bench.grow N FOLDER``.

Writes the inventory into FOLDER, then prints one line of JSON: seconds of processor and wall time
to load and check the files and to resolve them, hosts, and peak memory after each, in MB.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from base64 import b64encode
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import yaml

from mairie.cli.main import collect_rarely
from mairie.inventory import load
from mairie.model.territory import PublicKeys
from mairie.plan.resolve import places, resolve
from tests.bench.figures import ROOT

MODEL = ROOT / "inventories" / "polynesie"
ROOMY = {
    "supernet": {"ipv4": "10.0.0.0/8", "ipv6": "fd6d:6169:7200::/40"},
    "addressing": {
        "commune": {"ipv4": 18, "ipv6": 56},
        "site": {"ipv4": 21, "ipv6": 60},
        "segment": {"ipv4": 25, "ipv6": 64},
    },
    "overrides": {"backup": {"at_once": 1000}, "telephony": {"code_digits": 4}},
}
"""Prefixes and short codes with room for 1,000 communes of 8 sites, and nights with room for them
at one hub."""


def write(number: int, folder: Path) -> None:
    """Write an inventory whose communes are Polynesia's, over and over, under other names."""
    syndicate = yaml.safe_load((MODEL / "syndicate.yaml").read_text())
    (folder / "communes").mkdir(parents=True)
    (folder / "syndicate.yaml").write_text(yaml.safe_dump({**syndicate, **ROOMY}))
    models = [yaml.safe_load(path.read_text()) for path in sorted(MODEL.glob("communes/*.yaml"))]
    for index, model in enumerate(islice(cycle(models), number), 1):
        named = {"insee": f"{index:05}", "name": f"Commune {index}", "index": index}
        phones = {
            name: {**phone, "mac": f"02:00:00:{index // 256:02x}:{index % 256:02x}:{device:02x}"}
            for device, (name, phone) in enumerate(model.get("phones", {}).items())
        }
        text = yaml.safe_dump({**model, **named, **({"phones": phones} if phones else {})})
        text = re.sub(r"\+689(\d{8})", partial(_elsewhere, index), text)
        (folder / "communes" / f"commune-{index}.yaml").write_text(text)


def _elsewhere(index: int, number: re.Match[str]) -> str:
    """Return a telephone number of metropolitan France, where these codes are, for no other."""
    return f"+331{(int(number[1]) + 1_000 * index) % 10_000_000 + 40_000_000}"


def measure(folder: Path) -> dict[str, float]:
    """Load and resolve it."""
    start = time.perf_counter(), time.process_time()
    territory = load(folder, secrets=False)
    loaded = time.perf_counter(), time.process_time()
    loaded_mb = _peak_mb()
    names = [place.name for place in places(territory)]
    keys = {
        name: PublicKeys(b64encode(number.to_bytes(32, "big")).decode())
        for number, name in enumerate(names, 1)
    }
    territory = replace(territory, public_keys=keys)
    ready = time.perf_counter(), time.process_time()
    plans = resolve(territory)
    end = time.perf_counter(), time.process_time()
    return {
        "hosts": len(plans),
        "load_wall_s": loaded[0] - start[0],
        "load_cpu_s": loaded[1] - start[1],
        "load_peak_mb": loaded_mb,
        "resolve_wall_s": end[0] - ready[0],
        "resolve_cpu_s": end[1] - ready[1],
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Do what the module says."""
    collect_rarely()
    folder = Path(sys.argv[2])
    write(int(sys.argv[1]), folder)
    json.dump(measure(folder), sys.stdout)


if __name__ == "__main__":
    main()
