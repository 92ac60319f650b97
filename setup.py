from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (ROOT / "spacy_xner" / "__init__.py").read_text(encoding="utf8").splitlines()
    if line.startswith("__version__")
)

setup(
    name="spacy-xner",
    version=VERSION,
    description="Zero-shot cross-lingual named entity recognition for spaCy",
    long_description=(ROOT / "README.md").read_text(encoding="utf8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["spacy_xner", "spacy_xner.*"]),
    package_data={"spacy_xner": ["py.typed", "components/presets/*.cfg", "reporting/templates/*"]},
    python_requires=">=3.10,<3.15",
    install_requires=[
        "spacy>=3.8.0,<3.9.0",
        "spacy-transformers>=1.3.8,<2.1.0",
        "thinc>=8.3.0,<8.4.0",
        # Since 2.6 reading weights runs no code that is in them.
        "torch>=2.6.0",
        "safetensors>=0.4.3",
        # Which sees that a file it locked was removed meanwhile.
        "filelock>=3.30",
        "transformers>=4.45.0,<4.53.3",
        "numpy>=1.26.0,<3.0.0",
        "typer>=0.9.0",
        "srsly>=2.4.0,<3.0.0",
        "scipy>=1.15.0,<2.0.0",
        # Names with endings and in other scripts, `translate --match`.
        "anyascii>=0.3.2,<0.4.0",
        "rapidfuzz>=3.9.0,<4.0.0",
        "wasabi>=1.1.0,<1.2.0",
        "seqeval>=1.2.2",
        "jinja2>=3.0",
        "tqdm>=4.38",
        "packaging>=20.0",
        "huggingface_hub>=0.23",
    ],
    extras_require={
        "cuda12x": ["cupy-cuda12x>=13.0"],
        # Tokenizers of most translation models: spacy-xner.Seq2SeqTranslator.v1.
        "seq2seq": ["sentencepiece>=0.2.0"],
        "eflomal": ["eflomal>=2.0"],
        # The language check of `spacy xner project`, and `spacy xner vectors`.
        "langid": ["py3langid>=0.3"],
        "vectors": ["floret>=0.10.5"],
        # BLEU of translators: `spacy xner evaluate-translator`, and the curve of `train-translator`.
        "bleu": ["sacrebleu>=2.4,<3.0"],
        "ctranslate2": ["ctranslate2>=4.0", "sentencepiece>=0.2.0"],
        # The models of Firefox Translations.
        "firefox": ["fxtranslate>=0.5.0,<0.6.0"],
        # Clients of services that translate; those of Google and LibreTranslate need none.
        # Its version 2.0 no longer lets one set the retries of all clients, as spacy-xner does.
        "deepl": ["deepl>=1.22,<2.0"],
        "azure": ["azure-ai-translation-text>=2.0,<3.0"],
        "chat": ["openai>=2.0,<4.0", "py3langid>=0.3"],
        # Parquet files in `spacy xner apply` and `teach`; and their option --ray.
        "parquet": ["pyarrow>=14.0"],
        "ray": ["ray[data]>=2.40"],
        # `spacy xner serve`.
        "serve": ["fastapi>=0.110", "uvicorn>=0.30,<1.0", "h11>=0.14", "prometheus-client>=0.20"],
        # `spacy xner report`, and the plots of benchmarks/pages/plots.py.
        "report": ["matplotlib>=3.8", "scikit-learn>=1.3"],
        "test": [
            "matplotlib>=3.8",
            "sentencepiece>=0.2.0",
            "py3langid>=0.3",
            "floret>=0.10.5",
            "bandit[toml]>=1.8",
            "pytest>=9.0",
            "hypothesis>=6.100",
            # Reads the pages whose commands tests run.
            "markdown-it-py>=3.0",
            "ruff>=0.6",
            "mypy>=1.10",
        ],
    },
    entry_points={
        "spacy_cli": ["xner = spacy_xner.cli:app"],
        "spacy_factories": [
            "xner = spacy_xner.components.factories:make_xner",
            "xner_concner = spacy_xner.components.factories:make_xner",
            "xner_crop = spacy_xner.components.factories:make_xner",
            "xner_decomposed = spacy_xner.components.factories:make_xner",
            "xner_dlbri = spacy_xner.components.factories:make_xner",
            "xner_dlbri_bridge = spacy_xner.components.factories:make_xner",
            "xner_dlbri_students = spacy_xner.components.factories:make_xner",
            "xner_dlbri_teachers = spacy_xner.components.factories:make_xner",
            "xner_dualner = spacy_xner.components.factories:make_xner",
            "xner_dualner_student = spacy_xner.components.factories:make_xner",
            "xner_ensemble = spacy_xner.components.factories:make_xner",
            "xner_mcl = spacy_xner.components.factories:make_xner",
            "xner_mcl_selftrain = spacy_xner.components.factories:make_xner",
            "xner_tagger = spacy_xner.components.factories:make_xner",
        ],
        "spacy_tokenizers": [
            "spacy-xner.MixedScriptTokenizer.v1 = spacy_xner.tokenizer:create_mixed_script_tokenizer",
        ],
        "spacy_architectures": [
            "spacy-xner.BoundaryScorer.v1 = spacy_xner.architectures.heads:build_boundary_scorer",
            "spacy-xner.CrossLingualModel.v1 = spacy_xner.architectures.model:build_model",
            "spacy-xner.Encoder.v1 = spacy_xner.architectures.encoder:build_encoder",
            "spacy-xner.SubtaskInteraction.v1 = spacy_xner.architectures.heads:build_subtask_interaction",
            "spacy-xner.TaggerModel.v1 = spacy_xner.architectures.model:build_tagger",
            "spacy-xner.TokenPairRelation.v1 = spacy_xner.architectures.heads:build_token_pair_relation",
            "spacy-xner.TokenClassifier.v1 = spacy_xner.architectures.heads:build_token_classifier",
            "spacy-xner.TokenRepresentation.v1 = spacy_xner.architectures.heads:build_token_representation",
        ],
        "spacy_misc": [
            "spacy-xner.ApertiumTranslator.v1 = "
            "spacy_xner.translation.engines.apertium:create_apertium_translator",
            "spacy-xner.AzureTranslator.v1 = spacy_xner.translation.engines.azure:create_azure_translator",
            "spacy-xner.BoundaryConsistency.v1 = "
            "spacy_xner.objectives.boundary_consistency:create_boundary_consistency",
            "spacy-xner.BoundaryDecoder.v1 = spacy_xner.decoding.boundaries:create_boundary_decoder",
            "spacy-xner.BridgingContrast.v1 = spacy_xner.objectives.bridging:create_bridging_contrast",
            "spacy-xner.ChatTranslator.v1 = spacy_xner.translation.engines.chat:create_chat_translator",
            "spacy-xner.CrossEntropy.v1 = spacy_xner.objectives.cross_entropy:create_cross_entropy",
            "spacy-xner.CTranslate2Translator.v1 = "
            "spacy_xner.translation.engines.ctranslate:create_ctranslate2_translator",
            "spacy-xner.DeepLTranslator.v1 = spacy_xner.translation.engines.deepl:create_deepl_translator",
            "spacy-xner.Distillation.v1 = spacy_xner.objectives.distillation:create_distillation",
            "spacy-xner.DualTeaching.v1 = spacy_xner.objectives.dual_teaching:create_dual_teaching",
            "spacy-xner.EflomalAligner.v1 = spacy_xner.translation.aligners.eflomal:create_eflomal_aligner",
            "spacy-xner.EntityRegularization.v1 = "
            "spacy_xner.objectives.entity_regularization:create_entity_regularization",
            "spacy-xner.ExtractSpan.v1 = spacy_xner.objectives.transformations:create_extract_span",
            "spacy-xner.FirefoxTranslator.v1 = "
            "spacy_xner.translation.engines.firefox:create_firefox_translator",
            "spacy-xner.GivenAligner.v1 = spacy_xner.translation.aligners.given:create_given_aligner",
            "spacy-xner.GoogleTranslator.v1 = spacy_xner.translation.engines.google:create_google_translator",
            "spacy-xner.HighConfidence.v1 = spacy_xner.objectives.co_matching:create_high_confidence",
            "spacy-xner.LabelContrast.v1 = spacy_xner.objectives.label_contrast:create_label_contrast",
            "spacy-xner.LexiconTranslator.v1 = "
            "spacy_xner.translation.engines.lexicon:create_lexicon_translator",
            "spacy-xner.LibreTranslator.v1 = spacy_xner.translation.engines.libre:create_libre_translator",
            "spacy-xner.LowConfidence.v1 = spacy_xner.objectives.co_matching:create_low_confidence",
            "spacy-xner.MemoryTranslator.v1 = spacy_xner.translation.engines.memory:create_memory_translator",
            "spacy-xner.PretrainedEncoder.v1 = spacy_xner.encoders.source:load_encoder",
            "spacy-xner.RelationContrast.v1 = "
            "spacy_xner.objectives.relation_contrast:create_relation_contrast",
            "spacy-xner.RelationDecoder.v1 = spacy_xner.decoding.relations:create_relation_decoder",
            "spacy-xner.SemanticContrast.v1 = "
            "spacy_xner.objectives.semantic_contrast:create_semantic_contrast",
            "spacy-xner.Seq2SeqTranslator.v1 = "
            "spacy_xner.translation.engines.seq2seq:create_seq2seq_translator",
            "spacy-xner.Sequential.v1 = spacy_xner.objectives.transformations:create_sequential",
            "spacy-xner.SimilarityAligner.v1 = "
            "spacy_xner.translation.aligners.similarity:create_similarity_aligner",
            "spacy-xner.SquaredError.v1 = spacy_xner.objectives.squared_error:create_squared_error",
            "spacy-xner.SubtaskDecoder.v1 = spacy_xner.decoding.subtasks:create_subtask_decoder",
            "spacy-xner.TagDecoder.v1 = spacy_xner.decoding.tags:create_tag_decoder",
            "spacy-xner.TranslationContrast.v1 = "
            "spacy_xner.objectives.translation_contrast:create_translation_contrast",
        ],
        "spacy_readers": [
            "spacy-xner.Corpus.v1 = spacy_xner.corpora.reader:create_corpus_reader",
            "spacy-xner.MixedCorpus.v1 = spacy_xner.corpora.reader:create_mixed_reader",
        ],
        "spacy_augmenters": [
            "spacy-xner.mention_replacement.v1 = spacy_xner.corpora.augment:create_mention_replacement",
        ],
        "spacy_callbacks": [
            "spacy-xner.log_scores.v1 = spacy_xner.teaching.score_log:create_score_log",
            "spacy-xner.replace_teacher.v1 = spacy_xner.teaching.replace_teacher:create_teacher_replacement",
        ],
        "spacy_loggers": [
            "spacy-xner.TrainingLogger.v1 = spacy_xner.reporting.logger:create_training_logger",
        ],
        "spacy_batchers": [
            "spacy-xner.batch_by_groups.v1 = spacy_xner.corpora.batcher:create_group_batcher",
        ],
        "thinc_optimizers": [
            "spacy-xner.AdamW.v1 = spacy_xner.training.adamw:create_adamw",
            "spacy-xner.HeadsAdam.v1 = spacy_xner.training.optimizers:create_heads_adam",
        ],
        "thinc_schedules": [
            "spacy-xner.by_encoder.v1 = spacy_xner.training.schedules:by_encoder",
            "spacy-xner.linear.v1 = spacy_xner.training.schedules:linear",
        ],
        "spacy_scorers": [
            "spacy-xner.scorer.v1 = spacy_xner.evaluation.scorer:create_scorer",
            "spacy-xner.agreement_scorer.v1 = spacy_xner.evaluation.agreement:create_agreement_scorer",
            "spacy-xner.macro_scorer.v1 = spacy_xner.evaluation.macro:create_macro_scorer",
        ],
    },
    classifiers=[
        "License :: OSI Approved :: MIT License",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
