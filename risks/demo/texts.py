"""Titles and descriptions of risks, made of the words of a topic."""

from random import Random

from risks.demo.topics import Topic
from risks.demo.word_lists import CONTEXTS, OCCASIONS, UNITS

OCCASION_SHARE = 0.6


def fill_template(template: str, asset: str) -> str:
    """Put "the mail server in Porto" in place of {asset}, capitalised in place of {Asset}."""
    return template.format(asset=asset, Asset=asset[0].upper() + asset[1:])


def risk_title(random: Random, topic: Topic, asset: str) -> str:
    text = fill_template(random.choice(topic.events), asset)
    return f"{text} {random.choice(OCCASIONS)}" if random.random() < OCCASION_SHARE else text


def risk_description(random: Random, topic: Topic) -> str:
    context = random.choice(CONTEXTS).format(unit=random.choice(UNITS))
    return f"{random.choice(topic.causes)}. {random.choice(topic.consequences)}. {context}"
