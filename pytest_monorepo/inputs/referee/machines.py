"""The numbers of calls on the processors that were measured (``asm/unistd.h``); elsewhere nobody referees."""

from __future__ import annotations

import platform
import sys
from typing import Dict, NamedTuple, Optional


class Machine(NamedTuple):
    """A processor as seccomp names it (``AUDIT_ARCH_…``), and the numbers that calls have there.

    ``foreign`` is the number from which on calls are of another kind (x32 on x86_64), 0 where there is none.
    ``filter`` is the number of seccomp(2), which we call ourselves.
    """

    arch: int
    numbers: Dict[str, int]
    filter: int
    foreign: int = 0


def _table(text: str) -> Dict[str, int]:
    pairs = (word.split("=") for word in text.split())
    return {name: int(number) for name, number in pairs}


_X86_64 = _table(
    """
    open=2 stat=4 lstat=6 access=21 shmget=29 socket=41 connect=42 clone=56 execve=59 kill=62
    uname=63 semget=64 msgget=68 truncate=76 chdir=80 rename=82 mkdir=83 rmdir=84 creat=85 link=86
    unlink=87 symlink=88 readlink=89 chmod=90 chown=92 lchown=94 sysinfo=99 ptrace=101 getuid=102
    syslog=103 getgid=104 geteuid=107 getegid=108 getgroups=115 getresuid=118 getresgid=120
    utime=132 mknod=133 uselib=134 statfs=137 fstatfs=138 pivot_root=155 chroot=161 mount=165
    umount2=166 quotactl=179 setxattr=188 lsetxattr=189 getxattr=191 lgetxattr=192 fgetxattr=193
    listxattr=194 llistxattr=195 flistxattr=196 removexattr=197 lremovexattr=198
    sched_getaffinity=204 utimes=235 mq_open=240 add_key=248 request_key=249 inotify_add_watch=254
    openat=257 mkdirat=258 mknodat=259 fchownat=260 futimesat=261 newfstatat=262 unlinkat=263
    renameat=264 linkat=265 symlinkat=266 readlinkat=267 fchmodat=268 faccessat=269 unshare=272
    utimensat=280 perf_event_open=298 fanotify_init=300 name_to_handle_at=303 open_by_handle_at=304
    setns=308 process_vm_readv=310 process_vm_writev=311 renameat2=316 bpf=321 execveat=322
    statx=332
    """
)
# the same everywhere
_LATER = _table(
    """
    io_uring_setup=425 open_tree=428 move_mount=429 fsopen=430 fsmount=432 fspick=433 clone3=435
    openat2=437 pidfd_getfd=438 faccessat2=439 mount_setattr=442 fchmodat2=452 setxattrat=463
    getxattrat=464 listxattrat=465 removexattrat=466 open_tree_attr=467 file_getattr=468
    file_setattr=469
    """
)

MACHINES: Dict[str, Machine] = {
    "x86_64": Machine(0xC000003E, {**_X86_64, **_LATER}, 317, 0x40000000),
}


def machine() -> Optional[Machine]:
    """This one; ``None`` where nothing is known of it, or the interpreter is of another kind."""
    return MACHINES.get(platform.machine()) if sys.maxsize > 1 << 32 else None
