"""What the rules look at: the files of a tree, and C++ text without its comments and strings."""
import dataclasses
import functools
import pathlib
import re
import subprocess

TEXT_SUFFIXES = {".h", ".cpp", ".in", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".xml", ".ts",
                 ".html", ".css", ".scenario", ".properties", ".service", ""}

_TOKEN = re.compile(
    r'//[^\n]*'                                    # a comment to the end of its line
    r'|/\*.*?\*/'                                  # a block comment
    r'|R"(?P<mark>[^(\s"]*)\(.*?\)(?P=mark)"'      # a raw string
    r'|"(?:\\.|[^"\\\n])*"'                        # a string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",       # a character, and not a digit separator
    re.DOTALL)


def _blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match[0])


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # from the root, with slashes
    text: str

    @functools.cached_property
    def folder(self) -> str:
        """The folder that is one library or program: its first two parts."""
        return "/".join(self.path.split("/")[:-1][:2])

    @functools.cached_property
    def is_cpp(self) -> bool:
        return self.path.endswith((".cpp", ".h"))

    @functools.cached_property
    def is_header(self) -> bool:
        return self.path.endswith((".h", ".h.in"))

    @functools.cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @functools.cached_property
    def code(self) -> str:
        """The text with comments, strings and characters blanked out; every line stays where it was."""
        return _TOKEN.sub(_blank, self.text)

    @functools.cached_property
    def code_lines(self) -> list[str]:
        return self.code.splitlines()

    @functools.cached_property
    def includes(self) -> list[tuple[int, str, bool]]:
        """(line, name, whether in angle brackets)"""
        found = []
        for number, line in enumerate(self.lines, 1):
            if match := re.match(r'\s*#\s*include\s*(<([^>]+)>|"([^"]+)")', line):
                found.append((number, match[2] or match[3], match[2] is not None))
        return found

    def at(self, line: int, what: str) -> Finding:
        return Finding(self.path, line, what)


def read_tree(root: pathlib.Path) -> list[Source]:
    """Every text file that git tracks, or would if it were added, in order of path."""
    names = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           capture_output=True, check=True).stdout.decode().split("\0")
    sources = []
    for name in sorted(set(filter(None, names))):
        path = root / name
        if not path.is_file() or path.suffix not in TEXT_SUFFIXES:
            continue
        try:
            sources.append(Source(name, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # no text
    return sources
