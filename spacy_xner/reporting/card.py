"""Model cards: method, training data and scores of a pipeline, as Markdown and in `meta.json`."""

import html
import json
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

from jinja2 import Environment, StrictUndefined
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpora.store import find_corpora, read_docs
from ..files import hide_folders, hide_parents
from ..hub import read_encoder_card
from ..metadata import get_language, get_provenance
from .evaluate import get_name, list_labels

SCORES = ("precision", "recall", "f1", "interval", "entities")
PACKAGES = ("spacy", "spacy-xner", "thinc", "torch", "transformers", "spacy-transformers", "numpy")


class Corpus(NamedTuple):
    """The content of a corpus.

    name (str): its path, seen from the current folder; only the file's name if it lies elsewhere.
    languages (List[str]): the languages of its sentences.
    sentences, labelled, entities (int): the numbers of sentences, of sentences with annotation, and of entities.
    engines (Dict[str, str]): the engines that translated it, with their licences.
    """

    name: str
    languages: List[str]
    sentences: int
    labelled: int
    entities: int
    engines: Dict[str, str]


def describe_corpora(paths: Sequence[Path]) -> List[Corpus]:
    """Count the content of corpora.

    paths (Sequence[Path]): `.spacy` files, or folders of them.
    RETURNS (List[Corpus]): the content of each file.
    RAISES: X101, X110, X111 for missing, unreadable and empty files.
    """
    vocab = Vocab()
    return [_describe(file, read_docs(file, vocab)) for path in paths for file in find_corpora(path)]


def make_facts(
    nlp: Language,
    *,
    method: str,
    corpora: Sequence[Corpus],
    scores: Optional[Dict[str, Any]],
    command: str,
    licence: str,
) -> Dict[str, Any]:
    """Collect the facts of a card, for `meta.json`.

    nlp (Language): the pipeline.
    method (str): the training method.
    corpora (Sequence[Corpus]): the training data.
    scores (Optional[Dict[str, Any]]): the result of `evaluate`, with intervals.
    command (str): the command that trains it.
    licence (str): the licence of the pipeline.
    RETURNS (Dict[str, Any]): fields of `meta.json`: spaCy's own, and "xner" for the rest.
    """
    languages = sorted({language for corpus in corpora for language in corpus.languages if language})
    engines = {name: kind for corpus in corpora for name, kind in corpus.engines.items()}
    found = (scores or {}).get("languages", {})
    measured = {
        language: {"interval": [], **{key: row[key] for key in SCORES if key in row}}
        for language, row in found.items()
    }
    description = (
        f"Cross-lingual named entity recognition by {method}" if method else nlp.meta.get("description", "")
    )
    return {
        "description": description,
        "license": licence or nlp.meta.get("license", ""),
        "sources": [{"name": corpus.name} for corpus in corpora] or nlp.meta.get("sources"),
        "performance": {
            **nlp.meta.get("performance", {}),
            **{f"ents_f_{language}": row["f1"] for language, row in measured.items()},
        },
        "xner": {
            "method": method,
            "languages": languages,
            "encoders": list_encoders(nlp),
            "encoder_licences": _find_licences(nlp),
            "corpora": [corpus._asdict() for corpus in corpora],
            "engines": engines,
            "scores": measured,
            "unseen": (scores or {}).get("unseen") or [],
            "types": (scores or {}).get("labels") or [],
            "command": hide_folders(command, is_command=True),
            "settings": _find_settings(nlp),
            "versions": _find_versions(),
        },
    }


def render_card(nlp: Language, facts: Dict[str, Any]) -> str:
    """Write the card.

    nlp (Language): the pipeline.
    facts (Dict[str, Any]): the facts from `make_facts`.
    RETURNS (str): Markdown, with a header that the hub reads; texts from data are escaped.
    """
    head = {
        "language": facts["xner"]["languages"] or [nlp.lang],
        "library_name": "spacy",
        "pipeline_tag": "token-classification",
        "tags": ["spacy", "token-classification", "named-entity-recognition", "cross-lingual"],
        **({"license": facts["license"]} if facts["license"] else {}),
        **({"model-index": _index_scores(get_name(nlp), facts["xner"])} if facts["xner"]["scores"] else {}),
    }
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    environment.filters.update(cell=_escape, share=lambda score: f"{100 * score:.1f}")
    return environment.from_string(
        (files(__package__) / "templates" / "card.md").read_text(encoding="utf8")
    ).render(
        # JSON is valid YAML, and avoids words with a special meaning in YAML, such as the language "no".
        head="".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items()),
        name=get_name(nlp),
        facts=facts,
        own=facts["xner"],
        labels=list_labels(nlp),
    )


