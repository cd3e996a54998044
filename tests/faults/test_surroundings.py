"""Whatever surrounds a run, it has the same bits, or another identity."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from sim import load_run
from sim.results.location import file_hash

ROOT = Path(__file__).parents[2]
SCENARIO = "scenarios/three-probes.yaml"


class Variant(NamedTuple):
    """Other surroundings of the command `sim run`."""

    environment: Mapping[str, str] = MappingProxyType({})
    python: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    folder: Path = ROOT
    """where it is called"""
    scenario: str = SCENARIO


VARIANTS = {
    "hash seed 0": Variant({"PYTHONHASHSEED": "0"}),
    "hash seed 4711": Variant({"PYTHONHASHSEED": "4711"}),
    "one thread": Variant({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}),
    "many threads": Variant({"OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7", "MKL_NUM_THREADS": "7"}),
    "locale C": Variant({"LC_ALL": "C"}),
    "Turkish": Variant({"LC_ALL": "tr_TR.UTF-8"}),
    "far east": Variant({"TZ": "Pacific/Kiritimati"}),
    "far west": Variant({"TZ": "Pacific/Pago_Pago"}),
    "optimised": Variant(python=("-O",)),
    "without docstrings": Variant({"PYTHONOPTIMIZE": "2"}),
    "no byte code": Variant({"PYTHONDONTWRITEBYTECODE": "1"}),
    "development mode": Variant(python=("-X", "dev")),
    "no UTF-8 mode": Variant({"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}),
    "other allocator": Variant({"PYTHONMALLOC": "malloc"}),
    "two processes": Variant(options=("--jobs", "2")),
    "five processes": Variant(options=("--jobs", "5")),
    "called elsewhere": Variant(folder=ROOT / "tests", scenario=f"../{SCENARIO}"),
    "absolute path": Variant(folder=Path("/"), scenario=str(ROOT / SCENARIO)),
    "columns": Variant({"COLUMNS": "40", "NO_COLOR": "1"}),
    "older processor for numpy": Variant({"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL"}),
    "much older processor for numpy": Variant({"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL"}),
    "older processor for the C library": Variant({"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"}),
    "older processor for BLAS": Variant({"OPENBLAS_CORETYPE": "Nehalem"}),
}


def made(variant: Variant, results: Path) -> tuple[str, dict[str, str]]:
    """The name of the run that these surroundings give, and the hashes of its files."""
    call = ["-m", "sim", "run", variant.scenario, "-n", "30", "--results", str(results), "--json"]
    subprocess.run(
        [sys.executable, *variant.python, *call, *(variant.options or ("--jobs", "1"))],
        cwd=variant.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variant.environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    [folder] = results.iterdir()
    assert len(load_run(folder).events)  # a run that other surroundings made is read
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".npz", ".parquet"})
    return folder.name, {path.name: file_hash(path) for path in files}


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> tuple[str, dict[str, str]]:
    """The run of these tests' own surroundings."""
    return made(Variant(), tmp_path_factory.mktemp("usual"))


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_bits_or_another_identity(name, usual, tmp_path):
    """Of each way to call the same scenario; where nothing rounds otherwise, the same run is found again."""
    folder, files = made(VARIANTS[name], tmp_path)
    assert folder != usual[0] or files == usual[1]
    if "processor" not in name:
        assert folder == usual[0]
