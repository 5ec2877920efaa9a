"""Titles and descriptions, made of the words of a topic."""

from random import Random

from risks.demo.topics import Topic
from risks.demo.word_lists import CONTEXTS, OCCASIONS, UNITS

WITH_OCCASION = 0.6


def fill_template(template: str, asset: str) -> str:
    """`template` with "the mail server in Porto" for {asset}, capitalised for {Asset}."""
    return template.format(asset=asset, Asset=asset[0].upper() + asset[1:])


def risk_title(random: Random, topic: Topic, asset: str) -> str:
    text = fill_template(random.choice(topic.events), asset)
    return f"{text} {random.choice(OCCASIONS)}" if random.random() < WITH_OCCASION else text


def risk_description(random: Random, topic: Topic) -> str:
    context = random.choice(CONTEXTS).format(unit=random.choice(UNITS))
    return f"{random.choice(topic.causes)}. {random.choice(topic.consequences)}. {context}"
