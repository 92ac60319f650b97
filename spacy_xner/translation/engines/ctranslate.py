"""Translation with CTranslate2, which runs sequence-to-sequence models faster on a CPU."""

from typing import Any, List, Literal, Optional

from ...errors import Errors, XnerError, explain, tell_install
from ..types import MakeTranslator, Translator
from .batches import BatchTranslator, Codec
from .families import find_direction, load_tokenizer
from .origins import describe_origin, find_licence


def create_ctranslate2_translator(
    model: str,
    tokenizer: Optional[str] = None,
    marks: Literal["brackets", "slots", "none"] = "slots",
    beams: int = 4,
    max_length: int = 256,
    batch_tokens: int = 2048,
    compute_type: str = "int8",
    device: Optional[str] = None,
) -> MakeTranslator:
    """Create the engine `spacy-xner.CTranslate2Translator.v1`.

    model (str): a folder with a model made by `ct2-transformers-converter`.
    tokenizer (Optional[str]): a Hugging Face name or a folder with the tokenizer of the converted model; None: the
        folder of the model.
    marks (str): how spans are marked in the text: "slots" (with numbers), "brackets", or "none".
    beams (int): number of beams.
    max_length (int): most tokens of a translation; longer ones are left out.
    batch_tokens (int): most tokens of a batch of source texts, padding included.
    compute_type (str): the type in which CTranslate2 computes, for example "int8" or "float32".
    device (Optional[str]): the device, for example "cuda:0"; None: the GPU if spaCy uses one, else the CPU.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X206 without the package ctranslate2, X207 if the model can't be loaded, X208 if it lacks a language;
        all when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return CTranslate2Translator(
            model, tokenizer, (source, target), marks, beams, max_length, batch_tokens, compute_type, device
        )

    return make_translator


class CTranslate2Translator(BatchTranslator):
    """Translates with CTranslate2. For the other arguments see `create_ctranslate2_translator`.

    languages (Tuple[str, str]): codes of source and target.
    """

    def __init__(
        self,
        model: str,
        tokenizer: Optional[str],
        languages: "tuple[str, str]",
        marks: str,
        beams: int,
        max_length: int,
        batch_tokens: int,
        compute_type: str,
        device: Optional[str],
    ) -> None:
        self.engine = load_ctranslate(model, compute_type, device)
        loaded = load_tokenizer(tokenizer or model)
        direction = find_direction(model, loaded, *languages)
        self.codec = Codec(loaded, direction, marks, loaded.model_max_length)
        self.first = direction.first
        self.beams = beams
        self.max_length = max_length
        self.batch_tokens = batch_tokens
        self.licence = find_licence(model)
        if self.licence == "unknown" and tokenizer:
            self.licence = find_licence(tokenizer)
        described = describe_origin(model) + (f"+{describe_origin(tokenizer)}" if tokenizer else "")
        settings = f"marks={marks}:beams={beams}:max_length={max_length}:{compute_type}"
        self.name = f"ctranslate2:{described}:{settings}"

    def generate(self, batch: List[List[int]]) -> List[Optional[List[int]]]:
        """Translate a batch by beam search.

        batch (List[List[int]]): ids of each source text, of similar length.
        RETURNS (List[Optional[List[int]]]): the ids of the translations, None for a truncated one.
        """
        tokenizer = self.codec.tokenizer
        results = self.engine.translate_batch(
            [tokenizer.convert_ids_to_tokens(ids) for ids in batch],
            target_prefix=[[self.first]] * len(batch) if self.first else None,
            beam_size=self.beams,
            max_decoding_length=self.max_length,
            max_input_length=0,  # else it would cut a long source silently
            return_end_token=True,
        )
        return [self._finish(result.hypotheses[0]) for result in results]

    def _finish(self, tokens: List[str]) -> Optional[List[int]]:
        """RETURNS (Optional[List[int]]): the ids up to the end token, None if the translation was truncated."""
        tokenizer = self.codec.tokenizer
        if not tokens or tokens[-1] != tokenizer.eos_token:
            return None
        return tokenizer.convert_tokens_to_ids(tokens[:-1])


def load_ctranslate(name: str, compute_type: str, device: Optional[str]) -> Any:
    """Load a converted model.

    name (str): the folder.
    compute_type (str): the type in which CTranslate2 computes.
    device (Optional[str]): "cpu", "cuda" or "cuda:1"; None: the GPU if spaCy uses one, else the CPU.
    RETURNS (ctranslate2.Translator): the model.
    RAISES: X206 without the package ctranslate2, X207 if the model can't be loaded.
    """
    try:
        import ctranslate2
    except ImportError as error:
        need = {"engine": "ctranslate2", "what": "the package ctranslate2"}
        raise XnerError(Errors.X206.format(**need, command=tell_install("ctranslate2"))) from error
    if device is None:
        from thinc.util import get_torch_default_device

        device = str(get_torch_default_device())
    kind, _, index = device.partition(":")
    try:
        return ctranslate2.Translator(
            name, device=kind, device_index=int(index or 0), compute_type=compute_type
        )
    except (RuntimeError, ValueError) as error:
        raise XnerError(Errors.X207.format(name=name, reason=explain(error))) from error
