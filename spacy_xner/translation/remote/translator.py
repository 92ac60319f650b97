"""The engine around a service: marks, requests of the right size, parallel requests, checks of what comes back."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence

from ...errors import XnerError
from ..marks import extract_marks, insert_marks
from ..types import MarkedText, Translated
from .budget import Budget, Usage
from .check import Check, is_untranslated, make_check
from .keys import describe_address
from .sending import Sender
from .service import Access, Service

# Characters between the sentences of a request, at most.
SEPARATOR = 4


class Outcome(NamedTuple):
    """What came of a request.

    found (Dict[int, Optional[MarkedText]]): translations by the place of their sentence in the request.
    error (Optional[XnerError]): why some are missing, None if all are there.
    """

    found: Dict[int, Optional[MarkedText]]
    error: Optional[XnerError] = None


class RemoteTranslator:
    """Translates by a service: an engine for which each character may cost.

    service (Service): the service, for one direction.
    access (Access): its settings. An address of one's own becomes part of the name, as a digest.
    find_check (Callable[[], Check]): gives what tells whether what came back can be a translation; what can't is asked
        for once more. It may need a package, and is called before the first request.
    needs_marks (bool): whether a sentence is asked for once more, too, if marks were lost.
    """

    def __init__(
        self,
        service: Service,
        access: Access,
        *,
        find_check: Callable[[], Check] = make_check,
        needs_marks: bool = False,
    ) -> None:
        self.service = service
        self.style = service.tags if access.is_markup else access.marks
        self.find_check = find_check
        self.check: Check = make_check()
        self.connected = False
        self.needs_marks = needs_marks
        self.licence = service.licence
        self.name = f"{service.name}{describe_address(access.address)}:marks={self.style}"
        self.sender = Sender(service.name.partition(":")[0], access.sending)

    def connect(self) -> None:
        """Get ready for the first request. Who only counts characters needs neither key nor client.

        RAISES: X206 if a package is not installed, X240 if the key is missing or can't be sent.
        """
        if not self.connected:
            self.service.connect()
            self.check = self.find_check()
            self.connected = True

    @property
    def usage(self) -> Usage:
        """RETURNS (Usage): what was sent so far."""
        return self.sender.usage

    def limit(self, budget: Budget) -> None:
        """Share a budget with other engines of the run.

        budget (Budget): the characters that may be sent.
        """
        self.sender.budget = budget

    def measure(self, sentences: Sequence[MarkedText]) -> int:
        """Count what a request with these sentences is charged for.

        sentences (Sequence[MarkedText]): the sentences of one request.
        RETURNS (int): the characters.
        """
        texts = [self._write(sentence) for sentence in sentences if not self._is_too_long(sentence)]
        return self.service.measure(texts) if texts else 0

    def cut(self, sentences: Sequence[MarkedText]) -> Iterator[List[int]]:
        """Cut sentences into requests.

        sentences (Sequence[MarkedText]): the sentences.
        YIELDS (List[int]): the places of each request's sentences, in order.
        """
        limits, budget = self.service.limits, self.sender.budget.limit
        most = limits.characters if budget is None else min(limits.characters, budget)
        overhead = self.service.measure([])
        request: List[int] = []
        size = overhead
        for i, sentence in enumerate(sentences):
            own = self._measure_alone(sentence) + SEPARATOR
            if request and (len(request) == limits.texts or size + own > most):
                yield request
                request, size = [], overhead
            request.append(i)
            size += own
        if request:
            yield request

    def translate(self, sentences: Sequence[MarkedText]) -> List[Optional[MarkedText]]:
        """Translate sentences, one request after another.

        sentences (Sequence[MarkedText]): the sentences with the spans to mark.
        RETURNS (List[Optional[MarkedText]]): the translations in order. The translation of a blank sentence is empty;
            that of a sentence with more characters than a request may have is None, and one that can't be a translation
            even the second time.
        RAISES: X209, X242, X243, see `Sender.send`; X206, X240, see `connect`.
        """
        self.connect()
        results: List[Optional[MarkedText]] = []
        for request in self.cut(sentences):
            found, error = self._translate([sentences[i] for i in request])
            if error is not None:
                raise error
            results += [found[i] for i in range(len(request))]
        return results

    def translate_batches(self, batches: Sequence[Sequence[MarkedText]]) -> Iterator[Translated]:
        """Translate several requests at once.

        After an error, or an interruption by the keyboard, no further ones are sent, and the answers of those on
        their way are still given.

        batches (Sequence[Sequence[MarkedText]]): the sentences of each request.
        YIELDS (Translated): the number of each batch with its translations, as they come.
        RAISES: X206, X240, see `connect`; X209, X242, X243, see `Sender.send`; KeyboardInterrupt. The latter at the
            end.
        """
        if not batches:  # all is in the cache
            return
        self.connect()
        self.sender.start()
        waiting = iter(enumerate(batches))
        running: Dict[Future[Outcome], int] = {}
        failure: Optional[BaseException] = None
        with ThreadPoolExecutor(self.sender.settings.parallel) as pool:
            while True:
                try:
                    while failure is None and len(running) < self.sender.settings.parallel:
                        number, batch = next(waiting, (-1, ()))
                        if number < 0:
                            break
                        running[pool.submit(self._translate, batch)] = number
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                except KeyboardInterrupt as interruption:
                    if failure is not None:  # the second time no answer is kept
                        raise
                    failure = interruption
                    self.sender.stop()
                    continue
                if not done:
                    break
                for future in done:
                    number, broken = running.pop(future), future.exception()
                    outcome = Outcome({}) if broken is not None else future.result()
                    error = broken or outcome.error
                    if error is not None:
                        failure = failure or error
                        self.sender.stop()
                    if outcome.found:
                        yield number, outcome.found
        if failure is not None:
            raise failure

    def _translate(self, sentences: Sequence[MarkedText]) -> Outcome:
        """RETURNS (Outcome): the translations of one request. What can't be one is asked for once more."""
        found: Dict[int, Optional[MarkedText]] = {}
        for i, sentence in enumerate(sentences):
            if not sentence.text.strip():
                found[i] = MarkedText("", (None,) * len(sentence.spans))
            elif self._is_too_long(sentence):
                found[i] = None
        asked = [i for i in range(len(sentences)) if i not in found]
        if not asked:
            return Outcome(found)
        try:
            first = self._ask([sentences[i] for i in asked], again=False)
        except XnerError as error:
            return Outcome(found, error)
        pairs = dict(zip(asked, first, strict=True))
        bad = [i for i, text in pairs.items() if not self._is_good(sentences[i], text)]
        found.update((i, text) for i, text in pairs.items() if i not in bad)
        if not bad:
            return Outcome(found)
        try:
            second = self._ask([sentences[i] for i in bad], again=True)
        except XnerError as error:
            return Outcome(found, error)
        for i, text in zip(bad, second, strict=True):
            usable = [one for one in (text, pairs[i]) if one is not None]
            found[i] = max(usable, key=_count, default=None)
        return Outcome(found)

    def _ask(self, sentences: Sequence[MarkedText], *, again: bool) -> List[Optional[MarkedText]]:
        """RETURNS (List[Optional[MarkedText]]): what can be a translation of each sentence, None where nothing can."""
        texts = [self._write(sentence) for sentence in sentences]
        answers = self.sender.send(lambda: self.service.ask(texts), self.service.measure(texts), again=again)
        found = [
            None if answer is None else self._read(answer, len(sentence.spans))
            for sentence, answer in zip(sentences, answers, strict=True)
        ]
        if is_untranslated(sentences, found):
            return [None] * len(found)
        return [
            text if text is not None and self.check(sentence, text) else None
            for sentence, text in zip(sentences, found, strict=True)
        ]

    def _is_good(self, sentence: MarkedText, text: Optional[MarkedText]) -> bool:
        if text is None or not self.needs_marks or self.style == "none":
            return text is not None
        return _count(text) == _count(sentence)

    def _measure_alone(self, sentence: MarkedText) -> int:
        return self.service.measure([self._write(sentence)]) - self.service.measure([])

    def _is_too_long(self, sentence: MarkedText) -> bool:
        return self._measure_alone(sentence) > self.service.limits.characters

    def _write(self, sentence: MarkedText) -> str:
        return sentence.text if self.style == "none" else insert_marks(sentence, self.style)

    def _read(self, text: str, n_spans: int) -> MarkedText:
        if self.style == "none":
            return MarkedText(text, (None,) * n_spans)
        return extract_marks(text, self.style, n_spans)


def _count(sentence: MarkedText) -> int:
    return sum(span is not None for span in sentence.spans)
