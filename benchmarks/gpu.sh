#!/usr/bin/env bash
# What only a GPU can tell. Trains nothing of use: encoders have the sizes of mBERT and XLM-R and random weights.
# Usage: benchmarks/gpu.sh DATA OUT [STEP ...]
#   DATA  folder with conll/en/test.iob[.gz], see docs/benchmarks.md
#   OUT   gets logs, JSON, and the table of all that is there, which is printed last
#   STEP  tests    the tests that need a GPU
#         mcl      what MCL-NER's stages cost, in batches of 32; its workflow up to the first one with the first encoder, 300
#                  steps of each training; `spacy train` and `evaluate` of that stage, as long
#         costs    what every stage of every method costs, in batches of 32, beside plain fine-tuning
#         speed    prediction beside the encoder alone, spaCy's ner and transformers
# All of them by default; a step that fails does not stop the others. In the environment: GPU, the number of the GPU (-1:
# the CPU, to try the script), ENCODERS (of benchmarks/costs/shapes.py), SENTENCES, PRECISIONS and STEPS (of mcl).
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
data=$(realpath "${1:?usage: gpu.sh DATA OUT [STEP ...]}")
mkdir -p "${2:?usage: gpu.sh DATA OUT [STEP ...]}"
out=$(realpath "$2")
shift 2
cd "$root"
read -ra encoders <<< "${ENCODERS:-mbert-base xlm-r-base}"
read -ra precisions <<< "${PRECISIONS:-fp32 bf16}"
known=(tests mcl costs speed)
for step in "$@"; do
    [[ " ${known[*]} " == *" $step "* ]] || { echo "gpu.sh: there is no step '$step', but ${known[*]}." >&2; exit 2; }
done
[ $# -gt 0 ] || set -- "${known[@]}"
gpu=${GPU:-0} steps=${STEPS:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1
common=(--data "$data" --work "$work" --sentences "${SENTENCES:-400}" --precisions "${precisions[@]}" --gpu-id "$gpu")
declare -A types=([fp32]=float32 [bf16]=bfloat16)
failed=()

measure() {  # NAME MODULE OPTION ...: run a benchmark, its rows in OUT/NAME.json
    local name=$1 module=$2
    shift 2
    run "$name" python3 -m "benchmarks.costs.$module" "${common[@]}" --out "$out/$name.json" "$@"
}

run() {  # NAME COMMAND ...: log a command, and tell how it went
    local name=$1 start=$SECONDS
    shift
    if "$@" > "$out/$name.log" 2>&1; then
        echo "$name: $((SECONDS - start)) s"
    else
        failed+=("$name")
        echo "$name: FAILED after $((SECONDS - start)) s"
        tail -n 15 "$out/$name.log"
    fi
}

for step in "$@"; do
    case $step in
        tests) run tests python3 -m pytest -q -m gpu -rs -W default tests/{whole/test_gpu,architectures/test_encoder}.py ;;
        mcl)
            measure mcl stages --encoders "${encoders[@]}" --methods mcl --repeats 3 --batch-size 32
            cp -r project.yml projects assets configs "$work"
            for name in start source; do
                run "$name" env -C "$work" python3 -m spacy project run "$name" projects/mcl --vars.targets de \
                    --vars.encoder "$work/${encoders[0]}" --vars.gpu_id "$gpu" --vars.batch 32 \
                    --vars.steps_source "$steps" --vars.options_start " --vars.steps_baseline $steps"
            done
            for name in "${encoders[@]}"; do
                for precision in "${precisions[@]}"; do
                    model=$name-$precision
                    run "train-$model" python3 -m spacy train configs/mcl.cfg --gpu-id "$gpu" -o "$work/$model" \
                        --paths.train "$work/corpus/mcl/codeswitched.spacy" --paths.dev "$work/corpus/source/dev.spacy" \
                        --vars.encoder "$work/$name" --vars.batch 32 --training.max_steps "$steps" \
                        --components.xner.model.encoders.a.precision "${types[$precision]}"
                    run "evaluate-$model" python3 -m spacy evaluate "$work/$model/model-last" \
                        "$work/corpus/source/dev.spacy" --gpu-id "$gpu"
                done
            done
            ;;
        costs) measure costs stages --encoders "${encoders[@]}" --repeats 3 --batch-size 32 ;;
        speed) measure speed speed --encoders "${encoders[@]}" --repeats 3 --updates 60 ;;
    esac
done
run tables python3 -m benchmarks.pages.tables --folder "$out" && cat "$out/tables.log"
if [ ${#failed[@]} -gt 0 ]; then
    echo "Failed: ${failed[*]}; their logs are in $out."
    exit 1
fi
