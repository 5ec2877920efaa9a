"""Texts of load data: those of the written risks, for one of many sites."""

from random import Random

from risks.demo.written.reading import written_titles

MOST_SITES = 999
DESCRIPTION = (
    "Generated load data: the written risk “{title}”, repeated for site {site} to fill a register."
)


def fill_template(template: str, asset: str) -> str:
    """Put "the mail server of site 12" in place of {asset}, capitalised in place of {Asset}."""
    return template.format(asset=asset, Asset=asset[0].upper() + asset[1:])


def risk_texts(random: Random, topic: int) -> dict[str, str]:
    """Return title and description; they say plainly that the risk is generated."""
    title, site = random.choice(written_titles(topic)), random.randint(1, MOST_SITES)
    return {
        "title": f"{title} (load data, site {site})",
        "description": DESCRIPTION.format(title=title, site=site),
    }
