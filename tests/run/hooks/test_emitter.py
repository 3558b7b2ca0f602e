"""Whatever order workers speak in, files come out contiguous and nothing is lost."""

from __future__ import annotations

import random

from pytest_monorepo.run.hooks.emitter import Emitter


class Heard:
    def __init__(self) -> None:
        self.emitter = Emitter()
        self.words: list[tuple[str, str, int]] = []

    def say(self, worker: str, file: str, number: int) -> None:
        self.emitter.say(worker, file, lambda: self.words.append((worker, file, number)))


def test_the_first_to_speak_is_heard_at_once() -> None:
    heard = Heard()
    heard.say("a", "a1", 0)
    heard.say("a", "a1", 1)
    assert heard.words == [("a", "a1", 0), ("a", "a1", 1)]


def test_others_wait_until_the_file_is_finished() -> None:
    heard = Heard()
    heard.say("a", "a1", 0)
    heard.say("b", "b1", 0)
    heard.say("a", "a1", 1)
    assert [word[1] for word in heard.words] == ["a1", "a1"]
    heard.emitter.end("a")
    assert [word[1] for word in heard.words] == ["a1", "a1", "b1"]


def test_after_the_floor_has_passed_its_new_owner_is_live() -> None:
    heard = Heard()
    heard.say("a", "a1", 0)
    heard.say("b", "b1", 0)
    heard.emitter.end("a")
    heard.say("b", "b1", 1)
    assert heard.words[-1] == ("b", "b1", 1)


def test_files_stay_contiguous_and_in_order_for_any_interleaving() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        heard = Heard()
        queues = {
            worker: [(f"{worker}{file}", n) for file in range(chance.randint(0, 4)) for n in range(3)]
            for worker in "abcd"
        }
        said: dict[str, list[tuple[str, int]]] = {worker: [] for worker in queues}
        while queues:
            worker = chance.choice(sorted(queues))
            if not queues[worker]:
                heard.emitter.end(worker)
                del queues[worker]
                continue
            file, number = queues[worker].pop(0)
            said[worker].append((file, number))
            heard.say(worker, file, number)
        files = [file for _, file, _ in heard.words]
        changes = [file for file, before in zip(files, [None, *files], strict=False) if file != before]
        assert len(changes) == len(set(changes)), f"seed {seed}: {changes}"
        for worker, words in said.items():
            assert [(f, n) for w, f, n in heard.words if w == worker] == words, f"seed {seed}"
