"""The learner's folder: made whole or not at all, found from anywhere, and no work in it is ever lost."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from grader import catalogue, history, workspace
from grader.errors import ContentError, UsageError
from grader.sources import MOST_BYTES, printable, read_source

GOLDEN = Path(__file__).with_name("golden")
FILES = {"solution.py", "README.md", "test_examples.py", workspace.MARKER}


@pytest.fixture
def problem():
    return catalogue.load("tiny-relu", catalogue.roots([GOLDEN]))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder):
    return {path.name for path in folder.iterdir()}


class TestCreate:
    def test_holds_stub_statement_and_examples(self, problem):
        folder = workspace.create(problem, Path())
        assert folder == Path("tiny-relu")
        assert names(folder) == FILES
        assert (folder / "solution.py").read_text() == problem.read("stub.py")
        assert json.loads((folder / workspace.MARKER).read_text()) == {"problem": "tiny-relu"}

    def test_makes_the_folders_above(self, problem, here):
        assert names(workspace.create(problem, here / "a b" / "c")) == FILES

    @pytest.mark.parametrize("name", sorted(FILES))
    def test_never_overwrites(self, problem, here, name):
        folder = here / "tiny-relu"
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(UsageError, match="nothing was changed"):
            workspace.create(problem, here)
        assert names(folder) == {name}
        assert (folder / name).read_text() == "mine"

    def test_a_dangling_link_is_in_the_way_too(self, problem, here):
        (here / "tiny-relu").mkdir()
        (here / "tiny-relu" / "solution.py").symlink_to(here / "nowhere")
        with pytest.raises(UsageError, match="exists already"):
            workspace.create(problem, here)
        assert not (here / "nowhere").exists()

    def test_keeps_other_files(self, problem, here):
        (here / "tiny-relu").mkdir()
        (here / "tiny-relu" / "notes.txt").touch()
        assert names(workspace.create(problem, here)) == {*FILES, "notes.txt"}

    def test_second_start_says_where_to_go_on(self, problem, here):
        workspace.create(problem, here / "a b")
        with pytest.raises(UsageError) as caught:
            workspace.create(problem, here / "a b")
        assert f"cd '{here}/a b/tiny-relu'" in caught.value.hint

    def test_a_file_is_no_parent(self, problem, here):
        (here / "file").touch()
        with pytest.raises(UsageError, match="not a directory"):
            workspace.create(problem, here / "file")

    def test_a_malformed_problem_leaves_nothing(self, here):
        folder = here / "root" / "problems" / "bare"
        folder.mkdir(parents=True)
        (folder / "problem.toml").write_text((GOLDEN / "problems" / "tiny-relu" / "problem.toml").read_text())
        bare = catalogue.load("bare", [here / "root"])
        with pytest.raises(ContentError, match=r"stub.py` is missing"):
            workspace.create(bare, here / "new")
        assert not (here / "new").exists()

    def test_a_full_disk_leaves_nothing(self, here):
        script = (
            "from pathlib import Path\nfrom grader import catalogue, workspace\n"
            f"problem = catalogue.load('tiny-relu', [Path({str(GOLDEN)!r})])\n"
            "workspace.create(problem, Path('new/deep'))"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", script], cwd=here, capture_output=True, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
        )  # fmt: skip
        assert "cannot be made: file too large" in done.stderr
        assert list(here.iterdir()) == []


class TestFind:
    def roots(self):
        return catalogue.roots([GOLDEN])

    def test_in_a_workspace_and_below_it(self, problem, here, monkeypatch):
        folder = workspace.create(problem, here)
        (folder / "sub").mkdir()
        for place, file in ((folder, "solution.py"), (folder / "sub", "../solution.py")):
            monkeypatch.chdir(place)
            found, path = workspace.find(None, None, self.roots())
            assert (found.slug, str(path)) == ("tiny-relu", file)

    def test_below_the_current_folder(self, problem):
        workspace.create(problem, Path())
        assert workspace.find("tiny-relu", None, self.roots())[1] == Path("tiny-relu/solution.py")

    def test_where_it_was_last_started(self, problem, here):
        folder = workspace.create(problem, here / "elsewhere")
        history.record_start("tiny-relu", folder)
        assert workspace.find("tiny-relu", None, self.roots())[1].samefile(folder / "solution.py")

    def test_in_the_workspace_of_another_problem(self, problem, here, monkeypatch):
        (here / workspace.MARKER).write_text('{"problem": "relu-backprop"}')
        with pytest.raises(UsageError, match="no solution of `tiny-relu`"):
            workspace.find("tiny-relu", None, self.roots())

    def test_a_file_needs_no_workspace(self, here):
        assert workspace.find("tiny-relu", Path("any.py"), self.roots())[1] == Path("any.py")

    def test_a_file_in_a_workspace_needs_no_slug(self, problem, here):
        folder = workspace.create(problem, here)
        assert workspace.find(None, folder / "other.py", self.roots())[0].slug == "tiny-relu"

    def test_nothing_named_nowhere(self):
        with pytest.raises(UsageError, match="no problem is named"):
            workspace.find(None, None, self.roots())

    @pytest.mark.parametrize("marker", ["", "{", "[]", '"x"', "{}", '{"problem": 3}', "\xff"])
    def test_a_damaged_marker_is_none(self, here, marker):
        (here / workspace.MARKER).write_text(marker, encoding="latin-1")
        assert workspace.slug_at(here) is None

    def test_a_marker_that_never_ends_is_none(self, here):
        os.mkfifo(here / workspace.MARKER)
        assert workspace.slug_at(here) is None

    def test_the_current_folder_is_gone(self, here, monkeypatch):
        gone = here / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        with pytest.raises(UsageError, match="does not exist any more"):
            workspace.find(None, None, self.roots())
        monkeypatch.chdir(here)


class TestReset:
    def test_puts_the_stub_back_and_keeps_the_work(self, problem, here):
        solution = workspace.create(problem, here) / "solution.py"
        backups = []
        for text in ("first", "second", "third"):
            solution.write_text(text)
            backups.append(workspace.reset(problem, solution))
        assert [backup.read_text() for backup in backups] == ["first", "second", "third"]
        assert solution.read_text() == problem.read("stub.py")

    def test_makes_a_missing_file(self, problem, here):
        assert workspace.reset(problem, here / "solution.py") is None
        assert (here / "solution.py").read_text() == problem.read("stub.py")

    def test_a_folder_is_no_solution(self, problem, here):
        with pytest.raises(UsageError, match="cannot be reset: is a directory"):
            workspace.reset(problem, here)


class TestReadSource:
    """A file passed by mistake is refused at once, with one clear line."""

    def refusal(self, path):
        with pytest.raises(UsageError) as caught:
            read_source(Path(path))
        return caught.value.message

    def test_reads_bytes_as_they_are(self, here):
        (here / "x.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n# \xff")
        assert read_source(here / "x.py") == b"\xef\xbb\xbfx = 1\r\n# \xff"

    def test_follows_links(self, here):
        (here / "x.py").write_text("x = 1")
        (here / "link").symlink_to("x.py")
        assert read_source(here / "link") == b"x = 1"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "`x.py` is empty"),
            (b" \n\t", "`x.py` is empty"),
            (b"#" * (MOST_BYTES + 1), "`x.py` is larger than 1 MiB"),
            (b"\xff\xfex\0=\0", "`x.py` is encoded in UTF-16"),
            (b"x = 1\0", "`x.py` is no text: it contains NUL bytes"),
        ],
    )
    def test_refuses_content(self, here, content, message):
        (here / "x.py").write_bytes(content)
        assert self.refusal("x.py") == message

    def test_one_mebibyte_is_allowed(self, here):
        (here / "x.py").write_bytes(b"#" * MOST_BYTES)
        assert len(read_source(Path("x.py"))) == MOST_BYTES

    def test_refuses_what_is_no_file(self, here):
        os.mkfifo("fifo")
        Path("dangling").symlink_to("nothing")
        Path("loop").symlink_to("loop")
        assert self.refusal("fifo") == "`fifo` is no regular file"
        assert self.refusal(os.devnull) == f"`{os.devnull}` is no regular file"
        assert self.refusal("/dev/zero") == "`/dev/zero` is no regular file"
        assert self.refusal("") == "`.` is a folder"
        assert self.refusal("nothing") == "`nothing` does not exist"
        assert self.refusal("dangling") == "`dangling` does not exist"
        assert self.refusal("loop").startswith("`loop` cannot be read: ")
        assert self.refusal("x" * 300).startswith(f"`{'x' * 300}` cannot be read: ")

    def test_what_cannot_be_opened(self, here, monkeypatch):
        (here / "x.py").write_text("x = 1")

        def refuse(*_arguments):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)
        assert self.refusal("x.py") == "`x.py` cannot be read: permission denied"

    def test_no_descriptor_is_left_open(self, here):
        lowest = os.open(os.devnull, os.O_RDONLY)
        os.close(lowest)
        for wrong in ("", os.devnull, "nothing"):
            self.refusal(wrong)
        again = os.open(os.devnull, os.O_RDONLY)
        os.close(again)
        assert again == lowest

    @pytest.mark.parametrize(
        ("name", "shown"),
        [(b"a b.py", "a b.py"), (b"\x1b[2J\n.py", r"\x1b[2J\n.py"), (b"\xff.py", r"\xff.py"), ("é漢".encode(), "é漢")],
    )
    def test_names_are_safe_to_show(self, name, shown):
        assert printable(Path(os.fsdecode(name))) == shown
