"""The settings of a pipeline, as it is saved."""

from typing import Callable

from spacy.language import Language


def create_settings_filler() -> Callable[[Language], Language]:
    """Registered as `spacy-xner.fill_settings.v1`, for `[training.before_to_disk]`: a pipeline is saved with the values
    of its config's variables. spaCy reads the optimizer of a loaded pipeline as it stands, so that `resume_training`
    fails on `${vars.learn_rate}`.

    RETURNS (Callable[[Language], Language]): gives the pipeline back, its config filled in.
    """

    def fill_settings(nlp: Language) -> Language:
        nlp.config = nlp.config.interpolate()
        return nlp

    return fill_settings
