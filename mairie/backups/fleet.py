"""Many hosts at once, but hosts that share an uplink one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from mairie.backups.ask import Answer, Ask, Outcome, ask
from mairie.backups.events import Event
from mairie.errors import EXIT_DONE, EXIT_HOST_FAILED, EXIT_UNREACHABLE
from mairie.interruption import Interruption, interruptible

Lane = Sequence[Ask]
"""Questions that are asked in a row."""


def ask_all(
    lanes: Sequence[Lane],
    *,
    parallel: int,
    on_event: Callable[[str, Event], None] = lambda _host, _event: None,
    on_answer: Callable[[Answer], None] = lambda _: None,
    on_interrupt: Callable[[int], None] = lambda _hosts: None,
) -> list[Answer]:
    """Ask every host; return answers in the order of the questions.

    The first interruption (SIGINT, SIGTERM) starts no further host and asks those at work to stop;
    the second one leaves them to themselves: they go on. Call it from the main thread.

    Args:
        lanes: questions; those of one lane wait for each other.
        parallel: how many lanes at a time, at least 1.
        on_event: called with a host's name and event, one call at a time.
        on_answer: called with each answer, never at the same time as ``on_event``.
        on_interrupt: called at the first interruption with the number of hosts at work.

    """
    interruption = Interruption()
    talking = threading.Lock()
    at_work: set[str] = set()

    def one(question: Ask) -> Answer:
        if interruption.stop.is_set():
            return _failed(question, "untouched", "Interrompu avant cet hôte.")

        def relay(event: Event) -> None:
            with talking:
                on_event(question.host, event)

        at_work.add(question.host)
        try:
            return ask(question, relay, interruption)
        except Exception as error:  # one host's trouble is never another's
            return _failed(question, "failed", f"{type(error).__name__} : {error}")
        finally:
            at_work.discard(question.host)

    def work(lane: Lane) -> list[Answer]:
        answers = []
        for question in lane:
            answer = one(question)
            with talking:
                on_answer(answer)
            answers.append(answer)
        return answers

    with (
        interruptible(interruption, lambda: on_interrupt(len(at_work))),
        ThreadPoolExecutor(max_workers=max(1, parallel)) as pool,
    ):
        return [answer for answers in pool.map(work, lanes) for answer in answers]


def _failed(question: Ask, outcome: Outcome, text: str) -> Answer:
    return Answer(host=question.host, verb=question.verb, outcome=outcome, text=text)


def exit_code(answers: Iterable[Answer]) -> int:
    """Return 0 when all is done, 3 when links are the only trouble, else 1.

    What is incomplete asks for a person, as a failure does.
    """
    outcomes = {answer.outcome for answer in answers} - {"done"}
    if not outcomes:
        return EXIT_DONE
    links = {"unreachable", "lost", "link-down"}
    return EXIT_UNREACHABLE if outcomes <= links else EXIT_HOST_FAILED
