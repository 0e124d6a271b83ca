"""What a worker may read: never the kit's content, wherever the kit lies; and what it stores is counted."""

import os
import pwd
import site
from pathlib import Path

import pytest

from grader.sandbox import folders, paths, usage


def covers(found, path):
    """Whether something in the list leads to a path."""
    return any(os.path.realpath(path).startswith(os.path.realpath(each)) for each in found)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of packages with an installed kit and another library."""
    packages = tmp_path / "lib" / "site-packages"
    for name in ("grader/sandbox/worker.py", "grader/content/problems/p/test_hidden.py", "numpy/__init__.py",
                 "grader/content/solutions/p/reference.py", "grader/content/datasets/d/card.toml"):  # fmt: skip
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    monkeypatch.setattr(paths, "PACKAGE", packages / "grader")
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(packages)])
    return packages


class TestReadable:
    def test_checkout(self):
        found = paths.readable(gpu=False)
        assert covers(found, paths.__file__)
        assert covers(found, os.__file__)
        assert not any(covers(found, secret) for secret in paths.secrets())
        assert not covers(found, paths.PACKAGE.parent / "pyproject.toml")

    def test_installed(self, installed):
        found = paths.readable(gpu=False)
        assert covers(found, installed / "grader" / "sandbox" / "worker.py")
        assert covers(found, installed / "numpy" / "__init__.py")
        for name in ("problems/p/test_hidden.py", "solutions/p/reference.py", "datasets/d/card.toml"):
            assert not covers(found, installed / "grader" / "content" / name)

    def test_library_that_leads_to_the_content(self, installed):
        (installed / "alias").symlink_to(installed / "grader" / "content")
        (installed / "deep").symlink_to(installed / "grader" / "content" / "problems" / "p")
        found = paths.readable(gpu=False)
        assert not covers(found, installed / "grader" / "content" / "problems" / "p" / "test_hidden.py")

    def test_somebodys_checkout(self, installed, tmp_path):
        checkout = tmp_path / "course"
        for name in ("pkg/__init__.py", "module.py", "problems/p/test_hidden.py", "notes.md", ".git/config"):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).touch()
        (installed / "course.pth").write_text(f"# a comment\nimport sys\n\n{checkout}\n/no/such/folder\n")
        found = paths.readable(gpu=False)
        assert covers(found, checkout / "pkg" / "__init__.py")
        assert covers(found, checkout / "module.py")
        assert not any(covers(found, checkout / name) for name in ("problems", "notes.md", ".git"))

    def test_home_is_never_allowed(self, monkeypatch):
        home = pwd.getpwuid(os.getuid()).pw_dir
        monkeypatch.setenv("LD_LIBRARY_PATH", f"{home}:/:relative")
        found = {str(path) for path in paths.readable(gpu=False)}
        assert not found & {"/", "relative", home}

    def test_accelerators_only_where_they_are_used(self, monkeypatch):
        monkeypatch.setattr(paths, "GPU_DEVICES", ("null",))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        assert paths.has_gpu("keras")
        assert not paths.has_gpu("numpy")
        assert len(paths.devices(gpu=True)) == len(paths.devices(gpu=False)) + 1
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        assert not paths.has_gpu("keras")


class TestUsage:
    def test_disk(self, tmp_path):
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "b" / "c").write_bytes(os.urandom(1 << 20))
        used = usage.disk(tmp_path, os.getpid(), 1 << 40)
        assert 1 << 20 <= used < 2 << 20
        (tmp_path / "a").chmod(0)
        assert usage.disk(tmp_path, os.getpid(), 1 << 40) == used
        assert usage.disk(tmp_path, os.getpid(), 1000) > 1000

    def test_deleted_but_open(self, tmp_path):
        before = usage.disk(tmp_path, os.getpid(), 1 << 40)
        with (tmp_path / "f").open("wb") as file:
            file.write(bytes(1 << 20))
            file.flush()
            (tmp_path / "f").unlink()
            assert usage.disk(tmp_path, os.getpid(), 1 << 40) >= before + (1 << 20)

    def test_too_deep_to_follow(self, tmp_path, monkeypatch):
        folder = folders.make(tmp_path)
        monkeypatch.chdir(folder)
        for _ in range(50):
            Path("d" * 100).mkdir()
            os.chdir("d" * 100)
        monkeypatch.chdir(tmp_path)
        assert usage.disk(folder, os.getpid(), 1 << 40) > 1 << 40
        folders.remove(folder)
        assert not folder.exists()

    def test_threads(self):
        assert usage.threads(os.getpid()) >= 1
        assert usage.threads(2**22 + 1) == 0


def test_folders_of_owners_that_are_gone(tmp_path):
    mine, others = folders.make(tmp_path, 10), folders.make(tmp_path, 11)
    (others / "a").mkdir()
    folders.remove_of_others(tmp_path, {10})
    assert mine.exists()
    assert not others.exists()
