"""Translation with a sequence-to-sequence model of `transformers`: M2M100, NLLB, mBART-50, MADLAD-400, OPUS-MT."""

from typing import Any, List, Literal, Optional

from ...errors import Errors, XnerError
from ...hub import HubLoader, find_commit, find_model
from ..types import MakeTranslator, Translator
from .batches import BatchTranslator, Codec
from .families import find_cause, find_direction, load_tokenizer
from .origins import describe_origin, find_licence

Marks = Literal["brackets", "slots", "none"]
Precision = Literal["float32", "float16", "bfloat16"]


def create_seq2seq_translator(
    model: str,
    marks: Marks = "slots",
    beams: int = 4,
    max_length: int = 256,
    batch_tokens: int = 2048,
    precision: Precision = "float32",
    device: Optional[str] = None,
) -> MakeTranslator:
    """Create the engine `spacy-xner.Seq2SeqTranslator.v1`.

    model (str): a Hugging Face name, or a local folder with the model and its tokenizer.
    marks (str): how spans are marked in the text: "slots" (with numbers), "brackets", or "none".
    beams (int): number of beams.
    max_length (int): most tokens of a translation; longer ones are left out.
    batch_tokens (int): most tokens of a batch of source texts, padding included.
    precision (str): the precision of the weights.
    device (Optional[str]): the device, for example "cuda:0"; None: the GPU if spaCy uses one, else the CPU.
    RETURNS (MakeTranslator): makes the translator for two languages.
    RAISES: X207 if the model can't be loaded, X208 if it lacks a language; both when a translator is made.
    """

    def make_translator(source: str, target: str) -> Translator:
        return Seq2SeqTranslator(
            model, (source, target), marks, beams, max_length, batch_tokens, precision, device
        )

    return make_translator


class Seq2SeqTranslator(BatchTranslator):
    """Translates with `generate` of a model of `transformers`. For the other arguments see `create_seq2seq_translator`.

    languages (Tuple[str, str]): codes of source and target.
    """

    def __init__(
        self,
        model: str,
        languages: "tuple[str, str]",
        marks: Marks,
        beams: int,
        max_length: int,
        batch_tokens: int,
        precision: Precision,
        device: Optional[str],
    ) -> None:
        import torch
        from thinc.util import get_torch_default_device

        tokenizer = load_tokenizer(model)
        direction = find_direction(model, tokenizer, *languages)
        self.device = torch.device(device) if device else get_torch_default_device()
        self.model = load_model(model).to(device=self.device, dtype=getattr(torch, precision)).eval()
        config = self.model.config
        positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
        self.codec = Codec(tokenizer, direction, marks, min(positions, tokenizer.model_max_length))
        # The first position is taken by the decoder's start token.
        self.max_length = min(max_length, positions - 1)
        self.batch_tokens = batch_tokens
        self.beams = beams
        self.first = tokenizer.convert_tokens_to_ids(direction.first) if direction.first else None
        self.licence = find_licence(model)
        described = describe_origin(model, find_commit(config) or "")
        settings = f"marks={marks}:beams={beams}:max_length={max_length}:{precision}"
        self.name = f"seq2seq:{described}:{settings}"

    def generate(self, batch: List[List[int]]) -> List[Optional[List[int]]]:
        """Translate a batch by beam search.

        batch (List[List[int]]): ids of each source text, of similar length.
        RETURNS (List[Optional[List[int]]]): the ids of the translations, None for a truncated one.
        """
        import torch

        width = max(map(len, batch))
        pad = self.codec.tokenizer.pad_token_id
        # (B, N) for the batch, (B, M) for the translations, which begin with the decoder's start token.
        input_ids = torch.tensor([ids + [pad] * (width - len(ids)) for ids in batch], device=self.device)
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in batch], device=self.device)
        with torch.inference_mode():
            generated = self.model.generate(
                input_ids=input_ids,
                attention_mask=mask,
                num_beams=self.beams,
                do_sample=False,
                max_new_tokens=self.max_length,
                forced_bos_token_id=self.first,
            )
        return [self._finish(ids) for ids in generated[:, 1:].tolist()]

    def _finish(self, ids: List[int]) -> Optional[List[int]]:
        """RETURNS (Optional[List[int]]): the ids up to the end token, None if the translation was truncated."""
        end = self.codec.tokenizer.eos_token_id
        # Some models force the end token at the limit.
        return ids[: ids.index(end)] if end in ids[: self.max_length - 1] else None


def load_model(name: str) -> Any:
    """Load a sequence-to-sequence model.

    name (str): a Hugging Face name or a local folder.
    RETURNS (PreTrainedModel): the model, on the CPU.
    RAISES: X207 if it can't be loaded.
    """
    from transformers import AutoModelForSeq2SeqLM

    try:
        return HubLoader(AutoModelForSeq2SeqLM).from_pretrained(find_model(name))
    except Exception as error:  # transformers, safetensors and the network each raise their own
        raise XnerError(Errors.X207.format(name=name, reason=find_cause(name, error))) from error
