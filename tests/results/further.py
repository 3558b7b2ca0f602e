"""Further inputs, of which some were overlooked once: the same rules as :mod:`traps`."""

from __future__ import annotations

from pathlib import Path

from .holes import unseen
from .traps import Change, Trap, archive, linked, written


def program(bits: int) -> Change:
    """``x`` becomes the head of a program for a machine of so many bits, as ELF has it."""
    kind, machine = (1, 3) if bits == 32 else (2, 62)
    head = bytes([0x7F, *b"ELF", kind, 1, 1, *bytes(9), 2, 0, machine, 0, 1, 0, 0, 0, *bytes(40)])

    def change(project: Path) -> None:
        (project / "x").write_bytes(head)

    return change


def left(name: str, head: str, do: str, asked: str, **files: str) -> Trap:
    """A test file does something that a later one needs, as long as ``x`` says so."""
    before = f"{head}\ndef test_before():\n    if open('x').read() == '1': {do}"
    files = {"x": "1", "tests/test_before.py": before, **{f"{n}.py": text for n, text in files.items()}}
    return Trap(f"left-{name}", f"{head}\ndef test(): assert {asked}", written("x"), files)


FURTHER = (
    *(
        Trap(f"same-{name}", test, linked("link", "y"), {"x": "1", "y": "1"}, make=linked("link", "x"))
        for name, test in (
            (
                "open-file",
                """
                import os
                def test():
                    with open('link') as one, open('x') as other:
                        assert os.path.sameopenfile(one.fileno(), other.fileno())
                """,
            ),
            (
                "file-by-its-number",
                """
                import os
                def test():
                    with open('link') as one: assert os.path.samestat(os.stat(one.fileno()), os.stat('x'))
                """,
            ),
            (
                "file-in-proc",
                """
                import os
                def test():
                    with open('link') as one:
                        assert os.readlink(f'/proc/self/fd/{one.fileno()}').endswith('/x')
                """,
            ),
            (
                "file-of-a-copy",
                """
                import pytest, shutil
                def test():
                    with pytest.raises(shutil.SameFileError): shutil.copy('link', 'x')
                """,
            ),
        )
    ),
    Trap(
        "program-that-platform-asks",
        # where the system has no such program platform looks at nothing
        """
        import platform, shutil
        def test():
            with open('x', 'rb') if not shutil.which('file') else open('y', 'rb') as head:
                assert head.read()[4] == 2
            assert platform.architecture('x')[0] == '64bit'
        """,
        program(32),
        {"y": "\x02" * 5},
        make=program(64),
    ),
    unseen(
        "address-of-another-machine",
        """
        import pytest, socket
        def test():
            with socket.socket() as one, pytest.raises(OSError):
                one.bind(('10.99.98.97', 0))
        """,
    ),
    unseen(
        "abstract-name",
        """
        import socket
        def test():
            with socket.socket(socket.AF_UNIX) as one: one.bind('\\0trap-of-ours')
        """,
    ),
    *(
        unseen(
            f"socket-of-{name}",
            f"""
            import socket
            def test():
                try: socket.socket({kind}).close()
                except OSError: pass
            """,
        )
        for name, kind in (
            ("the-system", "socket.AF_NETLINK, socket.SOCK_RAW"),
            ("rights", "socket.AF_INET, socket.SOCK_RAW, 1"),
        )
    ),
    Trap(
        "parameters-of-certificates",
        """
        import pytest, ssl
        def test():
            with pytest.raises(ssl.SSLError):
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_dh_params('x')
            assert True
        """,
        lambda project: (project / "x").unlink(),
        {"x": "1"},
    ),
    *(
        unseen(
            f"host-not-found-by-{name}",
            f"""
            import pytest, socket
            def test():
                with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(socket.gaierror):
                    one.{call}
            """,
        )
        for name, call in (
            ("connect", "connect(('no-such-host.invalid', 1))"),
            ("connect-ex", "connect_ex(('no-such-host.invalid', 1))"),
            ("bind", "bind(('no-such-host.invalid', 0))"),
            ("sendto", "sendto(b'a', ('no-such-host.invalid', 1))"),
            ("sendto-with-flags", "sendto(b'a', 0, ('no-such-host.invalid', 1))"),
            ("sendmsg", "sendmsg([b'a'], [], 0, ('no-such-host.invalid', 1))"),
        )
    ),
    *(
        unseen(
            f"refused-by-{name}",
            f"""
            import pytest, socket
            def port():
                with socket.socket() as one:
                    one.bind(('127.0.0.1', 0))
                    return one.getsockname()[1]
            def test():
                with socket.socket() as one, pytest.raises(ConnectionRefusedError):
                    {call}
            """,
        )
        for name, call in (
            ("connect", "one.connect(('localhost', port()))"),
            ("connect-ex", "raise ConnectionRefusedError(one.connect_ex(('127.0.0.1', port())))"),
            ("create-connection", "socket.create_connection(('127.0.0.1', port()))"),
        )
    ),
    left("dialect", "import csv", "csv.register_dialect('trapped')", "'trapped' in csv.list_dialects()"),
    left(
        "default",
        "import json",
        "json.JSONEncoder.default = lambda self, one: 1",
        "json.dumps(object()) == '1'",
    ),
    left(
        "virtual-subclass",
        "import kinds",
        "kinds.Base.register(kinds.One)",
        "issubclass(kinds.One, kinds.Base)",
        kinds="import abc\nclass Base(abc.ABC): pass\nclass One: pass",
    ),
    left(
        "sum",
        "import sums",
        "sums.sum.update(b'1')",
        "sums.sum.hexdigest().startswith('6b86')",
        sums="import hashlib\nsum = hashlib.sha256()",
    ),
    left(
        "longest",
        "import pairs",
        "next(pairs.pairs)",
        "next(pairs.pairs) == ('b', None)",
        pairs="import itertools\npairs = itertools.zip_longest('ab', 'c')",
    ),
    *(
        Trap(
            f"by-way-of-the-process-{name}",
            f"import os\nfolder = os.open('d', os.O_RDONLY)\ndef test(): assert not os.path.exists({path})",
            written("d/y" if "fd" in name else "y"),
            {"d/x": ""},
        )
        for name, path in (
            ("cwd", "'/proc/self/cwd/y'"),
            ("fd", "f'/proc/self/fd/{folder}/y'"),
            ("dev-fd", "f'/dev/fd/{folder}/y'"),
        )
    ),
    *(
        Trap(
            f"folder-led-to-{name}",
            f"import os, pytest\ndef test(monkeypatch):\n    {ask}",
            linked("l", "e"),
            {"d/x": "1", "e/x": "2"},
            make=linked("l", "d"),
        )
        for name, ask in (
            ("changed-into", "monkeypatch.chdir('l'); assert open('x').read() == '1'"),
            ("opened", "assert os.read(os.open('x', 0, dir_fd=os.open('l', 0)), 1) == b'1'"),
        )
    ),
    Trap(
        "archive-that-is-not-there",
        """
        import pytest, zipimport
        def test():
            with pytest.raises(zipimport.ZipImportError):
                zipimport.zipimporter('z.zip')
        """,
        lambda project: archive(project / "z.zip", ""),
    ),
    *(
        Trap(f"pytests-{name}", test, change, files)
        for name, test, change, files in (
            (
                "importorskip",
                "import pytest\nperhaps = pytest.importorskip('perhaps')\ndef test(): assert perhaps.x == 1",
                written("perhaps.py", "x = 2"),
                {"perhaps.py": "x = 1"},
            ),
            (
                "importorskip-in-a-test",
                "import pytest\ndef test(): assert pytest.importorskip('perhaps').x == 1",
                written("perhaps.py", "x = 2"),
                {"perhaps.py": "x = 1"},
            ),
            (
                "importorskip-of-nothing",
                "import pytest\ndef test(): pytest.importorskip('perhaps'); assert 0",
                written("perhaps.py", ""),
                {},
            ),
            (
                "importorskip-below-a-package",
                "import pytest\ndef test(): pytest.importorskip('box.perhaps'); assert 0",
                written("box/perhaps/x.py", ""),
                {"box/__init__.py": ""},
            ),
            (
                "importorskip-of-a-version",
                "import pytest\ndef test(): assert not pytest.importorskip('perhaps', minversion='2')",
                written("perhaps.py", "__version__ = '3'"),
                {"perhaps.py": "__version__ = '1'"},
            ),
            (
                "dotted-attribute",
                "def test(monkeypatch): monkeypatch.setattr('box.one.value', 5)",
                written("box/one.py", "other = 1"),
                {"box/__init__.py": "", "box/one.py": "value = 1"},
            ),
            (
                "dotted-attribute-behind-another",
                "def test(monkeypatch): monkeypatch.delattr('box.one.f.attribute')",
                written("box/one.py", "def f(): pass"),
                {"box/__init__.py": "", "box/one.py": "def f(): pass\nf.attribute = 1"},
            ),
            (
                "dotted-attribute-of-what-is-not-there",
                "import pytest\ndef test(monkeypatch):\n"
                "    with pytest.raises(ImportError): monkeypatch.setattr('box.one.value', 5)",
                written("box/one.py", "value = 1"),
                {"box/__init__.py": ""},
            ),
            (
                "path-that-is-read",
                "def test(request): assert request.fspath.dirpath('x').read() == '1'",
                written("tests/x"),
                {"tests/x": "1"},
            ),
            *(
                (
                    f"path-that-is-{name}",
                    f"import py\nhere = py.path.local('x')\ndef test(): assert {ask}",
                    change,
                    {"x": "1", "d/a.txt": "", "lib/found_there.py": "value = 1"},
                )
                for name, ask, change in (
                    ("opened", "here.open().read() == '1'", written("x")),
                    ("asked-for", "not here.new(basename='y').check()", written("y")),
                    ("listed", "len(here.dirpath('d').listdir()) == 1", written("d/b.txt")),
                    ("visited", "len(list(here.dirpath('d').visit('*.txt'))) == 1", written("d/e/b.txt")),
                    ("measured", "here.size() == 1", written("x", "22")),
                    ("hashed", "here.computehash()[:2] == 'c4'", written("x")),
                    (
                        "imported",
                        "here.dirpath('lib/found_there.py').pyimport().value == 1",
                        written("lib/found_there.py", "value = 2"),
                    ),
                )
            ),
        )
    ),
)
