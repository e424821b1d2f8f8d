"""The installed library: found, linked and used by a project that knows nothing else of ours."""
import os
import pathlib
import re
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parent / "project"
BUILD = os.environ["GODWIT_BUILD_DIR"]
CXX = os.environ.get("CXX", "g++")
NOWHERE = "127.0.0.1:9"


def call(*command, env=None) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    path = tmp_path_factory.mktemp("prefix")
    call("cmake", "--install", BUILD, "--component", "development", "--prefix", path)
    return path


def emits(program, tmp_path) -> None:
    """Without a broker: accepted, and in the spool of a process that is gone."""
    call(program, NOWHERE, tmp_path / "spool")
    spooled = b"".join(path.read_bytes() for path in (tmp_path / "spool").glob("*/*.seg"))
    for kind in (b"task.started", b"stage.started", b"stage.completed", b"task.completed"):
        assert spooled.count(b"io.godwit." + kind + b".v1") == 1


def test_find_package_gives_a_target_to_link(prefix, tmp_path):
    call("cmake", "-S", PROJECT, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={CXX}")
    call("cmake", "--build", tmp_path / "build")
    emits(tmp_path / "build" / "user", tmp_path)


def test_pkg_config_gives_the_flags_of_one_compile_line(prefix, tmp_path):
    env = {**os.environ, "PKG_CONFIG_PATH": str(next(prefix.rglob("pkgconfig")))}
    flags = call("pkg-config", "--cflags", "--libs", "godwit", env=env).split()
    call(CXX, "-std=c++20", PROJECT / "main.cpp", "-o", tmp_path / "user", *flags)
    emits(tmp_path / "user", tmp_path)


def test_the_public_header_needs_the_standard_library_alone(prefix):
    headers = list(prefix.rglob("*.h"))
    assert [header.name for header in headers] == ["migration.h"]
    included = re.findall(r'#include\s*[<"]([^>"]+)[>"]', headers[0].read_text())
    assert included and all(re.fullmatch("[a-z_]+", name) for name in included)
