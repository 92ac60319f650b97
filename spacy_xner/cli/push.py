import srsly
import typer
from typing_extensions import Annotated
from wasabi import msg

from ..errors import Errors, XnerError, explain
from ..pipeline import find_pipeline
from ._options import Model
from ._util import app, user_errors

# What a pipeline's folder has, and what `spacy xner card` adds.
NEEDED = ("meta.json", "config.cfg", "README.md")


@app.command("push")
@user_errors
def push_cli(
    model: Model,
    repo: Annotated[
        str, typer.Argument(help="Repository on the hub, OWNER/NAME, which is made if it is not there")
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Make the repository private, if it is made")
    ] = False,
) -> None:
    """Upload a pipeline that has its model card to the Hugging Face hub.

    Log in first with `huggingface-cli login`, or set HF_TOKEN; HF_ENDPOINT is the address of another hub.
    """
    from huggingface_hub import HfApi  # half a second

    folder = find_pipeline(model)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise XnerError(Errors.X315.format(path=folder, missing=missing))
    meta = srsly.read_json(folder / "meta.json")
    api = HfApi(library_name="spacy-xner")
    try:
        url = api.create_repo(repo, private=private, exist_ok=True)
        message = f"{meta['lang']}_{meta['name']} {meta['version']}"
        api.upload_folder(
            repo_id=repo, folder_path=folder, commit_message=message, ignore_patterns=["**/__pycache__/*"]
        )
    except (
        Exception
    ) as error:  # those of huggingface_hub, of what it sends requests with, and of the file system
        raise XnerError(Errors.X316.format(repo=repo, reason=explain(error))) from error
    msg.good(f"{url}: {message}")
