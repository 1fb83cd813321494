"""Write the bill of materials: what the site runs on, without what only its tests need. Run as `make sbom`."""

import json
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tests.locks import ROOT, locked, wanted

# Said in its LICENSE file alone.
LICENCES = {"pyrage": "MIT"}


def bill_of_materials() -> dict:
    """Return the components of requirements.txt as they are installed, in CycloneDX 1.6.

    Raises ValueError when the result is no valid CycloneDX, or a requirement is not installed as pinned.
    """
    # Looked at once, below, when it is whole.
    options = ["--no-validate", "--output-reproducible", "--pyproject", "pyproject.toml", "--mc-type", "application"]
    made = subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "environment", *options, sys.executable],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    bill, pins = json.loads(made.stdout), locked("requirements.txt")
    bill["components"] = [part for part in bill["components"] if canonicalize_name(part["name"]) in pins]
    found = {canonicalize_name(part["name"]): part["version"] for part in bill["components"]}
    if missing := {name: pin.version for name, pin in pins.items() if found.get(name) != pin.version}:
        raise ValueError(f"not installed as pinned: {missing}")
    for part in bill["components"]:
        if part["name"] in LICENCES:
            part["licenses"] = [{"license": {"id": LICENCES[part["name"]]}}]
    bill["dependencies"] = _dependencies(bill)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)):
        raise ValueError(f"no valid CycloneDX: {error}")
    return bill


def _dependencies(bill: dict) -> list[dict]:
    """What needs what, among the components of `bill`; the site itself needs what requirements.in names."""
    site = bill["metadata"]["component"]["bom-ref"]
    refs = {canonicalize_name(part["name"]): part["bom-ref"] for part in bill["components"]}
    asked_for = [refs[canonicalize_name(requirement.name)] for requirement in wanted("requirements.in")]
    return [
        {"ref": site, "dependsOn": sorted(asked_for)},
        *(
            {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in refs.values()]}
            for entry in bill["dependencies"]
            if entry["ref"] in refs.values()
        ),
    ]


if __name__ == "__main__":
    bill = bill_of_materials()
    Path(sys.argv[1]).write_text(json.dumps(bill, indent=2) + "\n")
    print(f"{sys.argv[1]}: {len(bill['components'])} packages")
