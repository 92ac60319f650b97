"""Language codes: from ISO 639-1 to the codes that models use."""

from typing import Collection, Dict, List, Optional

# From ISO 639-1 to the codes of FLORES-200, which NLLB uses. They begin with ISO 639-3.
FLORES: Dict[str, str] = {
    "af": "afr_Latn", "am": "amh_Ethi", "ar": "arb_Arab", "as": "asm_Beng", "az": "azj_Latn", "be": "bel_Cyrl",
    "bg": "bul_Cyrl", "bn": "ben_Beng", "bs": "bos_Latn", "ca": "cat_Latn", "cs": "ces_Latn", "cy": "cym_Latn",
    "da": "dan_Latn", "de": "deu_Latn", "el": "ell_Grek", "en": "eng_Latn", "eo": "epo_Latn", "es": "spa_Latn",
    "et": "est_Latn", "eu": "eus_Latn", "fa": "pes_Arab", "fi": "fin_Latn", "fo": "fao_Latn", "fr": "fra_Latn",
    "ga": "gle_Latn", "gl": "glg_Latn", "gu": "guj_Gujr", "ha": "hau_Latn", "he": "heb_Hebr", "hi": "hin_Deva",
    "hr": "hrv_Latn", "ht": "hat_Latn", "hu": "hun_Latn", "hy": "hye_Armn", "id": "ind_Latn", "ig": "ibo_Latn",
    "is": "isl_Latn", "it": "ita_Latn", "ja": "jpn_Jpan", "jv": "jav_Latn", "ka": "kat_Geor", "kk": "kaz_Cyrl",
    "km": "khm_Khmr", "kn": "kan_Knda", "ko": "kor_Hang", "ky": "kir_Cyrl", "lb": "ltz_Latn", "ln": "lin_Latn",
    "lo": "lao_Laoo", "lt": "lit_Latn", "lv": "lvs_Latn", "mg": "plt_Latn", "mk": "mkd_Cyrl", "ml": "mal_Mlym",
    "mn": "khk_Cyrl", "mr": "mar_Deva", "ms": "zsm_Latn", "mt": "mlt_Latn", "my": "mya_Mymr", "nb": "nob_Latn",
    "ne": "npi_Deva", "nl": "nld_Latn", "nn": "nno_Latn", "no": "nob_Latn", "oc": "oci_Latn", "or": "ory_Orya",
    "pa": "pan_Guru", "pl": "pol_Latn", "ps": "pbt_Arab", "pt": "por_Latn", "qu": "quy_Latn", "ro": "ron_Latn",
    "ru": "rus_Cyrl", "rw": "kin_Latn", "sd": "snd_Arab", "si": "sin_Sinh", "sk": "slk_Latn", "sl": "slv_Latn",
    "so": "som_Latn", "sq": "als_Latn", "sr": "srp_Cyrl", "su": "sun_Latn", "sv": "swe_Latn", "sw": "swh_Latn",
    "ta": "tam_Taml", "te": "tel_Telu", "tg": "tgk_Cyrl", "th": "tha_Thai", "ti": "tir_Ethi", "tl": "tgl_Latn",
    "tn": "tsn_Latn", "tr": "tur_Latn", "uk": "ukr_Cyrl", "ur": "urd_Arab", "uz": "uzn_Latn", "vi": "vie_Latn",
    "wo": "wol_Latn", "xh": "xho_Latn", "yi": "ydd_Hebr", "yo": "yor_Latn", "zh": "zho_Hans", "zu": "zul_Latn",
}  # fmt: skip
# Other codes that some models use, most likely first: macrolanguages of ISO 639-3, older codes.
OTHER: Dict[str, List[str]] = {
    "ar": ["ara"], "az": ["aze", "aze_Latn"], "et": ["ekk"], "fa": ["fas", "prs"], "he": ["iw"], "id": ["in"],
    "jv": ["jw"], "lv": ["lav"], "mg": ["mlg"], "mn": ["mon"], "ms": ["msa", "zlm", "zsm_Latn", "may"],
    "nb": ["no", "nor"], "ne": ["nep"], "no": ["nb", "nor", "nn", "nno"], "or": ["ori"], "ps": ["pus"],
    "qu": ["que"], "sq": ["sqi"], "sw": ["swa"], "tl": ["fil", "tl_XX"], "uz": ["uzb", "uzb_Latn"],
    "yi": ["yid"], "zh": ["zho", "cmn_Hans", "cmn", "zh_CN", "zh_cn"],
}  # fmt: skip


def get_forms(language: str) -> List[str]:
    """List the codes that a model may use for a language.

    language (str): a code of ISO 639-1, or a code of a model.
    RETURNS (List[str]): the code itself, then other codes, most likely first.
    """
    flores = FLORES.get(language)
    return [language, *([flores, flores[:3]] if flores else []), *OTHER.get(language, [])]


def find_language(language: str, available: Collection[str]) -> Optional[str]:
    """Find the code that a model uses for a language.

    language (str): a code of ISO 639-1, or a code of the model.
    available (Collection[str]): the codes of the model.
    RETURNS (Optional[str]): the code. A code with a region or script, such as es_XX, is found by its first part if it
        is the only one. None if the model does not have the language.
    """
    for form in get_forms(language):
        if form in available:
            return form
    for form in get_forms(language):
        longer = [code for code in available if code.startswith(f"{form}_")]
        if len(longer) == 1:
            return longer[0]
    return None


def is_language(code: str, language: str) -> Optional[bool]:
    """Check whether a code of ISO 639-1 or 639-3 stands for a language.

    code (str): a model's code, for example "de", "deu" or "roa".
    language (str): a code of ISO 639-1, or a code of a model.
    RETURNS (Optional[bool]): whether it does; None if the code is unknown, such as that of a language group.
    """
    if code == language:
        return True
    theirs = {iso for iso in FLORES if code.partition("_")[0] in get_forms(iso)}
    ours = {iso for iso in FLORES if language in get_forms(iso)}
    return bool(theirs & ours) if theirs and ours else None
