import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

import numpy
import srsly
import torch
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from ..corpora.batcher import batch_docs, create_group_batcher, divide_batch
from ..decoding.white_space import decode_words
from ..errors import Errors, NotFiniteError, XnerError, check_probability
from ..metadata import set_tags
from ..pipeline import fill_settings
from ..schemes import relates_tokens
from ..training.optimizers import use_heads_rate
from ..training.rows import make_dense
from ..types import Decoder, ModelSizes, Objective, Outputs, Predictions
from .checks import check_parts, check_weights
from .entities import set_entities
from .extend import extend_heads
from .handover import hand_over, read_sources
from .labels import collect_labels, find_labels, find_longest, warn_of_longer
from .loss import compute_terms, list_relations, list_soft, list_teachers, pad_predictions
from .modules import find_modules
from .targets import count_entity_tokens, has_tokens


class CrossLingualNER(TrainablePipe):
    """Entity recogniser that is trained with any objectives on any heads.

    The config chooses encoders, heads, objectives and decoder; each method, or stage of one, is such a choice. This
    class joins them. It sets `doc.ents` and `doc.spans[spans_key]`, whose `attrs["scores"]` has the scores in the same
    order. The span group holds all entities. If some of them overlap, `doc.ents` holds only the best.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str = "xner",
        *,
        objectives: Dict[str, Objective],
        decoder: Optional[Decoder] = None,
        spans_key: str = "xner",
        overwrite: bool = False,
        threshold: Optional[float] = None,
        accumulate_gradient: int = 1,
        scorer: Optional[Callable] = None,
    ) -> None:
        """Create the component.

        vocab (Vocab): the shared vocabulary.
        model (Model): from documents to the heads' named outputs.
        name (str): the component's name.
        objectives (Dict[str, Objective]): the terms of the loss by name.
        decoder (Optional[Decoder]): from logits to entities. None for stages that only learn representations.
        spans_key (str): key of the span group that carries the scores.
        overwrite (bool): replace the entities that the document has. Otherwise they are kept with their scores, and
            decoded entities that overlap them are left out. Blocked tokens never get an entity.
        threshold (Optional[float]): the lowest score, in [0, 1], of an entity; others are left out. None: the threshold
            that was set in Python before the component was saved, or 0.
        accumulate_gradient (int): number of parts into which a batch is divided, to save memory. The gradients of the
            parts are summed. Groups stay whole, and an objective sees one part at a time. `accumulate_gradient` of
            `[training]` sorts the sentences by length instead, which separates the views of a sentence.
        scorer (Optional[Callable]): the scoring method; it takes `**kwargs`, as spaCy's do.
        RAISES: X003, X012 if objectives or decoder name outputs that the heads do not give, X021 if these have
            another tagging scheme than they read, X027 if the threshold is no probability, X036 if one of the parts is
            of another kind than its place, X306 if the number of parts is less than 1.
        """
        check_parts(name, model, objectives, decoder)
        self.vocab = vocab
        self.model = model
        self.name = name
        self.objectives = objectives
        self.decoder = decoder
        self.spans_key = spans_key
        self.overwrite = overwrite
        if accumulate_gradient < 1:
            expected, option = "1 or more", "'accumulate_gradient'"
            raise XnerError(Errors.X306.format(found=accumulate_gradient, expected=expected, option=option))
        self.accumulate_gradient = accumulate_gradient
        self.scorer = scorer
        # Called with each batch before its targets are made, to renew the soft labels of its references. A callback of
        # the training sets it; it is not saved.
        self.renew: Optional[Callable[[Sequence[Example]], None]] = None
        # `cfg` is saved: the sizes, and the threshold if it was set in Python.
        self.cfg: Dict[str, Any] = {}
        self.set_sizes(self.sizes)
        # The threshold of the config. One that is set in Python is in `cfg`.
        self._configured = None if threshold is None else check_probability("threshold", threshold)
        self._process = os.getpid()

    def __reduce__(self) -> Tuple[Callable, Tuple[Vocab, bytes]]:
        """Send the component to a process that was spawned.

        Objectives and decoder are closures, which cloudpickle can send and pickle can't; the vocabulary stays the
        pipeline's.
        """
        names = ("name", "objectives", "decoder", "spans_key", "overwrite", "accumulate_gradient", "scorer")
        settings = {"threshold": self._configured, **{name: getattr(self, name) for name in names}}
        return _receive, (self.vocab, srsly.pickle_dumps((self.model, settings, self.cfg)))

    def copy(self) -> "CrossLingualNER":
        """Copy the component as it is.

        RETURNS (CrossLingualNER): a component with weights of its own.
        """
        receive, arguments = self.__reduce__()
        return receive(*arguments)

    @property
    def labels(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): the entity labels."""
        return tuple(self.sizes.labels)

    @property
    def longest(self) -> int:
        """RETURNS (int): the tokens of the longest entity in the training data."""
        return self.sizes.longest

    @property
    def sizes(self) -> ModelSizes:
        """RETURNS (ModelSizes): what the heads are built for."""
        return self.model.attrs["sizes"]

    def set_sizes(self, sizes: ModelSizes) -> None:
        """Set the sizes for which the next initialization builds the heads, here and in `cfg`.

        sizes (ModelSizes): labels, widths and the longest entity.
        """
        self.model.attrs["sizes"] = sizes
        self.cfg.update(labels=list(sizes.labels), widths=dict(sizes.widths), longest=sizes.longest)

    @property
    def label_data(self) -> List[str]:
        """RETURNS (List[str]): the labels, as `spacy init labels` saves them."""
        return list(self.labels)

    @property
    def threshold(self) -> float:
        """RETURNS (float): the lowest score in [0, 1] of an entity."""
        configured, value = self.cfg.get("threshold", (None, None))
        if value is not None and configured == self._configured:
            return value
        return self._configured or 0.0

    @threshold.setter
    def threshold(self, value: float) -> None:
        """Set the threshold, which is saved with the component.

        If the config of a loaded pipeline has another one than was saved with it, that of the config counts.

        value (float): the lowest score in [0, 1] of an entity.
        RAISES: X027 if it is no probability.
        """
        self.cfg["threshold"] = [self._configured, check_probability("threshold", value)]

    @property
    def schemes(self) -> Dict[str, Optional[str]]:
        """RETURNS (Dict[str, Optional[str]]): the tagging scheme of each output, None for representations."""
        return self.model.attrs["schemes"]

    def add_label(self, label: str) -> int:
        """Add a label to a trained component: its heads get classes for it and keep those that they have.

        Before any training a new label is found nowhere; `extend_heads` tells how it begins.

        label (str): the label.
        RETURNS (int): 0 if the component has it already, else 1.
        RAISES: X170 if it has no labels yet, or the label is empty.
        """
        if label in self.labels:
            return 0
        if not self.labels or not label:
            raise XnerError(Errors.X170.format(label=label, name=self.name, labels=list(self.labels)))
        self._extend(replace(self.sizes, labels=[*self.labels, label]))
        return 1

    def extend(self, examples: Iterable[Example]) -> List[str]:
        """Get a trained component ready for further labelled text: for its labels, and for entities of that length.

        examples (Iterable[Example]): the training examples, which are read once. Entities that are much longer than
            others, or than a head's `max_length`, give a warning.
        RETURNS (List[str]): the labels that are new, sorted.
        RAISES: X170 if it has no labels yet.
        """
        heads = self.model.attrs["heads"]
        labels: Set[str] = set()

        def watch() -> Iterator[Example]:
            for example in examples:
                labels.update(collect_labels(example, self.schemes))
                yield example

        longest = find_longest(watch(), heads)
        if longest > self.longest and any(spec.relates for spec in heads.values()):
            self._extend(replace(self.sizes, longest=longest))  # a wider band takes no other weights
        return [label for label in sorted(labels) if self.add_label(label)]

    def _extend(self, sizes: ModelSizes) -> None:
        extend_heads(self.model, sizes)
        self.set_sizes(sizes)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Apply the component to a stream of documents.

        stream (Iterable[Doc]): the documents.
        batch_size (int): largest number of documents to predict at once. Long documents make smaller batches, see
            `batch_docs`.
        YIELDS (Doc): the documents, in order.
        """
        for docs in batch_docs(stream, batch_size):
            yield from super().pipe(docs, batch_size=batch_size)

    def predict(self, docs: Iterable[Doc]) -> Predictions:
        """Run the model.

        docs (Iterable[Doc]): the documents.
        RETURNS (Predictions): (n, ...) arrays of each.
        RAISES: X023 if the process was forked from one that uses a GPU, X031 if the outputs are not finite.
        """
        if os.getpid() != self._process:
            if self.model.ops.name == "cupy":
                raise XnerError(Errors.X023.format(name=self.name))
            # A forked process has no copy of torch's threads, and would wait for them for ever.
            torch.set_num_threads(1)
            self._process = os.getpid()
        docs = list(docs)
        predictions = self.model.predict(docs)
        for name, arrays in predictions.items():
            for doc, values in zip(docs, arrays, strict=True):
                if not numpy.isfinite(values.sum()):
                    raise NotFiniteError(Errors.X031.format(name=self.name, output=name, text=doc.text[:40]))
        return predictions

    def set_annotations(self, docs: Iterable[Doc], predictions: Predictions) -> None:
        """Decode the predictions and write entities, scores and tags.

        docs (Iterable[Doc]): the documents.
        predictions (Predictions): the outputs of `predict` for them.
        """
        for i, doc in enumerate(docs):
            logits = {name: values[i] for name, values in predictions.items()}
            tagged = {
                name: logits[name]
                for name, scheme in self.schemes.items()
                if scheme and not relates_tokens(scheme) and name in logits
            }
            set_tags(
                doc,
                {
                    name: values.argmax(axis=-1).astype("uint16")
                    for name, values in tagged.items()
                    if len(doc)
                },
            )
            if self.decoder is not None:
                spaces = numpy.asarray([token.is_space for token in doc], dtype=bool)
                entities = decode_words(self.decoder, logits, self.labels, spaces) if len(doc) else []
                sure = [entity for entity in entities if entity.score >= self.threshold]
                set_entities(doc, sure, self.spans_key, overwrite=self.overwrite)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch.

        examples (Iterable[Example]): the batch; renderings of one sentence should be in one batch.
        drop (float): dropout rate of the encoders.
        sgd (Optional[Optimizer]): the optimizer; None accumulates gradients.
        losses (Optional[Dict[str, float]]): losses so far; the total is added under the component's name, each
            objective's under "{name}_{objective}".
        RETURNS (Dict[str, float]): the updated losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "CrossLingualNER.update")
        if self.renew is not None:
            self.renew(examples)
        set_dropout_rate(self.model, drop)
        learned = [
            self._learn(part, len(part) / len(examples), losses)
            for part in divide_batch(examples, self.accumulate_gradient)
        ]
        if sgd is not None and any(learned):
            self.finish_update(sgd)
        return losses

    def _learn(self, examples: List[Example], share: float, losses: Dict[str, float]) -> bool:
        """Add the gradient of a part of a batch, and its losses.

        share (float): the part, of 1.
        RETURNS (bool): whether there was a gradient.
        """
        docs = [eg.predicted for eg in examples]
        if not has_tokens(docs):
            return False
        outputs, backprop = self.model.begin_update(docs)
        found: Dict[str, float] = {}
        loss, d_outputs = self.get_loss(examples, outputs, found)
        for name, value in {self.name: loss, **found}.items():
            losses[name] = losses.get(name, 0.0) + share * value
        if d_outputs:
            backprop({name: share * gradient for name, gradient in d_outputs.items()})
        return bool(d_outputs)

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights.

        sgd (Optimizer): the optimizer. If it has a method `update_modules`, this is called first, with all torch
            modules. Thinc then updates all weights that still have a gradient. The optimizer may have a separate
            learning rate for heads.
        """
        heads = self.model.get_ref("heads")
        parts = list(find_modules(self.model))
        if hasattr(sgd, "update_modules"):
            sgd.update_modules(parts)
        else:
            for module, _ in parts:
                make_dense(module)
        for layer in self.model.layers:
            with use_heads_rate(sgd if layer is heads else None):
                layer.finish_update(sgd)

    def get_loss(
        self, examples: Iterable[Example], outputs: Outputs, losses: Optional[Dict[str, float]] = None
    ) -> Tuple[float, Outputs]:
        """Sum the weighted objectives.

        examples (Iterable[Example]): the batch.
        outputs (Outputs): (B, N, ...) tensors of the model for it.
        losses (Optional[Dict[str, float]]): where to add each objective's weighted loss.
        RETURNS (Tuple[float, Outputs]): the loss, and its gradient for each output that it depends on.
        RAISES: X001, X005 (data that do not fit), X008 (not a number, or infinite).
        """
        leaves = {name: value.detach().requires_grad_() for name, value in outputs.items()}
        terms = self._compute_terms(list(examples), leaves)
        for name, value in terms.items():
            if losses is not None:
                key = f"{self.name}_{name}"
                losses[key] = losses.get(key, 0.0) + float(value.detach())
        if not terms:
            return 0.0, {}
        total = torch.stack(list(terms.values())).sum()
        gradients = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
        found = {name: grad for name, grad in zip(leaves, gradients, strict=True) if grad is not None}
        return float(total.detach()), found

    def _compute_terms(self, examples: List[Example], outputs: Outputs) -> Dict[str, torch.Tensor]:
        return compute_terms(examples, outputs, self.objectives, self.labels, self.schemes)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[List[str]] = None,
        parts: Dict[str, Dict[str, Any]] = {},  # noqa: B006 - spaCy reads the default as the schema's
    ) -> None:
        """Find the labels, build the heads, initialize the encoders, take over parts of saved pipelines.

        get_examples (Callable): gives the training examples.
        nlp (Optional[Language]): the pipeline.
        labels (Optional[List[str]]): the labels; by default those of soft labels, else of the pipelines
            that parts come from, and then the examples' others, unless heads are taken over.
        parts (Dict[str, Dict[str, Any]]): what to take over; see `handover.read_sources`. Parts whose path is null
            are left as they are initialized.
        RAISES: X002, X022 (no labels), X006, X011, X013 (parts that can't be taken over).
        """
        validate_get_examples(get_examples, "CrossLingualNER.initialize")
        sources = read_sources(parts, self.name)
        if nlp is not None and self.name in nlp.component_names:
            fill_settings(nlp, self.name)
        # One pass over the corpus for labels, lengths and sample, and of it no more than the sample if these are known.
        examples = list(islice(get_examples(), 10 if labels and not list_relations(self.schemes) else None))
        soft = list_soft(self.objectives.values(), self.schemes)
        found = labels or find_labels(examples, sources, soft, self.schemes, self.name)
        self.set_sizes(ModelSizes(list(found), {}, find_longest(examples, self.model.attrs["heads"])))
        self.model.initialize(X=[eg.predicted for eg in examples[:10]])
        self.set_sizes(self.sizes)  # with the encoders' widths
        hand_over(self.model, sources, self.name, self.labels)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score the predictions; a stage without decoder is scored by its loss.

        examples (Iterable[Example]): the examples, predictions set.
        RETURNS (Dict[str, Any]): the scorer's scores; without decoder "{name}_dev_loss" (the mean over batches of
            whole groups, of the objectives on outputs given at prediction) and "{name}_score", 1 / (1 + loss),
            which grows as the loss falls; None if no objective applies.
        """
        examples = list(examples)
        warn_of_longer(self.model.attrs["heads"], self.longest, count_entity_tokens(examples))
        if self.decoder is None:
            return self._score_loss(examples)
        if self.scorer is None:
            return {}
        told = {"name": self.name, "schemes": self.schemes, "labels": self.labels}
        teachers = list_teachers(self.objectives.values(), self.decoder.outputs)
        return self.scorer(examples, **told, annotate=self.set_annotations, soft=teachers, **kwargs)

    def _score_loss(self, examples: List[Example], size: int = 64) -> Dict[str, Optional[float]]:
        values = []
        for batch in create_group_batcher(size)(eg for eg in examples if len(eg.predicted)):
            # As at prediction: without the dropout that transformers have in training whatever the rate.
            outputs = pad_predictions(self.predict([eg.predicted for eg in batch]))
            terms = self._compute_terms(batch, outputs)
            if terms:
                values.append(float(sum(terms.values())))
        if not values:
            return {f"{self.name}_dev_loss": None, f"{self.name}_score": None}
        loss = sum(values) / len(values)
        return {f"{self.name}_dev_loss": loss, f"{self.name}_score": 1 / (1 + loss)}

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "CrossLingualNER":
        """Load the component from bytes, the heads built for the labels in them.

        bytes_data (bytes): what `to_bytes` gave.
        exclude (Iterable[str]): "cfg", "model" or "vocab", left as they are; the heads, too, if "cfg" is among them.
        RETURNS (CrossLingualNER): itself.
        RAISES: X032 if weights are missing.
        """
        if "cfg" not in exclude:
            self._rebuild(srsly.json_loads(srsly.msgpack_loads(bytes_data)["cfg"]))
        super().from_bytes(bytes_data, exclude=list(exclude))
        check_weights(self.name, self.model, self.labels)
        return self

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "CrossLingualNER":
        """Load the component from a folder, the heads built for the labels in it.

        path (Union[str, Path]): where `to_disk` saved it.
        exclude (Iterable[str]): "cfg", "model" or "vocab", left as they are; the heads, too, if "cfg" is among them.
        RETURNS (CrossLingualNER): itself.
        RAISES: X032 if weights are missing.
        """
        if "cfg" not in exclude:
            self._rebuild(srsly.read_json(Path(path) / "cfg"))
        super().from_disk(path, exclude=list(exclude))
        check_weights(self.name, self.model, self.labels)
        return self

    def _rebuild(self, cfg: Dict[str, Any]) -> None:
        """Build the heads for the saved labels and widths, so that weights can be read into them."""
        self.cfg.update(cfg)
        self.set_sizes(ModelSizes(*(self.cfg[key] for key in ("labels", "widths", "longest"))))
        if self.labels:
            self.model.initialize()


def _receive(vocab: Vocab, sent: bytes) -> CrossLingualNER:
    model, settings, cfg = srsly.pickle_loads(sent)
    pipe = CrossLingualNER(vocab, model, **settings)
    pipe.cfg.update(cfg)
    return pipe
