"""The encoder: documents in, one vector for each token out. Importing this doesn't import transformers."""

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
    compile: bool = False,
    store: Literal["float32", "float16"] = "float32",
    transformer_config: Dict[str, Any] = SimpleFrozenDict(),
    tokenizer_config: Dict[str, Any] = SimpleFrozenDict(),
) -> Model[InT, OutT]:
    """Build an encoder: spaCy's CNN over hashed subword features, or a transformer of Hugging Face. The
    output has one row per token.

    name (str): 'hash' for the CNN, or a Hugging Face name or a local folder, which may stand for the CNN (`spacy xner
        encoder hash FOLDER`).
    width (int): output width of the CNN. A transformer has its own.
    depth (int): layers of the CNN.
    rows (int): rows of the CNN's table of norms; those of prefixes, suffixes and shapes have half as many.
    static_vectors (bool): whether the CNN also reads the static vectors of the vocabulary.
    window (int): a transformer reads at most this many word pieces at once, special tokens included. It is
        lowered to what the transformer can read.
    overlap (int): word pieces that neighbouring windows of a document share, at most half of the window.
    batch_wordpieces (int): most word pieces in a forward pass of the transformer, padding included; on a CPU not more
        than 1024.
    freeze_embeddings (bool): whether the transformer's table of word pieces stays as it is.
    precision (Literal["auto", "float32", "bfloat16"]): what the transformer computes in. "auto" is bfloat16 where the
        processor computes it natively (AMX, AVX-512 BF16, most GPUs), else float32. Weights are float32 in training.
    pooling (Literal["first", "mean"]): whether a token's vector is that of its first word piece or the mean of all.
    compile (bool): whether `torch.compile` translates the transformer when it first runs, which takes up to a minute.
    store (Literal["float32", "float16"]): how the transformer's weights are saved. Half the numbers take half the room,
        and are float32 again when they are loaded.
    transformer_config (Dict[str, Any]): settings that replace those of the transformer's `config.json`.
    tokenizer_config (Dict[str, Any]): settings for its tokenizer.
    RETURNS (Model): from n tokens to an (n, nO) array for each document.
    RAISES: X306 if the sizes don't fit; on initialization X009 and X010 if the transformer can't be loaded; X033
        when it runs, if the processor has no bfloat16 and `precision` asks for it.
    """
    if is_hash(name):
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
    """Pass documents on only if there is a token among them: spaCy's CNN can't be trained on none.

    layer (Model): from n tokens to an (n, nO) array for each document; nO must be set.
    RETURNS (Model): the same.
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
