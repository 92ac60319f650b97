#!/usr/bin/env bash
# Pack this package and what it needs for a Linux machine (x86-64) with Python 3.12, PyTorch, CuPy, SciPy, scikit-learn,
# jinja2, tqdm, safetensors, httpx and requests, but without a package index.
# Usage, in this project's environment: benchmarks/pack_site.sh OUT.tar.xz; unpack it there, with the folder on PYTHONPATH
set -euo pipefail
out=$(realpath -m "${1:?usage: pack_site.sh OUT.tar.xz}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tags=()
for n in 2_28 2_27 2_24 2_17; do tags+=(--platform "manylinux_${n}_x86_64"); done
tags+=(--platform manylinux2014_x86_64 --platform manylinux1_x86_64)
# What spaCy and transformers need and such a machine lacks, in the versions of the environment that runs this.
python -m pip freeze --exclude-editable | grep == > "$work/versions.txt"
python -m pip install -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp "${tags[@]}" \
    --target "$work/site" -c "$work/versions.txt" \
    spacy spacy-transformers spacy-alignments spacy-legacy spacy-loggers thinc blis cymem murmurhash preshed catalogue \
    confection srsly wasabi weasel cloudpathlib smart-open pydantic pydantic-core annotated-types typing-inspection \
    transformers tokenizers huggingface-hub filelock typer click hypothesis sortedcontainers markdown-it-py mdurl \
    pytest pluggy iniconfig
rm -rf "$root/build/lib"  # may hold modules that are no more
python -m pip install -q --no-deps --target "$work/site" -c "$work/versions.txt" seqeval "$root"
rm -rf "$work"/site/spacy/tests "$work"/site/thinc/tests
find "$work/site" \( -name '*.cpp' -o -name '*.c' -o -name '*.pyx' -o -name '*.h' \) -delete
find "$work/site" -name __pycache__ -prune -exec rm -rf {} +
tar cJf "$out" -C "$work/site" .
ls -l "$out"
