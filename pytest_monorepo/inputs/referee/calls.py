"""Which calls of the system look for, read or change something by its name, and where each has the name."""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

from ..record import values

LOOKS, LOOKS_AT_LINK, ASKS_ACCESS, READS_LINK = "looks", "looks at link", "asks access", "reads link"
OPENS, ENTERS, RUNS = "opens", "enters", "runs"
MAKES, CHANGES, MOVES, LINKS, LINKS_BY_NAME = "makes", "changes", "moves", "links", "links by name"
SOCKET, CONNECTS, CLONES, SIGNALS = "socket", "connects", "clones", "signals"
ASKS, SPACE, UNSEEN = "asks", "space", "unseen"

Named = Tuple[int, int]
"""Where a call has the descriptor of a folder (-1 for none), and the name."""


class Call(NamedTuple):
    """``names`` are where it has its paths, ``flags`` where what says how, -1 for nowhere.

    ``why`` is what stands in a reason where nobody sees what it leads to; which fact it asks for.
    """

    kind: str
    names: Tuple[Named, ...] = ()
    flags: int = -1
    why: str = ""


_PLAIN, _AT = ((-1, 0),), ((0, 1),)
_TWO, _TWO_AT = ((-1, 0), (-1, 1)), ((0, 1), (2, 3))

CALLS: Dict[str, Call] = {
    "open": Call(OPENS, _PLAIN, 1),
    "openat": Call(OPENS, _AT, 2),
    # what it is to do lies in memory, see open_how(2)
    "openat2": Call(OPENS, _AT, 2),
    "creat": Call(OPENS, _PLAIN),
    "stat": Call(LOOKS, _PLAIN),
    "lstat": Call(LOOKS_AT_LINK, _PLAIN),
    "newfstatat": Call(LOOKS, _AT, 3),
    "statx": Call(LOOKS, _AT, 2),
    "access": Call(ASKS_ACCESS, _PLAIN, 1),
    "faccessat": Call(ASKS_ACCESS, _AT, 2),
    "faccessat2": Call(ASKS_ACCESS, _AT, 2),
    "readlink": Call(READS_LINK, _PLAIN),
    "readlinkat": Call(READS_LINK, _AT),
    "chdir": Call(ENTERS, _PLAIN),
    "inotify_add_watch": Call(LOOKS, ((-1, 1),)),
    "execve": Call(RUNS, _PLAIN),
    "execveat": Call(RUNS, _AT),
    "mkdir": Call(MAKES, _PLAIN),
    "mkdirat": Call(MAKES, _AT),
    "mknod": Call(MAKES, _PLAIN),
    "mknodat": Call(MAKES, _AT),
    "unlink": Call(CHANGES, _PLAIN),
    "unlinkat": Call(CHANGES, _AT),
    "rmdir": Call(CHANGES, _PLAIN),
    "truncate": Call(CHANGES, _PLAIN),
    "chmod": Call(CHANGES, _PLAIN),
    "fchmodat": Call(CHANGES, _AT),
    "fchmodat2": Call(CHANGES, _AT),
    "chown": Call(CHANGES, _PLAIN),
    "lchown": Call(CHANGES, _PLAIN),
    "fchownat": Call(CHANGES, _AT),
    "utime": Call(CHANGES, _PLAIN),
    "utimes": Call(CHANGES, _PLAIN),
    "futimesat": Call(CHANGES, _AT),
    "utimensat": Call(CHANGES, _AT),
    "rename": Call(MOVES, _TWO),
    "renameat": Call(MOVES, _TWO_AT),
    "renameat2": Call(MOVES, _TWO_AT),
    "link": Call(LINKS, _TWO),
    "linkat": Call(LINKS, _TWO_AT),
    "symlink": Call(LINKS_BY_NAME, _TWO),
    "symlinkat": Call(LINKS_BY_NAME, ((-1, 0), (1, 2))),
    "socket": Call(SOCKET),
    "connect": Call(CONNECTS),
    "clone": Call(CLONES, flags=0),
    "clone3": Call(CLONES, flags=0),
    "kill": Call(SIGNALS),
    "uname": Call(ASKS, why="uname"),
    "sched_getaffinity": Call(ASKS, why="sched_getaffinity"),
    "sysinfo": Call(ASKS, why=values.limit("SC_PHYS_PAGES")),
    **{
        name: Call(ASKS, why="user")
        for name in ("getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid")
    },
    "statfs": Call(SPACE, _PLAIN),
    "fstatfs": Call(SPACE),
    "quotactl": Call(UNSEEN, why="asks for free space"),
    **{
        name: Call(UNSEEN, why="uses extended attributes")
        for name in (
            *("setxattr", "lsetxattr", "getxattr", "lgetxattr", "fgetxattr"),
            *("listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr"),
            *("setxattrat", "getxattrat", "listxattrat", "removexattrat", "file_getattr", "file_setattr"),
        )
    },
    **{
        name: Call(UNSEEN, why="enters another view of the file system")
        for name in (
            *("chroot", "pivot_root", "mount", "umount2", "unshare", "setns"),
            *("open_tree", "open_tree_attr", "move_mount", "fsopen", "fsmount", "fspick", "mount_setattr"),
        )
    },
    **{
        name: Call(UNSEEN, why=f"uses {name}, by which files are read unseen")
        for name in ("io_uring_setup", "name_to_handle_at", "open_by_handle_at", "uselib")
    },
    **{
        name: Call(UNSEEN, why=f"uses {name}, by which others may be asked")
        for name in (
            *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf", "perf_event_open"),
            *("fanotify_init", "syslog", "shmget", "semget", "msgget", "mq_open", "add_key", "request_key"),
        )
    },
}
