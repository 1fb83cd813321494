"""What the site is made of: pinned with hashes, as asked for, under licences we allow, listed."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.locks import ROOT, locked, wanted
from tests.sbom import bill_of_materials

LOCKS = ["requirements", "requirements-extras", "requirements-dev"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes_and_satisfies_what_is_asked_for(name):
    pins = locked(f"{name}.txt")
    assert len(pins) > 5
    assert [package for package, pin in pins.items() if not pin.hashes] == []
    for requirement in wanted(f"{name}.in"):
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version, prereleases=True), requirement
        assert not requirement.url


def test_the_tests_run_on_what_the_site_runs_on():
    tested = locked("requirements-dev.txt")
    for name, pin in locked("requirements.txt").items():
        assert tested[name] == pin, name


def test_every_package_installs_on_the_oldest_python_that_the_readme_promises():
    oldest = "3.11.0"  # "Python 3.11 or newer"; Debian 12 has 3.11.2
    asked = {name: distribution(name).metadata["Requires-Python"] for name in locked("requirements-dev.txt")}
    assert len(asked) > 50
    assert {name: python for name, python in asked.items() if not SpecifierSet(python or "").contains(oldest)} == {}


@pytest.mark.parametrize(
    "line",
    ["django==5.2\n", "django>=5.2 --hash=sha256:" + "0" * 64, "git+https://example.com/x.git", "-e ."],
)
def test_a_line_without_hash_or_exact_version_is_noticed(tmp_path, monkeypatch, line):
    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    monkeypatch.setattr("tests.locks.ROOT", tmp_path)
    try:
        hashes = [pin.hashes for pin in locked("requirements.txt").values()]
    except ValueError:
        return
    assert hashes == [()]


def licences(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "piplicenses", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_every_licence_is_on_the_list_and_another_would_not_pass():
    done = licences()
    assert done.returncode == 0, done.stderr
    assert "Django" in done.stdout
    assert licences("--allow-only", "MIT").returncode == 1


def test_every_package_that_the_list_lets_pass_is_explained_and_installed():
    text = (ROOT / "pyproject.toml").read_text()
    for name in tomllib.loads(text)["tool"]["pip-licenses"]["ignore-packages"]:
        (line,) = (line for line in text.splitlines() if line.strip().startswith(f'"{name}",'))
        assert "#" in line, name
        assert name in locked("requirements-dev.txt")


def test_the_bill_of_materials_names_version_and_licence_of_all_that_the_site_runs_on():
    bill = bill_of_materials()  # valid, or it raises
    assert {canonicalize_name(part["name"]) for part in bill["components"]} == set(locked("requirements.txt"))
    for part in bill["components"]:
        assert part["version"]
        assert part.get("licenses"), part["name"]
    assert "pytest" not in str(bill["dependencies"])


def git(*arguments: str) -> list[str]:
    command = ["git", "-c", "safe.directory=*", *arguments]  # whoever owns the checkout
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="not a checkout")
def test_a_clone_holds_files_alone_and_nothing_that_a_machine_made():
    link = "120000"  # git's mode of a symbolic link: what it points at is another machine's
    assert [line for line in git("ls-files", "--stage") if line.startswith(link)] == []
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard") == []
