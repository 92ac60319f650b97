"""The encoder: from documents to one vector per token. Importing this module does not import transformers."""

from typing import Any, Callable, Dict, List, Literal, Optional, Tuple

from spacy.ml.models.tok2vec import MaxoutWindowEncoder, MultiHashEmbed, build_Tok2Vec_model
from spacy.tokens import Doc
from spacy.util import SimpleFrozenDict
from thinc.api import Model
from thinc.types import Floats2d

from ..hub import is_hash

InT = List[Doc]
OutT = List[Floats2d]


def build_encoder(
    name: str,
    *,
    width: int = 96,
    depth: int = 4,
    rows: int = 5000,
    static_vectors: bool = False,
    window: int = 128,
    overlap: int = 32,
    batch_wordpieces: int = 4096,
    freeze_embeddings: bool = False,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
    pooling: Literal["first", "mean"] = "first",
    kind: Literal["auto", "hash", "transformer"] = "auto",
    compile: bool = False,
    store: Literal["float32", "float16"] = "float32",
    transformer_config: Dict[str, Any] = SimpleFrozenDict(),
    tokenizer_config: Dict[str, Any] = SimpleFrozenDict(),
) -> Model[InT, OutT]:
    """Build an encoder: spaCy's CNN over hashed subword features, or a Hugging Face transformer.

    The output has one row per token.

    name (str): 'hash' for the CNN, or a Hugging Face name or a local folder. A folder may also stand for the CNN
        (`spacy xner encoder hash FOLDER`).
    width (int): output width of the CNN. A transformer has its own width.
    depth (int): number of layers of the CNN.
    rows (int): rows of the CNN's table of norms; the tables of prefixes, suffixes and shapes have half as many.
    static_vectors (bool): whether the CNN also reads the static vectors of the vocabulary.
    window (int): most word pieces that the transformer reads at once, special tokens included. It is lowered to the
        transformer's own limit.
    overlap (int): word pieces that neighbouring windows of a document share, at most half of the window.
    batch_wordpieces (int): most word pieces in a forward pass of the transformer, padding included; at most 1024 on a
        CPU.
    freeze_embeddings (bool): whether to exclude the transformer's word piece embeddings from training.
    precision (Literal["auto", "float32", "bfloat16"]): what the transformer computes in. "auto" is bfloat16 where the
        processor computes it natively (AMX, AVX-512 BF16, most GPUs), else float32. Weights are float32 in training.
    pooling (Literal["first", "mean"]): whether a token's vector is the vector of its first word piece or the mean of
        all its word pieces.
    kind (Literal["auto", "hash", "transformer"]): what `name` stands for. "auto" looks into the folder of that name, if
        there is one. A saved pipeline tells it, since another encoder may lie there when the pipeline is loaded.
    compile (bool): whether to compile the transformer with `torch.compile` when it first runs, which takes up to a
        minute.
    store (Literal["float32", "float16"]): the format in which the transformer's weights are saved. float16 halves the
        size; the weights are converted to float32 when they are loaded.
    transformer_config (Dict[str, Any]): settings that replace those of the transformer's `config.json`.
    tokenizer_config (Dict[str, Any]): settings for its tokenizer.
    RETURNS (Model): from n tokens to an (n, nO) array for each document.
    RAISES: X037 if a setting asks for code that comes with the model, X306 if the sizes don't fit; on initialization
        X009 and X010 if the transformer can't be loaded; X033 when it runs, if the processor has no bfloat16 and
        `precision` asks for it.
    """
    if is_hash(name, kind):
        return skip_empty(
            build_Tok2Vec_model(
                MultiHashEmbed(
                    width=width,
                    attrs=["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                    rows=[rows, rows // 2, rows // 2, rows // 2],
                    include_static_vectors=static_vectors,
                ),
                MaxoutWindowEncoder(width=width, depth=depth, window_size=1, maxout_pieces=3),
            )
        )
    from .transformer import EncoderSettings, build_transformer  # transformers takes seconds to import

    settings = EncoderSettings(
        window, overlap, batch_wordpieces, freeze_embeddings, precision, pooling, compile
    )
    return build_transformer(name, settings, store, transformer_config, tokenizer_config)


def skip_empty(layer: Model[InT, OutT]) -> Model[InT, OutT]:
    """Skip a layer if the documents have no tokens: spaCy's CNN can't be trained on an empty batch.

    layer (Model): from n tokens to an (n, nO) array for each document; nO must be set.
    RETURNS (Model): the wrapped layer, with the same inputs and outputs.
    """
    return Model(
        "skip_empty",
        _forward,
        init=_init,
        layers=[layer],
        refs={"tok2vec": layer},
        dims={"nO": layer.get_dim("nO")},
    )


def _init(model: Model[InT, OutT], X: Optional[InT] = None, Y: Optional[OutT] = None) -> None:
    model.layers[0].initialize(X=X, Y=Y)


def _forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> Tuple[OutT, Callable[[OutT], InT]]:
    if any(len(doc) for doc in docs):
        return model.layers[0](docs, is_train)
    return [model.ops.alloc2f(0, model.get_dim("nO")) for _ in docs], lambda dYs: []
