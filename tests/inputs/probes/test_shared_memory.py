"""What databases in memory hold that connections share: what is left there, and what is taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from pytest_monorepo.inputs.probes import databases
from pytest_monorepo.inputs.probes.databases import Databases, Shared
from pytest_monorepo.inputs.record.recorder import Recorder

ADDRESS = "file:rows?mode=memory&cache=shared"

LEFT = {
    "row": "insert into t (a) values (2)",
    "not-committed": "begin; insert into t (a) values (2)",
    "update": "update t set a = 3",
    "delete": "delete from t",
    "next-number": "insert into t (a) values (2); delete from t where a = 2",
    "table": "create table u (a)",
    "view": "create view v as select a from t",
    "trigger": "create trigger r after insert on t begin delete from t; end",
    "index": "create index i on t (a)",
    "version": "pragma user_version = 7",
    "setting": "pragma foreign_keys = on",
    "temporary": "create temp table u (a)",
}
TAKEN_BACK = {
    "rollback": "begin; insert into t (a) values (2); create table u (a); rollback",
    "savepoint": "savepoint one; delete from t; rollback to one; release one",
    "question": "select * from t; pragma table_info(t); pragma foreign_key_check",
    "same": "update t set a = a",
}


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Shared:
    made = Shared()
    made.addresses.add(ADDRESS)
    made.connect = sqlite3.connect
    monkeypatch.setattr(databases, "shared", made)
    return made


@pytest.fixture
def connection(shared: Shared) -> Iterator[sqlite3.Connection]:
    """As an installed package holds it, with a table of one row."""
    held = sqlite3.connect(ADDRESS, uri=True, isolation_level=None)
    held.set_authorizer(databases._Authorizer(Databases(Recorder()), ADDRESS))
    held.executescript(
        "create table t (n integer primary key autoincrement, a); insert into t (a) values (1)"
    )
    shared.look()
    yield held
    held.close()


@pytest.mark.parametrize("statements", LEFT.values(), ids=LEFT)
def test_what_is_left_is_seen(shared: Shared, connection: sqlite3.Connection, statements: str) -> None:
    connection.executescript(statements)
    assert shared.look() == {f"what the database {ADDRESS} holds"}


@pytest.mark.parametrize("statements", TAKEN_BACK.values(), ids=TAKEN_BACK)
def test_what_is_taken_back_is_not(shared: Shared, connection: sqlite3.Connection, statements: str) -> None:
    connection.executescript(statements)
    assert shared.look() == set()


def test_what_comes_and_goes_is_seen(shared: Shared) -> None:
    assert shared.look() == set()
    held = sqlite3.connect(ADDRESS, uri=True)
    assert shared.look() == set()
    held.execute("create table t (a)")
    assert shared.look()
    assert not shared.look()
    held.close()
    assert shared.look()


def test_what_nobody_can_read_counts_as_changed(shared: Shared, connection: sqlite3.Connection) -> None:
    shared.connect = databases._none
    assert shared.look()
    assert shared.look()
