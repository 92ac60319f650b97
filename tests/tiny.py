"""What tiny encoders are made of: sentences of many languages for the tokenizers, random weights."""

from pathlib import Path

SENTENCES = [
    "Angela Merkel met Barack Obama in Berlin on Monday .",
    "The European Union has its seat in Brussels , Belgium .",
    "Die Bundesregierung in Berlin hat am Montag mit Frankreich verhandelt .",
    "El presidente de España visitó Buenos Aires y Montevideo .",
    "Het parlement in Den Haag stemde tegen het voorstel van Philips .",
    "Le siège de l' ONU se trouve à New York et à Genève .",
    "Президент России прибыл в Москву в понедельник .",
    "北京是中华人民共和国的首都。",
    "東京は日本の首都です。",
    "زار الرئيس القاهرة يوم الاثنين .",
    "भारत की राजधानी नई दिल्ली है ।",
    "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย",
]


def save_transformer(config, path: Path) -> None:
    """Save a transformer with seeded random weights; the seed of the other tests stays as it is."""
    import torch
    from transformers import AutoModel

    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(path)