def list_encoders(nlp: Language) -> List[str]:
    """List the encoders that a pipeline started from.

    nlp (Language): the pipeline.
    RETURNS (List[str]): their names, each once: of a folder that `spacy xner encoder` made what it was made from, of
        another folder its name, without where it lies on this machine.
    """
    told = nlp.meta.get("xner", {}).get("encoders")  # what its card says: the folder may be elsewhere
    names = map(hide_folders, told) if told else map(_name_encoder, _find_encoders(nlp))
    return list(dict.fromkeys(names))


def _name_encoder(name: str) -> str:
    facts = read_encoder_card(name)
    return facts.get("base") or hide_folders(facts.get("source") or name)


def _find_licences(nlp: Language) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): the licences of encoders, as far as they are known."""
    found = {_name_encoder(name): read_encoder_card(name).get("licence") for name in _find_encoders(nlp)}
    return {
        **nlp.meta.get("xner", {}).get("encoder_licences", {}),
        **{name: licence for name, licence in found.items() if licence},
    }


def _find_settings(nlp: Language) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): the block [vars] of the training that made the pipeline, as JSON."""
    return {
        key: json.dumps(hide_folders(value) if isinstance(value, str) else value, ensure_ascii=False)
        for key, value in nlp.config.interpolate().get("vars", {}).items()
    }


def _index_scores(name: str, own: Dict[str, Any]) -> List[Dict[str, Any]]:
    """RETURNS (List[Dict[str, Any]]): the scores in the form in which the hub reads them."""
    kinds = {"precision": "Precision", "recall": "Recall", "f1": "F Score"}
    results = [
        {
            "task": {"type": "token-classification", "name": "NER"},
            "dataset": {"type": "test", "name": f"test text, {language}"},
            "metrics": [
                {
                    "type": "f_score" if key == "f1" else key,
                    "name": f"NER {title}",
                    "value": round(row[key], 4),
                }
                for key, title in kinds.items()
            ],
        }
        for language, row in own["scores"].items()
    ]
    return [{"name": name, "results": results}]


def _describe(file: Path, docs: Iterable[Doc]) -> Corpus:
    languages: Dict[str, None] = {}
    engines: Dict[str, str] = {}
    n_docs = n_labelled = n_entities = 0
    for doc in docs:
        n_docs += 1
        n_labelled += doc.has_annotation("ENT_IOB")
        n_entities += len(doc.ents)
        languages[get_language(doc)] = None
        # Corpora of before have the paths of memories and models in the names of engines.
        found = get_provenance(doc).get("engines", {})
        engines.update((hide_folders(name), licence) for name, licence in found.items())
    return Corpus(
        hide_parents(file), sorted(filter(None, languages)), n_docs, n_labelled, n_entities, engines
    )


def _find_encoders(nlp: Language) -> List[str]:
    """RETURNS (List[str]): the names of the encoders in the config, each once."""
    names: Dict[str, None] = {}

    def look(block: Any) -> None:
        if isinstance(block, dict):
            if block.get("@architectures") == "spacy-xner.Encoder.v1":
                names[str(block.get("name"))] = None
            for value in block.values():
                look(value)

    look(nlp.config.interpolate()["components"])
    return list(names)


def _find_versions() -> Dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # an optional one, or a checkout on the path
            continue
    return found


def _escape(text: str) -> str:
    """RETURNS (str): text that is safe in a Markdown table."""
    flat = " ".join(html.escape(str(text), quote=False).split())
    return "".join(f"\\{character}" if character in "\\|`*[]" else character for character in flat)
